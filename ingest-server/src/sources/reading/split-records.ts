/**
 * Bytes of a table → its records, each as its bytes and the line where it begins. A record ends at a line end outside
 * quotes, and has at most `maxBytes`. A quote that is opened and never closed would take the rest of the file along:
 * where a record grows over the limit while a quote is open, only its first line is given up and reading goes on behind
 * it. Never holds more than one record and a chunk.
 */
import { createQuotes } from './quotes.js'

export interface RawRecord {
  line: number
  /** Valid until the next chunk is pushed. */
  bytes: Buffer
  /** How many line ends lie inside it. */
  innerLines: number
  /** Why it cannot be a row; its bytes are then only its beginning. */
  reason?: string
}

export interface RecordSplitter {
  /** Once `next` has no more of the chunk before. */
  push: (chunk: Buffer) => void
  /** No more chunks come: `next` goes on with what stands behind the last line end. */
  end: () => void
  /** The next whole record; undefined where another chunk is needed, or none is left. Records of nothing are left out. */
  next: () => RawRecord | undefined
  /** Whether the last line had no line end. */
  endsOpen: () => boolean
}

interface SplitOptions {
  maxBytes: number
  /** 0x0a, or 0x0d for what old Macs wrote. */
  lineEnd: number
  /** Off for NDJSON, which has no line ends in its strings. */
  hasQuotes: boolean
  /** Where the map says which; else any that is usual: quotes count where a field begins and ends. */
  delimiter?: string | undefined
}

const cr = 0x0d
const keptOfTooLong = 1_000
const isOpenAtEnd = 'the file ends inside a quote that is opened here'

export function createRecordSplitter(options: SplitOptions): RecordSplitter {
  const { lineEnd, delimiter = ',;\t|' } = options
  const joinChunk = createJoin()
  const on: Reading = {
    ...{ options, quotes: createQuotes({ lineEnd, delimiter }), found: undefined },
    ...{ rest: Buffer.alloc(0), start: 0, at: 0, line: 1 },
    ...{ hasInner: false, isSkipping: false, isEnded: false, endsOpen: false },
  }
  return {
    push(chunk) {
      on.rest = on.start === on.rest.length ? chunk : joinChunk(on.rest.subarray(on.start), chunk)
      on.quotes.moved(on.start)
      on.at -= on.start
      on.start = 0
    },
    end() {
      on.isEnded = true
    },
    next() {
      do while (on.found === undefined && step(on));
      while (on.found === undefined && on.isEnded && finish(on))
      if (on.isSkipping) on.start = on.at = on.rest.length
      const { found } = on
      on.found = undefined
      return found
    },
    endsOpen: () => on.endsOpen,
  }
}

/** How far the reading is. */
interface Reading {
  readonly options: SplitOptions
  readonly quotes: ReturnType<typeof createQuotes>
  rest: Buffer
  /** Where the record under way begins in `rest`, and up to where it was looked at. */
  start: number
  at: number
  line: number
  /** The record under way goes over a line end. */
  hasInner: boolean
  /** A line that is over the limit is passed over up to its end. */
  isSkipping: boolean
  /** Nothing comes behind `rest`. */
  isEnded: boolean
  endsOpen: boolean
  found: RawRecord | undefined
}

/** One line end further; false where there is none. */
function step(on: Reading): boolean {
  const { rest, start, quotes, options, isEnded } = on
  const end = rest.indexOf(options.lineEnd, on.at)
  if (on.isSkipping) {
    if (end === -1) return false
    on.isSkipping = false
    goOn(on, end + 1, 1)
    return true
  }
  const to = end === -1 ? rest.length : end
  const known = options.hasQuotes ? quotes.pass(rest, { start, from: on.at, to, isEnded }) : to
  if (to - start > options.maxBytes) return giveUp(on, to)
  on.at = end === -1 ? known : end + 1
  if (end === -1) return false
  if (quotes.isOpen()) {
    on.hasInner = true
    on.at = Math.min(quotes.passed(on.at), rest.length)
  } else {
    const innerLines = emit(on, end)
    goOn(on, end + 1, 1 + innerLines)
  }
  return true
}

/** The first line of what is too long. */
function giveUp(on: Reading, to: number): boolean {
  const { rest, quotes } = on
  const { lineEnd, maxBytes } = on.options
  const end = rest.indexOf(lineEnd, on.start)
  const isOpen = on.hasInner || (quotes.isOpen() && end !== -1)
  const limit = `${Math.round(maxBytes / 1024)} KB`
  const reason = isOpen
    ? `a quote that is opened here is not closed within ${limit}`
    : `the row is longer than ${limit}`
  quotes.staysOpenTo(to)
  refuse(on, end === -1 ? rest.length : end, reason)
  on.isSkipping = end === -1
  goOn(on, on.isSkipping ? rest.length : end + 1, on.isSkipping ? 0 : 1)
  quotes.lookAgain()
  return !on.isSkipping
}

/** One record further behind the last line end; false where nothing is left. */
function finish(on: Reading): boolean {
  const { rest, start, quotes, options } = on
  if (on.isSkipping || start >= rest.length) return false
  on.endsOpen = true
  if (!quotes.isOpen()) {
    emit(on, rest.length)
    goOn(on, rest.length, 0)
    return true
  }
  // The quote that was never closed: its own line is no row, those behind it may be.
  quotes.staysOpenTo(rest.length)
  const first = rest.indexOf(options.lineEnd, start)
  refuse(on, first === -1 ? rest.length : first, isOpenAtEnd)
  goOn(on, first === -1 ? rest.length : first + 1, 1)
  quotes.lookAgain()
  return true
}

function goOn(on: Reading, from: number, lines: number): void {
  on.line += lines
  on.start = on.at = from
  on.hasInner = false
  on.quotes.close()
}

function refuse(on: Reading, end: number, reason: string): void {
  const { rest, start, line } = on
  on.found = {
    line,
    bytes: rest.subarray(start, Math.min(end, start + keptOfTooLong)),
    innerLines: 0,
    reason,
  }
}

/** How many line ends lie inside of it. */
function emit(on: Reading, end: number): number {
  const { rest, start, line, hasInner, options } = on
  const last = end > start && rest[end - 1] === cr ? end - 1 : end
  const innerLines = hasInner ? linesIn(rest.subarray(start, end), options.lineEnd) : 0
  if (last > start) on.found = { line, bytes: rest.subarray(start, last), innerLines }
  return innerLines
}

function linesIn(bytes: Buffer, lineEnd: number): number {
  let lines = 0
  for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) lines += 1
  return lines
}

/** Puts a record together that goes over several chunks: in the same bytes again and again, or all would be garbage. */
function createJoin() {
  let room: Buffer = Buffer.alloc(0)
  return (kept: Buffer, chunk: Buffer): Buffer => {
    const size = kept.length + chunk.length
    if (room.length < size) room = Buffer.allocUnsafe(Math.max(size, 2 * room.length))
    kept.copy(room)
    chunk.copy(room, kept.length)
    return room.subarray(0, size)
  }
}
