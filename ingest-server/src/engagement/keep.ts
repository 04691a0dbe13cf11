/**
 * Facts of runs: written to the log, then to the table, and only then acted on. So the next process can read everything
 * that was acted on, and a fact that only the log holds was not acted on:
 *
 *     log.append(fact, delivery) → insert fact → insert delivery → send
 *
 * The next process decides such a step again, under the same ids, with a higher version: of two facts of one place the
 * higher counts, whenever the store writes the other (docs/decisions has why).
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { insertLines } from '../clickhouse/insert-lines.js'
import type { EventLog, LogRecord } from '../log/log.js'

/** Appends all at once, then inserts them in this order. Rejects where either fails; both may be done again. */
export async function keep(
  { log, app }: { log: EventLog; app: ClickHouseClient },
  records: readonly LogRecord[],
): Promise<void> {
  const some = records.filter(({ lines }) => lines.length > 0)
  if (some.length === 0) return
  await log.append(some)
  for (const { table, lines } of some) if (table !== 'events') await insertLines(app, table, lines)
}
