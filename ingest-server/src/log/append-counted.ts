/** Events that the server itself puts into the log: decisions, and what is replayed. Those that are sent: collect/request. */
import type { Metrics } from '../metrics.js'
import type { EventLog } from './log.js'

interface Into {
  log: EventLog
  metrics: Metrics
}

/** Resolves when the log holds them; rejects as `append` does, and counts nothing then. `lines` as in LogRecord. */
export async function appendCounted(
  { log, metrics }: Into,
  project: string,
  { lines, events }: { lines: Buffer; events: number },
): Promise<void> {
  await log.append([{ table: 'events', lines, rows: { [project]: events } }])
  // They go through the pipeline like any other (a replayed one once more), so they count: the sums of /metrics stay
  // exact.
  metrics.received.inc({ project }, events)
  metrics.appended.inc({ project }, events)
}
