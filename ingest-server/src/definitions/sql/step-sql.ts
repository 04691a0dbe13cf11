/**
 * Steps and deltas as SQL.
 *
 *     steps = [(ms, 0 or 1)] by time     before the first of them it is as `initial` says, which no data decides
 *     deltas = [(ms, ±n)]                what a running sum is made of: steps are where the sum passes a limit
 */

export const noSteps = "CAST([], 'Array(Tuple(Int64, UInt8))')"
export const noDeltas = "CAST([], 'Array(Tuple(Int64, Int64))')"
export const touchMs = 'toUnixTimestamp64Milli(at)'

/** `deltas` is sorted. Of several at one time the last sum is what holds. */
export const sumSteps = (deltas: string, holds: (sum: string) => string) =>
  `arrayFilter((x, y, z) -> y != z, arrayZip(${deltas}.1, arrayMap(x -> toUInt8(${holds('x')}), arrayCumSum(${deltas}.2))), ${deltas}.1, arrayShiftLeft(${deltas}.1, 1, toInt64(9000000000000000)))`

export const deltasOf = (column: string, initial: boolean) =>
  `arrayMap((x, y) -> (x.1, toInt64(x.2) - toInt64(y)), ${column}, arrayShiftRight(${column}.2, 1, toUInt8(${initial ? 1 : 0})))`

/** One statement of steps where any of those in `deltas` holds. */
export const joinSteps = (deltas: string, from: string) =>
  `SELECT key, ${sumSteps('sorted', (sum) => `${sum} > 0`)} AS steps FROM (SELECT key, arraySort(${deltas}) AS sorted FROM (${from}))`

/** Each time counts one, for as long as the window is. */
export const coverage = (times: string, window: string | undefined): string[] => [
  `arrayMap(x -> (x, toInt64(1)), ${times})`,
  ...(window === undefined ? [] : [`arrayMap(x -> (x + ${window}, toInt64(-1)), ${times})`]),
]

/** `pairs` = [(value, ms)], sorted: each value counts one while one of its times is within the window. */
export const distinctCoverage = (pairs: string, window: string): string[] => [
  `arrayMap(x -> (x.2, toInt64(1)), arrayFilter((x, y, i) -> NOT (i > 1 AND x.1 = y.1 AND x.2 < y.2 + ${window}), ${pairs}, arrayShiftRight(${pairs}, 1, ('', toInt64(0))), arrayEnumerate(${pairs})))`,
  `arrayMap(x -> (x.2 + ${window}, toInt64(-1)), arrayFilter((x, y, i) -> NOT (i < length(${pairs}) AND x.1 = y.1 AND y.2 < x.2 + ${window}), ${pairs}, arrayShiftLeft(${pairs}, 1, ('', toInt64(0))), arrayEnumerate(${pairs})))`,
]
