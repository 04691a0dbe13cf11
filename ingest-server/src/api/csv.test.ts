import fc from 'fast-check'
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { csvFileName, eventColumns, isCsvWanted, tableOf, toCsv, touchpointColumns } from './csv.js'
import { eventShape, touchpointShape } from '@touchline/schemas/api'

/** RFC 4180 as it is written, and nothing more lenient: what does not follow it throws. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y
    cell.lastIndex = at
    const [whole = '', quoted, plain = '', end] = cell.exec(text) ?? []
    if (whole === '') throw new Error(`Not RFC 4180 at ${at}: ${JSON.stringify(text.slice(at, at + 20))}`)
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    at += whole.length
    if (end !== ',') {
      rows.push(row)
      row = []
    }
  }
  return rows
}

const columns = [
  { key: 'a', header: 'a' },
  { key: 'b.c', header: 'c' },
]

describe('a table of an answer', () => {
  const csvOf = (rows: object[]) => {
    const table = tableOf(rows)
    return parseCsv(toCsv(table.columns, table.rows))
  }

  test('has money by currency, with what it is made of', () => {
    expect(
      csvOf([
        { at: 'May', price: [], n: 1 },
        { at: 'June', price: [{ currency: 'CHF', amount: 2, cost: 8, units: 4 }], n: 2 },
        {
          at: 'July',
          price: [
            { currency: null, amount: null, cost: 5, units: 0 },
            { currency: 'CHF', amount: 3, cost: 3, units: 1 },
          ],
          n: 3,
        },
      ]),
    ).toEqual([
      ['at', 'price CHF', 'price CHF cost', 'price CHF units', 'price', 'price cost', 'price units', 'n'],
      ['May', '', '', '', '', '', '', '1'],
      ['June', '2', '8', '4', '', '', '', '2'],
      ['July', '3', '3', '1', '', '5', '0', '3'],
    ])
  })

  test('has no column for what is empty beside its parts, or always', () => {
    expect(
      csvOf([
        { age: null, worth: [], ways: [], place: null },
        { age: { days: 3, hours: null }, worth: [], ways: ['a', 'b'], place: null },
      ]),
    ).toEqual([
      ['age days', 'age hours', 'ways', 'place'],
      ['', '', '[]', ''],
      ['3', '', '["a","b"]', ''],
    ])
  })

  test('has what only a later row has', () => {
    expect(csvOf([{ a: 1 }, { b: [{ currency: 'EUR', amount: 2 }], a: 3 }])).toEqual([
      ['a', 'b EUR'],
      ['1', ''],
      ['3', '2'],
    ])
    expect(tableOf([])).toEqual({ columns: [], rows: [] })
  })
})

test('every cell comes back as it was, but for a quote before what a spreadsheet would run', () => {
  const text = fc
    .array(
      fc.oneof(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', ';', "'", '＝'), fc.string()),
    )
    .map((parts) => parts.join(''))
  const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  const cell = fc.oneof(text, number, fc.boolean(), fc.constant(null))
  const asRead = (value: string | number | boolean | null) => {
    if (value === null) return ''
    return typeof value === 'string' && /^[=+\-@\t\r＝＋－＠]/.test(value) ? `'${value}` : String(value)
  }
  fc.assert(
    fc.property(fc.array(fc.record({ a: cell, c: cell })), (rows) => {
      const csv = toCsv(
        columns,
        rows.map(({ a, c }) => ({ a, b: { c } })),
      )
      expect(parseCsv(csv)).toEqual([['a', 'c'], ...rows.map(({ a, c }) => [asRead(a), asRead(c)])])
    }),
  )
})

test.each([
  ['=HYPERLINK("https://evil.test")', `"'=HYPERLINK(""https://evil.test"")"`],
  ['-1+1', `'-1+1`],
  [-5, '-5'],
  [1e21, '1e+21'],
  [true, 'true'],
  [['acme', '=x'], `"[""acme"",""=x""]"`],
])('%j is written as %s', (value, written) => {
  expect(toCsv(columns, [{ a: value }])).toBe(`a,c\r\n${written},\r\n`)
})

test('without rows there is the header', () => {
  expect(toCsv(columns, [])).toBe('a,c\r\n')
})

describe('no field of the JSON is forgotten', () => {
  const rootsOf = (list: readonly { key: string }[]) =>
    [...new Set(list.map(({ key }) => key.split('.')[0]))].sort()
  test('of a touchpoint', () => {
    expect(rootsOf(touchpointColumns), 'touchpointColumns of csv.ts').toEqual(
      Object.keys(touchpointShape.shape).sort(),
    )
  })
  test('of an event', () => {
    expect(rootsOf(eventColumns), 'eventColumns of csv.ts').toEqual(Object.keys(eventShape.shape).sort())
  })
})

test.each([
  ['user-user:u1', 'user-user_u1.csv'],
  ['account-../../a"; x="\r\nSet-Cookie: y', 'account-.._.._a_x_Set-Cookie_y.csv'],
  ['ünï'.repeat(100), `${'_n'.repeat(50)}.csv`],
])('a file name is safe in a header: %j', (words, name) => {
  expect(csvFileName(words)).toBe(name)
})

test.each([
  ['csv', undefined, true],
  ['csv', 'application/json', true],
  ['json', 'text/csv', false],
  [undefined, undefined, false],
  [undefined, '*/*', false],
  [undefined, 'text/html,application/xhtml+xml,*/*;q=0.8', false],
  [undefined, 'text/csv', true],
  [undefined, 'Text/CSV; q=0.5, */*;q=0.1', true],
  [undefined, 'text/csv;q=0.5, application/json', false],
  [undefined, 'text/csv, application/json;q=0.5', true],
  [undefined, 'text/csv;q=0', false],
  [undefined, 'text/csv;q=x', false],
] as const)('format=%s with Accept %s: CSV %s', (format, accept, isWanted) => {
  expect(isCsvWanted(format, { headers: { accept } } as IncomingMessage)).toBe(isWanted)
})
