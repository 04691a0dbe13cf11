/**
 * People with very many events: forming their touchpoints takes seconds, and something new of them may come with every
 * look. So the next time waits until it is a small part of the work, and meanwhile the others are not held up. Until
 * their turn has come nothing since then counts as settled, so that a crash forgets nobody.
 */
import QuickLRU from 'quick-lru'

export interface HeavyPeople {
  took: (project: string, person: string, ms: number) => void
  /** True where it is too early; then `due` answers them later. `since`: everything until then was settled. */
  isLater: (project: string, person: string, since: string) => boolean
  due: () => { project: string; person: string }[]
  /** They were formed; before that a failure leaves them waiting. */
  done: (project: string, person: string) => void
  settledUntil: (others: string) => string
}

/** Of the time at most a tenth for each. */
const pauseFactor = 9
/** quick-lru keeps up to twice as many; who is forgotten is formed at once. */
const mostPeople = 5_000

export function createHeavyPeople(now: () => number = () => performance.now()): HeavyPeople {
  const nextAt = new QuickLRU<string, number>({ maxSize: mostPeople })
  const waiting = new Map<string, { project: string; person: string; since: string }>()
  const keyOf = (project: string, person: string) => `${project}\n${person}`
  return {
    took(project, person, ms) {
      nextAt.set(keyOf(project, person), now() + ms * pauseFactor)
    },
    isLater(project, person, since) {
      const key = keyOf(project, person)
      if ((nextAt.get(key) ?? 0) <= now()) return false
      if (!waiting.has(key)) waiting.set(key, { project, person, since })
      return true
    },
    due() {
      const found = [...waiting].filter(([key]) => (nextAt.get(key) ?? 0) <= now())
      return found.map(([, { project, person }]) => ({ project, person }))
    },
    done(project, person) {
      waiting.delete(keyOf(project, person))
    },
    settledUntil(others) {
      let until = others
      for (const { since } of waiting.values()) if (since < until) until = since
      return until
    },
  }
}
