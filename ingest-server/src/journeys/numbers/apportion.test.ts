import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apportion, fromUnits, placesFor, toUnits } from './apportion.js'

const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 18n }), { minLength: 1, maxLength: 40 })

describe('sharing out a whole', () => {
  test('the parts sum to the whole, and each is within one unit of its quota', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), weights, (whole, list) => {
        const parts = apportion(whole, list)
        const sum = list.reduce((total, weight) => total + weight, 0n)
        expect(parts.reduce((total, part) => total + part, 0n)).toBe(sum === 0n ? 0n : whole)
        parts.forEach((part, index) => {
          const error = part * sum - whole * (list[index] ?? 0n)
          expect((error < 0n ? -error : error) < sum || sum === 0n).toBe(true)
        })
      }),
      { numRuns: 1_000 },
    )
  })

  test('a cent that is left goes to the largest remainder, of equal ones to the earlier', () => {
    expect(apportion(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n])
    expect(apportion(10n, [1n, 5n, 3n])).toEqual([1n, 6n, 3n])
    expect(apportion(-100n, [1n, 1n, 1n])).toEqual([-34n, -33n, -33n])
    expect(apportion(7n, [0n, 0n])).toEqual([0n, 0n])
  })
})

test('an amount goes into units and back to the last digit', () => {
  expect(toUnits(1299.99, 6)).toBe(1_299_990_000n)
  expect(toUnits(-0.1, 6)).toBe(-100_000n)
  expect(fromUnits(toUnits(123_456_789.01, 6), 6)).toBe(123_456_789.01)
  expect(fromUnits(-100_000n, 6)).toBe(-0.1)
  expect(fromUnits(5n, 0)).toBe(5)
  expect([placesFor(12n), placesFor(2_000n), placesFor(10n ** 15n)]).toEqual([12, 11, 0])
})
