/** Erased people's lines in the log: found, and where the log can forget, rewritten without them. */
import type { EventLog, LogTable } from '../log/log.js'
import { linesOf } from '../log/join-records.js'
import { scrub, verdictOfRow, type StoredRow } from '../log/scrub.js'
import { isAboutErased, type Judge, type Verdict } from '../log/tombstones.js'

interface StoredLine extends StoredRow {
  project?: string
}

/** What a line says about an erased person of `project`. */
export function verdictOfLine(line: Buffer, table: LogTable, project: string, judge: Judge): Verdict {
  if (table === 'erasures' || table === 'definitions' || table === 'costs') return 'other'
  const text = line.toString('utf8')
  // Most lines of most servers are another project's, or nobody's who was erased: cheap answers first.
  let row: StoredLine & { original?: string; received_at?: string }
  try {
    row = JSON.parse(text) as typeof row
  } catch {
    return isAboutErased(text, Date.now(), judge) ? 'theirs' : 'other'
  }
  if (row.project !== project) return 'other'
  if (table === 'events') return verdictOfRow(row, judge)
  return isAboutErased(row.original ?? '', Date.parse(row.received_at ?? ''), judge) ? 'theirs' : 'other'
}

/** Lines of the log that are theirs or mention them; nothing in a log that was rewritten. */
export async function countInLog(log: EventLog, project: string, judge: Judge): Promise<number> {
  let found = 0
  await log.replay(async (batch) => {
    for (const { table, lines } of batch)
      for (const line of linesOf(lines))
        if (verdictOfLine(line, table, project, judge) !== 'other') found += 1
  })
  return found
}

/**
 * Rewrites the log without what is theirs. Somebody else's lines that mention them are appended anew without
 * the name before the old ones go: a crash in between leaves both, and the table takes either.
 */
export async function rewriteLog(log: EventLog, project: string, judge: Judge): Promise<void> {
  if (log.rewrite === undefined) return
  const scrubbed: Buffer[] = []
  await log.replay(async (batch) => {
    for (const { table, lines } of batch) {
      if (table !== 'events') continue
      for (const line of linesOf(lines)) {
        if (verdictOfLine(line, table, project, judge) !== 'mentions') continue
        const row = JSON.parse(line.toString('utf8')) as StoredLine
        scrubbed.push(Buffer.from(`${JSON.stringify(scrub(row, judge))}\n`))
      }
    }
  })
  // Counted as nothing: these events were received, appended and inserted before.
  if (scrubbed.length > 0) await log.append([{ table: 'events', lines: Buffer.concat(scrubbed), rows: {} }])
  await log.rewrite((line, table) => verdictOfLine(line, table, project, judge) === 'other')
}
