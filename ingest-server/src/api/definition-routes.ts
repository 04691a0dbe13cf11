/** Definitions over HTTP: documents with versions, `If-Match` against writing over somebody else's change. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  checkAnswer,
  checkBodyShape,
  definitionAnswer,
  definitionConflict,
  definitionList,
  definitionParams,
  definitionPut,
  definitionQuery,
  definitionShape,
  definitionVersions,
  errors,
  kindParams,
  previewAnswer,
  definitionBodies,
  previewBody,
  sentencesOf,
  templateAnswer,
  templateList,
  templateParams,
  time,
  type DefinitionAnswer,
  type Subject,
} from '@touchline/schemas/api'
import { TouchlineError, errorTable } from '../errors.js'
import { checkBody, checkCondition, checkKind, checkPatterns, patternsOf } from '../definitions/check.js'
import { meant } from '../definitions/nearest.js'
import { previewBody as previewOfBody, previewCondition } from '../definitions/preview.js'
import {
  listDefinitions,
  readVersions,
  toDefinition,
  versionWanted,
  type StoredVersion,
} from '../definitions/read.js'
import { fieldsAt } from '../definitions/schema-fields.js'
import { templates } from '../definitions/templates/index.js'
import { conditionsOfBody, pathText } from '../definitions/walk.js'
import { warningsOfCondition } from '../definitions/warnings.js'
import { check, writeDefinition } from '../definitions/write.js'
import { problemOfUrl, rangesOf } from '../engagement/endpoints/address-guard.js'
import { isoTime } from './answer.js'
import { readerFor, type Api, type TimelineDeps } from './context.js'

const tags = ['Definitions']

export function addDefinitions(api: Api, deps: TimelineDeps): void {
  addPreview(api, deps)
  addChecking(api, deps)
  addTemplates(api, deps)
  addLists(api, deps)
  addReading(api, deps)
  addWriting(api, deps)
}

function addChecking(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'POST',
    url: '/v1/definitions/check',
    config: { onlyReads: true },
    schema: {
      summary: 'Whether a definition could be saved, and how it would stand',
      tags,
      body: checkBodyShape,
      response: { 200: checkAnswer, ...errors },
    },
    async handler(request) {
      const { kind: named, id, body: sent } = request.body
      const kind = checkKind(named)
      checkUrl(kind, sent, deps)
      const { body, warnings } = await check({ kind, id, body: sent }, { reader: readerFor(request, deps) })
      return { normal: body as Record<string, unknown>, warnings }
    },
  })
}

function addTemplates(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/definitions/templates',
    schema: { summary: 'Definitions to begin with', tags, response: { 200: templateList, ...errors } },
    handler: () => ({ templates: templates.map((one) => ({ ...one, definitions: [...one.definitions] })) }),
  })
  api.route({
    method: 'POST',
    url: '/v1/definitions/templates/:template',
    schema: {
      summary: 'Save the definitions of a template that are not there yet',
      tags,
      params: templateParams,
      response: { 200: templateAnswer, ...errors },
    },
    async handler(request) {
      const found = templates.find(({ id }) => id === request.params.template)
      if (found === undefined) {
        const { template } = request.params
        const known = templates.map(({ id }) => id)
        throw new TouchlineError('NOT_FOUND', `There is no template ${template}${meant(template, known)}`)
      }
      const reader = readerFor(request, deps)
      const { log, clock, clickhouse } = deps
      const saved: string[] = []
      for (const { kind, id, body } of found.definitions) {
        const version = { kind, id, body, author: 'template', note: found.name, ifMatch: 0 }
        const written = await writeDefinition(version, { reader, app: clickhouse.app, log, clock })
        if (!('current' in written)) saved.push(`${kind}/${id}`)
      }
      return {
        saved,
        kept: found.definitions.map(({ kind, id }) => `${kind}/${id}`).filter((key) => !saved.includes(key)),
      }
    },
  })
}

function addLists(api: Api, deps: TimelineDeps): void {
  const list = async (request: FastifyRequest, kind?: string) => {
    const versions = await readVersions(readerFor(request, deps), kind === undefined ? {} : { kind })
    const latest = new Map(versions.map((one) => [`${one.kind}\n${one.id}`, one]))
    return { definitions: [...latest.values()].filter(({ isDeleted }) => !isDeleted).map(toAnswer) }
  }
  api.route({
    method: 'GET',
    url: '/v1/definitions',
    schema: { summary: 'All definitions', tags, response: { 200: definitionList, ...errors } },
    handler: (request) => list(request),
  })
  api.route({
    method: 'GET',
    url: '/v1/definitions/:kind',
    schema: {
      summary: 'The definitions of one kind',
      tags,
      params: kindParams,
      response: { 200: definitionList, ...errors },
    },
    handler: (request) => list(request, checkKind(request.params.kind)),
  })
}

function addReading(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/definitions/:kind/:id',
    schema: {
      summary: 'A definition, the latest version or the one that is asked for',
      tags,
      params: definitionParams,
      querystring: definitionQuery,
      response: { 200: definitionShape, ...errors },
    },
    async handler(request, reply) {
      const { id } = request.params
      const kind = checkKind(request.params.kind)
      const reader = readerFor(request, deps)
      const versions = await readVersions(reader, { kind, id })
      const found = versionWanted(versions, request.query)
      if (found === undefined) {
        refuseVersion(versions, request.query.version)
        const others = (await listDefinitions(reader, kind)).map((one) => one.id)
        throw new TouchlineError('NOT_FOUND', `There is no definition ${kind}/${id}${meant(id, others)}`)
      }
      void reply.header('etag', `"${found.version}"`)
      return toAnswer(found)
    },
  })
  api.route({
    method: 'GET',
    url: '/v1/definitions/:kind/:id/versions',
    schema: {
      summary: 'Every version of a definition, the latest first',
      tags,
      params: definitionParams,
      response: { 200: definitionVersions, ...errors },
    },
    async handler(request) {
      const { id } = request.params
      const kind = checkKind(request.params.kind)
      const versions = await readVersions(readerFor(request, deps), { kind, id })
      if (versions.length === 0)
        throw new TouchlineError('NOT_FOUND', `There never was a definition ${kind}/${id}.`)
      return { versions: versions.toReversed().map(toAnswer) }
    },
  })
}

function addWriting(api: Api, deps: TimelineDeps): void {
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
      const { body, author, note } = sentOf(request.body)
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
  checkUrl(kind, said.body, deps)
  const version = { kind, id: request.params.id, ifMatch: ifMatchOf(request), ...said }
  return writeDefinition(version, { reader: readerFor(request, deps), app: clickhouse.app, log, clock })
}

/** What is said of an endpoint's address before anything is sent; what its name means is looked up when it is. */
function checkUrl(kind: string, body: unknown, { endpoints }: TimelineDeps): void {
  if (kind !== 'endpoints' || body === undefined) return
  const { url } = checkBody('endpoints', body)
  const problem = problemOfUrl(url, rangesOf(endpoints?.allowed ?? []))
  if (problem !== undefined) throw new TouchlineError('DEFINITION_INVALID', `url: ${problem}`)
}

