import { readFileSync } from 'node:fs'

/** The time in milliseconds since 1970, UTC. An argument everywhere, so that tests can set it. */
export type Clock = () => number

/** ISO 8601 in UTC, of milliseconds since 1970. */
export const isoTime = (ms: number): string => new Date(ms).toISOString()

// Short enough that a test sees its new time at once, long enough to cost nothing per event.
const rereadAfterMs = 50

/** The machine's clock plus the offset that stands in a file (milliseconds as text); for tests and demos. */
export function clockWithOffset(file: string): Clock {
  let offsetMs = 0
  let readAt = 0
  return () => {
    const now = Date.now()
    if (now - readAt > rereadAfterMs) {
      readAt = now
      offsetMs = Number(readFileSync(file, 'utf8').trim()) || 0
    }
    return now + offsetMs
  }
}
