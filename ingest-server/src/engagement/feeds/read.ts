/** Recorded changes, from a cursor on. */
import type { ChangeKind, Subject } from '@touchline/schemas/api'
import { query, queryRows, type NamedQuery, type QuerySource } from '../../clickhouse/query.js'

export interface ToldRow {
  seq: string
  id: string
  kind: ChangeKind
  of: string
  subjectKind: Subject
  subject: string
  at: string
  body: string
}

const changesQuery: NamedQuery = {
  name: 'changes',
  sql: `
SELECT toString(seq) AS seq, id, kind, of, subject_kind AS subjectKind, subject, at, body
FROM changes
WHERE project = {project: String} AND changes.seq > {after: UInt64}
  AND ({kinds: Array(String)} = [] OR kind IN {kinds: Array(String)})
  AND ({of: Array(String)} = [] OR of = '' OR of IN {of: Array(String)})
ORDER BY changes.seq
LIMIT {limit: UInt32}`,
}

export interface ChangesWanted {
  after: string
  kinds?: readonly string[]
  of?: readonly string[]
  limit: number
}

export const readChanges = (
  source: QuerySource,
  { after, kinds = [], of = [], limit }: ChangesWanted,
): Promise<ToldRow[]> => query(source, changesQuery, { after, kinds, of, limit })

/** The highest `seq` of the project; 0n where there is no change yet. */
export async function lastSeq(source: QuerySource): Promise<bigint> {
  const named = {
    name: 'changes-last',
    sql: 'SELECT toString(max(seq)) FROM change_records WHERE project = {project: String}',
  }
  const [[seq] = ['0']] = await queryRows<[string]>(source, named)
  return BigInt(seq)
}

/** Id of the last recorded change, by `of` and subject with a line feed between them. */
export async function lastRecorded(
  source: QuerySource,
  kind: ChangeKind,
  subjects: readonly string[],
): Promise<Map<string, string>> {
  const named = {
    name: 'change-records-last',
    splitBy: 'subjects',
    sql: `
SELECT of, subject, argMax(id, seq) FROM change_records FINAL
WHERE project = {project: String} AND kind = {kind: String} AND subject IN {subjects: Array(String)}
GROUP BY of, subject`,
  }
  const rows = await queryRows<[string, string, string]>(source, named, { kind, subjects })
  return new Map(rows.map(([of, subject, id]) => [`${of}\n${subject}`, id]))
}

/** Where a feed goes on: after the last change that it was decided to send. */
export async function feedCursor(source: QuerySource, feed: string, since: number): Promise<string> {
  const named = {
    name: 'feed-cursor',
    sql: `
SELECT toString(greatest(
  (SELECT max(place) FROM deliveries_decided FINAL WHERE project = {project: String} AND source = 'feed' AND run = {feed: String}),
  (SELECT max(seq) FROM change_records WHERE project = {project: String} AND at < fromUnixTimestamp64Milli({since: Int64}, 'UTC'))))`,
  }
  const [[cursor] = ['0']] = await queryRows<[string]>(source, named, { feed, since })
  return cursor
}
