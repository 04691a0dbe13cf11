import { expect, test } from 'vitest'
import { mapOf } from '../../../test/support/invented-map.js'
import { withDetail } from './detail.js'
import { journeyOf } from './journey.js'
import { nameOfWindow, windowNamed, zoomed } from './window.js'

const people = ['a', 'b', 'c'].map((name) => ({ id: `user:${name}` }))
const touch = (person: number, at: number) => ({ person, at, channel: 'Email', name: `at ${at}` })

test('touches of a stretch stand with the people of the whole, and who has no lane is left out', () => {
  const whole = mapOf(people, [touch(0, 1_000), touch(1, 5_000), touch(2, 9_000)])
  const detail = mapOf(
    [{ id: 'user:new' }, { id: 'user:c' }, { id: 'user:a' }],
    [touch(0, 2_000), touch(1, 3_000), touch(2, 4_500)],
  )
  const journey = journeyOf(
    withDetail({ ...whole, touches: null, folded: { columns: 16, perPerson: [] } }, detail),
  )
  expect([...journey.person]).toEqual([2, 0])
  expect([...journey.at]).toEqual([3_000, 4_500])
  expect(journey.isFolded).toBe(false)
})

test('a window out of an old link that lies outside of the journey is the whole of it', () => {
  const whole = { from: 1e12, to: 2e12 }
  for (const text of ['5-1', 'x', '', null, '1-2', '99999999999-999999999999', '1500000000'])
    expect(windowNamed(text, whole)).toEqual(whole)
  const window = zoomed(whole, 1.5e12, 0.25, whole)
  expect(windowNamed(nameOfWindow(window, whole), whole)).toEqual(window)
  expect(nameOfWindow(whole, whole)).toBeNull()
})
