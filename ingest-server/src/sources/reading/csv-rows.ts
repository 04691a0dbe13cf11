/** Records of a table → rows of cells, by csv-parse; what its header is, and which delimiter it has. */
import { parse, type Info, type Options } from 'csv-parse/sync'
import { cellsBy, headerAgain, headerAgainReason, namesOf, type Layout, type Names } from './header-again.js'
import { delimiters, type BadRow, type Row } from './row.js'
import { createRecordSplitter, type RawRecord } from './split-records.js'

const lineFeed = 0x0a
/** Used again for every batch: what it holds is text before the next one comes. */
let room = Buffer.alloc(0)
const options = { relax_column_count: true, record_delimiter: '\n' } as const satisfies Options

interface Cells {
  line: number
  cells: string[]
}

interface Parsed {
  record: RawRecord
  /** One row; where its quotes are not right there may be more. */
  found: Cells[]
}

/** The cells of records at hand. Without a quote a record is only split; csv-parse takes ten times as long. */
function cellsOf(records: readonly RawRecord[], { delimiter, hasQuotes }: Table): Parsed[] {
  const isQuoted = (record: RawRecord) => hasQuotes !== false && record.bytes.includes(0x22)
  const quoted = records.filter(isQuoted)
  const found = quotedCells(quoted, delimiter)
  let next = 0
  return records.map((record) => {
    if (quoted[next] === record) return { record, found: found[next++] ?? [] }
    return { record, found: [{ line: record.line, cells: record.bytes.toString('utf8').split(delimiter) }] }
  })
}

/** All at once where all their quotes are right. */
function quotedCells(records: readonly RawRecord[], delimiter: string): Cells[][] {
  if (records.length === 0) return []
  try {
    const all = parse(textOf(records), { ...options, delimiter })
    if (all.length === records.length)
      return records.map(({ line }, index) => [{ line, cells: all[index] ?? [] }])
  } catch {
    // A quote stands where none may; one by one it is found.
  }
  return records.map((record) => cellsOfOne(record, delimiter))
}

function textOf(records: readonly RawRecord[]): Buffer {
  const size = records.reduce((sum, { bytes }) => sum + bytes.length + 1, 0)
  if (room.length < size) room = Buffer.allocUnsafe(Math.max(size, 2 * room.length))
  let end = 0
  for (const { bytes } of records) {
    end += bytes.copy(room, end)
    room[end++] = lineFeed
  }
  return room.subarray(0, end)
}

/** csv-parse takes seconds for a megabyte whose quotes are not right. */
const largestLenient = 32 * 1024

