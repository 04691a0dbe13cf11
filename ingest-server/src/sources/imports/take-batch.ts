/**
 * Batches of a file's rows, through its map and the rules for events into the log, a few under way at once. A dry run
 * makes the same of them and shows it, and the log sees nothing.
 */
import type { ImportRunAnswer } from '@touchline/schemas/api'
import { acceptMade } from '../../collect/accept/accept-made.js'
import type { LogRecord } from '../../log/log.js'
import { appendMade, refusedLine, untilAppended } from '../append.js'
import type { CompiledMap } from '../map/compile-map.js'
import type { Due } from './go-on.js'
import type { ImportRequest, ImportDeps } from './import-request.js'
import type { KeptProgress } from './keep-progress.js'
import { collectBatch, type MadeBatch } from './made-batch.js'
import { openPreview } from './preview.js'
import { sumCosts } from './sum-costs.js'
import { openUnderWay } from './under-way.js'

const maxUnderWay = 4
const maxRejectedShown = 1_000

export function openBatches(request: ImportRequest, deps: ImportDeps, kept: KeptProgress) {
  const { project, isDryRun, signal } = request
  const costs = sumCosts()
  const preview = isDryRun ? openPreview() : undefined
  const rejectedRows: ImportRunAnswer['rejectedRows'] = []
  const underWay = openUnderWay(maxUnderWay, kept.add)

  return {
    /** Resolves when the next batch may come, not when this one is durable. */
    async take({ rows, hash }: Due, made: CompiledMap): Promise<void> {
      const nowMs = deps.clock()
      const batch = collectBatch(rows, made, nowMs)
      const making = { project, verified: true, judge: deps.judgeOf(project.id), receivedAtMs: nowMs }
      const outcome = acceptMade(batch.events, making)
      batch.refuse(outcome.rejected)
      preview?.take(rows, made, batch)
      for (const one of batch.costs) costs.add(one.key, one.rows)
      for (const one of batch.rejected) if (rejectedRows.length < maxRejectedShown) rejectedRows.push(one)
      const counts = { ...countsOf(batch, outcome.accepted), rowsHash: hash }
      if (isDryRun) {
        outcome.release()
        return kept.add(counts)
      }
      const records = recordsOf(request, batch, outcome, nowMs)
      const counted = { accepted: outcome.accepted, rejected: batch.rejected.length }
      const append = () => appendMade(deps, project.id, records, counted)
      const done = untilAppended(append, signal, kept.setWaiting).then(() => outcome.release())
      await underWay.add(done, counts)
      await kept.keepIfDue()
    },
    settle: underWay.settle,
    abandon: underWay.abandon,
    /** Known when the whole file was read. */
    costs,
    shown: () => ({ rejectedRows, ...preview?.shown() }),
  }
}

/** What a batch became, as the log takes it: its events, and a refused row for each that could not become one. */
function recordsOf(
  { project, id, map }: ImportRequest,
  { rejected }: MadeBatch,
  { accepted, lines }: ReturnType<typeof acceptMade>,
  nowMs: number,
): LogRecord[] {
  const records: LogRecord[] = []
  if (accepted > 0) records.push({ table: 'events', lines, rows: { [project.id]: accepted } })
  if (rejected.length === 0) return records
  const receivedAt = new Date(nowMs).toISOString()
  const refused = rejected.map(({ line, code, reason, row }) =>
    refusedLine({
      ...{ project: project.id, receivedAt, messageId: '', code, stage: 'import' },
      message: `line ${line}: ${reason}`,
      original: { import: id, map: map.id, line, reason, row },
    }),
  )
  records.push({
    table: 'rejected_events',
    lines: Buffer.from(refused.join('')),
    rows: { [project.id]: rejected.length },
  })
  return records
}

const countsOf = ({ lastRow, accepted, skipped, rejected }: MadeBatch, events: number) => ({
  ...{ lastRow, accepted, skipped, rejected: rejected.length, events },
})
