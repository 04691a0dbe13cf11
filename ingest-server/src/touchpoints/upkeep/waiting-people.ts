/**
 * People who have to be formed whole, and wait for their turn: what is new of everybody else comes first, so that an
 * import of a hundred thousand people starves nobody. Urgent are those of whom little else changed with them (somebody
 * said who they are); the others follow in the order in which they came.
 *
 * A person with very many events takes seconds, and may have new ones with every look: so they wait until forming them
 * again is a small part of the work. Until their turn has come nothing since then counts as settled, so that a crash
 * forgets nobody.
 */
import QuickLRU from 'quick-lru'

export interface WaitingPerson {
  project: string
  person: string
}

export interface WaitingPeople {
  readonly size: number
  /** `since`: everything stored until then was settled. */
  add: (project: string, person: string, why: { since: string; isUrgent: boolean }) => void
  /** Those whose turn it is, at most so many of each kind. */
  next: (most: { urgent: number; others: number }) => WaitingPerson[]
  /** Removes a person who was formed; after a failure they stay waiting. */
  done: (project: string, person: string) => void
  /** Forming them took so long: their next time comes after nine times that, by default. */
  took: (project: string, person: string, ms: number) => void
  settledUntil: (others: string) => string
}

/** Of the time at most a tenth for each. */
const usualPause = 9
/** quick-lru keeps up to twice as many; who is forgotten is formed at once. */
const mostHeavy = 5_000

type Waiting = WaitingPerson & { since: string }

export interface WaitingOptions {
  heavyPause?: number | undefined
  now?: () => number
}

export function createWaitingPeople(options: WaitingOptions = {}): WaitingPeople {
  const { heavyPause = usualPause, now = () => performance.now() } = options
  const nextAt = new QuickLRU<string, number>({ maxSize: mostHeavy })
  const urgent = new Map<string, Waiting>()
  const others = new Map<string, Waiting>()
  const keyOf = (project: string, person: string) => `${project}\n${person}`

  function first(waiting: ReadonlyMap<string, Waiting>, most: number): WaitingPerson[] {
    const found: WaitingPerson[] = []
    for (const [key, { project, person }] of waiting) {
      if (found.length >= most) break
      if ((nextAt.get(key) ?? 0) <= now()) found.push({ project, person })
    }
    return found
  }

  return {
    get size() {
      return urgent.size + others.size
    },
    add(project, person, { since, isUrgent }) {
      const key = keyOf(project, person)
      const known = urgent.get(key) ?? others.get(key)
      if (urgent.has(key) || (known && !isUrgent)) return
      others.delete(key)
      const into = isUrgent ? urgent : others
      into.set(key, known ?? { project, person, since })
    },
    next: (most) => [...first(urgent, most.urgent), ...first(others, most.others)],
    done(project, person) {
      const key = keyOf(project, person)
      urgent.delete(key)
      others.delete(key)
    },
    took(project, person, ms) {
      nextAt.set(keyOf(project, person), now() + ms * heavyPause)
    },
    settledUntil(until) {
      let earliest = until
      for (const waiting of [urgent, others])
        for (const { since } of waiting.values()) if (since < earliest) earliest = since
      return earliest
    },
  }
}
