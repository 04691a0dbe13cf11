/**
 * Sharing out a whole so that the parts are the whole again: integers only, by largest remainder. What floats cannot
 * do (1/3 + 1/3 + 1/3 of a deal of 100.00 in three currencies) is what a report is checked for.
 */

/**
 * `whole` in parts as `weights` stand to each other. Each part is within one unit of its quota, the parts sum to
 * `whole` exactly; a unit that is left goes to the largest remainder, of equal ones to the earlier. Weights are not
 * negative; where all are zero every part is zero, and the caller has to say where the whole went.
 */
export function apportion(whole: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((total, weight) => total + weight, 0n)
  if (sum === 0n) return weights.map(() => 0n)
  if (whole < 0n) return apportion(-whole, weights).map((part) => -part)
  const parts = weights.map((weight) => (whole * weight) / sum)
  let left = whole - parts.reduce((total, part) => total + part, 0n)
  if (left === 0n) return parts
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (whole * weight) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  for (const { index } of byRemainder) {
    if (left === 0n) break
    parts[index] = (parts[index] ?? 0n) + 1n
    left -= 1n
  }
  return parts
}

/** A decimal with a fixed number of places, exactly: `toUnits(12.34, 6)` is 12340000n. Digits beyond are rounded. */
export function toUnits(value: number, places: number): bigint {
  const text = value.toFixed(places)
  return BigInt(text.replace('.', ''))
}

/** The double nearest to `units` × 10^−places: as many digits as JSON writes, none of them made up. */
export function fromUnits(units: bigint, places: number): number {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places)
  return Number(`${units < 0n ? '-' : ''}${whole}.${fraction}`)
}

/** The most places that a double shows of a number so large, at most 12. */
export function placesFor(largest: bigint): number {
  return Math.max(0, Math.min(12, 15 - largest.toString().length))
}
