/** `DELETE /v1/people/:id` and the proof that it was done. */
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { TouchlineError } from '../../errors.js'
import { personAsOf } from '../../timeline/as-of.js'
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { notFound, projectOf, readerFor, type Api, type TimelineDeps } from '../context.js'
import { identifiersOf, personNames } from '../../timeline/identifiers.js'
import type { Person } from '../../identity/people.js'
import type { Erasing } from '../../erasure/erasing.js'
import type { Proof } from '../../erasure/proofs.js'
import { notReached } from '../../erasure/waiting.js'

const proofSchema = z.object({
  erasureId: z.string(),
  status: z
    .enum(['running', 'finished'])
    .describe('finished: a check of every table and of the log found nothing left'),
  requestedAt: z.string().describe('What happened until then is erased'),
  checkedAt: z.string().describe('When the last check was made'),
  identifiers: z.number().int().describe('How many identifiers of the person it covers'),
  remaining: z
    .record(z.string(), z.number())
    .describe('What the last check still found, by table; replaced_files are deleted rows still on disk'),
  note: z.string(),
  notReached: z.array(z.string()).describe('What no check looks at'),
})

const toAnswer = ({ erasureId, state, requestedAtMs, atMs, identifiers, remaining, note }: Proof) => ({
  erasureId,
  status: state,
  requestedAt: new Date(requestedAtMs).toISOString(),
  checkedAt: new Date(atMs).toISOString(),
  identifiers,
  remaining,
  note,
  notReached: [...notReached],
})

const tags = ['Privacy']

export function addErasures(api: Api, deps: TimelineDeps): void {
  addErase(api, deps)
  addProofs(api, deps)
}

function addErase(api: Api, deps: TimelineDeps): void {
  api.delete(
    '/v1/people/:id',
    {
      schema: {
        tags,
        summary: 'Erase a person',
        description:
          'Removes everything about the person as known at this moment: events, links, traits, memberships, refused events and the copy in the embedded log. Late copies of it are refused; what happens afterwards is somebody new.',
        params: z.object({ id: z.string().max(600) }),
        response: { 202: proofSchema },
      },
    },
    async (request, reply) => {
      const erasing = erasingOf(deps)
      const reader = readerFor(request, deps)
      await untilStored(deps)
      const person = await closureOf(reader, personNames(request.params.id))
      if (person === undefined) throw await notFound('Nobody is known by this id.', deps)
      const { erasureId } = await erasing.erase(reader.project, person)
      const proof = await erasing.proofOf(reader.project, erasureId)
      if (proof === undefined) throw new Error(`the erasure ${erasureId} was taken and has no proof`)
      return reply.code(202).header('location', `/v1/erasures/${erasureId}`).send(toAnswer(proof))
    },
  )
}

function addProofs(api: Api, deps: TimelineDeps): void {
  api.get(
    '/v1/erasures/:erasureId',
    {
      schema: {
        tags,
        summary: 'The proof of an erasure',
        params: z.object({ erasureId: z.string().max(100) }),
        response: { 200: proofSchema },
      },
    },
    async (request) => {
      const { id } = projectOf(request, deps)
      const proof = await erasingOf(deps).proofOf(id, request.params.erasureId)
      if (proof === undefined) throw new TouchlineError('NOT_FOUND', 'There is no such erasure.')
      return toAnswer(proof)
    },
  )

  api.get(
    '/v1/erasures',
    {
      schema: {
        tags,
        summary: 'Erasures, newest first',
        querystring: z.object({
          person: z
            .string()
            .max(600)
            .optional()
            .describe('Only those of this person; the ledger itself names nobody'),
        }),
        response: { 200: z.object({ erasures: z.array(proofSchema) }) },
      },
    },
    async (request) => {
      const { id } = projectOf(request, deps)
      const { person } = request.query
      const asked = person === undefined ? [undefined] : identifiersOf(person)
      const found = await Promise.all(asked.map((one) => erasingOf(deps).proofsOf(id, one)))
      return { erasures: found.flat().map(toAnswer) }
    },
  )
}

function erasingOf(deps: TimelineDeps): Erasing {
  const erasing = deps.erasing?.()
  if (erasing === undefined) throw new TouchlineError('STORE_UNAVAILABLE')
  return erasing
}

const waitAtMostMs = 3_000
const waitEveryMs = 100

/** What was acknowledged before the request is to be part of the person: it should be in the tables first. */
async function untilStored({ log }: TimelineDeps): Promise<void> {
  const isStored = await log.noteEnd()
  const giveUpAt = performance.now() + waitAtMostMs
  while (performance.now() < giveUpAt && !(await isStored())) await delay(waitEveryMs)
}

const anyEventQuery: NamedQuery = {
  name: 'any-event-of',
  splitBy: 'identifiers',
  sql: `
SELECT 1 AS found FROM events WHERE project = {project: String} AND subject IN {identifiers: Array(String)} LIMIT 1`,
}

/**
 * The person with all its identifiers, by the facts that are stored now: what stitch derives lags behind them a
 * moment, and on a shared device that moment is somebody else's visit. Undefined where nobody is known.
 */
async function closureOf(reader: Reader, candidates: readonly string[]): Promise<Person | undefined> {
  const person = await personAsOf(reader, candidates, endOfTimeMs)
  if (person.isStitched) return person
  const events = await query(reader, anyEventQuery, { identifiers: candidates })
  return events.length > 0 ? person : undefined
}

/** All facts that are stored: the clock that they were received by may be ahead of ours, or may have gone back since. */
const endOfTimeMs = Date.UTC(2299, 11, 31)
