import { expect, test } from 'vitest'
import { createHeavyPeople } from './heavy-people.js'

const earlier = '2026-03-01T10:00:00.000Z'
const later = '2026-03-01T10:00:05.000Z'

test('who took long waits nine times as long, and holds back what counts as settled', () => {
  let now = 0
  const heavy = createHeavyPeople(() => now)
  expect(heavy.isLater('p', 'user:robot', earlier)).toBe(false)
  heavy.took('p', 'user:robot', 1_000)
  now = 8_999
  expect(heavy.isLater('p', 'user:robot', earlier)).toBe(true)
  expect(heavy.isLater('p', 'user:robot', later)).toBe(true)
  expect(heavy.isLater('other', 'user:robot', later)).toBe(false)
  expect(heavy.due()).toEqual([])
  expect(heavy.settledUntil(later)).toBe(earlier)
  now = 9_000
  expect(heavy.due()).toEqual([{ project: 'p', person: 'user:robot' }])
  // Until they are formed they wait.
  expect(heavy.settledUntil(later)).toBe(earlier)
  heavy.done('p', 'user:robot')
  expect(heavy.due()).toEqual([])
  expect(heavy.settledUntil(later)).toBe(later)
})
