/**
 * What waits for one endpoint, in the order of each subject: the next of a subject waits until the one before was
 * taken or given up. Other subjects go on meanwhile, and other endpoints have queues of their own.
 */
import type { Waiting } from './read.js'

export interface Lane {
  subject: string
  /** The first is the one that is tried. */
  deliveries: Waiting[]
  isUnderWay: boolean
  /** The wait was asked for by the endpoint (Retry-After): no recovery cuts it short. */
  isAsked: boolean
}

export interface EndpointQueue {
  add: (delivery: Waiting, now: number) => void
  has: (id: string) => boolean
  /** Looks for lanes that have become due; once a turn, for it looks at all that wait. */
  wake: (now: number) => void
  /** Lanes whose first delivery is due, at most so many; they are under way from then on. */
  take: (most: number) => Lane[]
  /** The lane's first delivery is through. */
  settle: (lane: Lane, now: number) => void
  /** The lane's first delivery waits until `nextAt`. */
  postpone: (lane: Lane, nextAt: number, isAsked: boolean) => void
  /** The endpoint is back: what only waited for that is due now. */
  allDue: () => void
  /** Drops what is no longer this process's to send; answers how many. */
  drop: (isDropped: (delivery: Waiting) => boolean) => number
  size: () => number
  /** A request has its answer, or none: another may go. The lane waits until that is written down. */
  answered: () => void
  /** Requests without an answer so far. */
  underWay: () => number
}

/** No wait is longer; one that seems to be was reckoned before the clock was set back. */
const longestWaitMs = 8 * 24 * 3_600_000

const isDue = ({ nextAt }: Waiting, now: number) => nextAt <= now || nextAt - now > longestWaitMs

/** The lanes: those whose first delivery is due, in the order in which they became so, and those that wait. */
function openLanes() {
  const lanes = new Map<string, Lane>()
  // A subject with much to come does not hold up the others.
  const due = new Set<Lane>()
  const later = new Set<Lane>()
  const of = (subject: string): Lane => {
    const lane = lanes.get(subject) ?? { subject, deliveries: [], isUnderWay: false, isAsked: false }
    lanes.set(subject, lane)
    return lane
  }
  function leave(lane: Lane): void {
    due.delete(lane)
    later.delete(lane)
  }
  function place(lane: Lane, now: number): void {
    leave(lane)
    const [first] = lane.deliveries
    if (lane.isUnderWay) return
    if (first === undefined) lanes.delete(lane.subject)
    else if (isDue(first, now)) due.add(lane)
    else later.add(lane)
  }
  function wake(now: number): void {
    for (const lane of later) {
      const [first] = lane.deliveries
      if (first !== undefined && isDue(first, now)) place(lane, now)
    }
  }
  function allDue(): void {
    for (const lane of later) {
      if (lane.isAsked) continue
      later.delete(lane)
      due.add(lane)
    }
  }
  return {
    ...{ due, later, of, place, wake, allDue },
    all: () => [...lanes.values()],
    remove(lane: Lane): void {
      leave(lane)
      lanes.delete(lane.subject)
    },
  }
}

/** What is under way stays the first. */
function insert(lane: Lane, delivery: Waiting): number {
  const after = lane.deliveries.findIndex((one) => one.place > delivery.place)
  const at = after === -1 ? lane.deliveries.length : Math.max(after, lane.isUnderWay ? 1 : 0)
  lane.deliveries.splice(at, 0, delivery)
  return at
}

export function openQueue(): EndpointQueue {
  const lanes = openLanes()
  const { due, later } = lanes
  const ids = new Set<string>()
  let underWay = 0

  return {
    add(delivery, now) {
      if (ids.has(delivery.id)) return
      ids.add(delivery.id)
      const lane = lanes.of(delivery.subject)
      if (insert(lane, delivery) === 0) lanes.place(lane, now)
    },
    has: (id) => ids.has(id),
    wake: lanes.wake,
    take(most) {
      const taken: Lane[] = []
      for (const lane of due) {
        if (taken.length >= most) break
        due.delete(lane)
        lane.isUnderWay = true
        taken.push(lane)
      }
      underWay += taken.length
      return taken
    },
    settle(lane, now) {
      const [first] = lane.deliveries.splice(0, 1)
      if (first !== undefined) ids.delete(first.id)
      lane.isUnderWay = false
      lane.isAsked = false
      lanes.place(lane, now)
    },
    postpone(lane, nextAt, isAsked) {
      const [first] = lane.deliveries
      if (first !== undefined) first.nextAt = nextAt
      lane.isUnderWay = false
      lane.isAsked = isAsked
      later.add(lane)
    },
    allDue: lanes.allDue,
    drop(isDropped) {
      let dropped = 0
      for (const lane of lanes.all()) dropped += dropFrom(lane, isDropped, ids)
      for (const lane of lanes.all()) if (lane.deliveries.length === 0 && !lane.isUnderWay) lanes.remove(lane)
      return dropped
    },
    size: () => ids.size,
    answered() {
      underWay -= 1
    },
    underWay: () => underWay,
  }
}

/** What is under way is not dropped. */
function dropFrom(lane: Lane, isDropped: (delivery: Waiting) => boolean, ids: Set<string>): number {
  const before = lane.deliveries.length
  lane.deliveries = lane.deliveries.filter((one, index) => {
    const stays = (lane.isUnderWay && index === 0) || !isDropped(one)
    if (!stays) ids.delete(one.id)
    return stays
  })
  return before - lane.deliveries.length
}
