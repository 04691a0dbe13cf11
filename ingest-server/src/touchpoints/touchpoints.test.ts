import { describe, expect, test } from 'vitest'
import type { Row } from './rows.js'
import { summaryOf } from '../timeline/summary.js'
import type { PlacedRow, Touchpoint } from './touchpoint.js'
import { keyOf, rowsOf, touchpointsFrom, withProperties } from './touchpoints.js'

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
    verified: false,
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

const occurrencesOf = (events: readonly PlacedRow[]) =>
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
    const named = (fields: Partial<Row>) => occurrencesOf([page(0, fields)])[0]
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
    expect(occurrencesOf([track(0, 'Loaded'), page(1, { title: 'Pricing', path: '/pricing' })])[0]).toBe(
      '0 visit Pricing (web)',
    )
    expect(occurrencesOf([page(0, { path: '/pricing' })])[0]).toBe('0 visit /pricing (web)')
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
    [
      'is told by what is verified, though somebody told it earlier',
      [track(0, 'Paid', crm), track(4, 'paid', { ...server, verified: true })],
      ['4 action paid (server+crm)'],
    ],
    [
      'is joined among what is verified before anything else is added',
      [
        track(0, 'Paid', crm),
        track(1, 'Paid', { ...server, verified: true }),
        track(2, 'Paid', crm),
        track(3, 'Paid', { ...crm, verified: true }),
        track(4, 'Paid', { sourceKind: 'mail' }),
      ],
      ['0 action Paid (crm+mail)', '1 action Paid (server+crm)', '2 action Paid (crm)'],
    ],
    [
      'is two where what is verified came more than 5 minutes before or after',
      [track(0, 'Paid', crm), track(6, 'Paid', { ...server, verified: true }), track(12, 'Paid', crm)],
      ['0 action Paid (crm)', '6 action Paid (server)', '12 action Paid (crm)'],
    ],
  ])('%s', (_, events, expected) => {
    expect(occurrencesOf(events)).toEqual(expected)
  })
})

