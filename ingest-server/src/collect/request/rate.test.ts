import { expect, test } from 'vitest'
import type { Credential } from '../../projects/project.js'
import { boundsOf, createRateLimiter } from './rate.js'

const project = { id: 'shop', identify: 'open', eventsPerSecond: 10, eventsPerSecondPerAddress: 2 } as const
const holder: Credential = { project, kind: 'write', key: { id: 'web', eventsPerSecond: 5 } }

test('over any length of time no more than the rate and one burst goes through', () => {
  let now = 0
  const rate = createRateLimiter(() => now)
  const bounds = boundsOf(holder, '203.0.113.7')
  let sent = 0
  for (now = 0; now < 100_000; now += 50) {
    try {
      rate.check(bounds)
      rate.take(bounds, 1)
      sent += 1
    } catch (error) {
      expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 })
    }
  }
  expect(sent).toBeLessThanOrEqual(100 * 2 + 4)
  expect(sent).toBeGreaterThan(195)
})

test('a batch may overdraw, and the next one waits as long as that takes', () => {
  let now = 0
  const rate = createRateLimiter(() => now)
  const bounds = boundsOf({ ...holder, project: { id: 'shop', identify: 'open' } }, '')
  rate.check(bounds)
  rate.take(bounds, 110)
  expect(() => rate.check(bounds)).toThrow(expect.objectContaining({ retryAfterSeconds: 20 }))
  now = 20_001
  expect(() => rate.check(bounds)).not.toThrow()
})

test('who was silent for a day has one burst, and a clock that goes back an hour takes nothing from it', () => {
  let now = 0
  const rate = createRateLimiter(() => now)
  const bounds = boundsOf({ ...holder, project: { id: 'shop', identify: 'open' } }, '')
  rate.check(bounds)
  now = 86_400_000
  rate.take(bounds, 10)
  expect(() => rate.check(bounds)).toThrow(expect.objectContaining({ retryAfterSeconds: 1 }))
  now = 90_000_000
  rate.check(bounds)
  now -= 3_600_000
  expect(() => rate.check(bounds)).not.toThrow()
  rate.take(bounds, 9)
  expect(() => rate.check(bounds)).not.toThrow()
})

test('addresses are bound each for itself, IPv6 by its /64', () => {
  const rate = createRateLimiter(() => 0)
  const isBound = (address: string) => {
    try {
      rate.check(
        boundsOf({ ...holder, project: { ...project, eventsPerSecond: 1e6 }, key: { id: 'web' } }, address),
      )
      return false
    } catch {
      return true
    }
  }
  rate.take(boundsOf({ ...holder, key: { id: 'web' } }, '2001:db8:1:2:aaaa::1'), 4)
  expect(isBound('2001:db8:1:2:bbbb:1:2:3')).toBe(true)
  expect(isBound('2001:db8:1:3::1')).toBe(false)
  expect(isBound('::ffff:203.0.113.7')).toBe(false)
  rate.take(boundsOf({ ...holder, key: { id: 'web' } }, '203.0.113.7'), 4)
  expect(isBound('::ffff:203.0.113.7')).toBe(true)
  expect(isBound('203.0.113.8')).toBe(false)
})

test('a secret key is bound by its project alone, and most projects by nothing', () => {
  expect(boundsOf({ project, kind: 'secret' }, '203.0.113.7').map(({ what }) => what)).toEqual(['project'])
  expect(boundsOf({ project: { id: 'a', identify: 'open' }, kind: 'write' }, '::1')).toEqual([])
})
