/** What a definition would be, without saving it: whether it could be, and for whom it would hold. */
import { z } from 'zod'
import {
  checkAnswer,
  checkBodyShape,
  definitionAnswer,
  errors,
  previewAnswer,
  definitionBodies,
  previewBody,
  time,
  type Subject,
} from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import {
  checkBody,
  checkCondition,
  checkKind,
  checkPatterns,
  patternsOf,
} from '../../definitions/documents/check.js'
import { meant } from '../../definitions/nearest.js'
import { previewBody as previewOfBody, previewCondition } from '../../definitions/preview.js'
import { listDefinitions } from '../../definitions/documents/read.js'
import { fieldsAt } from '../../definitions/documents/schema-fields.js'
import { warningsOfCondition } from '../../definitions/documents/warnings.js'
import { check } from '../../definitions/documents/write.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { checkEndpointUrl } from './check-endpoint-url.js'
import { isoTime } from '../../clock.js'

const tags = ['Definitions']

export function addChecking(api: Api, deps: TimelineDeps): void {
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
      checkEndpointUrl(kind, sent, deps)
      const { body, warnings } = await check({ kind, id, body: sent }, { reader: readerFor(request, deps) })
      return { normal: body as Record<string, unknown>, warnings }
    },
  })
}

export function addPreview(api: Api, deps: TimelineDeps): void {
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
