/**
 * Where quotes are open in the bytes of a table. A quote opens where a field begins and closes where one ends; others
 * are text.
 */
const quote = 0x22
const cr = 0x0d

export interface QuoteOptions {
  lineEnd: number
  /** Each of its characters ends a field. */
  delimiter: string
}

interface Stretch {
  /** Where the record begins. */
  start: number
  from: number
  to: number
  /** No byte follows the last one. */
  isEnded: boolean
}

export function createQuotes({ lineEnd, delimiter }: QuoteOptions) {
  const isDelimiter = new Set(Buffer.from(delimiter))
  /** The next quote that was not looked at; -1: not looked for. */
  let next = -1
  let isOpen = false
  /** Up to here no quote ends a field: what was looked through for one quote is not looked through for the next. */
  let openUpTo = 0

  const closes = (after: number | undefined) =>
    after === undefined || after === lineEnd || after === cr || isDelimiter.has(after)

  return {
    isOpen: () => isOpen,
    /**
     * Looks at the quotes of a record that begins at `start`, from `from` up to `to`. Answers up to where it is known
     * what they are: `to`, or the last byte where only the one after it can tell.
     */
    pass(bytes: Buffer, { start, from, to, isEnded }: Stretch): number {
      if (next < from) next = quoteFrom(bytes, from)
      while (next < to) {
        // Of a run of quotes the first may have opened the field.
        if (isOpen && next < openUpTo && bytes[next - 1] !== quote) {
          next = quoteFrom(bytes, openUpTo)
          continue
        }
        if (!isOpen) isOpen = next === start || isDelimiter.has(bytes[next - 1] ?? 0)
        else {
          const after = bytes[next + 1]
          if (after === undefined && !isEnded) return next
          if (after === quote) next += 1
          else isOpen = !closes(after)
        }
        next = quoteFrom(bytes, next + 1)
      }
      return to
    },
    /** Where there is something to look at again: behind what is known to hold no end of the quote that is open. */
    passed: (at: number): number => (isOpen ? Math.max(at, openUpTo) : at),
    /** The quote that is open does not end before `at`, nor does any that opens until then. */
    staysOpenTo(at: number): void {
      if (isOpen) openUpTo = Math.max(openUpTo, at)
    },
    /** A record is behind us. */
    close(): void {
      isOpen = false
    },
    /** Some bytes were passed over. */
    lookAgain(): void {
      next = -1
    },
    /** The bytes stand so many places further to the front now. */
    moved(by: number): void {
      next = -1
      openUpTo = Math.max(0, openUpTo - by)
    },
  }
}

function quoteFrom(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(quote, from)
  return found === -1 ? Infinity : found
}
