/**
 * A file as it comes (CSV, TSV, NDJSON; gzip or not; any encoding) → its rows, in batches, without ever holding more than
 * a chunk and one row. What it found out about the file stands in `form` once the first batch is there.
 */
import { TouchlineError } from '../../errors.js'
import { parseExact } from '../../exact-json.js'
import { unzippedChunks, takeHead } from './chunks.js'
import { liesBy, toRows } from './csv-rows.js'
import { createDecoder, type Decoder } from './decode.js'
import { findDelimiter, findHeader } from './find-header.js'
import {
  invalid,
  noHeader,
  refuseBinary,
  refuseOther,
  refuseTable,
  refuseWholeJson,
} from './refuse-others.js'
import { isBad, type BadRow, type FileForm, type ReadRow, type Row } from './row.js'
import { findLineEnd } from './find-line-end.js'
import { createRecordSplitter, type RawRecord, type RecordSplitter } from './split-records.js'

export interface ReadOptions {
  format?: 'csv' | 'ndjson' | undefined
  delimiter?: string | undefined
  encoding?: string | undefined
  /** Where a quote is text like any other. */
  quotes?: false | undefined
  /** Of a file without a header. */
  columns?: readonly string[] | undefined
  /** The columns that the map asks for, each with its alternatives: how the header is found. */
  wanted: readonly (readonly string[])[]
  /** A row that is longer is refused by name. */
  maxRowBytes?: number
}

export interface OpenedFile {
  /** Throws IMPORT_INVALID where it cannot be read as a table or as JSON lines. */
  batches: AsyncIterable<ReadRow[]>
  form: FileForm
  warnings: string[]
  /** The file ended inside its gzip or inside a row. */
  isCut: () => boolean
}

const headRecords = 60
const defaultMaxRowBytes = 1024 * 1024

export function readRows(input: AsyncIterable<Buffer>, options: ReadOptions): OpenedFile {
  const file: FileForm = { format: options.format ?? 'csv', encoding: 'utf-8', delimiter: '', columns: [] }
  const state = { isCut: false }
  const warnings: string[] = []
  return {
    form: file,
    warnings,
    isCut: () => state.isCut,
    batches: batchesOf(input, options, { file, warnings, state }),
  }
}

interface Reading {
  file: FileForm
  warnings: string[]
  state: { isCut: boolean }
}

