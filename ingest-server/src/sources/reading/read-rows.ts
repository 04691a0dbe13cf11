/**
 * A file as it comes (CSV, TSV, NDJSON; gzip or not; any encoding) → its rows, in batches, without ever holding more than
 * a chunk and one row. What it found out about the file stands in `form` once the first batch is there.
 */
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TouchlineError } from '../../errors.js'
import { parseExact } from '../../exact-json.js'
import { findDelimiter, findHeader, toRows } from './csv-rows.js'
import { createDecoder, type Decoder } from './decode.js'
import { isBad, type BadRow, type FileForm, type ReadRow, type Row } from './row.js'
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

const headBytes = 64 * 1024
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
  const chunks = chunksOf(input, state, warnings)
  const head = await takeHead(chunks)
  if (head.length === 0) throw invalid('The file is empty.')
  refuseArchive(head)
  const decoder = decoderOf(head, options.encoding)
  let decoded = decoder.decode(head)
  file.format = options.format ?? (/^\s*[{[]/.test(decoded.toString('utf8', 0, 200)) ? 'ndjson' : 'csv')
  if (file.format === 'ndjson') refuseList(decoded)
  const maxBytes = options.maxRowBytes ?? defaultMaxRowBytes
  const lineEnd = decoded.includes(0x0a) || !decoded.includes(0x0d) ? 0x0a : 0x0d
  const splitter = createRecordSplitter({
    maxBytes,
    lineEnd,
    hasQuotes: file.format === 'csv' && options.quotes !== false,
    delimiter: options.delimiter,
  })
  const rows = rowMaker(file, options, decoder)
  for (;;) {
    const records: RawRecord[] = []
    splitter.push(decoded, (record) => records.push(record))
    file.encoding = decoder.encoding()
    const batch = rows(records)
    if (batch.length > 0) yield batch
    const next = await chunks.next()
    if (next.done === true) break
    decoded = decoder.decode(next.value)
  }
  yield* lastRows(splitter, decoder, rows)
  if (splitter.endsOpen() && file.format === 'csv')
    warnings.push('The last line has no line end: if the file was cut there, its last value may be too.')
  if (decoder.hasReplaced())
    warnings.push('The file is UTF-8 but for some bytes; rows with such are refused.')
}

function* lastRows(
  splitter: RecordSplitter,
  decoder: Decoder,
  rows: (records: readonly RawRecord[], isLast?: boolean) => ReadRow[],
): Generator<ReadRow[]> {
  const ending = decoder.end()
  const before: RawRecord[] = []
  if (ending.length > 0) splitter.push(ending, (record) => before.push(record))
  const records: RawRecord[] = []
  const batch = rows(before)
  if (batch.length > 0) yield batch
  splitter.end((record) => records.push(record))
  const last = rows(records, true)
  if (last.length > 0) yield last
}

/** From records to rows, counting them. The first records of a table have its header among them. */
function rowMaker(file: FileForm, options: ReadOptions, decoder: Decoder) {
  let number = 1
  let isBegun = false
  const moved = { order: undefined }
  const begin = (records: readonly RawRecord[]): number => {
    isBegun = true
    if (file.format === 'ndjson') return 0
    const head = records.slice(0, headRecords)
    if (options.columns !== undefined) {
      file.columns = options.columns
      file.delimiter = findDelimiter(head, options.columns.length, options.delimiter)
      return 0
    }
    const found = findHeader(head, options.wanted, options.delimiter)
    if (found === undefined) throw noHeader(head, options)
    file.columns = found.columns
    file.delimiter = found.delimiter
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
            moved,
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

/** What people send in place of a table. */
function refuseArchive(head: Buffer): void {
  const begins = (bytes: string) => head.toString('latin1', 0, bytes.length) === bytes
  if (begins('PK\x03\x04'))
    throw invalid('The file is a ZIP or an Excel workbook. Unpack it, or save the sheet as CSV.')
  if (begins('\xd0\xcf\x11\xe0')) throw invalid('The file is an Excel workbook (xls). Save the sheet as CSV.')
  if (begins('PAR1')) throw invalid('The file is Parquet. Write it as CSV or as JSON lines.')
  if (begins('BZh') || begins('\x28\xb5\x2f\xfd') || begins('\xfd7zXZ'))
    throw invalid('The file is compressed, and not by gzip. Unpack it.')
}

/** A list would have to be held as a whole. */
function refuseList(head: Buffer): void {
  if (/^\s*\[/.test(head.toString('utf8', 0, 200)))
    throw invalid("The file is one JSON list. Write one object a line: jq -c '.[]' FILE.")
}

const invalid = (message: string) => new TouchlineError('IMPORT_INVALID', message)

function noHeader(head: readonly RawRecord[], { wanted }: ReadOptions): TouchlineError {
  const first = head[0]?.bytes.toString('utf8').slice(0, 200) ?? ''
  const names = wanted.slice(0, 12).map((alternatives) => alternatives[0] ?? '')
  return invalid(
    `None of the first ${headRecords} lines is a header with columns of the map (${names.join(', ')}). The first line: ${first}`,
  )
}

/** At least `headBytes` of the file, where it has them. */
async function takeHead(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  const taken: Buffer[] = []
  let bytes = 0
  while (bytes < headBytes) {
    const next = await chunks.next()
    if (next.done === true) break
    taken.push(next.value)
    bytes += next.value.length
  }
  return Buffer.concat(taken)
}

/** The bytes of the file, out of its gzip where it has one. */
async function* chunksOf(
  input: AsyncIterable<Buffer>,
  state: { isCut: boolean },
  warnings: string[],
): AsyncGenerator<Buffer> {
  const iterator = input[Symbol.asyncIterator]()
  let first = Buffer.alloc(0)
  while (first.length < 2) {
    const next = await iterator.next()
    if (next.done === true) break
    first = first.length === 0 ? Buffer.from(next.value) : Buffer.concat([first, next.value])
  }
  const all = (async function* () {
    if (first.length > 0) yield first
    for (;;) {
      const next = await iterator.next()
      if (next.done === true) return
      yield next.value
    }
  })()
  if (!(first[0] === 0x1f && first[1] === 0x8b)) {
    yield* all
    return
  }
  const gunzip = createGunzip({ chunkSize: headBytes })
  // Its error comes out of the loop as well.
  pipeline(Readable.from(all, { objectMode: false }), gunzip, () => undefined)
  try {
    for await (const chunk of gunzip) yield chunk as Buffer
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'Z_BUF_ERROR' && code !== 'Z_DATA_ERROR') throw error
    state.isCut = true
    warnings.push(
      code === 'Z_BUF_ERROR'
        ? 'The file ends inside its gzip: it was cut.'
        : `The gzip is damaged (${(error as Error).message}): what stands behind the damage was not read.`,
    )
  }
}
