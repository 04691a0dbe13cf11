/**
 * How a map's names of columns find their values in a row. Of a table by the header, compared as `plainName` does; of JSON
 * by a pointer (`/properties/email`), or the name of a field. `column#/pointer` looks into JSON that stands in a cell.
 */
import { isExactNumber, parseExact, textOfNumber } from '../../exact-json.js'
import { plainName, type Cells, type FileForm } from '../reading/row.js'

export type Json = Record<string, unknown>

/** The value at one place of a row: text of a table, anything of JSON; undefined where there is none. */
export type Getter = (cells: Cells) => unknown

export interface Columns {
  getter: (name: string) => Getter
  /** Every column with its value. */
  all: (cells: Cells) => Json
}

export function columnsOf({ format, columns }: Pick<FileForm, 'format' | 'columns'>): Columns {
  const places = new Map<string, number>()
  columns.forEach((name, index) => {
    const plain = plainName(name)
    if (!places.has(plain)) places.set(plain, index)
  })
  const ofTable = (name: string): Getter => {
    const exact = columns.indexOf(name)
    const index = exact === -1 ? places.get(plainName(name)) : exact
    if (index === undefined) return () => undefined
    return (cells) => (cells as readonly string[])[index]
  }
  const outer = format === 'ndjson' ? ofJson : ofTable
  return {
    getter(name) {
      const mark = name.indexOf('#/')
      return mark === -1 ? outer(name) : inside(outer(name.slice(0, mark)), pathOf(name.slice(mark + 1)))
    },
    all: (cells) =>
      format === 'ndjson'
        ? (cells as Json)
        : Object.fromEntries(columns.map((name, index) => [name, (cells as readonly string[])[index]])),
  }
}

/** RFC 6901; a name without a slash is a field. */
function pathOf(pointer: string): string[] {
  if (!pointer.startsWith('/')) return [pointer]
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function ofJson(name: string): Getter {
  const path = pathOf(name)
  const [first = '', second] = path
  if (path.length === 1) return (cells) => own(cells, first)
  if (path.length === 2) return (cells) => own(own(cells, first), second ?? '')
  return (cells) => at(cells, path)
}

const at = (value: unknown, path: readonly string[]) => path.reduce<unknown>(own, value)

const itemShape = /^\[([^=\]]+)=(.*)\]$/

/** Of a list an item by its place, or by what it says of itself: `[key=page_location]`, as GA4 writes parameters. */
function own(value: unknown, name: string): unknown {
  const found = Array.isArray(value) ? itemShape.exec(name) : null
  if (found !== null) {
    const [, field = '', wanted] = found
    return (value as unknown[]).find((item) => own(item, field) === wanted)
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Json)[name]
}

/** The JSON of a cell is parsed once for all places of a row. */
function inside(outer: Getter, path: readonly string[]): Getter {
  return (cells) => {
    const value = outer(cells)
    const parsed = typeof value === 'string' ? parsedOf(value) : value
    return at(parsed, path)
  }
}

let lastText = ''
let lastParsed: unknown

export function parsedOf(text: string): unknown {
  if (text === lastText) return lastParsed
  lastText = text
  try {
    lastParsed = parseExact(text)
  } catch {
    lastParsed = undefined
  }
  return lastParsed
}

/** What a cell says: `="007"` is how a text is written that a spreadsheet must take for no number. */
export function cellText(cell: string): string {
  const text = cell.trim()
  return text.startsWith('="') && text.endsWith('"') && text.length > 2 ? text.slice(2, -1).trim() : text
}

/** A value as text; lists and objects are none. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return cellText(value)
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  return isExactNumber(value) ? textOfNumber(value) : ''
}
