/**
 * Steps and deltas (step-sql.ts) as arrays.
 *
 *     steps = [ms, 0 or 1] by time     deltas = [ms, ±n]: what a running sum is made of
 */

export type Step = readonly [ms: number, state: 0 | 1]
export type Delta = readonly [ms: number, by: number]

export const noSteps: readonly Step[] = []
const noTimes: readonly number[] = []

/** The states of where the running sum is as `holds` says; of several deltas at one time the last sum counts. */
export function sumSteps(deltas: readonly Delta[], holds: (sum: number) => boolean): Step[] {
  const sorted = [...deltas].sort((a, b) => a[0] - b[0])
  const steps: Step[] = []
  let sum = 0
  for (const [place, [ms, by]] of sorted.entries()) {
    sum += by
    if (sorted[place + 1]?.[0] !== ms) steps.push([ms, holds(sum) ? 1 : 0])
  }
  return steps
}

export function deltasOf(steps: readonly Step[], initial: boolean): Delta[] {
  let before = initial ? 1 : 0
  return steps.map(([ms, state]): Delta => {
    const by = state - before
    before = state
    return [ms, by]
  })
}

/** Each time counts one, for as long as the window is. */
export const coverage = (times: readonly number[], window: number | undefined): Delta[] => [
  ...times.map((ms): Delta => [ms, 1]),
  ...(window === undefined ? [] : times.map((ms): Delta => [ms + window, -1])),
]

/** Each value counts one while one of its times, sorted, is within the window. */
export function distinctCoverage(byValue: Iterable<readonly number[]>, window: number): Delta[] {
  const deltas: Delta[] = []
  for (const times of byValue)
    for (const [place, ms] of times.entries()) {
      const [before, after] = [times[place - 1], times[place + 1]]
      if (before === undefined || ms >= before + window) deltas.push([ms, 1])
      if (after === undefined || after >= ms + window) deltas.push([ms + window, -1])
    }
  return deltas
}

/**
 * When it became true and stopped being so by turns, as moments.ts has it: what was true before anything happened is so
 * from `begin` on, or from 0 where there is no touch.
 */
export function alternatingTimes(steps: readonly Step[], initial: boolean, begin: number): readonly number[] {
  const [first] = steps
  if (first === undefined && !initial) return noTimes
  const isAlways = first !== undefined && first[0] === 0 ? first[1] === 1 : initial
  const from = isAlways ? begin : 0
  let before: 0 | 1 = initial ? 1 : 0
  for (const [ms, state] of steps) if (ms <= from) before = state
  const times = before === 1 ? [from] : []
  for (const [ms, state] of steps) {
    if (ms <= from) continue
    if (state !== before) times.push(ms)
    before = state
  }
  return times
}
