/** Touches a week, the last one ending at `until`: what a row of a list draws. */
import { weekMs } from '../../units.js'

/** Oldest week first; weeks are (until − 7 d, until], so that what happened now counts in the last. */
export function weeklyCounts(times: readonly number[], until: number, weeks = 26): number[] {
  const counts = new Array<number>(weeks).fill(0)
  for (const at of times) {
    const ago = Math.floor((until - at) / weekMs)
    if (at <= until && ago < weeks) counts[weeks - 1 - ago] = (counts[weeks - 1 - ago] ?? 0) + 1
  }
  return counts
}
