import { importBody } from '@touchline/schemas/api'
import type { z } from 'zod'
import { describe, expect, it } from 'vitest'
import type { Row } from '../reading/row.js'
import { compileMap } from './compile-map.js'
import { amountOf } from './values.js'

type Sent = z.input<typeof importBody>
type Output = Sent['rows'][number]

const columns = ['email', 'when', 'what', 'amount']
const row = (...cells: string[]): Row => ({ number: 1, line: 2, cells, raw: '' })

function mapped(cells: string[], at: Extract<Output, { as: 'touch' }>['at'], more: Partial<Sent> = {}) {
  const body = importBody.parse({
    source: 'test',
    rows: [{ as: 'touch', email: 'email', at, name: 'what', value: 'amount' }],
    ...more,
  })
  return compileMap(body, { format: 'csv', columns }).map(row(...cells))
}
const timeOf = (when: string, at: Parameters<typeof mapped>[1], more?: Partial<Sent>) => {
  const { events, problem } = mapped(['a@x.de', when, 'Call', ''], at, more)
  return problem ?? events[0]?.timestamp
}

describe('when something happened', () => {
  const both = ['d/M/yyyy', 'M/d/yyyy']
  it.each([
    ['2026-11-12', 'when', '2026-11-12T00:00:00.000Z'],
    ['2026-11-12T10:00:00+01:00', 'when', '2026-11-12T09:00:00.000Z'],
    ['12/11/2026', { column: 'when', format: 'd/M/yyyy' }, '2026-11-12T00:00:00.000Z'],
    ['12/11/2026', { column: 'when', format: 'M/d/yyyy' }, '2026-12-11T00:00:00.000Z'],
    ['13/11/2026', { column: 'when', format: both }, '2026-11-13T00:00:00.000Z'],
    [
      'Mar 3, 2026 02:00:15 PM',
      { column: 'when', format: 'MMM d, yyyy hh:mm:ss a', zone: 'Europe/Berlin' },
      '2026-03-03T13:00:15.000Z',
    ],
    [
      'Mar 3, 2026 02:00:15\u202fPM',
      { column: 'when', format: 'MMM d, yyyy hh:mm:ss a' },
      '2026-03-03T14:00:15.000Z',
    ],
    ['2026-07-01 12:00', { column: 'when', zone: 'America/New_York' }, '2026-07-01T16:00:00.000Z'],
    ['1772362800', { column: 'when', format: 'unix' }, '2026-03-01T11:00:00.000Z'],
    ['46082.5', { column: 'when', format: 'excel' }, '2026-03-01T12:00:00.000Z'],
    ['46082,25', { column: 'when', format: 'excel' }, '2026-03-01T06:00:00.000Z'],
    ['="2026-11-12"', 'when', '2026-11-12T00:00:00.000Z'],
    ['2026-11-12', { column: 'when', noon: true }, '2026-11-12T12:00:00.000Z'],
  ] as const)('%s by %j is %s', (when, at, expected) => {
    expect(timeOf(when, at as Parameters<typeof mapped>[1])).toBe(expected)
  })

  it('three formats in one column are read where the map lists them', () => {
    const at = { column: 'when', format: ['yyyy-MM-dd', 'd/M/yyyy', 'MMM d, yyyy'] }
    expect(['2026-11-12', '12/11/2026', 'Nov 12, 2026'].map((when) => timeOf(when, at))).toEqual(
      Array(3).fill('2026-11-12T00:00:00.000Z'),
    )
  })

  it('12/11/2026 is refused where the map does not say which it is, with both readings', () => {
    expect(timeOf('12/11/2026', 'when')).toContain('(2026-11-12 or 2026-12-11)')
    expect(timeOf('12/11/2026', { column: 'when', format: ['d/M/yyyy', 'M/d/yyyy'] })).toContain('reads as')
    const body = importBody.parse({ source: 'test', rows: [{ as: 'touch', at: 'when', name: 'what' }] })
    const { ambiguous } = compileMap(body, { format: 'csv', columns })
    expect(ambiguous(row('', '12/11/2026', 'Call', ''))).toEqual([
      { column: 'when', value: '12/11/2026', dayFirst: '2026-11-12', monthFirst: '2026-12-11', taken: null },
    ])
    expect(ambiguous(row('', '12/12/2026', 'Call', ''))).toEqual([])
    const twice = importBody.parse({
      source: 'test',
      rows: ['a', 'b'].map((id) => ({ as: 'touch', id, at: 'when', name: 'what' })),
    })
    const both = compileMap(twice, { format: 'csv', columns })
    expect(both.ambiguous(row('', '12/11/2026', 'Call', ''))).toHaveLength(1)
    const said = { column: 'when', format: 'd.M.yyyy' }
    expect(timeOf('45678', said)).toContain('; the format excel would read 2025-01-21 00:00')
    expect(timeOf('Nov 12, 2025', said)).toContain('; the format LLL d, yyyy would read it')
  })

  it('what is no time is named, and so is a touch without one', () => {
    expect(timeOf('yesterday', 'when')).toContain('yesterday cannot be read as a time')
    expect(timeOf('30/02/2026', { column: 'when', format: 'd/M/yyyy' })).toContain(
      'is no time as the map says',
    )
    expect(timeOf('', 'when')).toBe('has no time')
  })

  const berlin = { column: 'when', zone: 'Europe/Berlin' }
  it.each([
    '2026-07-01 08:00',
    '2026/07/01 08:00',
    '2026-07-01 8:00',
    '2026-07-01T8:00:00 AM',
    '20260701080000',
    'Wed Jul  1 08:00:00 2026',
    'Jul 1, 2026 8:00 AM',
    '1 JUL 2026, 08:00',
    '1 July 2026, 8:00 am',
    'Wednesday, July 1, 2026 at 8:00:00 AM',
  ])('the zone of the map counts for every text that names none: %s', (when) => {
    expect(timeOf(when, berlin)).toBe('2026-07-01T06:00:00.000Z')
  })

  it.each(['2026/07/01 06:00 Z', '2026-07-01 07:00:00 +0100', '2026-07-01 02:00:00 EDT', '1782885600'])(
    'and for none that names its own: %s',
    (when) => {
      expect(timeOf(when, berlin)).toBe('2026-07-01T06:00:00.000Z')
    },
  )

  it('of an hour that a clock shows twice the first counts, of one that it leaves out what comes after it', () => {
    const zone = 'Europe/Berlin'
    const twice = [
      timeOf('2025-10-26 02:30', berlin),
      timeOf('26.10.2025 02:30', { column: 'when', format: 'd.M.yyyy HH:mm', zone }),
      timeOf('45956.104166666664', { column: 'when', format: 'excel', zone }),
      timeOf('2025/10/26 2:30', berlin),
    ]
    expect(new Set(twice)).toEqual(new Set(['2025-10-26T00:30:00.000Z']))
    const never = [timeOf('2025-03-30 02:30', berlin), timeOf('2025/03/30 2:30', berlin)]
    expect(new Set(never)).toEqual(new Set(['2025-03-30T01:30:00.000Z']))
  })

  it.each([
    [
      '12/11/2025',
      '(2025-11-12 or 2025-12-11): the map must say, with a format such as d/M/yyyy or M/d/yyyy',
    ],
    ['3-4-26 15:04', 'd-M-yy H:mm or M-d-yy H:mm'],
    ['11/12/2025 3:04:05 PM', 'd/M/yyyy h:mm:ss a or M/d/yyyy h:mm:ss a'],
    ['25.12.2025', 'is day/month: the map must say so, with the format d.M.yyyy'],
    ['12/25/2025 9:00am', 'is month/day: the map must say so, with the format M/d/yyyy h:mma'],
    ['31/31/2025', 'is no day'],
    ['45678', 'as a day of Excel it is 2025-01-21 00:00: the map must say the format excel'],
  ])('what the map must say of %s is named', (when, said) => {
    expect(timeOf(when, 'when')).toContain(said)
  })
})

