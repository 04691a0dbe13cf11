/** Sessions, shared by all tabs: they end after 30 minutes without an event, and after a day in any case. */
import { newId } from '../base/ids.js'
import type { Visitor } from './who.js'
import type { BatchContext, EventContext } from '../base/wire.js'

const idleMs = 30 * 60_000
const longestMs = 24 * 3_600_000
// A cookie that changes at each event costs the next event a millisecond to read.
const seenEveryMs = 10_000

/** Gives an event its session. In t.core.js sessions.core.ts stands in its place. */
export const addSession = (
  timeMs: number,
  visitor: Visitor,
  context: BatchContext,
  own: EventContext,
): void => {
  // A time that is not there yet makes NaN, which is neither more nor less than anything.
  const idleForMs = timeMs - (visitor.lastSeen as number)
  if (!visitor.sessionId || idleForMs > idleMs || timeMs - (visitor.sessionStart as number) > longestMs) {
    visitor.sessionId = newId(timeMs)
    visitor.sessionStart = timeMs
    own.sessionStart = true
  }
  if (!(idleForMs < seenEveryMs)) visitor.lastSeen = timeMs
  context.sessionId = visitor.sessionId
}
