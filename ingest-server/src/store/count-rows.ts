/** Exact counts per project of what became of a batch's rows. */
import { projectOf } from '../log/join-records.js'
import type { LogRecord } from '../log/log.js'

export type Counts = Record<string, number>

/** Rows of all records per project. */
export function sumRows(records: readonly LogRecord[]): Counts {
  const sum: Counts = {}
  for (const record of records)
    for (const [project, count] of Object.entries(record.rows)) sum[project] = (sum[project] ?? 0) + count
  return sum
}

/**
 * The project of each refused line of one record. A line that cannot be read belongs to a project that the
 * record counts more rows of than its readable lines name; so the sums stay exact.
 */
export function projectsOfRefused(
  record: LogRecord,
  lines: readonly Buffer[],
  refused: readonly Buffer[],
): string[] {
  const counted = Object.keys(record.rows)
  const [only] = counted
  if (only !== undefined && counted.length === 1) return refused.map(() => only)
  const missing = { ...record.rows }
  for (const line of lines) {
    const project = projectOf(line)
    if (project !== undefined && project in missing) missing[project] = (missing[project] ?? 0) - 1
  }
  return refused.map((line) => {
    const stated = projectOf(line)
    if (stated !== undefined && stated in record.rows) return stated
    const guessed = Object.keys(missing).find((project) => (missing[project] ?? 0) > 0) ?? ''
    if (guessed !== '') missing[guessed] = (missing[guessed] ?? 0) - 1
    return guessed
  })
}

export function subtractRows(from: Counts, taken: Counts): Counts {
  return Object.fromEntries(
    Object.entries(from).map(([project, count]) => [project, Math.max(0, count - (taken[project] ?? 0))]),
  )
}