/** Throws NOT_FOUND where the definition is or was there, and only the version is not. */
function refuseVersion(versions: readonly StoredVersion[], wanted: number | undefined): void {
  const latest = versions.at(-1)
  if (latest === undefined) return
  const { kind, id, version, isDeleted } = latest
  const before = versions.findLast((one) => !one.isDeleted)?.version
  const state = isDeleted
    ? `it was deleted as version ${version}, after version ${before}`
    : `the latest is ${version}`
  if (wanted === undefined || (wanted === version && isDeleted))
    throw new TouchlineError('NOT_FOUND', `There is no definition ${kind}/${id} any longer: ${state}.`)
  const isGone = versions.some((one) => one.version === wanted)
  const why = isGone
    ? `Version ${wanted} of ${kind}/${id} deleted it`
    : `There is no version ${wanted} of ${kind}/${id}`
  throw new TouchlineError('NOT_FOUND', `${why}; ${state}.`)
}

/** The document as GET answers it, or its body alone. */
function sentOf(sent: Record<string, unknown>): Written {
  const { author, note, ...rest } = sent
  const inner = rest.body
  const isDocument = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
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

export function toAnswer(stored: StoredVersion): DefinitionAnswer {
  const { kind, id, version, name, author, at, note, isDeleted } = stored
  const body = JSON.parse(stored.body) as Record<string, unknown>
  const parsed = isDeleted ? undefined : toDefinition(stored)
  const sentences =
    parsed === undefined
      ? []
      : conditionsOfBody(kind, parsed.body).map(({ path, condition }) => ({
          path: pathText(path),
          ...sentencesOf(condition),
        }))
  return {
    ...{ kind, id, version, name, body, author, at: isoTime(at), note },
    ...(isDeleted && { isDeleted }),
    ...(sentences.length > 0 && { sentences }),
  }
}

function addPreview(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'POST',
    url: '/v1/definitions/preview',
    config: { onlyReads: true },
    schema: {
      summary: 'For how many subjects a definition or a condition would hold, and ten of them',
      tags,
      body: previewBody,
      response: { 200: previewAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const {
        kind: named,
        id,
        body,
        as_of: asOfText,
        subject: said,
        when,
        with: along,
        ...rest
      } = request.body
      refuseOthers(request.body)
      const asOf = asOfText === undefined ? deps.clock() : asOfOf(asOfText)
      if (typeof named === 'string') {
        const kind = checkKind(named)
        const sent = body ?? {
          ...rest,
          ...(said !== undefined && { subject: said }),
          ...(when !== undefined && { when }),
        }
        const checked = checkBody(kind, sent)
        const mine = { kind, id: typeof id === 'string' ? id : 'preview', body: sent }
        const { all, warnings } = await check(mine, { reader }, alongOf(along))
        return {
          asOf: isoTime(asOf),
          ...(await previewOfBody(reader, kind, checked, { asOf, all })),
          warnings,
        }
      }
      const subject = subjectOf(said)
      const condition = checkCondition(when, subject)
      await checkPatterns(reader, patternsOf(condition, ['when']))
      const all = await listDefinitions(reader)
      const warnings = await warningsOfCondition(reader, condition, all)
      return {
        asOf: isoTime(asOf),
        ...(await previewCondition(reader, condition, subject, { asOf, all })),
        warnings,
      }
    },
  })
}

