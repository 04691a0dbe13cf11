/**
 * Records what is emitted: first into the log, then into the table at once, so that the next look sees it. The store
 * brings the same line again, and a replay every line there ever was. After a crash between the two the next look makes the
 * same record again, under the same key (docs/decisions/010-what-is-said-is-in-the-log.md).
 */
import { createHash } from 'node:crypto'
import { insertLines } from '../clickhouse/insert-lines.js'
import type { LogTable } from '../log/log.js'
import type { RecordDeps } from './source.js'

export type RecordedTable = Extract<LogTable, 'segment_transitions' | 'segment_additions' | 'handoff_records'>

/** Lines of one record, so that the log has all of them or none. */
const mostAtOnce = 2_000

export async function record(
  { app, log }: Pick<RecordDeps, 'app' | 'log'>,
  table: RecordedTable,
  rows: readonly object[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += mostAtOnce) {
    const lines = Buffer.from(
      rows
        .slice(from, from + mostAtOnce)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    )
    await log.append([{ table, lines, rows: {} }])
    await insertLines(app, table, lines)
  }
}

/** The same for the same parts, whichever process makes it. */
export const idOf = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)

/**
 * Version of a record that became known at `ms`: of two records with one key ReplacingMergeTree keeps the higher
 * version, the earlier record.
 */
export const precedenceOf = (ms: number): string => (2n ** 63n - BigInt(Math.round(ms))).toString()
