/**
 * The same touchpoint reported by two sources is shown once: from the earliest on, an occurrence joins a touchpoint of
 * its person and name if it is within 5 minutes of the touchpoint's first occurrence and of a source that it has not.
 *
 * Verified occurrences are joined first, among themselves; unverified ones are added afterwards. So a forged "Invoice
 * Paid" of a minute earlier neither takes the place of the true one nor keeps another report of it from joining.
 */
import { comparableName } from './names.js'
import type { Touchpoint } from './touchpoint.js'

export const sameTouchpointMs = 5 * 60_000

/** The touchpoints of one person and name by time, and per source the index at which it goes on looking. */
interface Group {
  touchpoints: Touchpoint[]
  /** Source → index; every touchpoint before it is too old or has that source already. */
  next: Map<string, number>
}

/** `occurrences` oldest first, one source each. The time is linear in them: no source looks at a touchpoint twice. */
export function joinOccurrences(occurrences: readonly Touchpoint[]): Touchpoint[] {
  const verified = joinInOrder(occurrences.filter(isVerified))
  const others = joinInOrder(occurrences.filter((occurrence) => !isVerified(occurrence)))
  return verified.length === 0 ? others : [...verified, ...othersThan(verified, others)]
}

const isVerified = ({ lead }: Touchpoint) => lead.verified

/** A window holds a handful; where a person has more of one name in 10 minutes, the rest is not compared. */
const mostLookedAt = 50

/** Adds to each verified touchpoint the first other one that reports the same, and gives those that are left. Both by time. */
function othersThan(verified: readonly Touchpoint[], others: readonly Touchpoint[]): Touchpoint[] {
  const byKey = new Map<string, { list: Touchpoint[]; from: number }>()
  for (const other of others) {
    const key = keyOf(other)
    const known = byKey.get(key)
    if (known) known.list.push(other)
    else byKey.set(key, { list: [other], from: 0 })
  }
  const added = new Set<Touchpoint>()
  for (const touchpoint of verified) {
    const near = byKey.get(keyOf(touchpoint))
    if (near === undefined || comparableName(touchpoint.label) === '') continue
    const isBefore = (other: Touchpoint | undefined) =>
      other !== undefined && (added.has(other) || touchpoint.at - other.at > sameTouchpointMs)
    while (isBefore(near.list[near.from])) near.from += 1
    const same = near.list
      .slice(near.from, near.from + mostLookedAt)
      .find(
        (other) =>
          !added.has(other) &&
          Math.abs(other.at - touchpoint.at) <= sameTouchpointMs &&
          !other.sources.some((source) => touchpoint.sources.includes(source)),
      )
    if (same === undefined) continue
    added.add(same)
    join(touchpoint, same)
  }
  return others.filter((other) => !added.has(other))
}

const keyOf = ({ person, label }: Touchpoint) => `${person}\n${comparableName(label)}`

function joinInOrder(occurrences: readonly Touchpoint[]): Touchpoint[] {
  const joined: Touchpoint[] = []
  const groups = new Map<string, Group>()
  for (const occurrence of occurrences) {
    const name = comparableName(occurrence.label)
    if (name === '') {
      joined.push(occurrence)
      continue
    }
    const key = keyOf(occurrence)
    const group = groups.get(key) ?? { touchpoints: [], next: new Map<string, number>() }
    groups.set(key, group)
    const same = findSame(group, occurrence)
    if (same) join(same, occurrence)
    else {
      group.touchpoints.push(occurrence)
      joined.push(occurrence)
    }
  }
  return joined
}

function findSame({ touchpoints, next }: Group, { at, sources }: Touchpoint): Touchpoint | undefined {
  const source = sources[0] ?? ''
  let index = next.get(source) ?? 0
  let same = touchpoints[index]
  while (same && (at - same.at > sameTouchpointMs || same.sources.includes(source))) {
    index += 1
    same = touchpoints[index]
  }
  next.set(source, index)
  return same
}

function join(touchpoint: Touchpoint, occurrence: Touchpoint): void {
  touchpoint.messageIds.push(...occurrence.messageIds)
  touchpoint.sources.push(...occurrence.sources)
  touchpoint.occurrences.push(...occurrence.occurrences)
  // An unverified occurrence is listed with a verified touchpoint, but gives it neither a channel nor an amount.
  if (isVerified(touchpoint) && !isVerified(occurrence)) return
  if (touchpoint.acquisition.channel === '') touchpoint.acquisition = occurrence.acquisition
  if (touchpoint.value === null) {
    touchpoint.value = occurrence.value
    touchpoint.currency = occurrence.currency
  }
}
