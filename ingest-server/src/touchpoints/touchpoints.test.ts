import { describe, expect, test } from 'vitest'
import type { Row } from './rows.js'
import { summaryOf } from '../timeline/summary.js'
import type { PlacedRow } from './touchpoint.js'
import { touchpointsFrom } from './touchpoints.js'

let made = 0
const emptyRow = Object.fromEntries(
  [
    'subject, clientTime, type, name, kind, anonymousId, userId, email, groupId, sessionId, channel, channelRule',
    'source, medium, campaign, clickIdKind, clickId, direction, library, referrer, url, path, title',
  ]
    .join(', ')
    .split(', ')
    .map((column) => [column, '']),
) as unknown as Row

/** An event at so many minutes. */
function at(minutes: number, fields: Partial<Row>): PlacedRow {
  made += 1
  const messageId = `m${String(made).padStart(4, '0')}`
  const row = {
    ...emptyRow,
    sourceKind: 'web',
    anonymousId: 'a',
    hasLeft: false,
    isBot: false,
    receivedAt: minutes * 60_000,
    batchIndex: 0,
    messageId,
    at: minutes * 60_000,
    ...fields,
  }
  return { row, person: 'user:u', accounts: [], because: '' }
}
const page = (minutes: number, fields: Partial<Row> = {}) => at(minutes, { type: 'page', ...fields })
const track = (minutes: number, name: string, fields: Partial<Row> = {}) =>
  at(minutes, { type: 'track', name, ...fields })

const told = (events: readonly PlacedRow[]) =>
  touchpointsFrom(events).map(
    ({ kind, label, at: time, sources }) => `${time / 60_000} ${kind} ${label} (${sources.join('+')})`,
  )
const visits = (events: readonly PlacedRow[]) =>
  touchpointsFrom(events)
    .filter(({ kind }) => kind === 'visit')
    .map(({ at: time, pages }) => [time / 60_000, pages.length])

describe('a visit', () => {
  test('ends where nothing was seen for more than 30 minutes', () => {
    expect(visits([page(0), page(30), page(60), page(90.1)])).toEqual([
      [0, 3],
      [90.1, 1],
    ])
  })

  test('is named by the title of its first page, else by the name that the page was given, else by its path', () => {
    const named = (fields: Partial<Row>) => told([page(0, fields)])[0]
    expect(named({ title: 'Prices', name: 'Pricing', path: '/p' })).toBe('0 visit Prices (web)')
    expect(named({ name: 'Pricing', path: '/p' })).toBe('0 visit Pricing (web)')
    expect(named({ path: '/p' })).toBe('0 visit /p (web)')
  })

  test('is as long as the client’s own session id says', () => {
    expect(
      visits([page(0, { sessionId: 's' }), page(300, { sessionId: 's' }), page(301, { sessionId: 't' })]),
    ).toEqual([
      [0, 2],
      [301, 1],
    ])
  })

  test('is of one device', () => {
    expect(visits([page(0), page(1, { anonymousId: 'b' }), page(2)])).toEqual([
      [0, 2],
      [1, 1],
    ])
  })

  test('is not opened by what a server or an importer sends', () => {
    expect(
      visits([
        track(0, 'Paid', { sourceKind: 'server' }),
        track(1, 'Met', { kind: 'offline', sourceKind: 'crm' }),
      ]),
    ).toEqual([])
  })

  test('gives its channel to what happens during it', () => {
    const [visit, action] = touchpointsFrom([
      page(0, { channel: 'Paid Search' }),
      page(1, { channel: 'Direct' }),
      track(2, 'Signed Up', { channel: 'Direct' }),
    ])
    expect([visit?.acquisition.channel, action?.acquisition.channel]).toEqual(['Paid Search', 'Paid Search'])
  })

  test('is named after the page it landed on', () => {
    expect(told([track(0, 'Loaded'), page(1, { title: 'Pricing', path: '/pricing' })])[0]).toBe(
      '0 visit Pricing (web)',
    )
    expect(told([page(0, { path: '/pricing' })])[0]).toBe('0 visit /pricing (web)')
  })
})

