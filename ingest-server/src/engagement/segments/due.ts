/** Whom a window has moved past: rows say when they change next without a touch. */
import { query, type NamedQuery } from '../../clickhouse/query.js'
import { onlyKeys } from '../../definitions/sql/touches.js'
import { derive, type EngageSource } from '../source.js'

/** What is longer ago than that was seen, or is seen by the pass over everybody. */
const lookBackMs = 600_000

// Rows that were replaced are among those found first; who is due is decided by the latest row of each.
const dueQuery: NamedQuery = {
  name: 'segments-due',
  sql: `
SELECT DISTINCT subject
FROM segment_memberships FINAL
WHERE project = {project: String}
  AND (segment, subject_key) IN (
    SELECT segment, subject_key FROM segment_memberships
    WHERE project = {project: String} AND next_at > fromUnixTimestamp64Milli({from: Int64}, 'UTC') AND next_at <= fromUnixTimestamp64Milli({now: Int64}, 'UTC')
    LIMIT 20000)
  AND toUnixTimestamp64Milli(next_at) > 0 AND next_at <= fromUnixTimestamp64Milli({now: Int64}, 'UTC')`,
}

export async function readDue(source: EngageSource, now: number): Promise<string[]> {
  const rows = await query<{ subject: string }>(source, dueQuery, {
    now,
    from: Math.max(0, now - lookBackMs),
  })
  return rows.map(({ subject }) => subject)
}

/** After it was said: when these change next. */
export async function moveOn(
  source: EngageSource,
  { only, now, version }: { only: readonly string[]; now: number; version: bigint },
): Promise<void> {
  await derive(
    source,
    `
INSERT INTO segment_memberships (project, segment, subject_key, subject_kind, subject, segment_version, times, next_at, version, is_deleted)
SELECT project, segment, subject_key, subject_kind, subject, segment_version, times,
  fromUnixTimestamp64Milli(arrayFirst(x -> x > {now: Int64}, times), 'UTC'), {version: UInt64}, 0
FROM segment_memberships FINAL
WHERE project = {project: String} AND subject_key IN ${onlyKeys}
  AND toUnixTimestamp64Milli(next_at) > 0 AND next_at <= fromUnixTimestamp64Milli({now: Int64}, 'UTC')`,
    { only, now, version: version.toString() },
  )
}
