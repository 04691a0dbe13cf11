/** Segments over HTTP: what there is, who is in one, when they entered and left, and why. */
import {
  errors,
  orCsv,
  segmentCountAnswer,
  segmentCountQuery,
  segmentHistoryAnswer,
  segmentMembersAnswer,
  segmentParams,
  segmentRowsQuery,
  segmentsAnswer,
  segmentWhyAnswer,
  sentencesOf,
  engageWhyQuery,
} from '@touchline/schemas/api'
import { listDefinitions } from '../../definitions/documents/read.js'
import { loadReferences } from '../../definitions/documents/references.js'
import { countStanding } from '../../engagement/segments/list.js'
import {
  countMembers,
  openSegment,
  readHistory,
  readMembers,
  type OpenedSegment,
} from '../../engagement/segments/members.js'
import { explainCondition } from '../../engagement/segments/why.js'
import { identifiersOf } from '../../engagement/segments/list.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { fromCursor, rowsFormat, sendAll, subjectAsked, toCursor } from './rows.js'
import { isoTime } from '../../clock.js'

const tags = ['Engagement']
/** 0 says that it was so before anything happened. */
const timeOf = (ms: number | undefined) => (ms === undefined || ms === 0 ? null : isoTime(ms))

export function addSegments(api: Api, deps: TimelineDeps): void {
  addList(api, deps)
  addMembers(api, deps)
  addHistory(api, deps)
  addWhy(api, deps)
}

function addList(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/segments',
    schema: { summary: 'The segments that there are', tags, response: { 200: segmentsAnswer, ...errors } },
    async handler(request) {
      const reader = readerFor(request, deps)
      const now = deps.clock()
      const [all, standing] = await Promise.all([
        listDefinitions(reader, 'segments'),
        countStanding(reader, now),
      ])
      const segments = all.map(({ id, version, name, body }) => ({
        ...{ id, version, name, subject: body.subject, isList: 'identifiers' in body },
        members: standing.get(id) ?? 0,
        sentence: 'when' in body ? sentencesOf(body.when) : null,
      }))
      return { asOf: isoTime(now), segments }
    },
  })
  api.route({
    method: 'GET',
    url: '/v1/segments/:segment/count',
    schema: {
      summary: 'How many are in a segment, and how many ever were',
      tags,
      params: segmentParams,
      querystring: segmentCountQuery,
      response: { 200: segmentCountAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const { as_of: asOf = deps.clock(), version } = request.query
      const opened = await openSegment(reader, { segment: request.params.segment, asOf, version })
      return { ...headOf(opened, asOf), ...(await countMembers(reader, opened)) }
    },
  })
}

const headOf = ({ definition, subject, used }: OpenedSegment, asOf: number) => ({
  asOf: isoTime(asOf),
  segment: definition.id,
  subject,
  definitions: used,
})

function addMembers(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/segments/:segment/members',
    schema: {
      summary: 'Who is in a segment, and since when',
      tags,
      params: segmentParams,
      querystring: segmentRowsQuery,
      response: { 200: orCsv(segmentMembersAnswer), ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const { as_of: asOf = deps.clock(), version, limit, cursor, format } = request.query
      const opened = await openSegment(reader, { segment: request.params.segment, asOf, version })
      const page = async (most: number, after: string | undefined) => {
        const { rows, next } = await readMembers(reader, opened, { limit: most, after })
        return { rows: rows.map(({ subject, since }) => ({ subject, since: timeOf(since) })), next }
      }
      const wanted = rowsFormat(request, reply, format)
      const name = `segment-${opened.definition.id}`
      if (wanted !== undefined) return sendAll(reply, wanted, { name, columns: ['subject', 'since'], page })
      const [, key] = fromCursor(cursor) ?? []
      const { rows, next } = await page(limit, key)
      return { ...headOf(opened, asOf), rows, nextCursor: next === undefined ? null : toCursor([0, next]) }
    },
  })
}

function addHistory(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/segments/:segment/history',
    schema: {
      summary: 'Who entered and left a segment when, as is known today, the latest first',
      tags,
      params: segmentParams,
      querystring: segmentRowsQuery,
      response: { 200: orCsv(segmentHistoryAnswer), ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const { as_of: asOf = deps.clock(), version, limit, cursor, format } = request.query
      const opened = await openSegment(reader, { segment: request.params.segment, asOf, version })
      const page = async (most: number, after: { at: number; key: string } | undefined) => {
        const { rows, next } = await readHistory(reader, opened, { limit: most, after })
        return { rows: rows.map(({ subject, change, at }) => ({ subject, change, at: timeOf(at) })), next }
      }
      const wanted = rowsFormat(request, reply, format)
      const name = `segment-${opened.definition.id}-history`
      const columns = ['subject', 'change', 'at']
      if (wanted !== undefined) return sendAll(reply, wanted, { name, columns, page })
      const after = fromCursor(cursor)
      const { rows, next } = await page(limit, after && { at: after[0], key: after[1] })
      const nextCursor = next === undefined ? null : toCursor([next.at, next.key])
      return { ...headOf(opened, asOf), rows, nextCursor }
    },
  })
}

function addWhy(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/segments/:segment/why',
    schema: {
      summary: 'Why somebody is in a segment or not: each part of its condition, and by which touches',
      tags,
      params: segmentParams,
      querystring: engageWhyQuery,
      response: { 200: segmentWhyAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const { as_of: asOf = deps.clock(), ...asked } = request.query
      const { definition } = await openSegment(reader, { segment: request.params.segment, asOf })
      const { id: segment, version, body } = definition
      const { subject } = body
      const id = await subjectAsked(reader, subject, asked, deps)
      const opened = await openSegment(reader, { segment, asOf, only: [id] })
      const { rows } = await readHistory(reader, opened, { limit: 1_000 })
      const changes = rows.reverse()
      const last = changes.at(-1)
      const isIn = last?.change === 'enter'
      const conditions = 'when' in body ? [body.when] : []
      const references = await loadReferences(reader, conditions, { subject, asOf })
      return {
        asOf: isoTime(asOf),
        ...{ segment, version, subject: id, isIn },
        since: isIn ? timeOf(last.at) : null,
        changes: changes.map(({ change, at }) => ({ change, at: timeOf(at) })),
        why:
          'when' in body
            ? await explainCondition(reader, body.when, { subject, id, asOf, references })
            : null,
        identifiers: 'identifiers' in body ? await identifiersOf(reader, definition, id) : [],
      }
    },
  })
}
