/**
 * How the visitor first came here and how they came last. Which channel that was the server says; here only the
 * landing page, the referrer and the time are kept, for as long as the anonymous id is the same.
 *
 *     localStorage:  tl.touches = JSON [anonymousId, first, last]
 */
import type { EventType } from '@touchline/schemas/build'
import { isKept } from './consent.js'
import { guard } from '../base/guard.js'
import { hostOf, isWithin } from './hosts.js'
import { getItem, setItem } from '../queue/storage.js'
import { toJson } from '../base/to-json.js'
import { cookieDomain } from './visitor.js'
import type { Visitor } from './who.js'
import type { BatchContext, EventContext, Touch } from '../base/wire.js'

const key = 'tl.touches'

// Four addresses beside those of the page itself, of the 32 KB that an event may have; the server shortens only the page's.
const shortened = (href: string): string => href.slice(0, 2_000)

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
      (!hasLanded && referrer && !isWithin(hostOf(referrer), cookieDomain()))
    ) {
      kept[2] = { url: shortened(url), referrer: shortened(referrer), time: new Date(timeMs) }
      kept[1] = kept[1] || kept[2]
      if (isStored) setItem(key, toJson(kept))
    }
    hasLanded = 1
    if (/page|identify/.test(type)) {
      own.firstTouch = kept[1]
      own.lastTouch = kept[2]
    }
  },
)
