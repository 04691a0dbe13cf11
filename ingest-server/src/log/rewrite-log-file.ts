/**
 * Copies a log file without some of its lines. What LMDB deletes stays in the file's free pages until they
 * are used again; a new file is what makes it gone.
 */
import { countProjects, linesOf } from './join-records.js'
import { storedBytes, type EntryWithRecord, type LogFile } from './log-file.js'
import type { LogRecord, LogTable } from './log.js'

export type KeepLine = (line: Buffer, table: LogTable) => boolean

const copiedAtOnceBytes = 4 * 1024 * 1024

/** Copies entries from `sequence` on up to the present end; resolves with where it ended and what it left out. */
export async function copyEntries(
  from: LogFile,
  to: LogFile,
  keepLine: KeepLine,
  sequence: number,
): Promise<{ next: number; removed: number }> {
  let next = sequence
  let removed = 0
  for (;;) {
    const entries = from.read(next, copiedAtOnceBytes)
    const last = entries.at(-1)
    if (last === undefined) return { next, removed }
    const kept: EntryWithRecord[] = []
    for (const entry of entries) {
      const { record, removedLines } = withoutLines(entry.record, keepLine)
      removed += removedLines
      if (record.lines.length > 0) kept.push({ ...entry, record, bytes: storedBytes(record) })
    }
    await to.put(kept)
    next = last.sequence + 1
  }
}

/** The same record when nothing goes. */
function withoutLines(record: LogRecord, keepLine: KeepLine): { record: LogRecord; removedLines: number } {
  const lines = linesOf(record.lines)
  const kept = lines.filter((line) => keepLine(line, record.table))
  if (kept.length === lines.length) return { record, removedLines: 0 }
  const rows = { ...record.rows }
  const gone = lines.filter((line) => !kept.includes(line))
  const [only] = Object.keys(rows)
  const perProject =
    only !== undefined && Object.keys(rows).length === 1 ? { [only]: gone.length } : countProjects(gone)
  for (const [project, count] of Object.entries(perProject)) {
    if (project in rows) rows[project] = Math.max(0, (rows[project] ?? 0) - count)
  }
  return { record: { table: record.table, lines: Buffer.concat(kept), rows }, removedLines: gone.length }
}
