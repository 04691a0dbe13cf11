/**
 * The store: moves rows from the log to ClickHouse. Dumb on purpose: it joins the lines of a batch by table
 * and inserts the bytes as they stand. A batch is done when every line is in its table or in `dead_letters`.
 */
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import type { Metrics } from '../metrics.js'
import { linesOf } from '../log/join-records.js'
import type { EventLog, LogTable, ReadRecord } from '../log/log.js'
import { pause } from '../loop.js'
import type { Logger } from '../logger.js'
import { projectsOfRefused, subtractRows, sumRows, type Counts } from './count-rows.js'
import { toDeadLetterLine } from './dead-letters.js'
import { rememberDelivered } from './delivered-once.js'
import { insertOrRefusal, insertRows, type Inserting, type Line, type RefusedLine } from './insert-rows.js'
import { mebibyte } from '../units.js'

export interface StoreDeps {
  log: EventLog
  clickhouse: ClickHouse
  metrics: Metrics
  logger: Logger
}

/**
 * Inserts begin at most this often, so that each makes a part worth having: four a second at any rate. The
 * first row after a quiet time is inserted at once. From 2xx to visible has 1 s, of which stitch needs 0.3.
 */
const paceMs = 250
/**
 * A batch of this size says that the log is behind: no pause then, and two or three inserts side by side, for one does
 * not keep two cores busy. The larger each is the better, up to some 10 MiB. Of ClickHouse's own pace, in bench/store.ts:
 * two inserts of batches of 16 MiB reach 0.65, three 0.59, three of 32 MiB 0.76.
 */
const behindBytes = 4 * mebibyte
const insertBytes = 10 * mebibyte
const insertsSideBySide = { least: 2, most: 3 }
/** How long an insert under way may still take when the store is stopped. */
const finishWithinMs = 10_000

export function startStore({ log, clickhouse, metrics, logger }: StoreDeps) {
  const softAbort = new AbortController()
  const hardAbort = new AbortController()
  const delivered = rememberDelivered()
  const inserting: Inserting = {
    app: clickhouse.app,
    logger,
    onRetry: () => metrics.insertRetries.inc(),
    onInsert: (seconds) => metrics.insertSeconds.observe(seconds),
    softAbort: softAbort.signal,
    hardAbort: hardAbort.signal,
  }

  async function handle(batch: readonly ReadRecord[]): Promise<void> {
    const startedAt = performance.now()
    for (const [table, records] of byTable(batch)) await moveRows(table, records)
    if (bytesOf(batch) < behindBytes) await pause(startedAt + paceMs - performance.now(), softAbort.signal)
  }

  async function moveRows(table: LogTable, records: readonly ReadRecord[]): Promise<void> {
    const parts = bytesOf(records) < behindBytes ? [records] : partsForInserts(records)
    const outcomes = await Promise.allSettled(parts.map((part) => movePart(table, part)))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async function movePart(table: LogTable, records: readonly ReadRecord[]): Promise<void> {
    const refusal = await insertOrRefusal(
      inserting,
      table,
      records.map((record) => record.lines),
    )
    const setAside = refusal === undefined ? {} : await moveLineByLine(table, records)
    if (table !== 'events') return
    const fresh = delivered.freshOf(records)
    count(metrics.inserted, subtractRows(sumRows(fresh), setAside))
    count(metrics.deadLettered, setAside)
    count(metrics.repeated, subtractRows(sumRows(records), sumRows(fresh)))
    delivered.remember(fresh)
  }

  /** Resolves with how many lines of which project went to `dead_letters` and were not counted before. */
  async function moveLineByLine(table: LogTable, records: readonly ReadRecord[]): Promise<Counts> {
    const lines = records.flatMap((record, index): Line[] =>
      linesOf(record.lines).map((bytes) => ({ bytes, record: index })),
    )
    const refused = await insertRows(inserting, table, lines)
    return setLinesAside(table, records, refused)
  }

  async function setLinesAside(
    table: LogTable,
    records: readonly ReadRecord[],
    refused: readonly RefusedLine[],
  ): Promise<Counts> {
    const fresh = new Set(delivered.freshOf(records))
    const letters = records.flatMap((record, index) => {
      const mine = refused.filter((line) => line.record === index)
      if (mine.length === 0) return []
      const projects = projectsOfRefused(
        record,
        linesOf(record.lines),
        mine.map((line) => line.bytes),
      )
      return mine.map((line, at) => ({
        table,
        project: projects[at] ?? '',
        position: record.position,
        isRepeated: !fresh.has(record),
        original: line.bytes,
        error: line.error,
      }))
    })
    if (letters.length === 0) return {}
    logger.error({ table, lines: letters.length, err: letters[0]?.error }, 'Lines went to dead_letters')
    const refusal = await insertOrRefusal(inserting, 'dead_letters', letters.map(toDeadLetterLine))
    // Every column of it is a string or a number made here. If it is refused nonetheless, the batch stays undone.
    if (refusal !== undefined) throw refusal.error
    return countBy(letters.filter(({ isRepeated }) => !isRepeated).map(({ project }) => project))
  }

  const stopped = log.read(handle, softAbort.signal)
  return {
    /** Settles when the store no longer reads: after `stop()`, or when the log gave up. */
    stopped,
    /** Finishes the insert under way and begins no other. What is not done is delivered again. */
    async stop(): Promise<void> {
      softAbort.abort()
      const cut = setTimeout(() => hardAbort.abort(), finishWithinMs)
      try {
        await stopped
      } finally {
        clearTimeout(cut)
      }
    },
  }
}

function byTable(batch: readonly ReadRecord[]): Map<LogTable, ReadRecord[]> {
  const tables = new Map<LogTable, ReadRecord[]>()
  for (const record of batch) {
    const records = tables.get(record.table) ?? []
    records.push(record)
    tables.set(record.table, records)
  }
  return tables
}

function bytesOf(records: readonly ReadRecord[]): number {
  return records.reduce((sum, record) => sum + record.lines.length, 0)
}

/** Of about the same number of bytes each; fewer where there are not so many records. */
function partsForInserts(records: readonly ReadRecord[]): ReadRecord[][] {
  const allBytes = bytesOf(records)
  const { least, most } = insertsSideBySide
  const count = Math.min(most, Math.max(least, Math.round(allBytes / insertBytes)))
  const parts = Array.from({ length: count }, (): ReadRecord[] => [])
  let bytes = 0
  for (const record of records) {
    parts[Math.min(count - 1, Math.floor((bytes * count) / allBytes))]?.push(record)
    bytes += record.lines.length
  }
  return parts.filter((part) => part.length > 0)
}

function count(counter: Metrics['inserted'], rows: Counts): void {
  for (const [project, amount] of Object.entries(rows)) if (amount > 0) counter.inc({ project }, amount)
}

function countBy(names: readonly string[]): Counts {
  const counts: Counts = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
