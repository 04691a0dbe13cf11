/**
 * What everybody who looks on is shown: of the accepted so many a second as eyes can follow, of the refused all. The last
 * of both are kept for who comes back with Last-Event-ID, and change as their events do.
 */
import type { LiveRow } from '@touchline/schemas/api'
import type { Clock } from '../../clock.js'

const rowsPerSecond = 200
const mostKept = 2_000
const mostRefusedKept = 5_000

export function openSample(clock: Clock) {
  const kept: LiveRow[] = []
  const keptRefused: LiveRow[] = []
  let second = { at: 0, rows: 0 }

  return {
    /** Whether this second has place for one more. */
    mayShow(): boolean {
      const at = Math.floor(clock() / 1_000)
      if (second.at !== at) second = { at, rows: 0 }
      second.rows += 1
      return second.rows <= rowsPerSecond
    },
    add: (row: LiveRow) => keep(kept, row, mostKept),
    addRefused: (row: LiveRow) => keep(keptRefused, row, mostRefusedKept),
    /** What was shown to everybody after that one, as it stands now. */
    since: (seq: number): LiveRow[] =>
      [...kept, ...keptRefused]
        .filter((row) => row.seq > seq)
        .sort((one, other) => one.seq - other.seq)
        .map((row) => ({ ...row })),
  }
}

function keep(list: LiveRow[], row: LiveRow, most: number): void {
  list.push(row)
  if (list.length > most) list.splice(0, Math.ceil(most / 10))
}
