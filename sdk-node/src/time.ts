/** The time that a call gives its event. */

/** A number is seconds, milliseconds, microseconds or nanoseconds since 1970, distinguished by its size. */
export type Time = Date | string | number

// As on the server. Read as the next smaller unit, each of these is March 1973: nobody's events are older.
const secondsBelow = 1e11
const millisecondsBelow = 1e14
const microsecondsBelow = 1e17

function millisecondsIn(epoch: number): number {
  const size = Math.abs(epoch)
  if (size < secondsBelow) return epoch * 1_000
  if (size < millisecondsBelow) return epoch
  return size < microsecondsBelow ? epoch / 1_000 : epoch / 1_000_000
}

/**
 * Milliseconds since 1970; NaN for what is no time. An object is a Date, or another library's that gives
 * milliseconds as its value.
 */
export function millisecondsOf(time: unknown): number {
  if (typeof time === 'number') return Math.trunc(millisecondsIn(time))
  if (typeof time === 'bigint') return Math.trunc(millisecondsIn(Number(time)))
  if (typeof time !== 'object' || time === null || Array.isArray(time)) return NaN
  const value: unknown = time.valueOf()
  return typeof value === 'number' ? value : NaN
}

// ISO 8601 writes only these years with four digits; no reader takes the others.
const firstWritable = Date.parse('0000-01-01T00:00:00Z')
const lastWritable = Date.parse('9999-12-31T23:59:59.999Z')

export const isWritable = (milliseconds: number): boolean =>
  milliseconds >= firstWritable && milliseconds <= lastWritable
