/**
 * Bytes of a table → its records, each as its bytes and the line where it begins. A record ends at a line end outside
 * quotes, and has at most `maxBytes`. A quote opens where a field begins and closes where one ends; others are text. A quote that is opened and never closed would take the rest of the file along: where
 * a record grows over the limit while a quote is open, only its first line is given up and reading goes on behind it.
 * Never holds more than one record and a chunk.
 */
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

const quote = 0x22
const cr = 0x0d
const keptOfTooLong = 1_000
const isOpenAtEnd = 'the file ends inside a quote that is opened here'

export function createRecordSplitter({
  maxBytes,
  lineEnd,
  hasQuotes,
  delimiter = ',;\t|',
}: SplitOptions): RecordSplitter {
  const isDelimiter = new Set(Buffer.from(delimiter))
  let rest: Buffer = Buffer.alloc(0)
  /** Where a record that goes over several chunks is put together: the same bytes again and again, or all would be garbage. */
  let room: Buffer = Buffer.alloc(0)
  /** Where the record under way begins in `rest`, and up to where it was looked at. */
  let start = 0
  let at = 0
  /** The next quote at or after `at`; -1: not looked for. */
  let nextQuote = -1
  let isQuoted = false
  let line = 1
  let innerLines = 0
  /** A line that is over the limit is passed over up to its end. */
  let isSkipping = false
  let endsOpen = false

  /** Looks at quotes up to `to`. False where the last byte is one that only the next can tell of. */
  function passQuotes(to: number): boolean {
    if (nextQuote < at) nextQuote = quoteFrom(at)
    while (nextQuote < to) {
      if (!isQuoted) isQuoted = nextQuote === start || isDelimiter.has(rest[nextQuote - 1] ?? 0)
      else {
        const next = rest[nextQuote + 1]
        if (next === undefined) return false
        if (next === quote) nextQuote += 1
        else isQuoted = !(next === lineEnd || next === cr || isDelimiter.has(next))
      }
      nextQuote = quoteFrom(nextQuote + 1)
    }
    return true
  }

  function quoteFrom(from: number): number {
    const found = rest.indexOf(quote, from)
    return found === -1 ? Infinity : found
  }

  function goOn(from: number, lines: number): void {
    line += lines
    start = at = from
    innerLines = 0
    isQuoted = false
  }

  /** One line end further; false where there is none. */
  function step(take: Take): boolean {
    const end = rest.indexOf(lineEnd, at)
    if (isSkipping) {
      if (end === -1) return false
      isSkipping = false
      goOn(end + 1, 1)
      return true
    }
    const upTo = end === -1 ? rest.length : end
    const isKnown = !hasQuotes || passQuotes(upTo)
    if (upTo - start > maxBytes) return giveUp(take)
    at = end === -1 ? (isKnown ? upTo : nextQuote) : end + 1
    if (end === -1) return false
    if (isQuoted) innerLines += 1
    else {
      emit(end, take)
      goOn(end + 1, 1 + innerLines)
    }
    return true
  }

  /** The first line of what is too long. */
  function giveUp(take: Take): boolean {
    const end = rest.indexOf(lineEnd, start)
    const isOpen = innerLines > 0 || (isQuoted && end !== -1)
    const limit = `${Math.round(maxBytes / 1024)} KB`
    const reason = isOpen
      ? `a quote that is opened here is not closed within ${limit}`
      : `the row is longer than ${limit}`
    refuse(end === -1 ? rest.length : end, reason, take)
    isSkipping = end === -1
    goOn(isSkipping ? rest.length : end + 1, isSkipping ? 0 : 1)
    nextQuote = -1
    return !isSkipping
  }

  function refuse(end: number, reason: string, take: Take): void {
    take({ line, bytes: rest.subarray(start, Math.min(end, start + keptOfTooLong)), innerLines: 0, reason })
  }

  function emit(end: number, take: Take): void {
    const last = end > start && rest[end - 1] === cr ? end - 1 : end
    if (last > start) take({ line, bytes: rest.subarray(start, last), innerLines })
  }

  function behindWhatIsKept(chunk: Buffer): Buffer {
    const kept = rest.subarray(start)
    const size = kept.length + chunk.length
    if (room.length < size) room = Buffer.allocUnsafe(Math.max(size, 2 * room.length))
    kept.copy(room)
    chunk.copy(room, kept.length)
    return room.subarray(0, size)
  }

  function scan(take: Take): void {
    while (step(take));
    if (isSkipping) start = at = rest.length
  }

  return {
    push(chunk, take) {
      rest = start === rest.length ? chunk : behindWhatIsKept(chunk)
      at -= start
      start = 0
      nextQuote = -1
      scan(take)
    },
    end(take) {
      for (; !isSkipping && start < rest.length; scan(take)) {
        endsOpen = true
        if (!isQuoted || at < rest.length) return emit(rest.length, take)
        // The quote that was never closed: its own line is no row, those behind it may be.
        const first = rest.indexOf(lineEnd, start)
        refuse(first === -1 ? rest.length : first, isOpenAtEnd, take)
        if (first === -1) return
        goOn(first + 1, 1)
        nextQuote = -1
      }
    },
    endsOpen: () => endsOpen,
  }
}
