import { describe, expect, test } from 'vitest'
import { weightsOf, type Path, type RuleModel } from './credit.js'

const day = 86_400_000
const options = { halfLifeMs: 7 * day }

/** One touch a day, the conversion a day after the last. */
function pathOf(channels: readonly string[], milestones?: Path['milestones']): Path {
  return {
    touches: channels.map((channel, index) => ({ key: channel, channel, at: index * day })),
    conversionAt: channels.length * day,
    milestones,
  }
}

/** The shares of the touches, as percent. */
function shares(model: RuleModel, path: Path): number[] {
  const weights = weightsOf(model, path, options)
  const sum = Number(weights.reduce((total, weight) => total + weight, 0n))
  return weights.map((weight) => (Number(weight) / sum) * 100)
}

const close = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((share, index) => expect(share).toBeCloseTo(expected[index] ?? NaN, 9))
}

const four = ['Paid Search', 'Email', 'Direct', 'Direct']

describe('shares of a path', () => {
  test.each<[RuleModel, readonly string[], readonly number[]]>([
    ['first', four, [100, 0, 0, 0]],
    ['last', four, [0, 0, 0, 100]],
    ['last-non-direct', four, [0, 100, 0, 0]],
    ['last-non-direct', ['Direct', 'Direct'], [0, 100]],
    ['linear', four, [25, 25, 25, 25]],
    ['linear-channels', four, [100 / 3, 100 / 3, 100 / 6, 100 / 6]],
    ['equal-split', four, [100 / 3, 100 / 3, 100 / 6, 100 / 6]],
    ['u', ['A'], [100]],
    ['u', ['A', 'B'], [50, 50]],
    ['u', ['A', 'B', 'C'], [40, 20, 40]],
    ['u', four, [40, 10, 10, 40]],
  ])('%s of %j', (model, channels, expected) => {
    close(shares(model, pathOf(channels)), expected)
  })

  test('an empty path has none, whatever the model', () => {
    expect(weightsOf('u', pathOf([]), options)).toEqual([])
  })

  test('time decay halves with every half-life, and no touch is too old for a long path', () => {
    const path = pathOf(['A', 'B'])
    const weekApart = {
      ...path,
      touches: path.touches.map((touch, index) => ({ ...touch, at: index * 7 * day })),
    }
    close(shares('time-decay', weekApart), [100 / 3, 200 / 3])
    const old = { ...weekApart, conversionAt: 3_000 * day }
    close(shares('time-decay', old), [100 / 3, 200 / 3])
  })
})

describe('milestones', () => {
  const six = ['A', 'B', 'C', 'D', 'E', 'F']
  test('W gives first, lead and opportunity 30 each and the others 10 together', () => {
    // The milestone touch is the last one at or before the milestone.
    close(shares('w', pathOf(six, { lc: 1.5 * day, oc: 4 * day })), [30, 30, 10 / 3, 10 / 3, 30, 10 / 3])
  })

  test('a touch that holds two milestones gets two shares', () => {
    close(shares('w', pathOf(six, { lc: 0, oc: 4 * day })), [60, 2.5, 2.5, 2.5, 30, 2.5])
    close(shares('w', pathOf(['A'], { lc: 0, oc: 0 })), [100])
  })

  test('a missing milestone, or a missing middle, leaves its share to the others in proportion', () => {
    // 30, 30 and 10 of 70.
    close(shares('w', pathOf(['A', 'B', 'C'], { oc: 2 * day })), [300 / 7, 100 / 7, 300 / 7])
    close(shares('w', pathOf(['A', 'B', 'C'], { lc: day, oc: 2 * day })), [100 / 3, 100 / 3, 100 / 3])
    // Reached after the conversion, or before any touch: not on this path.
    close(shares('w', pathOf(['A', 'B', 'C'], { lc: 99 * day, oc: -1 })), [75, 12.5, 12.5])
  })

  test('full path gives first, lead, opportunity and closed-won 22.5 each', () => {
    const path = pathOf(six, { lc: day, oc: 3 * day, cw: 6 * day })
    close(shares('full-path', path), [22.5, 22.5, 5, 22.5, 5, 22.5])
  })
})
