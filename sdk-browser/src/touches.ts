/**
 * How the visitor first came here and how they came last. Which channel that was the server says; here only the
 * landing page, the referrer and the time are kept, for as long as the anonymous id is the same.
 *
 *     localStorage:  tl.touches = JSON [anonymousId, first, last]
 */
import type { EventType } from '@touchline/schemas/build'
import { isKept } from './consent.js'
import { guard } from './guard.js'
import { isWithin } from './hosts.js'
import { getItem, setItem } from './storage.js'
import { cookieDomain } from './visitor.js'
import type { Visitor } from './who.js'
import type { BatchContext, EventContext, Touch } from './wire.js'

const key = 'tl.touches'

let hasLanded: unknown
let kept: [anonymousId?: string | undefined, first?: Touch, last?: Touch] = []

/** Gives a page view or an identify the visitor's touches. In t.core.js touches.core.ts stands in its place. */
export const addTouches = guard(
  (type: EventType, timeMs: number, visitor: Visitor, context: BatchContext, own: EventContext): void => {
    const { url, referrer } = context.page
    const isStored = isKept(visitor)
    kept = (isStored && (JSON.parse(getItem(key) || '0') as typeof kept)) || kept
    if (kept[0] !== visitor.anonymousId) kept = [visitor.anonymousId]
    if (
      own.sessionStart ||
      !kept[1] ||
      (!hasLanded && referrer && !isWithin(new URL(referrer).hostname, cookieDomain()))
    ) {
      kept[2] = { url, referrer, time: new Date(timeMs) }
      kept[1] = kept[1] || kept[2]
      if (isStored) setItem(key, JSON.stringify(kept))
    }
    hasLanded = 1
    if (/page|identify/.test(type)) {
      own.firstTouch = kept[1]
      own.lastTouch = kept[2]
    }
  },
)