/** What a preview may say beside the body of the kind. */
const previewFields = ['kind', 'id', 'body', 'as_of', 'with']
const conditionFields = ['kind', 'subject', 'when', 'as_of', 'with']
/** A whole document, as GET answers it, may be previewed. */
const documentFields = Object.keys(definitionAnswer.shape)

/** Throws QUERY_INVALID for a field that nobody reads, with the nearest that is. */
function refuseOthers(sent: Record<string, unknown>): void {
  const { kind, body } = sent
  if (kind !== undefined && typeof kind !== 'string')
    throw new TouchlineError('QUERY_INVALID', 'kind: must be a text')
  const known =
    kind === undefined
      ? conditionFields
      : [
          ...previewFields,
          ...(body === undefined ? fieldsAt(definitionBodies[checkKind(kind)], []).flat() : []),
        ]
  const isRead = (field: string) =>
    known.includes(field) || (kind !== undefined && body !== undefined && documentFields.includes(field))
  const other = Object.keys(sent).find((field) => !isRead(field))
  if (other === undefined) return
  throw new TouchlineError('QUERY_INVALID', `${other}: there is no such field here${meant(other, known)}`)
}

/** `with`: definitions that would be saved along, so that one may name the other. */
function alongOf(sent: unknown) {
  if (sent === undefined) return []
  const list = z.array(checkBodyShape).max(1_000).safeParse(sent)
  if (!list.success) throw new TouchlineError('QUERY_INVALID', 'with: must be a list of { kind, id, body }')
  return list.data.map(({ kind, id, body }) => ({ kind: checkKind(kind), id, body }))
}

function subjectOf(said: unknown): Subject {
  if (said === undefined) return 'account'
  if (said === 'person' || said === 'account') return said
  throw new TouchlineError('QUERY_INVALID', 'subject: must be person or account')
}

function asOfOf(text: unknown): number {
  const parsed = time.safeParse(text)
  if (parsed.success) return parsed.data
  throw new TouchlineError(
    'QUERY_INVALID',
    'as_of: must be a time such as 2026-03-01 or 2026-03-01T10:00:00Z',
  )
}
