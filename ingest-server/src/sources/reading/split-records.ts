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

type Take = (record: RawRecord) => void

export interface RecordSplitter {
  /** Calls `take` for each record that `chunk` ends. Records of nothing are left out. */
  push: (chunk: Buffer, take: Take) => void
  /** What stands behind the last line end. */
  end: (take: Take) => void
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
    ...{ options, quotes: createQuotes({ lineEnd, delimiter }) },
    ...{ rest: Buffer.alloc(0), start: 0, at: 0, line: 1, innerLines: 0, isSkipping: false },
  }
  let endsOpen = false

  return {
    push(chunk, take) {
      on.rest = on.start === on.rest.length ? chunk : joinChunk(on.rest.subarray(on.start), chunk)
      on.at -= on.start
      on.start = 0
      on.quotes.lookAgain()
      scan(on, take)
    },
    end(take) {
      for (; !on.isSkipping && on.start < on.rest.length; scan(on, take)) {
        endsOpen = true
        if (!on.quotes.isOpen() || on.at < on.rest.length) return emit(on, on.rest.length, take)
        // The quote that was never closed: its own line is no row, those behind it may be.
        const first = on.rest.indexOf(lineEnd, on.start)
        refuse(on, first === -1 ? on.rest.length : first, isOpenAtEnd, take)
        if (first === -1) return
        goOn(on, first + 1, 1)
        on.quotes.lookAgain()
      }
    },
    endsOpen: () => endsOpen,
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
  innerLines: number
  /** A line that is over the limit is passed over up to its end. */
  isSkipping: boolean
}

function scan(on: Reading, take: Take): void {
  while (step(on, take));
  if (on.isSkipping) on.start = on.at = on.rest.length
}

/** One line end further; false where there is none. */
function step(on: Reading, take: Take): boolean {
  const { rest, start, quotes, options } = on
  const end = rest.indexOf(options.lineEnd, on.at)
  if (on.isSkipping) {
    if (end === -1) return false
    on.isSkipping = false
    goOn(on, end + 1, 1)
    return true
  }
  const upTo = end === -1 ? rest.length : end
  const known = options.hasQuotes ? quotes.pass(rest, { start, from: on.at, to: upTo }) : upTo
  if (upTo - start > options.maxBytes) return giveUp(on, take)
  on.at = end === -1 ? known : end + 1
  if (end === -1) return false
  if (quotes.isOpen()) on.innerLines += 1
  else {
    emit(on, end, take)
    goOn(on, end + 1, 1 + on.innerLines)
  }
  return true
}

/** The first line of what is too long. */
function giveUp(on: Reading, take: Take): boolean {
  const { rest, quotes } = on
  const { lineEnd, maxBytes } = on.options
  const end = rest.indexOf(lineEnd, on.start)
  const isOpen = on.innerLines > 0 || (quotes.isOpen() && end !== -1)
  const limit = `${Math.round(maxBytes / 1024)} KB`
  const reason = isOpen
    ? `a quote that is opened here is not closed within ${limit}`
    : `the row is longer than ${limit}`
  refuse(on, end === -1 ? rest.length : end, reason, take)
  on.isSkipping = end === -1
  goOn(on, on.isSkipping ? rest.length : end + 1, on.isSkipping ? 0 : 1)
  quotes.lookAgain()
  return !on.isSkipping
}

function goOn(on: Reading, from: number, lines: number): void {
  on.line += lines
  on.start = on.at = from
  on.innerLines = 0
  on.quotes.close()
}

function refuse({ rest, start, line }: Reading, end: number, reason: string, take: Take): void {
  take({ line, bytes: rest.subarray(start, Math.min(end, start + keptOfTooLong)), innerLines: 0, reason })
}

function emit({ rest, start, line, innerLines }: Reading, end: number, take: Take): void {
  const last = end > start && rest[end - 1] === cr ? end - 1 : end
  if (last > start) take({ line, bytes: rest.subarray(start, last), innerLines })
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
