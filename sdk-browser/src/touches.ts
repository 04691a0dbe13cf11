/**
 * How the visitor first came here and how they came last. Which channel that was the server says; here only the
 * landing page, the referrer and the time are kept, for as long as the anonymous id is the same.
 *
 *     localStorage:  tl.touches = JSON [anonymousId, first, last]
 */
import { isKept } from './consent.js'
import { on } from './hooks.js'
import { isOwnHost } from './hosts.js'
import type { Feature } from './start.js'
import { getItem, setItem } from './storage.js'
import type { Touch } from './wire.js'

const key = 'tl.touches'

export const touches: Feature = () => {
  let hasLanded: unknown
  let kept: [anonymousId?: string | undefined, first?: Touch, last?: Touch] = []

  on('draft', ({ type, timeMs, visitor, context, own }) => {
    const { url, referrer } = context.page
    const isStored = isKept(visitor.choice)
    kept = (isStored && (JSON.parse(getItem(key) || '0') as typeof kept)) || kept
    if (kept[0] !== visitor.anonymousId) kept = [visitor.anonymousId]
    if (own.sessionStart || !kept[1] || (!hasLanded && referrer && !isOwnHost(new URL(referrer).hostname))) {
      kept[2] = { url, referrer, time: new Date(timeMs).toJSON() }
      kept[1] = kept[1] || kept[2]
      if (isStored) setItem(key, JSON.stringify(kept))
    }
    hasLanded = 1
    if (type === 'page' || type === 'identify') {
      own.firstTouch = kept[1]
      own.lastTouch = kept[2]
    }
  })
}
