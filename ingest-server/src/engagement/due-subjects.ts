/** Subjects that change by time alone: a row has in `next_at` when it changes next without a touch. */
import { query, type NamedQuery } from '../clickhouse/query.js'
import type { EngageSource } from './source.js'

/** What is longer ago than that was seen, or is seen by the pass over everybody. */
const lookBackMs = 600_000

/** A derived table with `next_at`, and the column that names the definition of a row. */
export const dueSegments = { name: 'segments-due', table: 'segment_memberships', definition: 'segment' }
export const dueScores = { name: 'scores-due', table: 'score_values', definition: 'score' }

/** Subjects of rows whose `next_at` has come since `lookBackMs` before `now` (milliseconds). */
export async function readDueSubjects(
  source: EngageSource,
  { name, table, definition }: typeof dueSegments,
  now: number,
): Promise<string[]> {
  // Rows that were replaced are among those found first; who is due is decided by the latest row of each.
  const named: NamedQuery = {
    name,
    sql: `
SELECT DISTINCT subject
FROM ${table} FINAL
WHERE project = {project: String}
  AND (${definition}, subject_key) IN (
    SELECT ${definition}, subject_key FROM ${table}
    WHERE project = {project: String} AND next_at > fromUnixTimestamp64Milli({from: Int64}, 'UTC') AND next_at <= fromUnixTimestamp64Milli({now: Int64}, 'UTC')
    LIMIT 20000)
  AND toUnixTimestamp64Milli(next_at) > 0 AND next_at <= fromUnixTimestamp64Milli({now: Int64}, 'UTC')`,
  }
  const rows = await query<{ subject: string }>(source, named, { now, from: Math.max(0, now - lookBackMs) })
  return rows.map(({ subject }) => subject)
}
