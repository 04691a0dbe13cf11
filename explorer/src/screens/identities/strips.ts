/** Two strips that become one: whose events were whose before the claim. Pure. */
import type { PersonTimeline } from '../../api/endpoints.js'

type Event = NonNullable<PersonTimeline['events']>[number]

export interface Strips {
  from: number
  to: number
  at: number
  /** Times of the identifier's own events before the claim, of everybody else's of the person, and of all after it. */
  own: readonly number[]
  theirs: readonly number[]
  together: readonly number[]
}

export function stripsOf(events: readonly Event[], identifier: string, at: number): Strips {
  const strips = { own: [] as number[], theirs: [] as number[], together: [] as number[] }
  for (const event of events) {
    const time = Date.parse(event.occurredAt)
    if (time >= at) strips.together.push(time)
    else (isOf(event, identifier) ? strips.own : strips.theirs).push(time)
  }
  const all = [...strips.own, ...strips.theirs, ...strips.together, at]
  const [first, last] = [Math.min(...all), Math.max(...all)]
  // The joint must be seen: there is always something before and after it.
  const margin = Math.max((last - first) * 0.06, 60_000)
  return { from: first - margin, to: last + margin, at, ...strips }
}

/** By what the event itself said; one that names a user is the user's, whatever device it came from. */
export function isOf({ userId, anonymousId, email }: Event, identifier: string): boolean {
  const value = identifier.slice(identifier.indexOf(':') + 1)
  if (identifier.startsWith('user:')) return userId === value
  if (userId !== null) return false
  return identifier.startsWith('anon:') ? anonymousId === value : email === value
}
