/**
 * Memberships whose transition is not emitted yet: the last record differs from the present state. A subject that entered
 * and left between two looks is not among them.
 */
import { chunksOf, query, queryRows, type NamedQuery } from '../../clickhouse/query.js'
import { onlyKeys } from '../../definitions/sql/touches.js'
import type { EngageSource } from '../source.js'
import type { Segment } from './memberships.js'
import { pairOf, type SegmentMembership } from './membership.js'

export interface Pending {
  segment: string
  subject: string
  /** The present state, which the last record does not have. */
  isIn: boolean
  /** When it became so, in milliseconds; 0: before anything happened, or nothing says when. */
  since: number
  /** The last record: its change and number; '' and 0 where there is none. */
  change: '' | 'enter' | 'leave' | 'moved' | 'joined'
  n: number
  /** `known_at` of the last record, in milliseconds. */
  knownAt: number
}

/** In one look; the rest is found by the next. */
export const mostPending = 20_000

const pendingSql = (isOnly: boolean) => `
SELECT if(standing.segment = '', said.segment, standing.segment) AS segment, if(standing.segment = '', said.subject, standing.subject) AS subject,
  toBool(standing.is_in) AS isIn, standing.since AS since, said.change AS change, said.last AS n, said.known AS knownAt
FROM (
  SELECT segment, subject, length(past) % 2 AS is_in, past[-1] AS since
  FROM (
    SELECT segment, subject, arrayFilter(x -> x <= {now: Int64}, times) AS past
    FROM segment_memberships FINAL
    WHERE project = {project: String} AND segment IN {segments: Array(String)}${isOnly ? ` AND subject_key IN ${onlyKeys}` : ''}
  )
) AS standing
FULL OUTER JOIN (
  SELECT segment, subject, argMax(change, n) AS change, max(n) AS last, toUnixTimestamp64Milli(argMax(known_at, n)) AS known
  FROM segment_transitions
  WHERE project = {project: String} AND segment IN {segments: Array(String)}${isOnly ? ' AND subject IN {only: Array(String)}' : ''}
  GROUP BY segment, subject
) AS said ON said.segment = standing.segment AND said.subject = standing.subject
WHERE standing.is_in != (said.change IN ('enter', 'joined'))
LIMIT ${mostPending}`

/** Of these subjects, or of everybody; `now` in milliseconds. */
export async function readPending(
  source: EngageSource,
  segments: readonly Segment[],
  { now, only }: { now: number; only?: readonly string[] | undefined },
): Promise<Pending[]> {
  const named: NamedQuery = {
    name: 'segments-to-say',
    sql: pendingSql(only !== undefined),
    settings: { join_use_nulls: 0 },
  }
  const params = { now, segments: segments.map(({ id }) => id) }
  if (only === undefined) return query<Pending>(source, named, params)
  const found: Pending[] = []
  for (const part of chunksOf(only))
    found.push(...(await query<Pending>(source, named, { ...params, only: part })))
  return found
}

export interface LastSaid extends Pick<Pending, 'change' | 'knownAt' | 'n'> {
  /** Of `moved`. */
  movedTo: string
}

/** The last record of each of these subjects in each of these segments, by pairOf. */
export async function readLastSaid(
  source: EngageSource,
  segments: readonly string[],
  subjects: readonly string[],
): Promise<Map<string, LastSaid>> {
  const named: NamedQuery = {
    name: 'segments-last-said',
    splitBy: 'subjects',
    sql: `
SELECT segment, subject, argMax(change, n), argMax(moved_to, n), toUnixTimestamp64Milli(argMax(known_at, n)), max(n)
FROM segment_transitions
WHERE project = {project: String} AND segment IN {segments: Array(String)} AND subject IN {subjects: Array(String)}
GROUP BY segment, subject`,
  }
  type Row = [
    segment: string,
    subject: string,
    change: LastSaid['change'],
    movedTo: string,
    knownAt: number,
    n: number,
  ]
  const rows = await queryRows<Row>(source, named, { segments, subjects })
  return new Map(
    rows.map(([segment, subject, change, movedTo, knownAt, n]) => [
      pairOf(segment, subject),
      { change, movedTo, knownAt, n },
    ]),
  )
}

/** Which of these subjects are in which of these segments at `now`, by pairOf. */
export async function readWhoIsIn(
  source: EngageSource,
  segments: readonly string[],
  { subjects, now }: { subjects: readonly string[]; now: number },
): Promise<Set<string>> {
  const named: NamedQuery = {
    name: 'segments-who-is-in',
    splitBy: 'only',
    sql: `
SELECT segment, subject FROM segment_memberships FINAL
WHERE project = {project: String} AND segment IN {segments: Array(String)} AND subject_key IN ${onlyKeys}
  AND arrayCount(x -> x <= {now: Int64}, times) % 2 = 1`,
  }
  const rows = await queryRows<[string, string]>(source, named, { segments, now, only: subjects })
  return new Set(rows.map(([segment, subject]) => pairOf(segment, subject)))
}

/** Those of the changed memberships whose transition is not emitted yet. */
export async function pendingOf(
  source: EngageSource,
  changed: readonly SegmentMembership[],
): Promise<Pending[]> {
  const segments = [...new Set(changed.map(({ segment }) => segment.id))]
  const last = await readLastSaid(
    source,
    segments,
    changed.map(({ subject }) => subject),
  )
  return changed.flatMap(({ segment, subject, isIn, since }): Pending[] => {
    const said = last.get(pairOf(segment.id, subject))
    const { change = '' as const, n = 0, knownAt = 0 } = said ?? {}
    if (isIn === (change === 'enter' || change === 'joined')) return []
    return [{ segment: segment.id, subject, isIn, since, change, n, knownAt }]
  })
}
