/**
 * A frame: what the embedded log keeps together, as plain lines.
 *
 *     frame  = header LF { row LF }
 *     header = {"frame":SEQUENCE,"group":SEQUENCE,"at":MS,"records":N,"table":"…","rows":{PROJECT:N},"bytes":N,"crc":"HEX"}
 *
 * Sequences rise by one. `group` is the first frame of the same write; `records` how many appended records were
 * joined; `bytes` the length of the rows; `crc` the CRC-32 (zlib's) of the header up to `,"crc"` and of the rows.
 * So any reader of JSON lines reads a segment: `jq -c 'select(has("frame") | not)'` gives the rows.
 */
import { crc32 } from 'node:zlib'
import type { LogRecord, LogTable } from '../log.js'

export interface FrameHeader {
  sequence: number
  group: number
  appendedAt: number
  records: number
  table: LogTable
  rows: Readonly<Record<string, number>>
}

export interface Frame extends FrameHeader {
  lines: Buffer
  /** Header and rows. */
  size: number
}

const lineFeed = 0x0a
const opening = Buffer.from('{"frame":')
const checksumBytes = ',"crc":"00000000"}\n'.length
/** A header names each project of its rows; no group has a million bytes of project names. */
const maxHeaderBytes = 4 * 1024 * 1024
/** A header that says more is damage: no record comes near, and a reader would make room for as much as it says. */
const maxReadableBytes = 256 * 1024 * 1024

/** What of a header precedes its checksum. */
export function headerText(header: FrameHeader, bytes: number): string {
  const { sequence, group, appendedAt, records, table, rows } = header
  return `{"frame":${sequence},"group":${group},"at":${appendedAt},"records":${records},"table":"${table}","rows":${JSON.stringify(rows)},"bytes":${bytes}`
}

/** How many bytes the frame takes. */
export const frameSize = (header: string, bytes: number) => Buffer.byteLength(header) + checksumBytes + bytes

/** Writes the frame at `start`; there must be room. Returns where it ends. */
export function writeFrame(into: Buffer, start: number, header: string, lines: readonly Buffer[]): number {
  const headerEnd = start + into.write(header, start)
  const rowsStart = headerEnd + checksumBytes
  let end = rowsStart
  for (const part of lines) end += part.copy(into, end)
  into.write(checksumText(checksum(into, { start, headerEnd, rowsStart, end })), headerEnd)
  return end
}

/** Frames one after the other, their checksums made anew. */
export function encodeFrames(frames: readonly Frame[]): Buffer {
  const bytes = Buffer.allocUnsafe(frames.reduce((sum, { size }) => sum + size, 0))
  let end = 0
  for (const frame of frames)
    end = writeFrame(bytes, end, headerText(frame, frame.lines.length), [frame.lines])
  return bytes
}

interface Extent {
  start: number
  headerEnd: number
  rowsStart: number
  end: number
}

function checksum(bytes: Buffer, { start, headerEnd, rowsStart, end }: Extent): number {
  return crc32(bytes.subarray(rowsStart, end), crc32(bytes.subarray(start, headerEnd)))
}

const checksumText = (crc: number) => `,"crc":"${crc.toString(16).padStart(8, '0')}"}\n`

/** A line of its own kind that ends with a checksum of itself. */
export const checkedLine = (text: string) => `${text}${checksumText(crc32(text))}`

/** What a line made by `checkedLine` says, or undefined where it is not whole. */
export function parseCheckedLine(line: Buffer): unknown {
  const textEnd = line.length - checksumBytes
  if (textEnd <= 0) return undefined
  const expected = checksumText(crc32(line.subarray(0, textEnd)))
  if (line.toString('latin1', textEnd) !== expected) return undefined
  return JSON.parse(`${line.toString('utf8', 0, textEnd)}}`)
}

/** A frame, how many bytes from `start` would be needed to read it, or `broken`. */
export type Decoded = Frame | { needs: number } | 'broken'

/** Reads the frame that begins at `start`. Its lines are a view of `bytes`. */
export function decodeFrame(bytes: Buffer, start: number): Decoded {
  const lineEnd = bytes.indexOf(lineFeed, start)
  if (lineEnd === -1) {
    const length = bytes.length - start
    return length > maxHeaderBytes || !startsFrame(bytes, start) ? 'broken' : { needs: length * 2 }
  }
  const rowsStart = lineEnd + 1
  const headerEnd = rowsStart - checksumBytes
  if (headerEnd <= start || !startsFrame(bytes, start)) return 'broken'
  const header = parseHeader(bytes.toString('utf8', start, headerEnd))
  if (header === undefined) return 'broken'
  const end = rowsStart + header.bytes
  if (end - start > maxReadableBytes) return 'broken'
  if (end > bytes.length) return { needs: end - start }
  const expected = checksumText(checksum(bytes, { start, headerEnd, rowsStart, end }))
  if (bytes.toString('latin1', headerEnd, rowsStart) !== expected) return 'broken'
  return {
    sequence: header.frame,
    group: header.group,
    appendedAt: header.at,
    records: header.records,
    table: header.table,
    rows: header.rows,
    lines: bytes.subarray(rowsStart, end),
    size: end - start,
  }
}

/** Of the first bytes of a header: enough to say that a frame can begin so. */
function startsFrame(bytes: Buffer, start: number): boolean {
  const length = Math.min(opening.length, bytes.length - start)
  return bytes.compare(opening, 0, length, start, start + length) === 0
}

type HeaderLine = Omit<LogRecord, 'lines'> & Record<'frame' | 'group' | 'at' | 'records' | 'bytes', number>

/** Its checksum is judged later; this one only keeps nonsense from being used as a length. */
function parseHeader(text: string): HeaderLine | undefined {
  try {
    const header = JSON.parse(`${text}}`) as HeaderLine
    return Number.isSafeInteger(header.bytes) && header.bytes >= 0 ? header : undefined
  } catch {
    return undefined
  }
}

/** The end of a segment may be room made beforehand: line feeds, which every reader of JSON lines skips. */
export function isBlank(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== lineFeed) return false
  return true
}
