import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { placeOf, whereNotJson } from './where-not-json.js'

const told = (text: string) => {
  const found = whereNotJson(text)
  return found && `${placeOf(found.position, text)}: ${found.expected}`
}

describe('where a text stops being JSON', () => {
  test.each([
    ['', 'line 1, column 1: a value'],
    ['{"a": 1', 'line 1, column 8: "," or "}"'],
    ['{"a": 1,}', 'line 1, column 9: a name in double quotes'],
    ["{'a': 1}", 'line 1, column 2: a name in double quotes or "}"'],
    ['{"a" 1}', 'line 1, column 6: ":"'],
    ['{"a": undefined}', 'line 1, column 7: a value'],
    ['{\n  "a": 1,\n  "b": [1 2]\n}', 'line 3, column 11: "," or "]"'],
    ['{\r\n"a": nul}', 'line 2, column 6: a value'],
    ['[1,]', 'line 1, column 4: a value'],
    ['[01]', 'line 1, column 3: "," or "]"'],
    ['[1.]', 'line 1, column 3: "," or "]"'],
    ['{"a":"b', 'line 1, column 8: the double quote that ends the text'],
    ['{"a":"b\nc"}', 'line 1, column 8: no line feed or other control character in a text'],
    ['"\\x"', 'line 1, column 2: an escape such as \\n or \\u00e9'],
    ['{} {}', 'line 1, column 4: the end'],
    ['a=1&b=2', 'line 1, column 1: a value'],
  ])('%j: %s', (text, where) => {
    expect(told(text)).toBe(where)
  })

  test('is told of every text that JSON.parse refuses, and of no other', () => {
    const token = fc.constantFrom(
      ...'{}[]:,"\\ -0.1eE+\n\u0000aétfn',
      '"a"',
      'true',
      'null',
      '"\\u00e9"',
      '1e5',
    )
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.nat({ max: 2 }), token)
      .map(([text, at, removed, put]) => {
        const place = at % (text.length + 1)
        return text.slice(0, place) + put + text.slice(place + removed)
      })
    const text = fc.oneof(
      fc.json(),
      broken,
      fc.array(token, { maxLength: 12 }).map((list) => list.join('')),
    )
    fc.assert(
      fc.property(text, (one) => {
        let isJson = true
        try {
          JSON.parse(one)
        } catch {
          isJson = false
        }
        expect(whereNotJson(one) === undefined).toBe(isJson)
      }),
      { numRuns: 2_000 },
    )
  })

  test('is told of a text as deep as it is long', () => {
    expect(whereNotJson('['.repeat(200_000))).toEqual({ position: 200_000, expected: 'a value' })
    expect(whereNotJson('{"a":'.repeat(200_000))?.position).toBe(1_000_000)
  })
})