it.each([
  ['1,234.50', '.', 1234.5],
  ['1.234,50', ',', 1234.5],
  ['€ 1.234', ',', 1234],
  ['$1,234,567', '.', 1234567],
  ['USD 12.00', '.', 12],
  ['(12.00)', '.', -12],
  ['-5', '.', -5],
  ['12,50', '.', NaN],
  ['12.50', ',', NaN],
  ['1.234,50', '.', NaN],
  ['12,34,567.5', '.', 1234567.5],
  ['ten', '.', NaN],
  ['1.234.56', ',', NaN],
  ['1,5,000', '.', NaN],
  ['1234,567', '.', NaN],
  ['(1.234,50)', ',', -1234.5],
  ["1'234.5", '.', 1234.5],
  ['12.345.678 €', ',', 12345678],
  ['12,-', ',', 12],
  ['1.250,-- €', ',', 1250],
  ['12.–', '.', 12],
  ['.5', '.', 0.5],
  [',25', ',', 0.25],
  ['\u22127.5', '.', -7.5],
  ['1e400', '.', NaN],
  ['.', '.', NaN],
  ['-,', ',', NaN],
] as const)('the amount %s with %s is %d', (text, decimal, expected) => {
  expect(amountOf(text, decimal)).toBe(expected)
})

