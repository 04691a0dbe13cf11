/** Sessions, shared by all tabs: they end after 30 minutes without an event, and after a day in any case. */
import { on } from './hooks.js'
import { newId } from './ids.js'
import type { Feature } from './start.js'

const idleMs = 30 * 60_000
const seenEveryMs = 10_000
const longestMs = 24 * 3_600_000

export const sessions: Feature = () => {
  on('draft', ({ timeMs, visitor, context, own }) => {
    if (
      !visitor.sessionId ||
      timeMs - (visitor.lastSeen || 0) > idleMs ||
      timeMs - (visitor.sessionStart || 0) > longestMs
    ) {
      visitor.sessionId = newId(timeMs)
      visitor.sessionStart = timeMs
      own.sessionStart = true
    }
    // To the nearest ten seconds: a cookie that changes at each event costs the next event a millisecond to read.
    if (timeMs - (visitor.lastSeen || 0) > seenEveryMs) visitor.lastSeen = timeMs
    context.sessionId = visitor.sessionId
  })
}
