/** What people send in place of a table or of JSON lines, told by how it begins: refused with what to do instead. */
import { TouchlineError } from '../../errors.js'
import type { RawRecord } from './split-records.js'

export const invalid = (message: string) => new TouchlineError('IMPORT_INVALID', message)

const workbook = 'The file is a ZIP or an Excel workbook. Unpack it, or save the sheet as CSV.'
const packed = 'The file is compressed, and not by gzip. Unpack it.'
const wide = 'The file is UTF-32, which is not read. Write it as UTF-8.'

const beginnings: readonly (readonly [bytes: string, message: string])[] = [
  ['PK\x03\x04', workbook],
  ['PK\x05\x06', workbook],
  ['\xd0\xcf\x11\xe0', 'The file is an Excel workbook (xls). Save the sheet as CSV.'],
  ['PAR1', 'The file is Parquet. Write it as CSV or as JSON lines.'],
  ['Obj\x01', 'The file is Avro. Write it as CSV or as JSON lines.'],
  ['SQLite format 3\0', 'The file is a SQLite database. Write the table as CSV.'],
  ['%PDF-', 'The file is a PDF. Export the table as CSV.'],
  ['\x1f\x8b', 'The file is compressed twice. Unpack it once.'],
  ...['BZh', '\x28\xb5\x2f\xfd', '\xfd7zXZ', '7z\xbc\xaf', '\x78\x9c', '\x78\xda', '\x78\x01'].map(
    (bytes) => [bytes, packed] as const,
  ),
  ['\xff\xfe\0\0', wide],
  ['\0\0\xfe\xff', wide],
]

/** `head` is the beginning of the file out of its gzip. */
export function refuseOther(head: Buffer): void {
  const text = head.toString('latin1', 0, 4_096)
  const found = beginnings.find(([bytes]) => text.startsWith(bytes))
  if (found) throw invalid(found[1])
  if (text.startsWith('ustar', 257)) throw invalid('The file is a tar archive. Unpack it.')
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body)\b/i.test(text))
    throw invalid('The file is a web page, as one is sent to who is not signed in. Export the table again.')
  if (/^(?:\xef\xbb\xbf)?\s*<\?xml\b/i.test(text))
    throw invalid('The file is XML. Write it as CSV or as JSON lines.')
}

/** Once it is known that no encoding of text explains the bytes. */
export function refuseBinary(decoded: Buffer): void {
  const text = decoded.toString('latin1', 0, 4_096)
  // What was left of a crash: a file or a row that ends in zeros is bad there, and good elsewhere.
  const head = Buffer.from(text.replace(/\0{16,}/g, ''), 'latin1')
  if (head.length === 0 && text.length > 0) throw invalid('The file holds nothing but zeros.')
  const unprintable = head.reduce((sum, byte) => sum + (byte < 9 || (byte > 13 && byte < 28) ? 1 : 0), 0)
  if (unprintable > 16 && unprintable > head.length / 10)
    throw invalid('The file is no text. Write the table as CSV or as JSON lines, in UTF-8.')
}

/** For a map of JSON lines: one bad line is a row that is named, without any good one it is another file. */
export function refuseTable(decoded: Buffer): void {
  const lines = decoded.toString('utf8').split(/[\r\n]+/)
  if (lines.some((line) => line.trimStart().startsWith('{'))) return
  const [first = ''] = lines
  throw invalid(
    `The map reads JSON lines, and no line begins like one. Is there a map for a table? The first line: ${first.slice(0, 200)}`,
  )
}

/** A list or an object over many lines would have to be held as a whole. */
export function refuseWholeJson(decoded: Buffer): void {
  const head = decoded.toString('utf8', 0, 1_000).trimStart()
  if (head.startsWith('['))
    throw invalid("The file is one JSON list. Write one object a line: jq -c '.[]' FILE.")
  if (/^\{\s*[\r\n]/.test(head))
    throw invalid('The file is JSON over many lines. Write one object a line: jq -c . FILE.')
}

export function noHeader(
  head: readonly RawRecord[],
  { wanted, looked }: { wanted: readonly (readonly string[])[]; looked: number },
): TouchlineError {
  const [first] = head
  if (first === undefined) return invalid('The file is empty: no line has anything in it.')
  const names = wanted.slice(0, 12).map((alternatives) => alternatives[0] ?? '')
  const text = first.bytes.toString('utf8', 0, 200)
  const reason = first.reason === undefined ? '' : ` (${first.reason})`
  return invalid(
    `None of the first ${looked} lines is a header with columns of the map (${names.join(', ')}). Another map may fit it; ` +
      `a map may also say its delimiter, its encoding, or its columns where it has no header. The first line${reason}: ${text}`,
  )
}
