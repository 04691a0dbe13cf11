import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isIllegalId } from '@touchline/schemas'
import { idFrom, newId } from './ids.js'

const times = fc.integer({ min: Date.UTC(2024), max: Date.UTC(2085) })

test('an id begins with its time, and is letters and digits', () => {
  fc.assert(
    fc.property(times, (timeMs) => {
      const id = newId(timeMs)
      expect(id).toMatch(/^[\da-z]{16,23}$/)
      // Each id made before it took a microsecond.
      expect(parseInt(id.slice(0, 10), 36) / 1_000 - timeMs).toBeLessThan(10)
    }),
  )
})

test('ids sort as they were made, within a millisecond too', () => {
  const ids = Array.from({ length: 5_000 }, () => newId(1_700_000_000_000))
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(5_000)
  fc.assert(
    fc.property(times, (timeMs) => {
      expect(newId(timeMs) < newId(timeMs + 1)).toBe(true)
    }),
  )
})

test('what two pages make in one millisecond differs by 52 random bits', () => {
  const chance = Array.from({ length: 1_000 }, () => newId(1_700_000_000_000).slice(10))
  expect(new Set(chance).size).toBe(1_000)
  expect(Math.min(...chance.map(({ length }) => length))).toBeGreaterThan(6)
})

test.each([undefined, null, '', ' ', 'undefined', 'null', 'NaN', '0', '-', '[object Object]', {}, NaN, 0])(
  '%o names nobody',
  (value) => expect(idFrom(value)).toBe(''),
)

test.each([
  ['u1', 'u1'],
  [42, '42'],
  ['nullable', 'nullable'],
  ['0a', '0a'],
])('%o is an id', (value, id) => expect(idFrom(value)).toBe(id))

test('what is refused here the server refuses too', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('NULL', ' undefined', '0-0', '--', 'nan')), (text) => {
      if (idFrom(text) === '') expect(isIllegalId(text) || text.startsWith('[object')).toBe(true)
    }),
  )
})
