/**
 * Data-driven credit by removal effects in a Markov chain (Anderl et al. 2016). Pure.
 *
 * States are (start), the k-grams of the paths' steps, (conversion) and (null). p = probability of reaching (conversion)
 * from (start); p′ of a step the same with every transition into a state that holds the step led to (null). The
 * removal effect is 1 − p′/p, the weight its share among all effects.
 *
 *     x = P(conversion | state) solves (I − Q)x = r, Q between k-grams, r from a k-gram to (conversion)
 *
 * Solved by Gauss–Seidel over the transitions that occur: of 18 channels there are 5,832 possible 3-grams and few real
 * ones. Every path ends, so from every state the end is reached and the iteration converges.
 */
import { createBreather } from '../../breathe.js'

export const start = 'start'
export const conversion = 'conversion'
export const lost = 'null'

/** How often one state followed another. A k-gram is the list of its steps' numbers. */
export interface Transition {
  from: typeof start | readonly number[]
  to: typeof conversion | typeof lost | readonly number[]
  count: number
}

export interface Removal {
  /** 1 − p′/p, between 0 and 1. */
  effect: number
  /** Its share of all effects; all weights sum to 1. */
  weight: number
}

export type MarkovResult =
  | { isAvailable: true; conversionProbability: number; removals: Removal[] }
  | { isAvailable: false; conversionProbability: number; reason: string }

/** `steps`: how many there are, numbered from 0; a result for each. */
export async function markovOf(transitions: readonly Transition[], steps: number): Promise<MarkovResult> {
  const chain = chainOf(transitions)
  const p = await conversionProbability(chain, () => false)
  if (p === 0) return { isAvailable: false, conversionProbability: 0, reason: 'No path converted.' }
  const effects: number[] = []
  for (let step = 0; step < steps; step += 1) {
    const without = await conversionProbability(
      chain,
      (state) => chain.states[state]?.includes(step) ?? false,
    )
    effects.push(Math.min(1, Math.max(0, 1 - without / p)))
  }
  const sum = effects.reduce((total, effect) => total + effect, 0)
  if (sum === 0)
    return { isAvailable: false, conversionProbability: p, reason: 'Removing a channel changes nothing.' }
  const removals = effects.map((effect) => ({ effect, weight: effect / sum }))
  return { isAvailable: true, conversionProbability: p, removals }
}

interface Edge {
  to: number
  probability: number
}

/** State 0 is the start; `states[i]` are the steps that state i holds. */
interface Chain {
  states: readonly (readonly number[])[]
  edges: readonly Edge[][]
  /** Probability of going to (conversion) next. */
  converts: readonly number[]
}

function chainOf(transitions: readonly Transition[]): Chain {
  const states: (readonly number[])[] = [[]]
  const numbers = new Map<string, number>()
  const numberOf = (state: typeof start | readonly number[]): number => {
    if (state === start) return 0
    const key = state.join(' ')
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, states.length)
    return states.push(state) - 1
  }
  const counted = transitions.map(({ from, to, count }) => ({
    from: numberOf(from),
    to: to === conversion || to === lost ? to : numberOf(to),
    count,
  }))
  const totals = states.map(() => 0)
  for (const { from, count } of counted) totals[from] = (totals[from] ?? 0) + count
  const edges: Edge[][] = states.map(() => [])
  const converts = states.map(() => 0)
  for (const { from, to, count } of counted) {
    const probability = count / (totals[from] ?? 1)
    if (to === conversion) converts[from] = (converts[from] ?? 0) + probability
    else if (to !== lost) edges[from]?.push({ to, probability })
  }
  return { states, edges, converts }
}

// Below this no double of a probability changes any more.
const settledBelow = 2 ** -54
// A path of a hundred steps settles within some thousand rounds.
const mostRounds = 200_000

/** Of reaching (conversion) from (start) without entering a state that `isRemoved`. */
async function conversionProbability(chain: Chain, isRemoved: (state: number) => boolean): Promise<number> {
  const removed = chain.states.map((_steps, state) => isRemoved(state))
  const x = new Float64Array(chain.states.length)
  const breather = createBreather()
  for (let round = 0; round < mostRounds; round += 1) {
    if (breather.isDue()) await breather.rest()
    if (improve(chain, removed, x) <= settledBelow) break
  }
  return x[0] ?? 0
}

/** One round over all states, the last found first; the largest change of a probability. */
function improve({ edges, converts }: Chain, removed: readonly boolean[], x: Float64Array): number {
  let largest = 0
  for (let state = x.length - 1; state >= 0; state -= 1) {
    if (removed[state]) continue
    let sum = converts[state] ?? 0
    let stays = 0
    for (const { to, probability } of edges[state] ?? []) {
      if (to === state) stays += probability
      else if (!removed[to]) sum += probability * (x[to] ?? 0)
    }
    const next = sum / (1 - stays)
    largest = Math.max(largest, Math.abs(next - (x[state] ?? 0)))
    x[state] = next
  }
  return largest
}

/** The states that a path goes through: k-grams, or the path as one state where it is shorter. */
export function statesOf(path: readonly number[], order: number): (readonly number[])[] {
  if (path.length <= order) return path.length === 0 ? [] : [path]
  return Array.from({ length: path.length - order + 1 }, (_none, at) => path.slice(at, at + order))
}
