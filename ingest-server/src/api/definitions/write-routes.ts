/** Saving and deleting definitions, with `If-Match` against writing over somebody else's change. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  definitionAnswer,
  definitionConflict,
  definitionParams,
  definitionPut,
  definitionShape,
  errors,
} from '@touchline/schemas/api'
import { TouchlineError, errorTable } from '../../errors.js'
import { checkKind } from '../../definitions/documents/check.js'
import { type StoredVersion } from '../../definitions/documents/read.js'
import { writeDefinition } from '../../definitions/documents/write.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { checkEndpointUrl } from './check-endpoint-url.js'
import { toAnswer } from './definition-answer.js'

const tags = ['Definitions']

export function addWriting(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'PUT',
    url: '/v1/definitions/:kind/:id',
    schema: {
      summary: 'Save a definition: a new version, unless nothing changed',
      description:
        'With `If-Match: <version>` only where that is still the latest; else 409 with both. `If-None-Match: *` makes a new one only.',
      tags,
      params: definitionParams,
      body: definitionPut,
      response: { 200: definitionAnswer, 201: definitionAnswer, 409: definitionConflict, ...errors },
    },
    async handler(request, reply) {
      const { body, author, note } = sentOf(request.body, request.params)
      const written = await write(request, { body, author, note }, deps)
      if ('current' in written) return answerConflict(request, reply, written.current, body)
      const { stored, isNew, warnings } = written
      void reply.code(isNew && stored.version === 1 ? 201 : 200).header('etag', `"${stored.version}"`)
      return { ...toAnswer(stored), warnings }
    },
  })
  api.route({
    method: 'DELETE',
    url: '/v1/definitions/:kind/:id',
    schema: {
      summary: 'Delete a definition; its versions stay',
      tags,
      params: definitionParams,
      response: { 200: definitionShape, 409: definitionConflict, ...errors },
    },
    async handler(request, reply) {
      const written = await write(request, { body: undefined, author: 'api', note: '' }, deps)
      if ('current' in written) return answerConflict(request, reply, written.current, null)
      return toAnswer(written.stored)
    },
  })
}

type Written = Pick<Parameters<typeof writeDefinition>[0], 'body' | 'author' | 'note'>

function write(
  request: FastifyRequest<{ Params: { kind: string; id: string } }>,
  said: Written,
  deps: TimelineDeps,
) {
  const kind = checkKind(request.params.kind)
  const { log, clock, clickhouse } = deps
  checkEndpointUrl(kind, said.body, deps)
  const version = { kind, id: request.params.id, ifMatch: ifMatchOf(request), ...said }
  return writeDefinition(version, { reader: readerFor(request, deps), app: clickhouse.app, log, clock })
}

/** The document as GET answers it, or its body alone. Throws where the document says that it is another one. */
function sentOf(sent: Record<string, unknown>, address: { kind: string; id: string }): Written {
  const { author, note, ...rest } = sent
  const inner = rest.body
  const isDocument = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
  for (const field of isDocument ? (['kind', 'id'] as const) : []) {
    const own = rest[field]
    if (own === undefined || own === address[field]) continue
    const said = `${field}: the document says ${JSON.stringify(own)}, the address ${JSON.stringify(address[field])}`
    throw new TouchlineError('DEFINITION_INVALID', said)
  }
  return {
    body: isDocument ? inner : rest,
    author: textOf('author', author, 200) ?? 'api',
    note: textOf('note', note, 1_000) ?? '',
  }
}

function textOf(field: string, value: unknown, most: number): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.length <= most) return value
  throw new TouchlineError('DEFINITION_INVALID', `${field}: must be a text of at most ${most} characters`)
}

/** `3`, `"3"` or `W/"3"`; 0 for `If-None-Match: *`. */
function ifMatchOf({ headers }: FastifyRequest): number | undefined {
  if (headers['if-none-match'] === '*') return 0
  const text = headers['if-match']
  if (text === undefined || text === '*') return undefined
  const found = /^(?:W\/)?"?(\d{1,9})"?$/.exec(text.trim())
  if (found) return Number(found[1])
  throw new TouchlineError('QUERY_INVALID', `If-Match: ${text.slice(0, 50)} is no version such as 3 or "3"`)
}

function answerConflict(
  request: FastifyRequest,
  reply: FastifyReply,
  current: StoredVersion | undefined,
  sent: unknown,
) {
  const { status, meaning } = errorTable.DEFINITION_CHANGED
  const there = current === undefined ? 'there is none' : `it is at version ${current.version}`
  return reply.code(status).send({
    success: false,
    code: 'DEFINITION_CHANGED',
    message: `${meaning} Now ${there}.`,
    requestId: request.id,
    current: current === undefined ? null : toAnswer(current),
    sent,
  })
}
