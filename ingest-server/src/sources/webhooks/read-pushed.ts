/** The body of a webhook → events, costs, and what its map cannot read. Pure. */
import type { CostRow, ImportBody } from '@touchline/schemas/api'
import { parseExact, stringifyExact } from '../../exact-json.js'
import { columnsOf, type Json } from '../map/columns.js'
import { compileMap } from '../map/compile-map.js'
import type { Row } from '../reading/row.js'

export interface ReadPushed {
  events: Json[]
  costs: CostRow[]
  skipped: number
  /** JSON or other text that could not be read, with why. */
  unreadable: { body: string; reason: string }[]
}

/** `text` is the whole body, or one item of it that is read again. */
export function readPushed(text: string, map: ImportBody): ReadPushed {
  const read: ReadPushed = { events: [], costs: [], skipped: 0, unreadable: [] }
  let body: unknown
  try {
    body = parseExact(text)
  } catch (error) {
    read.unreadable.push({ body: text, reason: `is no JSON: ${(error as Error).message.slice(0, 150)}` })
    return read
  }
  const form = { format: 'ndjson' as const, columns: [] }
  const compiled = compileMap(map, form)
  const items = itemsOf(body, map, form)
  if (items === undefined) {
    read.unreadable.push({ body: text, reason: `has no list at ${map.each ?? ''}` })
    return read
  }
  for (const item of items) {
    const raw = stringifyExact(item)
    if (typeof item !== 'object' || item === null) {
      read.unreadable.push({ body: raw, reason: 'is JSON, but no object' })
      continue
    }
    const row: Row = { number: 1, line: 1, cells: item as Json, raw }
    const { events, costs, problem } = compiled.map(row)
    if (problem !== undefined) read.unreadable.push({ body: raw, reason: problem })
    else if (events.length + costs.length === 0) read.skipped += 1
    read.events.push(...events)
    read.costs.push(...costs)
  }
  return read
}

function itemsOf(
  body: unknown,
  { each }: ImportBody,
  form: Parameters<typeof columnsOf>[0],
): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body as unknown[]
  if (each === undefined || each === '') return [body]
  if (typeof body !== 'object' || body === null) return undefined
  const list = columnsOf(form).getter(each)(body as Json)
  // One item of a list that is read again has no list of its own.
  return Array.isArray(list) ? list : list === undefined ? [body] : undefined
}
