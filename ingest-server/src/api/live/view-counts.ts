/** What a live view counts: all that arrived since it was opened, or with an id all that is called so. */
import type { LiveCount } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'
import type { Feed, Totals } from './feed.js'

export interface CountsOptions {
  feed: Feed
  clock: Clock
  isLogAway: () => boolean
  isNamed: boolean
  /** What the feed had when the view was first opened. */
  base: Totals
}

export function openCounts({ feed, clock, isLogAway, isNamed, base }: CountsOptions) {
  const own = { received: 0, refused: 0 }
  /** Of a view with an id: what is not in ClickHouse yet. */
  const waiting = new Map<number, string>()

  return {
    await(seq: number, messageId: string): void {
      if (isNamed) waiting.set(seq, messageId)
    },
    add: ({ isRefused }: { isRefused: boolean }): void => {
      own.received += 1
      if (isRefused) own.refused += 1
    },
    now: (shown: number): LiveCount => {
      const rest = { shown, scope: 'all' as const, logAway: isLogAway(), at: clock() }
      if (isNamed) {
        for (const [seq, messageId] of waiting) if (!feed.isAwaited(seq, messageId)) waiting.delete(seq)
        return countOf({ ...own, waiting: waiting.size, ...rest })
      }
      const totals = feed.totals()
      const received = totals.received - base.received
      const refused = totals.refused - base.refused
      return countOf({ received, refused, waiting: feed.waitingSince(base.seq), ...rest })
    },
  }
}

const countOf = ({ received, refused, waiting, ...rest }: Omit<LiveCount, 'stored'>): LiveCount => {
  const stored = Math.max(0, received - refused - waiting)
  return { received, stored, refused, waiting: received - refused - stored, ...rest }
}
