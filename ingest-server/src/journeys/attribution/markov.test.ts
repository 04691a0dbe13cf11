/** Against fractions that the test works out itself. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conversion, lost, markovOf, start, statesOf, type Transition } from './markov.js'

interface Walk {
  steps: number[]
  isConverted: boolean
}

function transitionsOf(walks: readonly Walk[], order: number): Transition[] {
  return walks.flatMap(({ steps, isConverted }) => {
    const states = statesOf(steps, order)
    if (states.length === 0) return []
    return [...states, undefined].map((to, place): Transition => ({
      from: states[place - 1] ?? start,
      to: to ?? (isConverted ? conversion : lost),
      count: 1,
    }))
  })
}

/** A fraction, always shortened, with a positive denominator. */
type Fraction = readonly [bigint, bigint]
function shortened(n: bigint, d: bigint): Fraction {
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d]
  while (b !== 0n) [a, b] = [b, a % b]
  const sign = d < 0n ? -1n : 1n
  return a === 0n ? [0n, 1n] : [(sign * n) / a, (sign * d) / a]
}
const minus = ([a, b]: Fraction, [c, d]: Fraction) => shortened(a * d - c * b, b * d)
const times = ([a, b]: Fraction, [c, d]: Fraction) => shortened(a * c, b * d)
const over = ([a, b]: Fraction, [c, d]: Fraction) => shortened(a * d, b * c)
const asNumber = ([n, d]: Fraction) => Number((n * 10n ** 18n) / d) / 1e18

/** P(conversion | start) by elimination in fractions; states that hold `removed` are (null). */
function exactly(transitions: readonly Transition[], removed: number | undefined): Fraction {
  const name = (state: Transition['from']) => (state === start ? start : state.join(' '))
  const isRemoved = (state: Transition['to'] | Transition['from']) =>
    typeof state !== 'string' && removed !== undefined && state.includes(removed)
  const names = [...new Set(transitions.filter(({ from }) => !isRemoved(from)).map(({ from }) => name(from)))]
  const rows = names.map((from) => {
    const out = transitions.filter((one) => name(one.from) === from)
    const total = BigInt(out.reduce((sum, { count }) => sum + count, 0))
    const row = names.map((to): Fraction => (to === from ? [1n, 1n] : [0n, 1n]))
    let right: Fraction = [0n, 1n]
    for (const { to, count } of out) {
      if (to === lost || isRemoved(to)) continue
      const p = shortened(BigInt(count), total)
      if (to === conversion) right = minus(right, shortened(-BigInt(count), total))
      else {
        const place = names.indexOf(name(to))
        row[place] = minus(row[place] ?? [0n, 1n], p)
      }
    }
    return [...row, right]
  })
  for (let pivot = 0; pivot < names.length; pivot += 1) {
    const with0 = rows.findIndex((row, index) => index >= pivot && row[pivot]?.[0] !== 0n)
    ;[rows[pivot], rows[with0]] = [rows[with0] ?? [], rows[pivot] ?? []]
    const head = rows[pivot]?.[pivot] ?? [1n, 1n]
    rows[pivot] = (rows[pivot] ?? []).map((value) => over(value, head))
    rows.forEach((row, index) => {
      const factor = row[pivot] ?? [0n, 1n]
      if (index !== pivot && factor[0] !== 0n)
        rows[index] = row.map((value, column) =>
          minus(value, times(factor, rows[pivot]?.[column] ?? [0n, 1n])),
        )
    })
  }
  return rows[names.indexOf(start)]?.[names.length] ?? [0n, 1n]
}

describe('removal effects', () => {
  // Three paths: A → B → converts, A → lost, B → converts. P = 2/3; without A only the third converts: 1/3; without B none.
  test('of a chain small enough to do by hand', async () => {
    const transitions = transitionsOf(
      [
        { steps: [0, 1], isConverted: true },
        { steps: [0], isConverted: false },
        { steps: [1], isConverted: true },
      ],
      1,
    )
    const result = await markovOf(transitions, 2)
    expect(result.conversionProbability).toBeCloseTo(2 / 3, 14)
    if (!result.isAvailable) throw new Error(result.reason)
    expect(result.removals[0]?.effect).toBeCloseTo(1 / 2, 14)
    expect(result.removals[1]?.effect).toBeCloseTo(1, 14)
    expect(result.removals.map(({ weight }) => weight)).toEqual([
      expect.closeTo(1 / 3, 14),
      expect.closeTo(2 / 3, 14),
    ])
  })

  test.each([1, 2, 3])('of order %i are what elimination in fractions says', async (order) => {
    const walk = fc.record({
      steps: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 }),
      isConverted: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(walk, { minLength: 1, maxLength: 8 }), async (walks) => {
        const transitions = transitionsOf(walks, order)
        const result = await markovOf(transitions, 4)
        const p = exactly(transitions, undefined)
        expect(result.conversionProbability).toBeCloseTo(asNumber(p), 12)
        if (p[0] === 0n) {
          expect(result.isAvailable).toBe(false)
          return
        }
        if (!result.isAvailable) throw new Error(result.reason)
        result.removals.forEach(({ effect }, step) => {
          const exact = minus([1n, 1n], over(exactly(transitions, step), p))
          expect(effect).toBeCloseTo(asNumber(exact), 11)
        })
        expect(result.removals.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12)
      }),
      { numRuns: 60 },
    )
  })

  test('where nothing converts are not available, with the reason', async () => {
    const result = await markovOf(transitionsOf([{ steps: [0, 1], isConverted: false }], 1), 2)
    expect(result).toEqual({ isAvailable: false, conversionProbability: 0, reason: 'No path converted.' })
  })

  test('of steps that repeat a thousand times settle', async () => {
    const steps = Array.from({ length: 1_000 }, (_none, index) => index % 2)
    const result = await markovOf(
      transitionsOf(
        [
          { steps, isConverted: true },
          { steps: [0], isConverted: false },
        ],
        1,
      ),
      2,
    )
    // From A: 500 of 501 go to B, one is lost; from B 499 of 500 go to A, one converts.
    const [a, b] = [500 / 501, 499 / 500]
    expect(result.conversionProbability).toBeCloseTo((a * (1 / 500)) / (1 - a * b), 10)
  })
})

test('states are k-grams, and a shorter path is one state', () => {
  expect(statesOf([1, 2, 3], 2)).toEqual([
    [1, 2],
    [2, 3],
  ])
  expect(statesOf([1], 3)).toEqual([[1]])
  expect(statesOf([], 1)).toEqual([])
})
