/** Against published values: the sources stand beside them. */
import { describe, expect, test } from 'vitest'
import {
  benjaminiHochberg,
  fisherTwoSided,
  quantileExactInclusive,
  ratio,
  spreadOf,
  wilson95,
} from './statistics.js'
import { weeklyCounts } from './sparkline.js'

describe('Fisher’s exact test, two-sided', () => {
  test.each([
    // Fisher 1935, the lady tasting tea; R: fisher.test(matrix(c(3,1,1,3),2)).
    { table: [3, 1, 1, 3], p: 0.4857142857142857 },
    // Fisher 1970, convictions of like-sex twins of criminals; R's example answers 0.0005367.
    { table: [2, 15, 10, 3], p: 0.0005367241 },
    // Freedman, the same margins the other way round.
    { table: [10, 2, 3, 15], p: 0.0005367241 },
    // Wikipedia, studying by sex: 1, 9, 11, 3.
    { table: [1, 9, 11, 3], p: 0.002759456 },
    { table: [0, 0, 5, 5], p: 1 },
  ])('$table gives $p', ({ table: [a = 0, b = 0, c = 0, d = 0], p }) => {
    expect(fisherTwoSided(a, b, c, d)).toBeCloseTo(p, 9)
  })

  test('large tables neither overflow nor leave [0, 1]', () => {
    const p = fisherTwoSided(5_000, 5_000, 4_900, 5_100)
    expect(p).toBeGreaterThan(0.15)
    expect(p).toBeLessThan(0.165)
  })
})

describe('Wilson’s interval', () => {
  // Newcombe 1998, Statistics in Medicine 17, table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i lies in [%f, %f]', (successes, n, low, high) => {
    const [from, to] = wilson95(successes, n) ?? []
    expect(from).toBeCloseTo(low, 4)
    expect(to).toBeCloseTo(high, 4)
  })

  test('of nothing there is none', () => {
    expect(wilson95(0, 0)).toBeNull()
    expect(wilson95(7, 7)?.[1]).toBe(1)
  })
})

// Benjamini and Hochberg 1995, section 3.1: fifteen p-values of a study of thrombolysis; four are rejected at 0.05.
test('Benjamini and Hochberg’s own example rejects four', () => {
  const ps = [
    ...[0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459],
    ...[0.324, 0.4262, 0.5719, 0.6528, 0.759, 1],
  ]
  const qs = benjaminiHochberg(ps)
  expect(qs.filter((q) => q < 0.05)).toHaveLength(4)
  // R: p.adjust(p, "BH").
  const published = [
    ...[0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765],
    ...[0.486, 0.5811818, 0.714875, 0.7532308, 0.8132143, 1],
  ]
  qs.forEach((q, index) => expect(q).toBeCloseTo(published[index] ?? NaN, 6))
  const turned = benjaminiHochberg([...ps].reverse())
  expect(turned).toEqual([...qs].reverse())
})

describe('quantiles by linear interpolation', () => {
  // numpy.percentile([15, 20, 35, 40, 50], 40) is 29.0 by the default method.
  test.each([
    [[15, 20, 35, 40, 50], 0.4, 29],
    [[50, 15, 40, 20, 35], 0.5, 35],
    [[1, 2, 3, 4], 0.25, 1.75],
    [[7], 0.9, 7],
  ])('%j at %f is %f', (values, level, expected) => {
    expect(quantileExactInclusive(values, level)).toBeCloseTo(expected, 12)
  })

  test('of nothing everything is null, also a ratio', () => {
    expect(spreadOf([])).toEqual({ mean: null, median: null, p25: null, p75: null, p90: null })
    expect(spreadOf([1, 2, 3, 4]).mean).toBe(2.5)
    expect(ratio(1, 0)).toBeNull()
  })
})

test('a sparkline counts touches by week, the last week ending now', () => {
  const day = 86_400_000
  const now = Date.parse('2026-06-01T00:00:00Z')
  const times = [now, now - 6 * day, now - 7 * day, now - 13 * day, now - 21 * day, now + 1]
  expect(weeklyCounts(times, now, 3)).toEqual([0, 2, 2])
  expect(weeklyCounts([], now)).toHaveLength(26)
})
