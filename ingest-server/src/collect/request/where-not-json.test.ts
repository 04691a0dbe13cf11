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
})
