import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { whereNotJson } from './where-not-json.js'

describe('where a text stops being JSON', () => {
  test.each([
    ['', 'line 1, column 1: a value is missing'],
    ['{"a": 1', 'line 1, column 8: a } is missing'],
    ['{"a": 1,}', 'line 1, column 9: a name in double quotes is missing'],
    ["{'a': 1}", 'line 1, column 2: JSON has no such word; names and texts stand in double quotes'],
    ['{"a" 1}', 'line 1, column 6: a colon is missing'],
    ['{"a": undefined}', 'line 1, column 7: JSON has no such word; names and texts stand in double quotes'],
    ['{\n  "a": 1,\n  "b": [1 2]\n}', 'line 3, column 11: a comma is missing'],
    ['[1,]', 'line 1, column 4: a value is missing'],
    ['[1.]', 'line 1, column 2: a number has no end'],
    ['{"a":"b\nc"}', 'line 1, column 6: a text has no end; a line feed in it is written \\n'],
    ['"\\x"', 'line 1, column 1: a text has an escape that JSON does not know'],
    ['{} {}', 'line 1, column 4: something stands after the end'],
    ['//x\n{}', 'line 1, column 1: JSON has no comments'],
  ])('%j: %s', (text, where) => {
    expect(whereNotJson(text)).toBe(where)
  })

  test('nothing is said of JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(whereNotJson(text)).toBeUndefined()
      }),
    )
  })

  test('a text that is cut off is told of', () => {
    const cut = fc
      .tuple(
        fc.object().map((value) => JSON.stringify(value)),
        fc.nat(),
      )
      .map(([text, at]) => text.slice(0, at % text.length))
    fc.assert(
      fc.property(cut, (text) => {
        expect(whereNotJson(text)).toMatch(/^line \d+, column \d+: /)
      }),
    )
  })

  test('of a text as deep as it is long nothing is said', () => {
    expect(whereNotJson('['.repeat(200_000))).toBeUndefined()
  })

  describe('beyond its first 64 KB', () => {
    const long = `[${'"Zoë",'.repeat(20_000)}`

    test.each([
      ['a mistake', `${long}{,,,,]`],
      ['an end that is missing', long],
      ['a text without an end', `["${'x'.repeat(100_000)}`],
      ['a number without an end', `[${'1'.repeat(100_000)}.`],
      ['a comment', `["${'x'.repeat(65_530)}", /* ${'x'.repeat(100)}`],
    ])('nothing is said of %s', (_what, text) => {
      expect(whereNotJson(text)).toBeUndefined()
    })

    test('the first mistake is told, and only looked for once', () => {
      expect(whereNotJson(`{${','.repeat(4_000_000)}`)).toMatch(/^line 1, column 2: /)
      expect(whereNotJson(`{"a":1,\n"b":}${long}`)).toMatch(/^line 2, column 5: /)
    })

    test('nothing wrong is said of JSON that is cut anywhere', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 60 }),
          fc.array(fc.json(), { minLength: 1 }),
          (blanks, parts) => {
            const value = `[${parts.join(',')}]`
            const text = `${' '.repeat(65_536 - blanks)}${value}${' '.repeat(100)}`
            expect(whereNotJson(text)).toBeUndefined()
          },
        ),
      )
    })
  })
})
