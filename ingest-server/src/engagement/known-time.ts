/**
 * Now, which never goes back: otherwise a clock that was set back would make known transitions unknown, and they would be
 * emitted again when it comes round. While the clock is behind, now stands still at the latest time of any record.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { query } from '../clickhouse/query.js'
import type { Clock } from '../clock.js'

const latestQuery = {
  name: 'engage-known-until',
  sql: `
SELECT toUnixTimestamp64Milli(greatest(
  (SELECT max(known_at) FROM segment_transitions WHERE project = {project: String}),
  (SELECT max(at) FROM handoff_records WHERE project = {project: String}))) AS ms`,
}

export function openKnownTime(client: ClickHouseClient, clock: Clock) {
  const latest = new Map<string, number>()
  return {
    /** Milliseconds since 1970. */
    async now(project: string): Promise<number> {
      let known = latest.get(project)
      if (known === undefined) {
        const [row] = await query<{ ms: number }>({ client, project }, latestQuery)
        known = row?.ms ?? 0
      }
      const now = Math.max(known, clock())
      latest.set(project, now)
      return now
    },
    /** Another process may have recorded something since. */
    forget: () => latest.clear(),
  }
}
