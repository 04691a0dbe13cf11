/**
 * This process's share in the upkeep of a derived table: which slots it holds (leases.ts), how far the changes are
 * worked in (feed.ts), and where the slow pass over everything is. Whoever takes a slot over goes on from there.
 */
import type { Feed, Instant, Look } from './feed.js'
import type { Progress } from './lease-table.js'
import type { Leases } from './leases.js'

/** Where in a pass over everything: which source, and after which key of it. */
export interface Place {
  source: number
  after: readonly string[]
}

/** The pass begins again when it has come round; everything was seen once after the first round. */
export interface SweepState<Position extends Place> {
  position: Position
  rounds: number
}

export interface ShareOptions<Position extends Place> {
  leases: Leases
  feed: Pick<Feed<unknown>, 'goBackTo' | 'look' | 'settle' | 'settledUntil'>
  sweepStart: Position
  /** Where something that was looked at waits: everything until then is done. */
  settledUntil?: (looked: string) => string
  /** Slots were taken over: others may have written since. */
  onGained: (held: { slots: number; lost: number }) => void
}

export interface Share<Position extends Place> {
  sweep: SweepState<Position>
  /** True until everything was seen once. */
  isFilling: () => boolean
  holdsAny: () => boolean
  /** Whether what falls into this slot is this process's to work on now. */
  isMine: (slot: number) => boolean
  /** A lease ran out since the last look: something was left undone that counts as this process's. */
  hasLapsed: () => boolean
  look: () => Promise<Look>
  /** These of the look's instants are worked in, unless something was left undone. */
  settle: (look: Look, done: readonly Instant[]) => void
  /** Takes, renews and gives back leases where it is time. */
  keep: () => Promise<void>
  /** For a timer: a pass may take longer than a lease lasts. */
  renew: () => Promise<void>
  release: () => Promise<void>
}

export function openShare<Position extends Place>(options: ShareOptions<Position>): Share<Position> {
  const { leases, feed, sweepStart, settledUntil = (looked) => looked, onGained } = options
  const beginning: SweepState<Position> = { position: sweepStart, rounds: 0 }
  const toState = (text: string) => (text === '' ? beginning : (JSON.parse(text) as SweepState<Position>))
  const progress = (): Progress => ({
    settledUntil: settledUntil(feed.settledUntil()),
    sweep: JSON.stringify(share.sweep),
  })
  let hasLapsed = false
  const share: Share<Position> = {
    sweep: beginning,
    isFilling: () => leases.held().length > 0 && share.sweep.rounds === 0,
    holdsAny: () => leases.held().length > 0,
    isMine(slot) {
      hasLapsed ||= leases.hasLapsed(slot)
      return leases.holds(slot)
    },
    hasLapsed: () => hasLapsed,
    look() {
      hasLapsed = false
      return feed.look()
    },
    settle(look, done) {
      if (!hasLapsed) feed.settle(look, done)
    },
    async keep() {
      const { gained, lost } = await leases.keep(progress)
      if (gained.size === 0) return
      const before = [...gained.values()].map(({ sweep }) => toState(sweep))
      const isFresh = leases.held().length === gained.size
      share.sweep = [...before, ...(isFresh ? [] : [share.sweep])].reduce(behind)
      for (const { settledUntil: until } of gained.values()) feed.goBackTo(until)
      onGained({ slots: leases.held().length, lost: lost.length })
    },
    renew: () => leases.renew(progress),
    release: () => leases.release(progress),
  }
  return share
}

/** Which of two is less far. */
function behind<Position extends Place>(a: SweepState<Position>, b: SweepState<Position>) {
  if (a.rounds !== b.rounds && Math.min(a.rounds, b.rounds) === 0) return a.rounds < b.rounds ? a : b
  if (a.position.source !== b.position.source) return a.position.source < b.position.source ? a : b
  return JSON.stringify(a.position.after) < JSON.stringify(b.position.after) ? a : b
}
