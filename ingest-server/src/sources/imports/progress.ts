/** How far an import is: kept in memory while it runs, and as a row of the table `imports` by way of the log. */
import type { ImportShape } from '@touchline/schemas/api'
import type { LogRecord } from '../../log/log.js'
import type { FileForm } from '../reading/row.js'

export type ImportState = ImportShape['state']

export interface Counts {
  rows: number
  accepted: number
  skipped: number
  rejected: number
  events: number
  costs: number
}

export interface Progress extends Counts {
  project: string
  id: string
  state: ImportState
  map: string
  name: string
  /** Of the map, the header and the first row: a run goes on only where they are the same. */
  digest: string
  /** Over the rows that are done, which must be the same as well. */
  rowsHash: string
  /** When the first run began that this one goes on with: what was refused before is of another file. */
  beganAtMs: number
  form: FileForm
  resumedAfter: number
  startedAtMs: number
  updatedAtMs: number
  warnings: string[]
}

export const noCounts: Counts = { rows: 0, accepted: 0, skipped: 0, rejected: 0, events: 0, costs: 0 }

/** What an earlier run left (table `imports`). */
export interface EarlierRun extends Counts, Marks {}

interface Marks {
  digest: string
  rowsHash: string
  beganAtMs: number
}

/** They stand in one column. */
const between = '.'
const written = ({ digest, rowsHash, beganAtMs }: Marks) => [digest, rowsHash, beganAtMs].join(between)
export function marksOf(column: string): Marks {
  const [digest = '', rowsHash = '', beganAtMs = ''] = column.split(between)
  return { digest, rowsHash, beganAtMs: Number(beganAtMs) }
}

export function progressRecord(progress: Progress): LogRecord {
  const { project, id, form, digest, rowsHash, beganAtMs, resumedAfter, startedAtMs, updatedAtMs, ...rest } =
    progress
  const row = {
    project,
    import_id: id,
    version: updatedAtMs,
    digest: written({ digest, rowsHash, beganAtMs }),
    ...rest,
    format: form.format,
    encoding: form.encoding,
    delimiter: form.delimiter,
    columns: form.columns,
    resumed_after: resumedAfter,
    started_at: new Date(startedAtMs).toISOString(),
    updated_at: new Date(updatedAtMs).toISOString(),
  }
  return { table: 'imports', lines: Buffer.from(`${JSON.stringify(row)}\n`), rows: {} }
}

export function shapeOf(progress: Progress): ImportShape {
  const { id, state, map, name, form, resumedAfter, startedAtMs, updatedAtMs, warnings } = progress
  const { rows, accepted, skipped, rejected, events, costs } = progress
  return {
    ...{ id, state, map, name, ...form, columns: [...form.columns] },
    ...{ rows, resumedAfter, accepted, skipped, rejected, events, costs },
    startedAt: new Date(startedAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
    warnings: [...warnings],
  }
}