it('an amount that only the other decimal sign can read says so, and what says that there is none is none', () => {
  const of = (amount: string, more?: Partial<Sent>) =>
    mapped(['a@x.de', '2026-03-01', 'Call', amount], 'when', more)
  expect(of('1.234,50').problem).toContain('the map may say "decimal": ","')
  expect(of('1,234.50', { decimal: ',' }).problem).toContain('the map may say "decimal": "."')
  expect(of('a lot').problem).toBe('a lot is no number')
  for (const none of ['', '-', '—', 'n/a', '#N/A', 'NULL'])
    expect(of(none).events[0]?.properties, none).toEqual({})
})

it('who somebody is has the time of the row’s touch where the map names no other, and is told where that is bad', () => {
  const rows: Output[] = [
    { as: 'identify', email: 'email' },
    { as: 'touch', email: 'email', at: 'when', name: 'what', when: [{ column: 'what', op: 'filled' }] },
  ]
  const times = (cells: string[]) => mapped(cells, 'when', { rows }).events.map(({ timestamp }) => timestamp)
  const at = '2026-03-01T00:00:00.000Z'
  expect(times(['a@x.de', '2026-03-01', 'Call', ''])).toEqual([at, at])
  expect(times(['a@x.de', 'unknown', '', ''])).toEqual([undefined])
  expect(mapped(['a@x.de', 'unknown', 'Call', ''], 'when', { rows }).problem).toContain('unknown')
  expect(mapped(['a@x.de', '', '', ''], 'when', { rows: rows.slice(0, 1) }).events).toHaveLength(1)
})

describe('which row it is', () => {
  const idOf = (cells: string[], more: Partial<Sent> = {}) => mapped(cells, 'when', more).events[0]?.messageId

  it('the same row has the same messageId, another one or another source another', () => {
    const one = idOf(['a@x.de', '2026-03-01', 'Call', '1'])
    expect(idOf(['a@x.de', '2026-03-01', 'Call', '1'])).toBe(one)
    expect(idOf(['a@x.de', '2026-03-01', 'Call', '2'])).not.toBe(one)
    expect(idOf(['a@x.de', '2026-03-01', 'Call', '1'], { source: 'other' })).not.toBe(one)
  })

  it('columns that are named as its key decide alone; where they are empty all do', () => {
    const key = { key: ['email', 'when'] }
    const one = idOf(['a@x.de', '2026-03-01', 'Call', '1'], key)
    expect(idOf(['a@x.de', '2026-03-01', 'Mail', '2'], key)).toBe(one)
    const byWhat = { key: 'amount' }
    expect(idOf(['a@x.de', '2026-03-01', 'Call', ''], byWhat)).not.toBe(
      idOf(['b@x.de', '2026-03-01', 'Call', ''], byWhat),
    )
  })

  it('two columns do not run into each other', () => {
    const key = { key: ['email', 'what'] }
    expect(idOf(['ab', '2026-03-01', 'c', ''], key)).not.toBe(idOf(['a', '2026-03-01', 'bc', ''], key))
  })
})

it('values, constants, texts, prefixes and conditions make the event', () => {
  const body = importBody.parse({
    source: 'crm',
    when: [{ column: 'what', op: 'ne', value: 'spam' }],
    rows: [
      {
        as: 'touch',
        when: [{ column: 'amount', op: 'filled' }],
        anonymousId: { column: 'email', prefix: 'crm:', split: ';' },
        account: { constant: 'acme' },
        at: 'when',
        name: { column: 'what', values: { closedwon: 'Deal Won' }, otherwise: 'Deal Moved' },
        kind: 'crm',
        channel: { text: 'Sales {what}' },
        value: 'amount',
        currency: { constant: 'eur' },
        properties: '*',
      },
    ],
  })
  const { map } = compileMap(body, { format: 'csv', columns })
  expect(map(row('x;y', '2026-03-01', 'ClosedWon', '10')).events).toEqual([
    {
      type: 'track',
      messageId: expect.stringMatching(/^crm:[\w-]{27}$/) as string,
      timestamp: '2026-03-01T00:00:00.000Z',
      anonymousId: 'crm:x',
      context: {
        touchpoint: { source: 'crm', kind: 'crm', channel: 'Sales ClosedWon' },
        groupId: 'acme',
      },
      event: 'Deal Won',
      properties: {
        email: 'x;y',
        when: '2026-03-01',
        what: 'ClosedWon',
        amount: '10',
        value: 10,
        currency: 'EUR',
      },
    },
  ])
  expect(map(row('x', '2026-03-01', 'spam', '10')).events).toEqual([])
  expect(map(row('x', '2026-03-01', 'other', '')).events).toEqual([])
})

