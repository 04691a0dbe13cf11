/**
 * How many events a second may come: by project, by write key, and by address (IPv6 by /64, for one household
 * has that many). Each is a token bucket that may be overdrawn by one batch.
 */
import QuickLRU from 'quick-lru'
import { TouchlineError } from '../../errors.js'
import type { Clock } from '../../clock.js'
import type { Credential } from '../../projects/project.js'
import { networkOf } from '../base/ip.js'

/** One bucket that a request draws from. */
export interface Bound {
  what: 'project' | 'key' | 'address'
  name: string
  eventsPerSecond: number
}

export interface RateLimiter {
  /** Throws RATE_LIMITED, with the seconds to wait, while one of them is overdrawn. */
  check(bounds: readonly Bound[]): void
  /** Takes what a batch holds, also more than is there: the next one waits the longer. */
  take(bounds: readonly Bound[], events: number): void
}

const none: readonly Bound[] = []

/** What bounds a request; nothing for most. A server that holds a secret key is bound by its project alone. */
export function boundsOf({ project, kind, key }: Credential, address: string): readonly Bound[] {
  const { id, eventsPerSecond: byProject, eventsPerSecondPerAddress: byAddress } = project
  const byKey = key?.eventsPerSecond
  if (byProject === undefined && byAddress === undefined && byKey === undefined) return none
  const bounds: Bound[] = []
  if (byProject !== undefined) bounds.push({ what: 'project', name: id, eventsPerSecond: byProject })
  if (kind === 'secret') return bounds
  if (byKey !== undefined) bounds.push({ what: 'key', name: `${id} ${key?.id}`, eventsPerSecond: byKey })
  if (byAddress !== undefined)
    bounds.push({ what: 'address', name: `${id} ${networkOf(address)}`, eventsPerSecond: byAddress })
  return bounds
}

interface Bucket {
  tokens: number
  at: number
}

/**
 * More addresses than this at once are an attack. Whoever was not heard of for longest is forgotten, which refills their
 * burst only. quick-lru keeps up to twice as many.
 */
const maxBuckets = 50_000

/** A burst of `burstSeconds` worth of events goes through; the average over time is exact. */
export function createRateLimiter(clock: Clock, burstSeconds = 2): RateLimiter {
  const buckets = new QuickLRU<string, Bucket>({ maxSize: maxBuckets })
  const filled = ({ what, name, eventsPerSecond: rate }: Bound): Bucket => {
    const now = clock()
    const id = `${what} ${name}`
    let bucket = buckets.get(id)
    if (!bucket) buckets.set(id, (bucket = { tokens: rate * burstSeconds, at: now }))
    const earned = Math.max(0, now - bucket.at) * (rate / 1_000)
    bucket.tokens = Math.min(rate * burstSeconds, bucket.tokens + earned)
    bucket.at = now
    return bucket
  }
  return {
    check(bounds) {
      for (const bound of bounds) {
        const { what, eventsPerSecond: rate } = bound
        const { tokens } = filled(bound)
        if (tokens > 0) continue
        throw new TouchlineError(
          'RATE_LIMITED',
          `This ${what} is over its ${rate} events a second. Wait as Retry-After says.`,
          { retryAfterSeconds: Math.max(1, Math.ceil(-tokens / rate)) },
        )
      }
    },
    take(bounds, events) {
      for (const bound of bounds) filled(bound).tokens -= events
    },
  }
}
