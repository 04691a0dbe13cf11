/**
 * A file, as it comes over HTTP, through a map into the log: batch by batch, a few under way at once, each durable before
 * it counts as done. What stops it (the client, the server, the log) leaves a row number to go on from; what was done
 * twice counts once, since a row has the same messageId whenever it comes.
 */
import type { ImportBody, ImportRunAnswer } from '@touchline/schemas/api'
import { hash } from 'node:crypto'
import type { Clock } from '../../clock.js'
import { acceptMade, type Making } from '../../collect/accept/accept-made.js'
import { TouchlineError } from '../../errors.js'
import type { LogRecord } from '../../log/log.js'
import type { Judge } from '../../log/tombstones.js'
import { appendMade, refusedLine, untilAppended, type Appending } from '../append.js'
import { checkColumns } from '../map/check-columns.js'
import { compileMap, wantedColumns, type CompiledMap } from '../map/compile-map.js'
import { readRows } from '../reading/read-rows.js'
import { isBad, type FileForm, type ReadRow } from '../reading/row.js'
import { collectBatch, type MadeBatch } from './made-batch.js'
import { openPreview } from './preview.js'
import { noCounts, progressRecord, shapeOf, type EarlierRun, type Progress } from './progress.js'
import { sumCosts } from './sum-costs.js'

export interface ImportDeps extends Appending {
  clock: Clock
  judgeOf: (project: string) => Judge | undefined
}

export interface ImportAsk {
  project: Making['project']
  id: string
  map: { id: string; body: ImportBody }
  name: string
  input: AsyncIterable<Buffer>
  isDryRun: boolean
  /** What is known of an earlier run of this id. */
  earlier: EarlierRun | undefined
  /** Aborted when the client hangs up or the server stops. */
  signal: AbortSignal
  /** Told whenever it has changed. */
  onProgress: (progress: Progress) => void
}

/** Batches that wait for the log at once; more of them only fill memory. */
const maxUnderWay = 4
const keepProgressEveryMs = 2_000
export const maxRejectedShown = 1_000

export async function runImport(ask: ImportAsk, deps: ImportDeps): Promise<ImportRunAnswer> {
  const run = openRun(ask, deps)
  try {
    await run.readAll()
    await run.end()
  } catch (error) {
    await run.stopped(error)
    throw error
  }
  return run.answer()
}