test('whatever is sent under somebody’s name, what is verified of them is shown as it was', () => {
  const proven = { sourceKind: 'server', verified: true, userId: 'u', anonymousId: '' }
  const verified = [
    track(10, 'Paid', { ...proven, properties: '{"amount":480}' } as Partial<Row>),
    track(12, 'Paid', { ...proven, sourceKind: 'crm' }),
    track(14, 'Called', proven),
    page(20, { ...proven, sourceKind: 'server', path: '/a', channel: 'Direct' }),
    page(40, { ...proven, sourceKind: 'server', path: '/b' }),
  ]
  const isProven = (touchpoint: Touchpoint) => touchpoint.lead.verified
  const shown = (events: readonly PlacedRow[]) =>
    touchpointsFrom(events)
      .filter(isProven)
      .map(({ name, at: time, until, value, pages, acquisition: { channel }, messageIds, sources }) => ({
        ...{ name, time, until, value, pages },
        channel,
        messageIds: messageIds.filter((id) => verified.some(({ row }) => row.messageId === id)),
        sources: sources.filter((source) => source === 'server' || source === 'crm'),
      }))
  const forged = Array.from({ length: 30 }, (_, n) => [
    track(n, 'Paid', { userId: 'u', anonymousId: '', properties: '{"amount":1}' } as Partial<Row>),
    track(n, 'PAID', { userId: 'u', anonymousId: '', sourceKind: n % 2 ? 'crm' : 'mail' }),
    track(n, 'called', {
      ...{ userId: 'u', anonymousId: '', sourceKind: 'crm', channel: 'Paid Search' },
      properties: '{"amount":1}',
    } as Partial<Row>),
    page(n, { userId: 'u', anonymousId: '', path: '/evil', channel: 'Paid Search' }),
  ]).flat()
  expect(shown(verified)).toHaveLength(3)
  const expected = shown(verified)
  // What is added by a source that nobody vouches for is named beside it.
  const withoutAdded = shown([...verified, ...forged]).map((touchpoint, place) => ({
    ...touchpoint,
    sources: touchpoint.sources.slice(0, expected[place]?.sources.length),
  }))
  expect(withoutAdded).toEqual(expected)
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
  expect(occurrencesOf(events)).toEqual([
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
    const touchpoints = touchpointsFrom([
      page(0, { channel: 'Email', subject: 'anon:a' }),
      page(3 * day, { channel: 'Direct' }),
      page(10 * day - 1, { channel: 'Email' }),
    ])
    expect(summaryOf(touchpoints)).toEqual({
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

describe('what a page reports when it goes', () => {
  const left = (minutes: number, properties: object, fields: Partial<Row> = {}) => {
    const event = track(minutes, 'Page Left', fields)
    return { ...event, row: { ...event.row, properties: JSON.stringify(properties) } }
  }
  const pagesOf = (events: readonly PlacedRow[]) =>
    touchpointsFrom(events).map(({ kind, pages }) => [
      kind,
      ...pages.map(({ path, seconds, scroll }) => `${path} ${seconds} s ${scroll} %`),
    ])

  test('belongs to the visit’s page that it names, and is no touchpoint', () => {
    expect(
      pagesOf([
        page(0, { path: '/a' }),
        page(1, { path: '/b' }),
        left(1, { visibleSeconds: 41, scrollPercent: 80 }, { path: '/a' }),
        left(2, { visibleSeconds: 9.5 }, { path: '/b' }),
        page(3, { path: '/c' }),
      ]),
    ).toEqual([['visit', '/a 41 s 80 %', '/b 9.5 s null %', '/c null s null %']])
  })

  test('is summed where a page is left twice, and the deepest scroll counts', () => {
    expect(
      pagesOf([
        page(0, { path: '/a' }),
        left(1, { visibleSeconds: 10, scrollPercent: 90 }, { path: '/a' }),
        left(3, { visibleSeconds: 5, scrollPercent: 40 }, { path: '/a' }),
      ]),
    ).toEqual([['visit', '/a 15 s 90 %']])
  })

  test('opens no visit, hours later or under the next session’s id', () => {
    expect(
      visits([page(0, { path: '/a' }), left(200, { visibleSeconds: 3 }, { path: '/a' }), left(201, {})]),
    ).toEqual([[0, 1]])
    const [first, second] = touchpointsFrom([
      page(0, { sessionId: 's', path: '/a' }),
      left(60, { visibleSeconds: 7 }, { sessionId: 't', path: '/a' }),
      page(61, { sessionId: 't', path: '/b' }),
    ])
    expect([first?.pages[0]?.seconds, first?.until, second?.at]).toEqual([7, 0, 61 * 60_000])
    expect(touchpointsFrom([left(0, {})])).toEqual([])
  })

  test('makes the visit last until then', () => {
    expect(touchpointsFrom([page(0), left(20, {}), page(45)]).map(({ until }) => until / 60_000)).toEqual([
      45,
    ])
    expect(touchpointsFrom([page(0), left(20, {})]).map(({ until }) => until / 60_000)).toEqual([20])
  })

  test.each([
    [
      '$pageleave',
      { $prev_pageview_duration: 12.5, $prev_pageview_max_scroll_percentage: 0.5 },
      '12.5 s 50 %',
    ],
    ['user_engagement', { engagement_time_msec: '2500', percent_scrolled: 90 }, '2.5 s 90 %'],
    ['page-exit', { timeOnPage: 3 }, '3 s null %'],
    ['Screen Left', { duration: -1 }, 'null s null %'],
  ])('is known by the names that others give it: %s', (name, properties, reported) => {
    const report = left(1, properties, { name })
    expect(pagesOf([page(0, { path: '/a' }), report])).toEqual([['visit', `/a ${reported}`]])
  })

  test('is an action where an importer or a name of one’s own says so', () => {
    const feedback = track(1, 'Left Feedback', { sourceKind: 'server' })
    expect(
      occurrencesOf([track(0, 'Page Left', { kind: 'offline', sourceKind: 'scans' }), feedback]),
    ).toEqual(['0 offline Page Left (scans)', '1 action Left Feedback (server)'])
  })
})

describe('a new acquisition during a visit', () => {
  const campaign = (name: string, fields: Partial<Row> = {}) => ({
    channel: 'Email',
    channelRule: 'email:utm',
    source: 'news',
    medium: 'email',
    campaign: name,
    ...fields,
  })
  const ad = (id: string, clickIdKind = 'gclid') => ({
    channel: 'Paid Search',
    channelRule: `paid-search:${clickIdKind}`,
    source: 'google',
    medium: 'cpc',
    clickIdKind,
    clickId: id,
  })
  const direct = { channel: 'Direct', channelRule: 'direct:none', source: '(direct)', medium: '(none)' }
  const referred = {
    channel: 'Referral',
    channelRule: 'referral:referrer',
    source: 'b.test',
    medium: 'referral',
  }
  const visitsOf = (...events: PlacedRow[]) =>
    touchpointsFrom(events)
      .filter(({ kind }) => kind === 'visit')
      .map(({ at: time, sameSession, acquisition, pages, until }) =>
        [time / 60_000, sameSession ? 'same' : 'new', acquisition.channel, pages.length, until / 60_000].join(
          ' ',
        ),
      )

  test('is a visit of its own in the same session, and what follows is its', () => {
    expect(visitsOf(page(0, direct), page(5, campaign('may')), page(6, direct), page(7, ad('x1')))).toEqual([
      '0 new Direct 1 0',
      '5 same Email 2 6',
      '7 same Paid Search 1 7',
    ])
    const action = touchpointsFrom([page(0, direct), page(5, ad('x')), track(6, 'Signed Up', direct)]).at(-1)
    expect(action?.acquisition.channel).toBe('Paid Search')
  })

  test('is none where only the referrer changes, or a click id that nobody pays for', () => {
    expect(visitsOf(page(0, direct), page(1, referred))).toEqual(['0 new Direct 2 1'])
    expect(
      visitsOf(
        page(0, direct),
        page(1, { ...ad('f', 'fbclid'), channel: 'Organic Social', channelRule: 'organic-social:fbclid' }),
      ),
    ).toEqual(['0 new Direct 2 1'])
  })

  test('is none where the address keeps the campaign or click id, or the visitor goes back to one', () => {
    const both = { ...campaign('may'), clickIdKind: 'gclid', clickId: 'x' }
    expect(
      visitsOf(
        page(0, both),
        page(1, campaign('MAY ', { source: 'News' })),
        track(2, 'A', both),
        page(3, campaign('june')),
        page(4, campaign('may')),
      ),
    ).toEqual(['0 new Email 2 2', '3 same Email 2 4'])
  })

  test('is none for the first that a session tells of', () => {
    expect(
      visitsOf(track(0, 'Loaded', { sessionId: 's' }), page(1, { sessionId: 's', ...campaign('may') })),
    ).toEqual(['0 new Email 1 1'])
  })

  test('counts as no further session', () => {
    const touchpoints = touchpointsFrom([page(0, direct), page(5, campaign('may'))])
    expect(summaryOf(touchpoints)).toMatchObject({ touchpoints: 2, sessions: 1, channels: 2 })
  })
})

describe('a session id that is no id is none', () => {
  test.each(['-1', '0', 'undefined', 'null', 'NaN', '[object Object]', ' none ', '0000-0000', '"null"'])(
    '%s',
    (sessionId) => {
      expect(visits([page(0, { sessionId }), page(300, { sessionId })])).toEqual([
        [0, 1],
        [300, 1],
      ])
      expect(touchpointsFrom([page(0, { sessionId })])[0]?.sessionId).toBe('')
    },
  )

  test('though one that looks like it is: 10, -12', () => {
    expect(visits([page(0, { sessionId: '10' }), page(300, { sessionId: '10' })])).toEqual([[0, 2]])
    expect(visits([page(0, { sessionId: '-12' }), page(300, { sessionId: '-12' })])).toEqual([[0, 2]])
  })
})

describe('the source of an event', () => {
  test('is the SDK’s library where it names one, so an app and a server are two', () => {
    const app = { sourceKind: 'server', library: 'analytics-ios' }
    const server = { sourceKind: 'server', library: 'analytics-python' }
    expect(occurrencesOf([track(0, 'Paid', app), track(1, 'Paid', server)])).toEqual([
      '0 action Paid (analytics-ios+analytics-python)',
    ])
    expect(occurrencesOf([track(0, 'Paid', app), track(1, 'Paid', app)])).toHaveLength(2)
  })

  test('is what the importer calls itself, whatever library carried it', () => {
    expect(occurrencesOf([track(0, 'Paid', { sourceKind: 'crm', library: '@touchline/node' })])).toEqual([
      '0 action Paid (crm)',
    ])
  })
})

test('of one time, what came in one batch stays in its order, and what was received first comes first', () => {
  const events = [
    track(0, 'third', { messageId: 'a', batchIndex: 0, receivedAt: 9, sourceKind: 'server' }),
    track(0, 'second', { messageId: 'b', batchIndex: 11, receivedAt: 8, sourceKind: 'server' }),
    track(0, 'first', { messageId: 'z', batchIndex: 2, receivedAt: 8, sourceKind: 'server' }),
  ]
  const formed = touchpointsFrom(events)
  expect(formed.map(({ label }) => label)).toEqual(['first', 'second', 'third'])
  const keys = formed.map(keyOf)
  expect([...keys].sort()).toEqual(keys)
})

test('twenty thousand occurrences of one name within five minutes are joined in the time of a few', () => {
  const count = 20_000
  const burst = (sourceKind: string, messageId: string) =>
    Array.from({ length: count }, (_, nth) =>
      track(nth / count, 'Tick', { sourceKind, messageId: `${messageId}${nth}` }),
    )
  const formed = touchpointsFrom([...burst('server', 'a'), ...burst('crm', 'b')])
  expect(formed).toHaveLength(count)
  expect(formed.every(({ sources }) => sources.length === 2)).toBe(true)
})

describe('worth and direction', () => {
  const worth = (properties: object, fields: Partial<Row> = {}) => {
    const event = track(0, 'Order Completed', { sourceKind: 'server', ...fields })
    const [formed] = touchpointsFrom([
      { ...event, row: { ...event.row, properties: JSON.stringify(properties) } },
    ])
    return [formed?.value, formed?.currency]
  }
  test.each<[object, unknown[]]>([
    [{ revenue: 25, total: 30, currency: 'eur' }, [25, 'EUR']],
    [{ value: '12.5' }, [12.5, '']],
    [{ amount: 0, currency: 'Euro' }, [0, '']],
    [{ amount: 'many', currency: 'USD' }, [null, '']],
    [{}, [null, '']],
  ])('%j', (properties, expected) => {
    expect(worth(properties)).toEqual(expected)
  })

  test('the amount is of the first of several sources that names one', () => {
    const event = (sourceKind: string, properties: object) => {
      const one = track(0, 'Order Completed', { sourceKind })
      return { ...one, row: { ...one.row, properties: JSON.stringify(properties) } }
    }
    const [formed] = touchpointsFrom([event('server', {}), event('crm', { total: 7, currency: 'USD' })])
    expect([formed?.value, formed?.currency]).toEqual([7, 'USD'])
  })

  test('our own outreach is outbound unless the importer says otherwise', () => {
    const directions = (['offline', 'email', 'ad', 'crm'] as const).map(
      (kind) => touchpointsFrom([track(0, 'X', { kind, sourceKind: 'x' })])[0]?.direction,
    )
    expect(directions).toEqual(['inbound', 'outbound', 'outbound', 'outbound'])
    const said = track(0, 'Replied', { kind: 'email', sourceKind: 'x', direction: 'inbound' })
    expect(touchpointsFrom([said])[0]?.direction).toBe('inbound')
    expect(touchpointsFrom([track(0, 'Called', { direction: 'outbound' })]).at(-1)?.direction).toBe(
      'outbound',
    )
  })
})

test('what is formed without properties and given them later is what is formed with them', () => {
  const events = [
    { ...page(0, { path: '/a' }), properties: '{}' },
    { ...track(1, 'Page Left', { path: '/a' }), properties: '{"visibleSeconds":4}' },
    { ...track(2, 'Paid', { sourceKind: 'server' }), properties: '{}' },
    { ...track(3, 'Paid', { sourceKind: 'crm' }), properties: '{"value":3}' },
  ]
  const texts = new Map(events.map(({ row, properties }) => [row.messageId, properties]))
  const wide = events.map(({ properties, ...event }) => ({ ...event, row: { ...event.row, properties } }))
  const later = touchpointsFrom(events.map(({ properties: _, ...event }) => event)).map((formed) =>
    withProperties(formed, ({ messageId }) => texts.get(messageId)),
  )
  const shape = (list: readonly Touchpoint[]) =>
    list.map(({ label, value, pages, occurrences }) => ({
      label,
      value,
      pages,
      occurrences: occurrences.length,
    }))
  expect(shape(later)).toEqual(shape(touchpointsFrom(wide)))
  expect(later.map(({ value }) => value)).toEqual([null, 3])
  for (const formed of later) for (const row of rowsOf(formed)) expect(texts.has(row.messageId)).toBe(true)
})
