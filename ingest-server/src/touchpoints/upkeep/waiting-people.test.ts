import { expect, test } from 'vitest'
import { createWaitingPeople } from './waiting-people.js'

const earlier = '2026-03-01T10:00:00.000Z'
const later = '2026-03-01T10:00:05.000Z'
const most = { urgent: 10, others: 2 }
const idsOf = (people: readonly { person: string }[]) => people.map(({ person }) => person)

test('who took long waits nine times as long, and holds back what counts as settled', () => {
  let now = 0
  const waiting = createWaitingPeople({ now: () => now })
  waiting.took('p', 'user:robot', 1_000)
  now = 8_999
  waiting.add('p', 'user:robot', { since: earlier, isUrgent: true })
  waiting.add('p', 'user:robot', { since: later, isUrgent: true })
  expect(waiting.next(most)).toEqual([])
  expect(waiting.settledUntil(later)).toBe(earlier)
  waiting.add('other', 'user:robot', { since: later, isUrgent: true })
  expect(waiting.next(most)).toEqual([{ project: 'other', person: 'user:robot' }])
  waiting.done('other', 'user:robot')
  now = 9_000
  expect(waiting.next(most)).toEqual([{ project: 'p', person: 'user:robot' }])
  // Until they are formed they wait.
  expect(waiting.settledUntil(later)).toBe(earlier)
  waiting.done('p', 'user:robot')
  expect(waiting.next(most)).toEqual([])
  expect(waiting.settledUntil(later)).toBe(later)
})

test('urgent people come before those of an import, who come in their order, some at a time', () => {
  const waiting = createWaitingPeople()
  for (const person of ['a', 'b', 'c', 'd']) waiting.add('p', person, { since: later, isUrgent: false })
  waiting.add('p', 'new', { since: later, isUrgent: true })
  // Becomes urgent, and keeps since when it waits.
  waiting.add('p', 'd', { since: earlier, isUrgent: true })
  waiting.add('p', 'new', { since: earlier, isUrgent: false })
  expect(waiting.size).toBe(5)
  expect(idsOf(waiting.next(most))).toEqual(['new', 'd', 'a', 'b'])
  for (const person of ['new', 'd', 'a', 'b']) waiting.done('p', person)
  expect(idsOf(waiting.next(most))).toEqual(['c'])
  expect(waiting.settledUntil(earlier)).toBe(earlier)
})
