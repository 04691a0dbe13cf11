/** Erased people's lines in the log: found, and where the log can forget, rewritten without them. */
import { createBreather } from '../breathe.js'
import { parseExact, stringifyExact } from '../exact-json.js'
import type { EventLog, LogTable } from '../log/log.js'
import { scrubDefinition, type DefinitionLine } from './erased-definitions.js'
import { hasWords, scrubWords } from './erased-texts.js'
import { linesOf } from '../log/join-records.js'
import { scrub, verdictOfRow, type StoredRow } from '../log/scrub.js'
import { isAboutErased, type Judge, type Verdict } from '../log/tombstones.js'

interface StoredLine extends StoredRow {
  project?: string
}

interface RecordedLine {
  subject?: string
  person?: string
  identifier?: string
  moved_to?: string
  valid_at?: string
  known_at?: string
  at?: string
  subjects?: readonly string[]
  decided_at?: string
}

/** Whether what was recorded of segments and hand-offs is theirs, as erasure-sql.ts asks of the tables. */
const recordedNames: { [Table in LogTable]?: (line: RecordedLine, judge: Judge) => boolean } = {
  segment_transitions: ({ subject = '', moved_to = '', valid_at = '', known_at = '' }, judge) =>
    [subject, moved_to].some((name) => judge.isErased(name, Date.parse(valid_at), Date.parse(known_at))),
  segment_additions: ({ identifier = '', at = '' }, judge) => judge.isErased(identifier, Date.parse(at)),
  handoff_records: ({ subject = '', person = '', at = '' }, judge) =>
    [subject, person].some((name) => judge.isErased(name, Date.parse(at))),
  program_facts: ({ subject = '', person = '', at = '' }, judge) =>
    [subject, person].some((name) => judge.isErased(name, Date.parse(at))),
  deliveries_decided: ({ subjects = [], decided_at = '' }, judge) =>
    subjects.some((name) => judge.isErased(name, Date.parse(decided_at))),
  delivery_attempts: ({ subjects = [], at = '' }, judge) =>
    subjects.some((name) => judge.isErased(name, Date.parse(at))),
  change_records: ({ subject = '', at = '' }, judge) => judge.isErased(subject, Date.parse(at)),
}

/** What a line says about an erased person of `project`. */
export function verdictOfLine(line: Buffer, table: LogTable, project: string, judge: Judge): Verdict {
  if (table === 'erasures') return 'other'
  const text = line.toString('utf8')
  // Most lines of most servers are another project's, or nobody's who was erased: cheap answers first.
  let row: StoredLine & { original?: string; received_at?: string }
  try {
    row = JSON.parse(text) as typeof row
  } catch {
    return isAboutErased(text, Date.now(), judge) ? 'theirs' : 'other'
  }
  if (row.project !== project) return 'other'
  if (table === 'definitions')
    return scrubDefinition(row as unknown as DefinitionLine, judge) === undefined ? 'other' : 'mentions'
  if (table === 'events') return verdictOfRow(row, judge)
  const recorded = recordedNames[table]
  if (recorded?.(row, judge)) return 'theirs'
  if (hasWords(table)) return scrubWords(table, { ...row }, judge) === undefined ? 'other' : 'mentions'
  if (recorded !== undefined) return 'other'
  return isAboutErased(row.original ?? '', Date.parse(row.received_at ?? ''), judge) ? 'theirs' : 'other'
}

/** Lines of the log that are theirs or mention them; nothing in a log that was rewritten. */
export async function countInLog(log: EventLog, project: string, judge: Judge): Promise<number> {
  let found = 0
  const breather = createBreather()
  await log.replay(async (batch) => {
    for (const { table, lines } of batch)
      for (const line of linesOf(lines)) {
        if (verdictOfLine(line, table, project, judge) !== 'other') found += 1
        if (breather.isDue()) await breather.rest()
      }
  })
  return found
}

/**
 * Rewrites the log without what is theirs. Somebody else's lines that mention them are appended anew without
 * the name before the old ones go: a crash in between leaves both, and the table takes either.
 */
export async function rewriteLog(log: EventLog, project: string, judge: Judge): Promise<void> {
  if (log.rewrite === undefined) return
  const scrubbed: Partial<Record<LogTable, Buffer[]>> = {}
  const breather = createBreather()
  await log.replay(async (batch) => {
    for (const { table, lines } of batch) {
      if (table !== 'events' && table !== 'definitions' && !hasWords(table)) continue
      for (const line of linesOf(lines)) {
        if (breather.isDue()) await breather.rest()
        if (verdictOfLine(line, table, project, judge) !== 'mentions') continue
        const ofTable = (scrubbed[table] ??= [])
        ofTable.push(Buffer.from(`${stringifyExact(cleaned(line, table, judge))}\n`))
      }
    }
  })
  // Counted as nothing: these lines were received, appended and inserted before.
  for (const [table, lines] of Object.entries(scrubbed) as [LogTable, Buffer[]][])
    await log.append([{ table, lines: Buffer.concat(lines), rows: {} }])
  await log.rewrite((line, table) => verdictOfLine(line, table, project, judge) === 'other')
}

function cleaned(line: Buffer, table: LogTable, judge: Judge): object | undefined {
  const row = parseExact(line.toString('utf8'))
  if (hasWords(table)) return scrubWords(table, row as Record<string, unknown>, judge)
  return table === 'events' ? scrub(row as StoredLine, judge) : scrubDefinition(row as DefinitionLine, judge)
}
