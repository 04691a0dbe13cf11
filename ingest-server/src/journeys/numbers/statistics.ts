/** The few formulas of statistics that journeys need, each with its source. */

/**
 * Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996; ClickHouse's
 * quantileExactInclusive, Excel's PERCENTILE.INC). Null of nothing. `values` need not be sorted.
 */
export function quantileExactInclusive(values: readonly number[], level: number): number | null {
  return quantileOfSorted(Float64Array.from(values).sort(), level)
}

function quantileOfSorted(sorted: Float64Array, level: number): number | null {
  if (sorted.length === 0) return null
  const place = (sorted.length - 1) * level
  const below = Math.floor(place)
  const low = sorted[below] ?? 0
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? 0
  return low + (place - below) * (high - low)
}

export const median = (values: readonly number[]): number | null => quantileExactInclusive(values, 0.5)

export interface Spread {
  mean: number | null
  median: number | null
  p25: number | null
  p75: number | null
  p90: number | null
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  const sum = values.reduce((total, value) => total + value, 0)
  return {
    mean: ratio(sum, values.length),
    median: quantileOfSorted(sorted, 0.5),
    p25: quantileOfSorted(sorted, 0.25),
    p75: quantileOfSorted(sorted, 0.75),
    p90: quantileOfSorted(sorted, 0.9),
  }
}

/** Null where the denominator is 0. */
export const ratio = (numerator: number, denominator: number): number | null =>
  denominator === 0 ? null : numerator / denominator

// The 97.5 % point of the normal distribution.
const z95 = 1.959963984540054

/** 95 % score interval of a proportion (Wilson 1927); null of nothing. */
export function wilson95(successes: number, n: number): [number, number] | null {
  if (n === 0) return null
  const p = successes / n
  const z2 = z95 * z95
  const middle = (p + z2 / (2 * n)) / (1 + z2 / n)
  const half = (z95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))
  // At the ends the interval ends there too, whatever the rounding says.
  return [successes === 0 ? 0 : Math.max(0, middle - half), successes === n ? 1 : Math.min(1, middle + half)]
}

const logFactorials: number[] = [0]
function logFactorial(n: number): number {
  for (let i = logFactorials.length; i <= n; i += 1)
    logFactorials.push((logFactorials[i - 1] ?? 0) + Math.log(i))
  return logFactorials[n] ?? 0
}

/**
 * Fisher's exact test of the table [[a, b], [c, d]], two-sided: the sum of the probabilities of all tables with these
 * margins that are no more likely than this one (as R's fisher.test; tables as likely to 1e-7 count as equal).
 */
export function fisherTwoSided(a: number, b: number, c: number, d: number): number {
  const [row, other, column] = [a + b, c + d, a + c]
  const n = row + other
  const constant =
    logFactorial(row) +
    logFactorial(other) +
    logFactorial(column) +
    logFactorial(n - column) -
    logFactorial(n)
  const logOf = (x: number) =>
    constant -
    logFactorial(x) -
    logFactorial(row - x) -
    logFactorial(column - x) -
    logFactorial(other - column + x)
  const observed = logOf(a) + Math.log1p(1e-7)
  let p = 0
  for (let x = Math.max(0, column - other); x <= Math.min(row, column); x += 1) {
    const log = logOf(x)
    if (log <= observed) p += Math.exp(log)
  }
  return Math.min(1, p)
}

/** q-values in the order of `ps`: the false discovery rate at which each would be a finding (Benjamini and Hochberg 1995). */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const falling = ps.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p)
  const qs = new Array<number>(ps.length).fill(1)
  let least = 1
  falling.forEach(({ p, index }, place) => {
    least = Math.min(least, (p * ps.length) / (ps.length - place))
    qs[index] = least
  })
  return qs
}
