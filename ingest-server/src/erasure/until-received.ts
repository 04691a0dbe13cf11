/** The end of what an erasure covers: everything that was received before it, whatever the clocks said then. */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows, type NamedQuery } from '../clickhouse/query.js'

// A column of the project each; an erasure reads all its events afterwards.
const latestQuery: NamedQuery = {
  name: 'latest-receipt',
  sql: `
SELECT toUnixTimestamp64Milli(greatest(
  (SELECT max(received_at) FROM events WHERE project = {project: String}),
  (SELECT max(received_at) FROM rejected_events WHERE project = {project: String}),
  (SELECT max(at) FROM definitions WHERE project = {project: String})))`,
}

/** What is derived of an event and what is decided by it follows within this time. */
const followsWithinMs = 10_000

/**
 * `nowMs`; or later where something is stored that was received later, because a clock was ahead and went back, or because
 * another process's is ahead. Until then whoever bears the name of somebody erased cannot be told from them.
 */
export async function untilReceived(app: ClickHouseClient, project: string, nowMs: number): Promise<number> {
  const [row] = await queryRows<[string | number]>({ client: app }, latestQuery, { project })
  const latestMs = Number(row?.[0] ?? 0)
  return latestMs < nowMs ? nowMs : latestMs + followsWithinMs
}
