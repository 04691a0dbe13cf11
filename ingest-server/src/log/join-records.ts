/** Joining records of one table into larger ones, and splitting one that is too large for its log. */
import type { LogRecord, LogTable } from './log.js'

const lineFeed = 0x0a

/** The same rows in as few records as fit `maxBytes` each; a single larger line stays alone. */
export function joinRecords(records: readonly LogRecord[], maxBytes: number): LogRecord[] {
  const open = new Map<LogTable, { lines: Buffer[]; bytes: number; rows: Record<string, number> }>()
  const joined: LogRecord[] = []
  const finish = (table: LogTable) => {
    const part = open.get(table)
    if (part === undefined) return
    const lines = part.lines.length === 1 ? (part.lines[0] as Buffer) : Buffer.concat(part.lines, part.bytes)
    joined.push({ table, lines, rows: part.rows })
    open.delete(table)
  }
  for (const record of records.flatMap((one) => splitRecord(one, maxBytes))) {
    const present = open.get(record.table)
    if (present !== undefined && present.bytes + record.lines.length > maxBytes) finish(record.table)
    const part = open.get(record.table) ?? { lines: [], bytes: 0, rows: {} }
    open.set(record.table, part)
    part.lines.push(record.lines)
    part.bytes += record.lines.length
    for (const [project, count] of Object.entries(record.rows))
      part.rows[project] = (part.rows[project] ?? 0) + count
  }
  for (const table of [...open.keys()]) finish(table)
  return joined
}

/** Cuts between lines. Rows of one project are counted; only a record of several projects has its lines read. */
export function splitRecord(record: LogRecord, maxBytes: number): LogRecord[] {
  if (record.lines.length <= maxBytes) return [record]
  const projects = Object.keys(record.rows)
  const parts: LogRecord[] = []
  let part: Buffer[] = []
  let bytes = 0
  const finish = () => {
    const rows = projects.length === 1 ? { [projects[0] as string]: part.length } : countProjects(part)
    parts.push({ table: record.table, lines: Buffer.concat(part), rows })
    part = []
    bytes = 0
  }
  for (const line of linesOf(record.lines)) {
    if (bytes > 0 && bytes + line.length > maxBytes) finish()
    part.push(line)
    bytes += line.length
  }
  if (part.length > 0) finish()
  return parts
}

/** Each line with its line feed, without copying. A last line without one is a line too. */
export function linesOf(lines: Buffer): Buffer[] {
  const found: Buffer[] = []
  let start = 0
  while (start < lines.length) {
    const end = lines.indexOf(lineFeed, start)
    const next = end === -1 ? lines.length : end + 1
    found.push(lines.subarray(start, next))
    start = next
  }
  return found
}

/** The project a line names, or undefined where the line cannot be read. */
export function projectOf(line: Buffer): string | undefined {
  try {
    const row: unknown = JSON.parse(line.toString())
    if (typeof row !== 'object' || row === null || !('project' in row)) return undefined
    return typeof row.project === 'string' ? row.project : undefined
  } catch {
    return undefined
  }
}

export function countProjects(lines: readonly Buffer[]): Record<string, number> {
  const rows: Record<string, number> = {}
  for (const line of lines) {
    const project = projectOf(line) ?? ''
    rows[project] = (rows[project] ?? 0) + 1
  }
  return rows
}
