import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isExactNumber, mayBeInexact, parseExact, stringifyExact, withExactNumbers } from './exact-json.js'

describe('numbers that no double holds stay as they were sent', () => {
  test.each([
    '12345678901234567890',
    '-9007199254740993',
    '1e400',
    '-1E+999',
    '1e-400',
    '0.1234567890123456789',
    '123456789.123456789012',
    '[1,12345678901234567890,"x"]',
    '{"id":9007199254740993,"deep":{"list":[{"n":1e400}]}}',
    '{ "a" : 12345678901234567890 }',
    '{"a":"12345678901234567890","b":12345678901234567891}',
  ])('%s', (json) => {
    expect(stringifyExact(parseExact(json))).toBe(json.replaceAll(' ', ''))
  })

  test('of a name written twice the last counts, as JSON.parse has it', () => {
    expect(stringifyExact(parseExact('{"a":12345678901234567890,"a":12345678901234567891}'))).toBe(
      '{"a":12345678901234567891}',
    )
  })
})

test.each(['1', '-0', '1.50', '9007199254740991', '0.1', '1E5', '{"a":"2026-03-01T10:00:00.123456789Z"}'])(
  'a number that a double holds is one: %s',
  (json) => {
    expect(parseExact(json)).toEqual(JSON.parse(json))
  },
)

test('any JSON says the same as JSON.parse says, and is written the same', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.bigInt(), (json, big) => {
      const both = `[${json},${big},"${big}"]`
      const parsed = parseExact(both) as unknown[]
      expect(stringifyExact(parsed)).toBe(`[${JSON.stringify(JSON.parse(json))},${big},"${big}"]`)
    }),
  )
})

test('what a client sends is never taken for a number', () => {
  for (const value of [{ isLosslessNumber: true, value: '1' }, { toJSON: 'x' }, { __proto__: null, a: 1 }]) {
    const json = JSON.stringify([value, 'number 1'])
    expect(stringifyExact(parseExact(json.replace(']', ',12345678901234567890]')))).toBe(
      json.replace(']', ',12345678901234567890]'),
    )
  }
})

test('ids, times and versions in text do not take the slow way', () => {
  const text =
    '{"id":"4b3f1c2e-8a9d-4c1b-9f3e-123456789012","e":"3e456789","at":"2026-03-01T10:00:00.123456789Z","n":12.5}'
  expect(mayBeInexact(text)).toBe(false)
})

test('what a double is written as with all its digits does not take the slow way, one digit more does', () => {
  const doubles = [0.1 + 0.2, 100 / 3, 1 / 3e200, -266.3333333333333, 5e-324, 2 ** 53 - 1]
  const text = JSON.stringify({ days: doubles, one: doubles[0] })
  expect(mayBeInexact(text)).toBe(false)
  expect(parseExact(text)).toEqual({ days: doubles, one: doubles[0] })
  for (const more of [
    '0.300000000000000041',
    '33.3333333333333367',
    '9007199254740993',
    '1.7976931348623158e309',
  ])
    expect(mayBeInexact(text.replace('}', `,"more":${more}}`)), more).toBe(true)
})

describe('what was changed since it was parsed', () => {
  const source = parseExact('{"a":12345678901234567890,"b":[1,{"c":1e400}],"gone":12345678901234567891}')

  test('has the exact numbers at the places that are left', () => {
    const { gone: _, ...kept } = JSON.parse(
      JSON.stringify({ a: Number('12345678901234567890'), gone: 1 }),
    ) as Record<string, unknown>
    const changed = { ...kept, b: [1, { c: Infinity }], new: 5 }
    expect(stringifyExact(withExactNumbers(changed, [source]))).toBe(
      '{"a":12345678901234567890,"b":[1,{"c":1e400}],"new":5}',
    )
  })

  test('keeps a number that is another one', () => {
    expect(withExactNumbers({ a: 7 }, [source])).toEqual({ a: 7 })
    expect(
      isExactNumber(
        (withExactNumbers({ a: Number('12345678901234567890') }, [undefined, source]) as { a: unknown }).a,
      ),
    ).toBe(true)
  })
})
