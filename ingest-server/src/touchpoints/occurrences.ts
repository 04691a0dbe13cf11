/**
 * The same touchpoint reported by two sources is shown once: from the earliest on, an occurrence joins a touchpoint of
 * its person and name if it is within 5 minutes of the touchpoint's first occurrence and of a source that it has not.
 */
import { comparableName } from './names.js'
import type { Touchpoint } from './touchpoint.js'

export const sameTouchpointMs = 5 * 60_000

/** The touchpoints of one person and name, by time, and where each source looks next. */
interface Group {
  touchpoints: Touchpoint[]
  /** Before it every touchpoint is too old or has the source. */
  next: Map<string, number>
}

/** `occurrences` oldest first, one source each. The time is linear in them: no source looks at a touchpoint twice. */
export function joinOccurrences(occurrences: readonly Touchpoint[]): Touchpoint[] {
  const joined: Touchpoint[] = []
  const groups = new Map<string, Group>()
  for (const occurrence of occurrences) {
    const name = comparableName(occurrence.label)
    if (name === '') {
      joined.push(occurrence)
      continue
    }
    const key = `${occurrence.person}\n${name}`
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
  if (touchpoint.acquisition.channel === '') touchpoint.acquisition = occurrence.acquisition
  if (touchpoint.value === null) {
    touchpoint.value = occurrence.value
    touchpoint.currency = occurrence.currency
  }
}
