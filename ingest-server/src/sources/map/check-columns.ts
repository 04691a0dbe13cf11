/** Whether a file has the columns that its map asks for: what is missing is said before a row is read. */
import type { ImportBody, MapOutput, MapTime } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { plainName } from '../reading/row.js'
import type { FileForm } from '../reading/row.js'
import { wantedColumns } from './compile-map.js'

/**
 * Warnings about columns that are not there. Throws IMPORT_INVALID where no output could ever have its time: then the map
 * is of another file.
 */
export function checkColumns(body: ImportBody, { format, columns }: FileForm): string[] {
  if (format === 'ndjson') return []
  const there = new Set(columns.map(plainName))
  const has = (names: readonly string[]) => names.some((name) => there.has(plainName(name)))
  const needed = body.rows.map((output) => timeColumns(output))
  if (needed.every((names) => names !== undefined && !has(names)))
    throw new TouchlineError(
      'IMPORT_INVALID',
      `The file has no column ${needed[0]?.join(' or ') ?? ''}, by which the map knows the time. Its columns: ${columns.slice(0, 60).join(', ')}.`,
    )
  const missing = new Set(
    wantedColumns(body)
      .filter((names) => !has(names))
      .map(([name = '']) => name),
  )
  const wanted = new Set(wantedColumns(body).flatMap((names) => names.map(plainName)))
  const plain = columns.map(plainName)
  const twice = columns.filter(
    (_, index) => wanted.has(plain[index] ?? '') && plain.indexOf(plain[index] ?? '') < index,
  )
  return [
    ...(missing.size === 0
      ? []
      : [`The file has no column ${[...missing].join(', ')}: what the map takes from there stays empty.`]),
    ...(twice.length === 0
      ? []
      : [`The file has more than one column ${twice.join(', ')}: the first is read.`]),
  ]
}

/** Of an output that needs a time: the columns that it may stand in. */
function timeColumns(output: MapOutput): string[] | undefined {
  if (output.as === 'identify' || output.as === 'group') return undefined
  if (output.as === 'touch' && output.eachColumn !== undefined) return undefined
  const time: MapTime = output.as === 'cost' ? output.day : output.at
  const names = typeof time === 'string' || Array.isArray(time) ? time : time.column
  return [names].flat().map((name) => name.replace(/#\/.*$/s, ''))
}