describe('a touchpoint told by two sources', () => {
  const server = { sourceKind: 'server' }
  const crm = { sourceKind: 'crm' }
  test.each<[string, PlacedRow[], string[]]>([
    [
      'is one within 5 minutes',
      [track(0, 'Demo', server), track(5, 'Demo', crm)],
      ['0 action Demo (server+crm)'],
    ],
    [
      'is two after more than 5 minutes',
      [track(0, 'Demo', server), track(5.1, 'Demo', crm)],
      ['0 action Demo (server)', '5.1 action Demo (crm)'],
    ],
    [
      'is one however the name is spelled',
      [track(0, 'Demo Requested', server), track(1, 'demo_requested', crm)],
      ['0 action Demo Requested (server+crm)'],
    ],
    [
      'is two where one source says it twice',
      [track(0, 'Demo', server), track(1, 'Demo', server)],
      ['0 action Demo (server)', '1 action Demo (server)'],
    ],
    [
      'goes to the earliest group that has not got the source',
      [track(0, 'Demo', server), track(1, 'Demo', server), track(2, 'Demo', crm), track(3, 'Demo', crm)],
      ['0 action Demo (server+crm)', '1 action Demo (server+crm)'],
    ],
    [
      'is measured from the group’s first, not from its last',
      [track(0, 'Demo', server), track(4, 'Demo', crm), track(8, 'Demo', { sourceKind: 'mail' })],
      ['0 action Demo (server+crm)', '8 action Demo (mail)'],
    ],
    [
      'is two where the name has no letters to compare',
      [track(0, '???', server), track(1, '!!!', crm)],
      ['0 action ??? (server)', '1 action !!! (crm)'],
    ],
    [
      'keeps the kind of whoever told it first',
      [track(0, 'Fair', { kind: 'offline', sourceKind: 'scans' }), track(1, 'Fair', crm)],
      ['0 offline Fair (scans+crm)'],
    ],
  ])('%s', (_, events, expected) => {
    expect(told(events)).toEqual(expected)
  })
})

test('an identification and a joining come once each; leaving is no joining', () => {
  const identify = { type: 'identify', sourceKind: 'server' }
  const group = { type: 'group', sourceKind: 'server' }
  const events = [
    at(0, { ...identify, email: 'ann@acme.com' }),
    at(1, { ...identify, email: 'ann@acme.com' }),
    at(2, { ...identify, userId: 'u', email: 'ann@acme.com' }),
    at(3, { ...identify, userId: 'u' }),
    at(4, { ...group, groupId: 'acme' }),
    at(5, { ...group, groupId: 'acme', hasLeft: true }),
    at(6, { ...group, groupId: 'acme' }),
    at(7, { ...group, groupId: 'globex', hasLeft: true }),
    at(8, { ...identify }),
  ]
  expect(told(events)).toEqual([
    '0 identified ann@acme.com (server)',
    '2 identified ann@acme.com (server)',
    '4 joined_account acme (server)',
  ])
})

test('the order in which events are read changes nothing', () => {
  const events = [
    page(0),
    page(0),
    track(0, 'A'),
    track(1, 'A', { sourceKind: 'crm' }),
    page(2, { sessionId: 's' }),
  ]
  expect(touchpointsFrom([...events].reverse())).toEqual(touchpointsFrom(events))
})

describe('the summary', () => {
  test('counts days of 24 hours and the longest time without anything', () => {
    const day = 24 * 60
    const touches = touchpointsFrom([
      page(0, { channel: 'Email', subject: 'anon:a' }),
      page(3 * day, { channel: 'Direct' }),
      page(10 * day - 1, { channel: 'Email' }),
    ])
    expect(summaryOf(touches)).toEqual({
      exact: true,
      touchpoints: 3,
      channels: 2,
      sessions: 3,
      people: 1,
      firstAt: '1970-01-01T00:00:00.000Z',
      lastAt: '1970-01-10T23:59:00.000Z',
      days: 9,
      longestGapDays: 6,
      anonymousTouchpoints: 1,
    })
  })

  test('of nothing is nothing', () => {
    expect(summaryOf([])).toMatchObject({
      touchpoints: 0,
      firstAt: null,
      lastAt: null,
      days: 0,
      longestGapDays: 0,
    })
  })
})
