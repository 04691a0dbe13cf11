import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullJitterMs, retryAfterMs, timerMs } from './retry.js'

describe('the wait before another try', () => {
  it('is anything from nothing to a bound that doubles up to 30 seconds', () => {
    const bounds = [1, 2, 3, 6, 7, 100].map((attempts) => fullJitterMs(attempts, undefined, () => 1))
    expect(bounds).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000])
    expect(fullJitterMs(9, undefined, () => 0)).toBe(0)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (attempts) => {
        const wait = fullJitterMs(attempts)
        expect(wait).toBeGreaterThanOrEqual(0)
        expect(wait).toBeLessThanOrEqual(30_000)
      }),
    )
  })

  const now = Date.parse('2026-01-01T00:00:00Z')
  it.each([
    ['2', 2_000],
    ['0.5', 500],
    ['Thu, 01 Jan 2026 00:01:30 GMT', 90_000],
    ['Thu, 01 Jan 2020 00:00:00 GMT', 0],
    ['99999999', 3_600_000],
    ['2160000', 3_600_000],
    ['1e300', 3_600_000],
    ['Infinity', 3_600_000],
    ['Thu, 01 Jan 2099 00:00:00 GMT', 3_600_000],
    ['-3', 0],
    ['soon', 0],
    ['', 0],
    [undefined, 0],
    [null, 0],
  ])('for the Retry-After %j is %d ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected)
  })

  it.each([
    [25 * 86_400_000, 2_147_483_647],
    [Infinity, 2_147_483_647],
    [2 ** 31, 2_147_483_647],
    [1.2, 2],
    [-5, 0],
  ])('of %d ms does not overflow the timer into none at all', (ms, expected) => {
    expect(timerMs(ms)).toBe(expected)
  })
})