function openRun(ask: ImportAsk, deps: ImportDeps) {
  const { project, map, isDryRun, signal } = ask
  const { clock } = deps
  const file = readRows(ask.input, { ...map.body, wanted: wantedColumns(map.body) })
  const progress = newProgress(ask, file.form, clock())
  const costs = sumCosts()
  const hasCosts = map.body.rows.some(({ as }) => as === 'cost')
  const preview = isDryRun ? openPreview() : undefined
  const shown: ImportRunAnswer['rejectedRows'] = []
  /** Counts alone: what rows became would wait there with them, and memory with it. */
  const underWay: { done: Promise<void>; counts: BatchCounts }[] = []
  let compiled: CompiledMap | undefined
  let resumeAfter = 0
  let keptAtMs = clock()

  /** The first rows decide how the file is read, and where an earlier run is gone on with. */
  function begin(rows: readonly ReadRow[]): CompiledMap {
    progress.warnings.push(...checkColumns(map.body, file.form))
    progress.digest = digestOf(map.body, file.form, rows)
    const { earlier } = ask
    // Sums of costs need the whole file.
    if (earlier !== undefined && earlier.digest === progress.digest && !hasCosts && !isDryRun) {
      resumeAfter = progress.resumedAfter = earlier.rows
      const { rows: done, accepted, skipped, rejected, events } = earlier
      Object.assign(progress, { rows: done, accepted, skipped, rejected, events })
    }
    return (compiled = compileMap(map.body, file.form))
  }

  async function readAll(): Promise<void> {
    for await (const rows of file.batches) {
      signal.throwIfAborted()
      const made = compiled ?? begin(rows)
      const fresh = resumeAfter === 0 ? rows : rows.filter(({ number }) => number > resumeAfter)
      if (fresh.length > 0) await take(fresh, made)
    }
    if (compiled === undefined) progress.warnings.push('The file has a header and no rows.')
    progress.warnings.push(...file.warnings)
    while (underWay.length > 0) await settleOldest()
  }

  async function take(rows: readonly ReadRow[], made: CompiledMap): Promise<void> {
    const nowMs = clock()
    const batch = collectBatch(rows, made, nowMs)
    const making = { project, verified: true, judge: deps.judgeOf(project.id), receivedAtMs: nowMs }
    const outcome = acceptMade(batch.events, making)
    batch.refuse(outcome.rejected)
    preview?.take(rows, made, batch)
    for (const one of batch.costs) costs.add(one.key, one.rows)
    for (const one of batch.rejected) if (shown.length < maxRejectedShown) shown.push(one)
    if (isDryRun) {
      outcome.release()
      return count(countsOf(batch, outcome.accepted))
    }
    const records = recordsOf(batch, outcome, nowMs)
    const counted = { accepted: outcome.accepted, rejected: batch.rejected.length }
    const append = () => appendMade(deps, project.id, records, counted)
    const done = untilAppended(append, signal, setWaiting).then(() => outcome.release())
    // Whoever waits for it is told; before that nobody need be.
    done.catch(() => undefined)
    underWay.push({ done, counts: countsOf(batch, outcome.accepted) })
    while (underWay.length >= maxUnderWay) await settleOldest()
    await keepProgress()
  }

  /** In the order of the file: what is counted as done has no gap before it. */
  async function settleOldest(): Promise<void> {
    const oldest = underWay.shift()
    if (oldest === undefined) return
    await oldest.done
    count(oldest.counts)
  }

  function recordsOf(batch: MadeBatch, { accepted, lines }: ReturnType<typeof acceptMade>, nowMs: number) {
    const records: LogRecord[] = []
    if (accepted > 0) records.push({ table: 'events', lines, rows: { [project.id]: accepted } })
    if (batch.rejected.length > 0)
      records.push({
        table: 'rejected_events',
        lines: Buffer.from(rejectedLines(batch, nowMs)),
        rows: { [project.id]: batch.rejected.length },
      })
    return records
  }

  const rejectedLines = (batch: MadeBatch, nowMs: number) =>
    batch.rejected
      .map(({ line, code, reason, row }) =>
        refusedLine({
          project: project.id,
          receivedAt: new Date(nowMs).toISOString(),
          messageId: '',
          code,
          message: `line ${line}: ${reason}`,
          stage: 'import',
          original: { import: ask.id, map: map.id, line, reason, row },
        }),
      )
      .join('')

  function count({ lastRow, accepted, skipped, rejected, events }: BatchCounts): void {
    progress.rows = lastRow
    progress.accepted += accepted
    progress.skipped += skipped
    progress.rejected += rejected
    progress.events += events
    tell()
  }

  function setWaiting(isWaiting: boolean): void {
    progress.state = isWaiting ? 'waiting' : 'running'
    tell()
  }

  function tell(): void {
    progress.updatedAtMs = Math.max(clock(), progress.updatedAtMs + 1)
    ask.onProgress(progress)
  }

  /** Only what is durable is counted in it. */
  async function keepProgress(isLast = false): Promise<void> {
    if (!isLast && clock() - keptAtMs < keepProgressEveryMs) return
    keptAtMs = clock()
    tell()
    const record = progressRecord(progress)
    await untilAppended(() => deps.log.append([record]), signal, setWaiting)
  }

  async function end(): Promise<void> {
    progress.costs = costs.size()
    progress.state = file.isCut() ? 'cut' : 'done'
    if (isDryRun) return
    for (const record of costs.records(project.id, clock()))
      await untilAppended(() => deps.log.append([record]), signal, setWaiting)
    progress.state = file.isCut() ? 'cut' : 'done'
    await keepProgress(true)
  }

  return {
    readAll,
    end,
    /** What was under way when it stopped may be durable or not: the next run does it again. */
    async stopped(error: unknown): Promise<void> {
      await Promise.allSettled(underWay.map(({ done }) => done))
      const isOurs = error instanceof TouchlineError && error.code === 'IMPORT_INVALID'
      progress.state = isOurs ? 'failed' : 'interrupted'
      if (isOurs) progress.warnings.push(error.message)
      tell()
      if (!isDryRun && compiled !== undefined)
        await deps.log.append([progressRecord(progress)]).catch(() => undefined)
    },
    answer: (): ImportRunAnswer => ({ ...shapeOf(progress), rejectedRows: shown, ...preview?.shown() }),
  }
}

interface BatchCounts {
  lastRow: number
  accepted: number
  skipped: number
  rejected: number
  events: number
}

const countsOf = ({ lastRow, accepted, skipped, rejected }: MadeBatch, events: number): BatchCounts => ({
  ...{ lastRow, accepted, skipped, rejected: rejected.length, events },
})

function newProgress({ project, id, map, name }: ImportAsk, form: FileForm, nowMs: number): Progress {
  return {
    ...noCounts,
    ...{ project: project.id, id, state: 'running', map: map.id, name, digest: '', form },
    ...{ resumedAfter: 0, startedAtMs: nowMs, updatedAtMs: nowMs, warnings: [] },
  }
}

const rowsOfDigest = 20

function digestOf(body: ImportBody, { columns }: FileForm, rows: readonly ReadRow[]): string {
  const first = rows.slice(0, rowsOfDigest).map((row) => (isBad(row) ? row.raw : row.raw || row.cells))
  return hash('sha256', JSON.stringify([body, columns, first]), 'base64url').slice(0, 32)
}