async function* batchesOf(
  input: AsyncIterable<Buffer>,
  options: ReadOptions,
  { file, warnings, state }: Reading,
): AsyncGenerator<ReadRow[]> {
  const chunks = unzippedChunks(input, state, warnings)
  const head = await takeHead(chunks)
  if (head.length === 0) throw invalid('The file is empty.')
  refuseOther(head)
  const decoder = decoderOf(head, options.encoding)
  let decoded = decoder.decode(head)
  refuseBinary(decoded)
  file.format = options.format ?? (/^\s*[{[]/.test(decoded.toString('utf8', 0, 200)) ? 'ndjson' : 'csv')
  if (file.format === 'ndjson') refuseWholeJson(decoded)
  if (options.format === 'ndjson') refuseTable(decoded)
  const lineEnd = findLineEnd(decoded)
  const splitter = createRecordSplitter({
    maxBytes: options.maxRowBytes ?? defaultMaxRowBytes,
    lineEnd,
    hasQuotes: file.format === 'csv' && options.quotes !== false,
    delimiter: options.delimiter,
  })
  const rows = rowMaker(file, options, { decoder, lineEnd })
  let isFirst = true
  for (;;) {
    splitter.push(decoded)
    file.encoding = decoder.encoding()
    for (const records of batchesIn(splitter, isFirst ? headRecords : 0)) {
      isFirst = false
      const batch = rows(records)
      if (batch.length > 0) yield batch
    }
    const next = await chunks.next()
    if (next.done === true) break
    decoded = decoder.decode(next.value)
  }
  yield* lastRows({ splitter, decoder, rows, state })
  if (splitter.endsOpen() && file.format === 'csv')
    warnings.push('The last line has no line end: if the file was cut there, its last value may be too.')
  if (decoder.hasReplaced())
    warnings.push('The file is UTF-8 but for some bytes; rows with such are refused.')
}

/**
 * One chunk has few rows that are wide or many that are narrow, and all that was kept back while a quote was open. What is
 * made of rows is larger than they are, and a few batches wait for the log at once.
 */
const batch = { rows: 2_000, bytes: 128 * 1024 }

/** The first has so many at `least`, where they are there. */
function* batchesIn(splitter: RecordSplitter, least = 0): Generator<RawRecord[]> {
  for (let wanted = least; ; wanted = 0) {
    const records: RawRecord[] = []
    let bytes = 0
    while (records.length < batch.rows && (bytes < batch.bytes || records.length < wanted)) {
      const record = splitter.next()
      if (record === undefined) break
      records.push(record)
      bytes += record.bytes.length
    }
    if (records.length === 0) return
    yield records
  }
}

interface Ending {
  splitter: RecordSplitter
  decoder: Decoder
  rows: (records: readonly RawRecord[], isLast?: boolean) => ReadRow[]
  state: Reading['state']
}

function* lastRows({ splitter, decoder, rows, state }: Ending): Generator<ReadRow[]> {
  const ending = decoder.end()
  if (ending.length > 0) {
    splitter.push(ending)
    for (const records of batchesIn(splitter)) yield rows(records)
  }
  splitter.end()
  for (const records of batchesIn(splitter)) yield rows(state.isCut ? records.map(cutOff) : records)
  const none = rows([], true)
  if (none.length > 0) yield none
}

/** Its last value may be half of one, and the whole file brings the row again. */
const cutOff = (record: RawRecord): RawRecord => ({ reason: 'the file is cut inside this row', ...record })

/** From records to rows, counting them. The first records of a table have its header among them. */
function rowMaker(
  file: FileForm,
  options: ReadOptions,
  { decoder, lineEnd }: { decoder: Decoder; lineEnd: number },
) {
  let number = 1
  let isBegun = false
  let lies = liesBy([])
  const begin = (records: readonly RawRecord[]): number => {
    isBegun = true
    if (file.format === 'ndjson') return 0
    const head = records.slice(0, headRecords)
    if (options.columns !== undefined) {
      file.columns = options.columns
      file.delimiter = findDelimiter(head, options.columns.length, options.delimiter)
      lies = liesBy(file.columns)
      return 0
    }
    const found = findHeader(head, options.wanted, options.delimiter)
    if (found === undefined) throw noHeader(head, { wanted: options.wanted, looked: headRecords })
    file.columns = found.columns
    file.delimiter = found.delimiter
    lies = liesBy(file.columns)
    return found.before
  }
  return (records: readonly RawRecord[], isLast = false): ReadRow[] => {
    if (records.length === 0 && !(isLast && !isBegun)) return []
    const from = isBegun ? 0 : begin(records)
    const rest = from === 0 ? records : records.slice(from)
    const rows =
      file.format === 'ndjson'
        ? rest.map((record, index) => jsonRow(record, number + index))
        : toRows(rest, file.columns, {
            delimiter: file.delimiter,
            number,
            hasQuotes: options.quotes !== false,
            lineEnd,
            lies,
          })
    number += rows.length
    return decoder.hasReplaced() ? rows.map(withoutBadBytes) : rows
  }
}

function jsonRow({ line, bytes, reason }: RawRecord, number: number): Row | BadRow {
  const raw = bytes.toString('utf8')
  if (reason !== undefined) return { number, line, reason, raw }
  try {
    const cells = parseExact(raw)
    if (typeof cells === 'object' && cells !== null && !Array.isArray(cells))
      return { number, line, cells: cells as Record<string, unknown>, raw }
    return { number, line, reason: 'is JSON, but no object', raw }
  } catch (error) {
    return { number, line, reason: `is no JSON: ${(error as Error).message.slice(0, 150)}`, raw }
  }
}

function withoutBadBytes(row: ReadRow): ReadRow {
  if (isBad(row)) return row
  const { number, line, cells } = row
  const text = Array.isArray(cells) ? cells.join(' ') : row.raw
  if (!text.includes('\uFFFD')) return row
  return { number, line, reason: 'holds bytes that are no UTF-8', raw: text }
}

function decoderOf(head: Buffer, wanted: string | undefined): Decoder {
  try {
    return createDecoder(head, wanted)
  } catch (cause) {
    throw new TouchlineError('IMPORT_INVALID', `encoding ${wanted}: there is no such encoding.`, { cause })
  }
}
