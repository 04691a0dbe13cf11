/** Records of a table → rows of cells, by csv-parse; what its header is, and which delimiter it has. */
import { parse, type Info, type Options } from 'csv-parse/sync'
import type { RawRecord } from './split-records.js'
import type { BadRow, Row } from './row.js'

const lineFeed = 0x0a
/** Used again for every batch: what it holds is text before the next one comes. */
let room = Buffer.alloc(0)
const options = { relax_column_count: true, record_delimiter: '\n' } as const satisfies Options

interface Parsed {
  line: number
  cells: string[]
}

/** The cells of records at hand, at once where all their quotes are right. */
export function cellsOf(records: readonly RawRecord[], delimiter: string, hasQuotes = true): Parsed[] {
  if (!hasQuotes)
    return records.map(({ line, bytes }) => ({ line, cells: bytes.toString('utf8').split(delimiter) }))
  try {
    const all = parse(linesOf(records), { ...options, delimiter })
    if (all.length === records.length)
      return all.map((cells, index) => ({ line: records[index]?.line ?? 0, cells }))
  } catch {
    // A quote stands where none may; one by one it is found.
  }
  return records.flatMap((record) => cellsOfOne(record, delimiter))
}

function linesOf(records: readonly RawRecord[]): Buffer {
  const size = records.reduce((sum, { bytes }) => sum + bytes.length + 1, 0)
  if (room.length < size) room = Buffer.allocUnsafe(Math.max(size, 2 * room.length))
  let end = 0
  for (const { bytes } of records) {
    end += bytes.copy(room, end)
    room[end++] = lineFeed
  }
  return room.subarray(0, end)
}

function cellsOfOne({ bytes, line }: RawRecord, delimiter: string): Parsed[] {
  try {
    const [cells, ...rest] = parse(bytes, { ...options, delimiter })
    if (cells !== undefined && rest.length === 0) return [{ line, cells }]
  } catch {
    // Quotes that nobody doubled: read as text.
  }
  // The declared type does not know what `info` adds.
  const found: unknown = parse(bytes, { ...options, delimiter, relax_quotes: true, info: true })
  let before = 0
  return (found as { record: string[]; info: Info }[]).map(({ record, info }) => {
    const at = line + before
    before = info.lines
    return { line: at, cells: record.map(withoutOuterQuotes) }
  })
}

/** `"He said "hi" there"`: quotes inside that nobody doubled leave the outer ones in the cell. */
const withoutOuterQuotes = (cell: string) => (/^".*".*"$/s.test(cell) ? cell.slice(1, -1) : cell)

interface Table {
  delimiter: string
  hasQuotes?: boolean
  /** Where each column stands, since the header came again with its columns in another order; changed by it. */
  moved: { order: readonly number[] | undefined }
}

/** Rows as the header wants them; `number` is that of the first. */
export function toRows(
  records: readonly RawRecord[],
  columns: readonly string[],
  { delimiter, number, hasQuotes = true, moved }: Table & { number: number },
): (Row | BadRow)[] {
  const rows: (Row | BadRow)[] = []
  let good: RawRecord[] = []
  const flush = () => {
    if (good.length === 0) return
    for (const { line, cells } of cellsOf(good, delimiter, hasQuotes))
      rows.push(rowOf(cells, columns, { line, number: number + rows.length, delimiter, moved }))
    good = []
  }
  for (const record of records) {
    if (record.reason === undefined) {
      good.push(record)
      continue
    }
    flush()
    const { line, reason, bytes } = record
    rows.push({ number: number + rows.length, line, reason, raw: bytes.toString('utf8') })
  }
  flush()
  return rows
}

function rowOf(
  cells: string[],
  columns: readonly string[],
  { line, number, delimiter, moved }: Table & { line: number; number: number },
): Row | BadRow {
  const { length } = columns
  if (cells.length === length && !isHeaderAgain(cells, columns))
    return { number, line, cells: moved.order?.map((at) => cells[at] ?? '') ?? cells, raw: '' }
  const raw = cells.join(delimiter)
  if (cells.length === length) {
    // Exports that were put one behind the other: rows go on by the names of their own header.
    const order = columns.map((name) => cells.findIndex((cell) => plainName(cell) === plainName(name)))
    moved.order = order.every((at, index) => at === index) ? undefined : order
    const how = moved.order === undefined ? '' : ', its columns in another order: rows below are read by it'
    return { number, line, reason: `is the header again${how}`, raw }
  }
  // Excel writes delimiters behind the last column that has anything.
  if (cells.length > length && cells.slice(length).every((cell) => cell.trim() === ''))
    return rowOf(cells.slice(0, length), columns, { line, number, delimiter, moved })
  return { number, line, reason: `has ${cells.length} columns where the header has ${length}`, raw }
}

/** Every column by its name, in whatever order. The first cell decides for nearly all rows. */
function isHeaderAgain(cells: readonly string[], columns: readonly string[]): boolean {
  if (!columns.includes(cells[0]?.trim() ?? '')) return false
  if (cells.every((cell, index) => cell.trim() === columns[index])) return true
  const names = new Set(cells.map((cell) => cell.trim()))
  // Columns of one name cannot be told apart in another order.
  return names.size === columns.length && columns.every((name) => names.has(name))
}

/** Names of columns are compared by letters and digits alone: `Close Date`, `close_date` and ` Close date` are one. */
export const plainName = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

export interface Header {
  delimiter: string
  columns: string[]
  /** How many records stand before the rows. */
  before: number
}

const delimiters = [',', ';', '\t', '|']
const separatorLine = /^sep=(.)$/i

/**
 * The header among the first records, and the delimiter by which it has most of the columns that are wanted. Reports
 * begin with lines about themselves, so it need not be the first. Undefined where no record has any of them.
 */
export function findHeader(
  records: readonly RawRecord[],
  wanted: readonly (readonly string[])[],
  given: string | undefined,
): Header | undefined {
  const said = separatorLine.exec(records[0]?.bytes.toString('utf8').trim() ?? '')?.[1]
  const tried = given !== undefined ? [given] : said !== undefined ? [said] : delimiters
  const plain = wanted.map((names) => names.map(plainName))
  let best: (Header & { score: number }) | undefined
  for (const delimiter of tried)
    for (const [index, record] of records.entries()) {
      if (record.reason !== undefined) continue
      const cells = cellsOfOne(record, delimiter)[0]?.cells ?? []
      const names = new Set(cells.map(plainName))
      const score = plain.filter((alternatives) => alternatives.some((name) => names.has(name))).length
      if (score > (best?.score ?? 0))
        best = { delimiter, columns: cells.map((cell) => cell.trim()), before: index + 1, score }
    }
  return best
}

/** Of a file without a header: the delimiter that gives as many columns as there are. */
export function findDelimiter(
  records: readonly RawRecord[],
  columns: number,
  given: string | undefined,
): string {
  if (given !== undefined) return given
  const fits = (delimiter: string) =>
    records.filter((record) => cellsOfOne(record, delimiter)[0]?.cells.length === columns).length
  return [...delimiters].sort((a, b) => fits(b) - fits(a))[0] ?? ','
}
