/** The rows of the live view: a window of the newest, in which a refused one stays longest. Pure. */
import type { LiveChange, LiveRow, LiveState } from '@touchline/schemas/api'

/** So many stand in the page; what a browser scrolls without effort. */
export const mostRows = 300

const order: Record<LiveState, number> = { durable: 0, stored: 1, linked: 2, refused: 3 }

/** `rows` are newest first; so is what comes back. A row that is there already only moves on. */
export function withRows(
  rows: readonly LiveRow[],
  arrived: readonly LiveRow[],
  most = mostRows,
): readonly LiveRow[] {
  if (arrived.length === 0) return rows
  const known = new Map(rows.map((row) => [row.seq, row]))
  for (const row of arrived) {
    const before = known.get(row.seq)
    if (before === undefined || order[row.state] > order[before.state]) known.set(row.seq, row)
  }
  const newest = [...known.values()].sort((a, b) => b.seq - a.seq)
  return newest.length <= most ? newest : cutTo(newest, most)
}

/** Refused ones stay before others; of too many refused ones the newest. */
function cutTo(newest: readonly LiveRow[], most: number): LiveRow[] {
  const refused = newest.filter(({ state }) => state === 'refused').slice(0, most)
  let room = most - refused.length
  const kept = new Set(refused)
  return newest.filter((row) => kept.has(row) || (row.state !== 'refused' && room-- > 0))
}

/** Rows that did not change stay the same objects. A state never goes back: answers may overtake one another. */
export function withChanges(rows: readonly LiveRow[], changes: readonly LiveChange[]): readonly LiveRow[] {
  if (changes.length === 0) return rows
  const bySeq = new Map<number, LiveChange>()
  for (const change of changes) {
    const before = bySeq.get(change.seq)
    bySeq.set(change.seq, { ...before, ...defined(change), state: later(before?.state, change.state) })
  }
  return rows.map((row) => {
    const change = bySeq.get(row.seq)
    if (change === undefined) return row
    const { person = row.person, channel = row.channel, storedAfterMs } = change
    return { ...row, person, channel, storedAfterMs, state: later(row.state, change.state) }
  })
}

const later = (before: LiveState | undefined, after: LiveState): LiveState =>
  before !== undefined && order[before] > order[after] ? before : after

function defined(change: LiveChange): LiveChange {
  const filled = Object.entries(change).filter(([, value]) => value !== undefined)
  return Object.fromEntries(filled) as unknown as LiveChange
}
