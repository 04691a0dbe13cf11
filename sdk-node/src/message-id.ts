import { randomUUID } from 'node:crypto'

/** Highest value of the 12 bits between version and variant, used as a counter within a millisecond. */
const maxCounter = 0xfff

/**
 * Makes UUIDv7s (RFC 9562 §6.2, method 1) that sort in the order of the calls, also within a millisecond
 * and when the clock steps back: the server breaks ties of time by messageId.
 */
export function messageIds(clock: () => number): () => string {
  let millisecond = 0
  let counter = 0
  let prefix = ''

  return () => {
    const now = clock()
    if (now > millisecond) {
      millisecond = Math.trunc(now)
      counter = 0
      prefix = timePrefix(millisecond)
    } else if (counter < maxCounter) {
      counter += 1
    } else {
      // More than 4,096 ids in one millisecond: take them from the next.
      millisecond += 1
      counter = 0
      prefix = timePrefix(millisecond)
    }
    // A random v4 lends its variant and its last 62 random bits.
    return prefix + counter.toString(16).padStart(3, '0') + randomUUID().slice(18)
  }
}

function timePrefix(millisecond: number): string {
  const hex = millisecond.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7`
}
