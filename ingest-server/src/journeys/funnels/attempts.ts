/** How far a subject got in a funnel, and when: of all attempts the one that got furthest, of those the earliest. Pure. */

export const funnelModes = ['ordered', 'strict', 'any'] as const
/**
 * ordered: the steps one after the other, whatever happens between. strict: directly one after the other.
 * any: the steps in any order, from the first of them.
 */
export type FunnelMode = (typeof funnelModes)[number]

export interface Walk {
  /** The places of its touches in the order of time: milliseconds × 1024 + number inside the millisecond. */
  codes: readonly number[]
  /** Of each touch the steps that it matches, bit 0 the first. */
  masks: readonly number[]
}

export interface FunnelRules {
  mode: FunnelMode
  steps: number
  windowMs: number
}

const msOf = (code = 0) => Math.floor(code / 1024)

/** Milliseconds since 1970 at which each step was reached; empty where the first was not. */
export function furthestAttempt(walk: Walk, rules: FunnelRules): number[] {
  const attempt = attemptsOf[rules.mode](walk, rules)
  let best: number[] = []
  for (let start = 0; start < walk.codes.length && best.length < rules.steps; start += 1) {
    const reached = attempt(start)
    if (reached.length > best.length) best = reached
  }
  return best.map((place) => msOf(walk.codes[place]))
}

/** From the place of a touch: the places of the touches that make the steps. */
type Attempt = (start: number) => number[]

const attemptsOf: Readonly<Record<FunnelMode, (walk: Walk, rules: FunnelRules) => Attempt>> = {
  ordered: orderedAttempts,
  strict: strictAttempts,
  any: attemptsInAnyOrder,
}

const matches = ({ masks }: Walk, place: number, step: number) => ((masks[place] ?? 0) & (1 << step)) !== 0

/** Inclusive, to the millisecond. */
const isInTime = ({ codes }: Walk, start: number, place: number, windowMs: number) =>
  msOf(codes[place]) - msOf(codes[start]) <= windowMs

function orderedAttempts(walk: Walk, { steps, windowMs }: FunnelRules): Attempt {
  const n = walk.codes.length
  // Of each step and place the next touch after it that matches, so that an attempt costs its steps and not the walk.
  const next = Array.from({ length: steps }, (_none, step) => {
    const after = new Int32Array(n).fill(-1)
    for (let place = n - 2; place >= 0; place -= 1)
      after[place] = matches(walk, place + 1, step) ? place + 1 : (after[place + 1] ?? -1)
    return after
  })
  return (start) => {
    if (!matches(walk, start, 0)) return []
    const reached = [start]
    for (let step = 1; step < steps; step += 1) {
      const place = next[step]?.[reached[step - 1] ?? 0] ?? -1
      if (place === -1 || !isInTime(walk, start, place, windowMs)) break
      reached.push(place)
    }
    return reached
  }
}

function strictAttempts(walk: Walk, { steps, windowMs }: FunnelRules): Attempt {
  return (start) => {
    const reached: number[] = []
    for (let step = 0; step < steps; step += 1) {
      const place = start + step
      if (place >= walk.codes.length || !matches(walk, place, step)) break
      if (!isInTime(walk, start, place, windowMs)) break
      reached.push(place)
    }
    return reached
  }
}

/**
 * Each touch stands for one step at most: one more step is reached where one more touch can be matched to a step
 * (augmenting paths).
 */
function attemptsInAnyOrder(walk: Walk, { steps, windowMs }: FunnelRules): Attempt {
  return (start) => {
    const touchOf = new Array<number | undefined>(steps)
    const finds = (place: number, tried: Set<number>): boolean => {
      for (let step = 0; step < steps; step += 1) {
        if (!matches(walk, place, step) || tried.has(step)) continue
        tried.add(step)
        const holder = touchOf[step]
        if (holder === undefined || finds(holder, tried)) {
          touchOf[step] = place
          return true
        }
      }
      return false
    }
    const reached: number[] = []
    for (let place = start; place < walk.codes.length && reached.length < steps; place += 1) {
      if (!isInTime(walk, start, place, windowMs)) break
      if (finds(place, new Set())) reached.push(place)
      else if (place === start) break
    }
    return reached
  }
}
