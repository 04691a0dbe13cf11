/**
 * Where a person's events may be cut in two, so that each part forms its touchpoints by itself: what is new of somebody
 * is nearly always the last visit, however much they did before. Two events belong together where they are
 *
 *     copies of one message                        first-copies.ts
 *     of one session: by its id, however far apart, else on one device within 30 minutes     visits.ts
 *     one touchpoint reported by two sources: of one name, within 5 minutes                  occurrences.ts
 *
 * What comes once each (`identified`, `joined_account`) needs all that was before it, and is the caller's to look up.
 */
import { byTime } from '../event-order.js'
import { comparableName } from '../names.js'
import { sameTouchpointMs } from '../occurrences.js'
import { saysPageLeft } from '../page-left.js'
import type { Row } from '../rows.js'
import { isOccurrence, sourceOf } from '../touchpoints.js'
import { isBrowsing, sessionGapMs, sessionIdOf } from '../visits.js'

export interface CutWanted {
  /** What changed happened at this time or later. */
  changedFrom: number
  /** All events of the person from this time on were read, none before. */
  readFrom: number
}

/**
 * The latest time, `changedFrom` at the latest, of which no event belongs together with one before; undefined where
 * there is none. Of what was not read only what lies near in time is excluded: earlier copies of a message and earlier
 * events of a session by its id are the caller's to look for. `rows`: every copy, in any order. Times in milliseconds.
 */
export function cleanCut(rows: readonly Row[], { changedFrom, readFrom }: CutWanted): number | undefined {
  const sorted = [...rows].sort(byTime)
  const firstTogether = firstsTogether(sorted)
  let first = sorted.length
  for (let index = sorted.length; index >= 0; index -= 1) {
    first = Math.min(first, firstTogether[index] ?? first)
    if (first < index) continue
    const before = sorted[index - 1]?.at ?? -Infinity
    const cut = Math.min(changedFrom, sorted[index]?.at ?? Infinity)
    if (cut < readFrom + sessionGapMs) return undefined
    if (before < cut) return cut
  }
  return undefined
}

/** Of each event the first that belongs together with it, itself where there is none before. */
function firstsTogether(sorted: readonly Row[]): number[] {
  const firstOfMessage = new Map<string, number>()
  const firstOfSession = new Map<string, number>()
  const lastOnDevice = new Map<string, number>()
  const sameName = openSameNames(sorted)
  const firstIn = (known: Map<string, number>, key: string, index: number) => {
    const first = known.get(key)
    if (first === undefined) known.set(key, index)
    return first ?? index
  }
  return sorted.map((row, index) => {
    const found = [firstIn(firstOfMessage, row.messageId, index), sameName(row, index)]
    const sessionId = sessionIdOf(row)
    if (sessionId !== '') found.push(firstIn(firstOfSession, sessionId, index))
    else if (isBrowsing(row, '') || saysPageLeft(row)) {
      const last = lastOnDevice.get(row.anonymousId)
      const at = last === undefined ? -Infinity : (sorted[last]?.at ?? -Infinity)
      if (last !== undefined && row.at - at <= sessionGapMs) found.push(last)
      lastOnDevice.set(row.anonymousId, index)
    }
    return Math.min(...found)
  })
}

/** Answers the first occurrence near in time that has the same name and another source. Rows are asked for in order. */
function openSameNames(sorted: readonly Row[]) {
  const names = new Map<string, Map<string, { indexes: number[]; next: number }>>()
  return (row: Row, index: number): number => {
    const name = isOccurrence(row) ? comparableName(row.name) : ''
    if (name === '') return index
    const bySource = names.get(name) ?? new Map<string, { indexes: number[]; next: number }>()
    names.set(name, bySource)
    const source = sourceOf(row)
    let first = index
    for (const [other, list] of bySource) {
      if (other === source) continue
      while (row.at - (sorted[list.indexes[list.next] ?? index]?.at ?? row.at) > sameTouchpointMs)
        list.next += 1
      first = Math.min(first, list.indexes[list.next] ?? index)
    }
    const own = bySource.get(source)
    if (own) own.indexes.push(index)
    else bySource.set(source, { indexes: [index], next: 0 })
    return first
  }
}
