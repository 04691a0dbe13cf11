/**
 * Nothing is emitted about an erased subject. Its derived rows may come back for a while, from a replay of an older log or
 * because a look began before the erasure; a record made of them would have the present time, and no erasure would find
 * it. A subject that comes back under an erased id has an event since the erasure, and counts as a new one.
 */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import type { Judge } from '../log/tombstones.js'

const latestEventsQuery: NamedQuery = {
  name: 'latest-events-of-erased-names',
  splitBy: 'subjects',
  sql: `
SELECT subject, toUnixTimestamp64Milli(argMax(occurred_at, received_at)) AS at, toUnixTimestamp64Milli(max(received_at)) AS receivedAt
FROM events
WHERE project = {project: String} AND subject IN {subjects: Array(String)}
GROUP BY subject`,
}

interface LatestEvent {
  subject: string
  at: number
  receivedAt: number
}

/** Those of these persons or accounts that are not erased; without a query where none of them ever was. */
export async function notErased(
  reader: Reader,
  judge: Judge | undefined,
  subjects: readonly string[],
): Promise<string[]> {
  const erased = new Set(judge === undefined ? [] : subjects.filter((subject) => judge.wasErased(subject)))
  if (judge === undefined || erased.size === 0) return [...subjects]
  const latest = await query<LatestEvent>(reader, latestEventsQuery, { subjects: [...erased] })
  for (const { subject, at, receivedAt } of latest)
    if (!judge.isErased(subject, at, receivedAt)) erased.delete(subject)
  return subjects.filter((subject) => !erased.has(subject))
}

export async function withoutErased<Row extends { subject: string }>(
  reader: Reader,
  judge: Judge | undefined,
  rows: readonly Row[],
): Promise<Row[]> {
  const names = [...new Set(rows.map(({ subject }) => subject))]
  const kept = new Set(await notErased(reader, judge, names))
  return rows.filter(({ subject }) => kept.has(subject))
}