export function cellsOfOne({ bytes, line }: RawRecord, delimiter: string): Cells[] {
  try {
    const [cells, ...rest] = parse(bytes, { ...options, delimiter })
    if (cells !== undefined && rest.length === 0) return [{ line, cells }]
  } catch {
    // Quotes that nobody doubled: read as text.
  }
  // So large it is one that a quote took along, which is not closed where it should be.
  if (bytes.length > largestLenient) return [{ line, cells: [bytes.toString('utf8', 0, 1_000)] }]
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
const withoutOuterQuotes = (cell: string) => {
  const isQuoted = cell.length > 2 && cell.startsWith('"') && cell.endsWith('"')
  return isQuoted && cell.indexOf('"', 1) < cell.length - 1 ? cell.slice(1, -1) : cell
}

interface Table {
  delimiter: string
  lineEnd: number
  hasQuotes?: boolean
  /** By the last header that came; changed where one comes again. */
  lies: { layout: Layout; names: Names }
}

/** Of a table whose header has these columns. */
export const liesBy = (columns: readonly string[]): Table['lies'] => ({
  layout: { width: columns.length, order: undefined },
  names: namesOf(columns),
})

/** Rows as the header wants them; `number` is that of the first. Rows of nothing but blanks are none. */
export function toRows(
  records: readonly RawRecord[],
  columns: readonly string[],
  { number, ...table }: Table & { number: number },
): (Row | BadRow)[] {
  const rows: (Row | BadRow)[] = []
  let good: RawRecord[] = []
  const flush = () => {
    if (good.length === 0) return
    for (const parsed of cellsOf(good, table))
      for (const row of rowsOf(parsed, { columns, table }))
        rows.push({ ...row, number: number + rows.length })
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

/** Without its number. */
type Made = Omit<Row, 'number'> | Omit<BadRow, 'number'>

interface Expected {
  columns: readonly string[]
  table: Table
}

function rowsOf({ record, found }: Parsed, expected: Expected, attempt = 0): Made[] {
  const { width } = expected.table.lies.layout
  const fitting = found.map(({ line, cells }) => ({ line, cells: fittedOf(cells, expected) }))
  const fits = fitting.every(({ cells }) => cells === undefined || cells.length === width)
  if (!fits && record.innerLines > 0 && attempt < mostAttempts) return linesOf(record, expected, attempt + 1)
  return fitting.flatMap(({ line, cells }) =>
    cells === undefined ? [] : [rowOf(record, { line, cells }, expected)],
  )
}

/** Undefined where nothing stands in them. */
function fittedOf(cells: string[], { columns, table }: Expected): string[] | undefined {
  if (isBlank(cells)) return undefined
  const { width, order } = table.lies.layout
  // Excel writes delimiters behind the last column that has anything, in some rows and not in others.
  if (cells.length > width && isBlank(cells.slice(width))) return cells.slice(0, width)
  const isUnnamed = order === undefined && cells.length < width && isBlank(columns.slice(cells.length))
  return isUnnamed ? [...cells, ...columns.slice(cells.length)] : cells
}

function rowOf(record: RawRecord, { line, cells }: Cells, expected: Expected): Made {
  const { columns, table } = expected
  const { width } = table.lies.layout
  const again = headerAgain(cells, table.lies.names)
  if (again !== undefined) {
    table.lies.layout = again
    return { line, reason: headerAgainReason(again, columns), raw: cells.join(table.delimiter) }
  }
  const named = (found: string[]): Made => ({ line, cells: cellsBy(found, table.lies.layout), raw: '' })
  if (cells.length === width) return named(cells)
  const otherwise = table.hasQuotes === false ? undefined : cellsOtherwise(record, table.delimiter, width)
  if (otherwise !== undefined) return named(otherwise)
  const raw = cells.join(table.delimiter)
  const reason = `has ${counted(cells.length)} where the header has ${width}${whyOf(raw, cells, table)}`
  return { line, reason, raw }
}

/** Quotes that are opened in vain, one in the other: beyond so many the rest is given up as one row. */
const mostAttempts = 5

/** A quote that was never closed took the rows along up to the next one that is: its own line is no row, those behind it may be. */
function linesOf(record: RawRecord, expected: Expected, attempt: number): Made[] {
  const { line, bytes, innerLines } = record
  const { lineEnd, delimiter } = expected.table
  const end = bytes.indexOf(lineEnd)
  const splitter = createRecordSplitter({ maxBytes: bytes.length, lineEnd, hasQuotes: true, delimiter })
  splitter.push(bytes.subarray(end + 1))
  splitter.end()
  const raw = bytes.toString('utf8', 0, end)
  const rows: Made[] = [
    { line, reason: `a quote that is opened here ends only in line ${line + innerLines}`, raw },
  ]
  for (let inner = splitter.next(); inner !== undefined; inner = splitter.next()) {
    const found = { ...inner, line: line + inner.line }
    if (found.reason === undefined)
      rows.push(...rowsOf({ record: found, found: cellsOfOne(found, delimiter) }, expected, attempt))
    else rows.push({ line: found.line, reason: found.reason, raw: found.bytes.toString('utf8') })
  }
  return rows
}

const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '')
const counted = (cells: number) => `${cells} ${cells === 1 ? 'column' : 'columns'}`

/** What people write in spite of RFC 4180, where it gives as many columns as there are: `a, "b, c"` and `"a \"b\", c"`. */
function cellsOtherwise(
  { bytes, innerLines }: RawRecord,
  delimiter: string,
  columns: number,
): string[] | undefined {
  if (innerLines > 0 || !bytes.includes(0x22)) return undefined
  for (const more of [{ ltrim: true, rtrim: true }, { escape: '\\' }] satisfies Options[])
    try {
      const [cells, ...rest] = parse(bytes, { ...options, delimiter, ...more })
      if (cells?.length === columns && rest.length === 0) return cells
    } catch {
      // Not that either.
    }
  return undefined
}

/** What may have happened to a row, where it shows. */
function whyOf(raw: string, cells: readonly string[], { delimiter, lies }: Table): string {
  const { width } = lies.layout
  const other = delimiters.find((one) => one !== delimiter && raw.split(one).length === width)
  if (other !== undefined) return `; read by ${nameOf(other)} it has them: the delimiter changes here`
  if (raw.includes('\r')) return '; a carriage return stands in it, which ends no line in this file'
  if (cells.length < width) return ''
  return raw.includes('"')
    ? '; a quote inside of quotes must be written twice'
    : `; a cell that holds ${nameOf(delimiter)} must stand in quotes`
}

const names: Readonly<Record<string, string>> = {
  ...{ ',': 'a comma', ';': 'a semicolon', '\t': 'a tab', '|': 'a bar' },
}
const nameOf = (delimiter: string) => names[delimiter] ?? JSON.stringify(delimiter)
