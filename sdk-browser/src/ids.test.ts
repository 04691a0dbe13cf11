import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isIllegalId } from '@touchline/schemas'
import { idFrom, newId } from './ids.js'

test('an id is a UUID of version 7 that holds its time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_100_000_000_000, max: 17_000_000_000_000 }), (timeMs) => {
      const id = newId(timeMs)
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/)
      expect(parseInt(id.replace('-', ''), 16)).toBe(timeMs)
    }),
  )
})

test('ids of one millisecond differ, ids of later ones sort behind', () => {
  expect(new Set(Array.from({ length: 1_000 }, () => newId(1_700_000_000_000))).size).toBe(1_000)
  fc.assert(
    fc.property(fc.integer({ min: 1_100_000_000_000, max: 17_000_000_000_000 }), (timeMs) => {
      expect(newId(timeMs) < newId(timeMs + 1)).toBe(true)
    }),
  )
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
