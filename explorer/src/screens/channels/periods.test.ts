import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { periodsOf } from './periods.js'

const day = 86_400_000

describe('periods of a chart', () => {
  test('they cover the range without gap or overlap, in any zone, also where the clock changes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.parse('2024-01-01'), max: Date.parse('2026-12-01') }),
        fc.integer({ min: 3_600_000, max: 900 * day }),
        fc.constantFrom('UTC', 'Asia/Tokyo', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'),
        (from, length, zone) => {
          const { periods } = periodsOf({ from, to: from + length }, zone)
          expect(periods[0]?.from).toBe(from)
          expect(periods.at(-1)?.to).toBe(from + length)
          for (const [index, one] of periods.entries())
            if (index > 0) expect(one.from).toBe(periods[index - 1]?.to)
          expect(periods.length).toBeLessThanOrEqual(16)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('a week is seen by days, a quarter by weeks, a year by months', () => {
    const to = Date.parse('2026-06-10T12:00:00Z')
    const unitOf = (days: number) => periodsOf({ from: to - days * day, to }, 'UTC').unit
    expect([7, 30, 90, 365, 900].map(unitOf)).toEqual(['day', 'week', 'week', 'month', 'quarter'])
  })
})