it('JSON is read by pointers, also inside a cell', () => {
  const body = importBody.parse({
    source: 'ph',
    rows: [
      {
        as: 'touch',
        userId: ['/person/id', 'distinct_id'],
        at: '/t',
        name: '/a~1b',
        properties: { plan: '/p/plan', n: '/p/n', deep: '/p/list/1' },
      },
    ],
  })
  const json = {
    distinct_id: 12345678901234,
    t: 1772362800,
    'a/b': 'Paid',
    p: { plan: 'pro', n: 3, list: [1, 2] },
  }
  const made = compileMap(body, { format: 'ndjson', columns: [] }).map({
    number: 1,
    line: 1,
    cells: json,
    raw: '',
  })
  expect(made.events[0]).toMatchObject({
    userId: '12345678901234',
    event: 'Paid',
    timestamp: '2026-03-01T11:00:00.000Z',
    properties: { plan: 'pro', n: 3, deep: 2 },
  })
  const inCell = importBody.parse({
    source: 'ph',
    rows: [{ as: 'touch', userId: 'email', at: 'when', name: 'what', properties: { plan: 'amount#/plan' } }],
  })
  const cell = compileMap(inCell, { format: 'csv', columns }).map(
    row('u', '2026-03-01', 'Paid', '{"plan":"pro"}'),
  )
  expect(cell.events[0]).toMatchObject({ properties: { plan: 'pro' } })
})

it('what a spreadsheet must take for text is the text', () => {
  const { events } = compileMap(
    importBody.parse({
      source: 'test',
      rows: [{ as: 'touch', email: 'email', at: 'when', name: 'what', properties: { code: 'amount' } }],
    }),
    { format: 'csv', columns },
  ).map(row('="a@x.de"', '="2026-03-01"', '=“Call”', '="007"'))
  expect(events).toMatchObject([
    { context: { traits: { email: 'a@x.de' } }, event: '=“Call”', properties: { code: '007' } },
  ])
})

describe('without a key a row is known by all that it says', () => {
  const body = importBody.parse({
    source: 'test',
    rows: [{ as: 'touch', email: ['email', '/email'], at: ['when', '/when'], name: ['what', '/what'] }],
  })
  const idsOf = (form: { format: 'csv' | 'ndjson'; columns: string[] }, read: Omit<Row, 'number' | 'line'>) =>
    compileMap(body, form)
      .map({ number: 1, line: 2, ...read })
      .events.map(({ messageId }) => messageId)
  const table = (said: Record<string, string>) =>
    idsOf({ format: 'csv', columns: Object.keys(said) }, { cells: Object.values(said), raw: '' })
  const line = (text: string) =>
    idsOf(
      { format: 'ndjson', columns: [] },
      { cells: JSON.parse(text) as Record<string, unknown>, raw: text },
    )

  it('whatever order its columns have in the next export, and however their names are written', () => {
    const first = table({ email: 'a@x.de', when: '2026-03-01', what: 'Call', note: 'n' })
    expect(first).toHaveLength(1)
    expect(table({ Note: 'n', ' WHAT': 'Call', When: '2026-03-01', 'Email ': 'a@x.de' })).toEqual(first)
    expect(table({ email: 'a@x.de', when: '2026-03-01', note: 'Call', what: 'n' })).not.toEqual(first)
  })

  it('and of JSON whatever order its fields have', () => {
    const first = line('{"email":"a@x.de","when":"2026-03-01","what":"Call","more":{"a":1,"b":[1,2]}}')
    expect(line('{"more":{"b":[1,2],"a":1},"what":"Call","when":"2026-03-01","email":"a@x.de"}')).toEqual(
      first,
    )
    expect(line('{"more":{"b":[2,1],"a":1},"what":"Call","when":"2026-03-01","email":"a@x.de"}')).not.toEqual(
      first,
    )
  })
})
