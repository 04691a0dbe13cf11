/**
 * A copy of a text, at most `longest` characters of it, that holds nothing else. What JavaScript cuts out of a text, or
 * puts together of such pieces, holds the whole of it: a thousand beginnings of rows of a megabyte would hold a gigabyte.
 */
export const ownText = (text: string, longest = Infinity): string =>
  // By way of UTF-16, which takes halves of characters as they are.
  Buffer.from(text.length > longest ? text.slice(0, longest) : text, 'utf16le').toString('utf16le')

/** A value that cannot be read stands in it, and may be a megabyte. */
const longestReason = 500

export const reasonText = (reason: string): string =>
  reason.length > longestReason ? `${ownText(reason, longestReason)}…` : ownText(reason)
