/** Who is in a segment, counted, listed and over time: asked of touches and facts as they stand, at any time. */
import type { SegmentBody, Subject } from '@touchline/schemas/api'
import { query, type NamedQuery, type Params, type Reader } from '../../clickhouse/query.js'
import { asOfMsSql, asOfParam } from '../../definitions/sql/bag.js'
import { compileTimes } from '../../definitions/compile.js'
import { requireDefinition } from '../../definitions/documents/read.js'
import { loadReferences } from '../../definitions/documents/references.js'
import { touchSettings } from '../../definitions/sql/touches.js'
import type { Segment } from './memberships.js'
import { listedSince, listedTimes } from './listed.js'

export interface SegmentAsked {
  segment: string
  asOf: number
  version?: number | undefined
  /** Ids of the subjects that are asked about; absent: everybody. */
  only?: readonly string[] | undefined
}

export interface OpenedSegment {
  definition: Segment
  subject: Subject
  /** Which versions were used. */
  used: { kind: string; id: string; version: number }[]
  /** SELECT key, subject, times: when it entered and left by turns, in ms; those to come too. */
  sql: string
  params: Params
}

/** Throws QUERY_INVALID naming the nearest segment. */
export async function openSegment(reader: Reader, asked: SegmentAsked): Promise<OpenedSegment> {
  const { segment, asOf, version, only } = asked
  const wanted = version === undefined ? { asOf } : { version }
  const definition = await requireDefinition(reader, 'segments', segment, wanted)
  const { body } = definition
  const { sql, params, used } = await compileMembershipTimes(reader, definition.id, body, { asOf, only })
  const own = { kind: 'segments', id: definition.id, version: definition.version }
  return { definition, subject: body.subject, used: [own, ...used], sql, params }
}

async function compileMembershipTimes(
  reader: Reader,
  id: string,
  body: SegmentBody,
  { asOf, only }: Pick<SegmentAsked, 'asOf' | 'only'>,
) {
  const { subject } = body
  if ('identifiers' in body) {
    const { sql, params } = listedTimes(id, subject, await listedSince(reader, id), only !== undefined)
    return { sql, params: { ...params, ...asOfParam(asOf), ...(only !== undefined && { only }) }, used: [] }
  }
  const references = await loadReferences(reader, [body.when], { subject, asOf })
  const { sql, params } = compileTimes([body.when], { subject, asOf, references, only })
  const named = `SELECT key, subject, times0 AS times FROM (${sql})`
  return { sql: named, params, used: [...references.used] }
}

const inSql = (times: string) => `length(${times}) % 2 = 1`
const pastSql = `arrayFilter(x -> x <= ${asOfMsSql}, times)`

/** SELECT key, subject, since (ms): who is in at asOf. */
const membersSql = ({ sql }: OpenedSegment) =>
  `SELECT key, subject, past[-1] AS since FROM (SELECT key, subject, ${pastSql} AS past FROM (${sql})) WHERE ${inSql('past')}`

/** ClickHouse answers at most so many rows (clickhouse/caps.ts). */
const mostMembers = 200_000

/** Their ids, sorted; of more than 200,000 the first by key. */
export async function membersOf(
  reader: Reader,
  segment: string,
  asked: Omit<SegmentAsked, 'segment'>,
): Promise<string[]> {
  const opened = await openSegment(reader, { segment, ...asked })
  const named: NamedQuery = {
    name: 'members-of-segment',
    sql: `SELECT subject FROM (${membersSql(opened)}) ORDER BY key LIMIT ${mostMembers}`,
    settings: touchSettings,
  }
  return (await query<{ subject: string }>(reader, named, opened.params)).map(({ subject }) => subject).sort()
}

export interface Member {
  key: string
  subject: string
  /** Milliseconds since 1970; 0: since before anything happened. */
  since: number
}

/** A page of them in the order of keys, which names nothing and never changes. */
export async function readMembers(
  reader: Reader,
  opened: OpenedSegment,
  { limit, after = '0' }: { limit: number; after?: string | undefined },
): Promise<{ rows: Member[]; next: string | undefined }> {
  const named: NamedQuery = {
    name: 'segment-members',
    sql: `
SELECT toString(k) AS key, subject, since FROM (SELECT key AS k, subject, since FROM (${membersSql(opened)}))
WHERE k > {after: UInt64} ORDER BY k LIMIT {limit: UInt32}`,
    settings: touchSettings,
  }
  const found = await query<Member>(reader, named, { ...opened.params, after, limit: limit + 1 })
  const rows = found.slice(0, limit)
  return { rows, next: found.length > limit ? rows.at(-1)?.key : undefined }
}

/** How many are in it, and how many ever were. */
export async function countMembers(
  reader: Reader,
  opened: OpenedSegment,
): Promise<{ members: number; ever: number }> {
  const named: NamedQuery = {
    name: 'count-segment-members',
    sql: `SELECT countIf(${inSql('past')}) AS members, countIf(notEmpty(past)) AS ever FROM (SELECT ${pastSql} AS past FROM (${opened.sql}))`,
    settings: touchSettings,
  }
  const [row] = await query<{ members: number; ever: number }>(reader, named, opened.params)
  return row ?? { members: 0, ever: 0 }
}

export interface HistoryRow {
  subject: string
  change: 'enter' | 'leave'
  /** Milliseconds since 1970; 0: since before anything happened. */
  at: number
  key: string
}

/** Entries and leaves until asOf, the latest first; `after` is the last one of the page before. */
export async function readHistory(
  reader: Reader,
  opened: OpenedSegment,
  { limit, after }: { limit: number; after?: { at: number; key: string } | undefined },
): Promise<{ rows: HistoryRow[]; next: { at: number; key: string } | undefined }> {
  const page = after === undefined ? '' : 'WHERE (at, k) < ({afterAt: Int64}, {afterKey: UInt64})'
  const named: NamedQuery = {
    name: 'segment-history',
    sql: `
SELECT toString(k) AS key, subject, if(place % 2 = 1, 'enter', 'leave') AS change, at FROM (
  SELECT key AS k, subject, at, place FROM (SELECT key, subject, ${pastSql} AS past FROM (${opened.sql}))
  ARRAY JOIN past AS at, arrayEnumerate(past) AS place
)
${page}
ORDER BY at DESC, k DESC LIMIT {limit: UInt32}`,
    settings: touchSettings,
  }
  const params = {
    ...opened.params,
    limit: limit + 1,
    ...(after && { afterAt: after.at, afterKey: after.key }),
  }
  const found = await query<HistoryRow>(reader, named, params)
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last ? { at: last.at, key: last.key } : undefined }
}
