/**
 * A file, as it comes over HTTP, through a map into the log: batch by batch, a few under way at once, each durable before
 * it counts as done. What stops it (the client, the server, the log) leaves a row number to go on from; what was done
 * twice counts once, since a row has the same messageId whenever it comes.
 */
import type { ImportBody, ImportRunAnswer } from '@touchline/schemas/api'
import { hash } from 'node:crypto'
import { TouchlineError } from '../../errors.js'
import type { LogRecord } from '../../log/log.js'
import { untilAppended } from '../append.js'
import { checkColumns } from '../map/check-columns.js'
import { compileMap, wantedColumns, type CompiledMap } from '../map/compile-map.js'
import { readRows } from '../reading/read-rows.js'
import { isBad, type FileForm, type ReadRow } from '../reading/row.js'
import { openGoingOn, type Due } from './go-on.js'
import type { ImportRequest, ImportDeps } from './import-request.js'
import { openProgress } from './keep-progress.js'
import { noCounts, progressRecord, shapeOf, type Progress } from './progress.js'
import { openBatches } from './take-batch.js'

export async function runImport(request: ImportRequest, deps: ImportDeps): Promise<ImportRunAnswer> {
  const run = openRun(request, deps)
  try {
    await run.readAll()
    await run.end()
  } catch (error) {
    await run.stopped(error)
    throw error
  }
  return run.answer()
}

function openRun(request: ImportRequest, deps: ImportDeps) {
  const { project, map, isDryRun, signal } = request
  const { clock } = deps
  const file = readRows(request.input, { ...map.body, wanted: wantedColumns(map.body) })
  const progress = newProgress(request, file.form, clock())
  const hasCosts = map.body.rows.some(({ as }) => as === 'cost')
  const append = (record: LogRecord) =>
    untilAppended(() => deps.log.append([record]), signal, kept.setWaiting)
  const kept = openProgress({ progress, clock, onProgress: request.onProgress, append })
  const batches = openBatches(request, deps, kept)
  let compiled: CompiledMap | undefined
  let goingOn = openGoingOn(undefined, kept.beginAnew)

  /** The first rows decide how the file is read, and whether an earlier run is gone on with. */
  function begin(rows: readonly ReadRow[]): CompiledMap {
    progress.warnings.push(...checkColumns(map.body, file.form))
    progress.digest = digestOf(map.body, file.form, rows)
    const { earlier } = request
    // Sums of costs need the whole file.
    if (earlier?.digest === progress.digest && earlier.rows > 0 && !hasCosts && !isDryRun) {
      kept.goOnFrom(earlier)
      goingOn = openGoingOn({ rows: earlier.rows, hash: earlier.rowsHash }, kept.beginAnew)
    }
    return (compiled = compileMap(map.body, file.form))
  }

  async function take(dues: readonly Due[], made: CompiledMap): Promise<void> {
    for (const due of dues) {
      signal.throwIfAborted()
      await batches.take(due, made)
    }
  }

  async function readAll(): Promise<void> {
    for await (const rows of file.batches) {
      signal.throwIfAborted()
      const made = compiled ?? begin(rows)
      await take(goingOn.due(rows), made)
    }
    if (compiled === undefined) progress.warnings.push('The file has a header and no rows.')
    else await take(goingOn.end(), compiled)
    progress.warnings.push(...file.warnings)
    await batches.settle()
  }

  return {
    readAll,
    async end(): Promise<void> {
      progress.costs = batches.costs.size()
      if (!isDryRun) for (const record of batches.costs.records(project.id, clock())) await append(record)
      const state = file.isCut() ? 'cut' : 'done'
      if (isDryRun) progress.state = state
      else await kept.keepLast(state)
    },
    /** What was under way when it stopped may be durable or not: the next run does it again. */
    async stopped(error: unknown): Promise<void> {
      await batches.abandon()
      const isOurs = error instanceof TouchlineError && error.code === 'IMPORT_INVALID'
      if (isOurs) progress.warnings.push(error.message)
      kept.setState(isOurs ? 'failed' : 'interrupted')
      if (!isDryRun && compiled !== undefined)
        await deps.log.append([progressRecord(progress)]).catch(() => undefined)
    },
    answer: (): ImportRunAnswer => ({ ...shapeOf(progress), ...batches.shown() }),
  }
}

function newProgress({ project, id, map, name }: ImportRequest, form: FileForm, nowMs: number): Progress {
  return {
    ...noCounts,
    ...{ project: project.id, id, state: 'running', map: map.id, name, form },
    ...{ digest: '', rowsHash: '', beganAtMs: nowMs },
    ...{ resumedAfter: 0, startedAtMs: nowMs, updatedAtMs: nowMs, warnings: [] },
  }
}

/** Of one row: how many more there are in the first batch is the network's affair. */
function digestOf(body: ImportBody, { columns }: FileForm, [first]: readonly ReadRow[]): string {
  const written = first === undefined ? '' : isBad(first) ? first.raw : first.raw || first.cells
  return hash('sha256', JSON.stringify([body, columns, written]), 'base64url').slice(0, 32)
}
