/** Hand-offs over HTTP: who was handed to sales with which reasons, and what sales says. */
import { z } from 'zod'
import {
  errors,
  handoffAnswerBody,
  handoffParams,
  handoffsAnswer,
  handoffShape,
  handoffsQuery,
} from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import type { Reader } from '../../clickhouse/query.js'
import { requireDefinition } from '../../definitions/documents/read.js'
import { toAnswerEvent } from '../../engagement/handoffs/answer.js'
import { readHandoffs, type Handoff } from '../../engagement/handoffs/list.js'
import { findPerson } from '../../identity/people.js'
import { appendCounted } from '../../log/append-counted.js'
import { personNames } from '../../timeline/identifiers.js'
import { notFound, readerFor, type Api, type TimelineDeps } from '../context.js'
import { anId, fromCursor, toCursor } from './rows.js'
import { isoTime } from '../../clock.js'

const tags = ['Engagement']

export function addHandoffs(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/handoffs',
    schema: {
      summary: 'Who was handed to sales, when and why, the latest first',
      tags,
      querystring: handoffsQuery,
      response: { 200: handoffsAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const { score, subject, cursor, ...rest } = request.query
      if (score !== undefined) await requireDefinition(reader, 'scores', score)
      const subjects = subject === undefined ? undefined : await namesOf(reader, subject)
      const after = fromCursor(cursor, anId)
      const wanted = { score, subjects, ...rest, after: after && { at: after[0], id: after[1] } }
      const { rows, next } = await readHandoffs(reader, wanted)
      return {
        rows: rows.map(toAnswer),
        nextCursor: next === undefined ? null : toCursor([next.at, next.id]),
      }
    },
  })
  api.route({
    method: 'POST',
    url: '/v1/handoffs/:handoff/answer',
    schema: {
      summary: 'What sales says of a hand-off: a touch of kind crm on the timeline',
      description: 'The latest answer counts. The same answer again is the same touch.',
      tags,
      params: handoffParams,
      body: handoffAnswerBody,
      response: { 202: z.object({ success: z.literal(true), handoff: handoffShape }), ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const { handoff: id } = request.params
      const [found] = (await readHandoffs(reader, { id, limit: 1 })).rows
      if (found === undefined) throw await notFound(`There is no hand-off ${id}.`, deps)
      const now = deps.clock()
      const event = toAnswerEvent(reader.project, found, { answer: request.body, now })
      const judge = deps.erasing?.()?.judgeOf(reader.project)
      if (judge?.isErased(event.subject ?? '', now) === true)
        throw new TouchlineError('NOT_FOUND', 'Whoever was handed off was erased.')
      const lines = Buffer.from(`${JSON.stringify(event)}\n`)
      await appendCounted(deps, reader.project, { lines, events: 1 })
      const answered = { ...found, answer: { ...request.body, at: now } }
      return reply.code(202).send({ success: true as const, handoff: toAnswer(answered) })
    },
  })
}

/** Everything that a person is called, or the account itself. */
async function namesOf(reader: Reader, subject: string): Promise<string[]> {
  const names = personNames(subject)
  const person = await findPerson(reader, names)
  return [
    ...new Set([subject, ...names, person.id, ...person.identifiers.map(({ identifier }) => identifier)]),
  ]
}

const toAnswer = ({ at, account, answer, person: _, ...handoff }: Handoff) => ({
  ...handoff,
  account: account === '' ? null : account,
  at: isoTime(at),
  answer: answer === undefined ? null : { ...answer, at: isoTime(answer.at) },
})
