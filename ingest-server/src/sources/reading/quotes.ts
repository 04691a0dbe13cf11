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

export function createQuotes({ lineEnd, delimiter }: QuoteOptions) {
  const isDelimiter = new Set(Buffer.from(delimiter))
  /** The next quote that was not looked at; -1: not looked for. */
  let next = -1
  let isOpen = false

  const closes = (after: number) => after === lineEnd || after === cr || isDelimiter.has(after)

  return {
    isOpen: () => isOpen,
    /**
     * Looks at the quotes of a record that begins at `start`, from `from` up to `to`. Answers up to where it is known
     * what they are: `to`, or the last byte where only the one after it can tell.
     */
    pass(bytes: Buffer, { start, from, to }: { start: number; from: number; to: number }): number {
      if (next < from) next = quoteFrom(bytes, from)
      while (next < to) {
        if (!isOpen) isOpen = next === start || isDelimiter.has(bytes[next - 1] ?? 0)
        else {
          const after = bytes[next + 1]
          if (after === undefined) return next
          if (after === quote) next += 1
          else isOpen = !closes(after)
        }
        next = quoteFrom(bytes, next + 1)
      }
      return to
    },
    /** A record is behind us. */
    close(): void {
      isOpen = false
    },
    /** The bytes stand at other places now, or some were passed over. */
    lookAgain(): void {
      next = -1
    },
  }
}

function quoteFrom(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(quote, from)
  return found === -1 ? Infinity : found
}
