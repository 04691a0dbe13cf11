import type { z } from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import { startTimelineApi, type TimelineApi } from '../../../test-support/timeline-api.js'
import type { EventLog } from '../log/log.js'
import type * as wire from '@touchline/schemas/api'

/** Nothing is appended here; what it still holds is told to whoever asks for something unknown. */
const log: EventLog = {
  append: async () => undefined,
  read: async () => undefined,
  noteEnd: () => Promise.resolve(() => Promise.resolve(true)),
  lag: async () => ({ records: 3, bytes: 300, oldestMs: 40 }),
  replay: async () => undefined,
  close: async () => undefined,
}

let clickhouse: TestClickHouse
let api: TimelineApi
let app: TimelineApi['app']

const personTimeline = (url: string) => api.get<z.infer<typeof wire.personTimeline>>(url)
const accountTimeline = (url: string) => api.get<z.infer<typeof wire.accountTimeline>>(url)

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  api = await startTimelineApi({ clickhouse, log })
  app = api.app
  await insertRowsOf(clickhouse.app, [
    eventRow({
      at: '2026-03-01T10:00:00Z',
      type: 'page',
      anonymous_id: 'a1',
      session_id: 's1',
      channel: 'Paid Search',
      source: 'google',
      url: 'https://x.test/pricing',
      path: '/pricing',
      title: 'Pricing',
      message_id: 'p1',
    }),
    eventRow({
      at: '2026-03-01T10:05:00Z',
      type: 'page',
      anonymous_id: 'a1',
      session_id: 's1',
      channel: 'Direct',
      url: 'https://x.test/docs',
      path: '/docs',
      title: 'Docs',
      message_id: 'p2',
    }),
    eventRow({
      at: '2026-03-01T10:06:00Z',
      name: 'Demo Requested',
      anonymous_id: 'a1',
      session_id: 's1',
      channel: 'Direct',
      properties: { plan: 'pro', nothing: 'N/A' },
      message_id: 't1',
    }),
    eventRow({
      at: '2026-03-01T10:06:30Z',
      type: 'identify',
      anonymous_id: 'a1',
      email: 'ann@acme.com',
      session_id: 's1',
      message_id: 'i1',
      traits: { email: 'ann@acme.com' },
      person_traits: [{ name: 'email', value: '"ann@acme.com"' }],
    }),
    eventRow({
      at: '2026-03-01T10:07:00Z',
      name: 'demo_requested',
      origin: 'crm',
      user_id: 'u1',
      message_id: 't2',
    }),
    eventRow({
      at: '2026-03-09T10:00:00Z',
      type: 'identify',
      user_id: 'u1',
      origin: 'server',
      message_id: 'i2',
    }),
    eventRow({
      at: '2026-03-10T10:00:00Z',
      type: 'group',
      user_id: 'u1',
      group_id: 'acme',
      origin: 'server',
      message_id: 'g1',
      memberships: [{ identifier: 'user:u1', account: 'acme', left: false }],
      group_traits: [{ name: 'name', value: '"Acme"' }],
    }),
    eventRow({
      at: '2026-03-11T10:00:00Z',
      name: 'Crawled',
      anonymous_id: 'a1',
      is_bot: true,
      message_id: 'b1',
    }),
    eventRow({
      at: '2026-03-12T10:00:00Z',
      type: 'page',
      anonymous_id: 'a1',
      title: 'Bob looks',
      message_id: 'p9',
    }),
    eventRow({
      at: '2026-03-13T10:00:00Z',
      name: 'Invoice Paid',
      user_id: 'u3',
      group_id: 'acme',
      origin: 'server',
      message_id: 't3',
    }),
    eventRow({
      at: '2026-03-14T10:00:00Z',
      type: 'page',
      anonymous_id: 'new',
      title: 'Fresh',
      message_id: 'n1',
    }),
  ])
  await insertPeople(clickhouse.app, [
    {
      person: 'user:u1',
      identifiers: [
        { identifier: 'user:u1' },
        { identifier: 'email:ann@acme.com' },
        { identifier: 'anon:a1', to: '2026-03-12T00:00:00Z' },
      ],
      accounts: [{ account: 'acme' }],
    },
    {
      person: 'user:u2',
      identifiers: [{ identifier: 'user:u2' }, { identifier: 'anon:a1', from: '2026-03-12T00:00:00Z' }],
    },
  ])
})
afterAll(async () => {
  await api.close()
  await clickhouse.close()
})

const messageOf = async (url: string) => (await api.get<{ message: string }>(url)).body.message

const named = (list: readonly { kind: string; name: string }[] | undefined) =>
  list?.map(({ kind, name }) => `${kind} ${name}`)

describe('a person’s timeline', () => {
  test('tells what came before the name was known, and what two sources told once', async () => {
    const { status, body } = await personTimeline('/v1/users/u1/timeline?order=asc')
    expect(status).toBe(200)
    expect(named(body.touchpoints)).toEqual([
      'visit Pricing',
      'action Demo Requested',
      'identified ann@acme.com',
      'identified u1',
      'joined_account acme',
    ])
    expect(body.person).toMatchObject({
      id: 'user:u1',
      traits: { email: 'ann@acme.com' },
      accounts: ['acme'],
    })
    expect(body.summary).toMatchObject({
      touchpoints: 5,
      channels: 1,
      sessions: 1,
      people: 1,
      firstAt: '2026-03-01T10:00:00.000Z',
      lastAt: '2026-03-10T10:00:00.000Z',
      days: 9,
      longestGapDays: 7,
      anonymousTouchpoints: 3,
    })
    expect(body.touchpoints?.[0]).toMatchObject({
      channel: 'Paid Search',
      sessionId: 's1',
      sameSession: false,
      pages: [
        { path: '/pricing', title: 'Pricing', at: '2026-03-01T10:00:00.000Z', seconds: null, scroll: null },
        { path: '/docs', title: 'Docs', at: '2026-03-01T10:05:00.000Z', seconds: null, scroll: null },
      ],
      durationSeconds: 390,
      page: { title: 'Pricing' },
      lastPage: { title: 'Docs' },
    })
    expect(body.touchpoints?.[1]).toMatchObject({
      channel: 'Paid Search',
      messageIds: ['t1', 't2'],
      sources: ['web', 'crm'],
    })
    expect(body.touchpoints?.[1]?.properties).toEqual({ plan: 'pro' })
  })

  test.each(['user%3Au1', 'email%3AANN%40acme.com', 'ann%40acme.com'])(
    'is the same under every name: %s',
    async (id) => {
      const { body } = await personTimeline(`/v1/users/${id}/timeline`)
      expect(body.person.id).toBe('user:u1')
      expect(body.summary?.touchpoints).toBe(5)
    },
  )

  test('shows of a shared device what happened while it was theirs', async () => {
    const { body } = await personTimeline('/v1/users/u2/timeline')
    expect(named(body.touchpoints)).toEqual(['visit Bob looks'])
  })

  test('shows what is stored although nobody has looked at it yet', async () => {
    const { body } = await personTimeline('/v1/users/anon:new/timeline')
    expect(named(body.touchpoints)).toEqual(['visit Fresh'])
  })

  test('leaves out bots unless asked', async () => {
    const { body } = await personTimeline('/v1/users/u1/timeline?bots=true')
    expect(named(body.touchpoints)).toContain('action Crawled')
  })

  test.each(['asc', 'desc'])('comes page by page, nothing twice and nothing left out: %s', async (order) => {
    const whole = await personTimeline(`/v1/users/u1/timeline?order=${order}`)
    const found: unknown[] = []
    let cursor: string | null | undefined
    do {
      const { body } = await personTimeline(
        `/v1/users/u1/timeline?order=${order}&limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      )
      expect(body.summary === undefined).toBe(Boolean(cursor))
      found.push(...(body.touchpoints ?? []))
      cursor = body.nextCursor
    } while (cursor)
    expect(found).toEqual(whole.body.touchpoints)
  })

  test('is cut by time, channel and kind, and so is its summary', async () => {
    const cut = async (query: string) => {
      const { body } = await personTimeline(`/v1/users/u1/timeline?order=asc&${query}`)
      expect(body.summary?.touchpoints).toBe(body.touchpoints?.length)
      return named(body.touchpoints)
    }
    expect(await cut('from=2026-03-09')).toEqual(['identified u1', 'joined_account acme'])
    expect(await cut('to=2026-03-01T10:06:00Z')).toEqual(['visit Pricing'])
    expect(await cut('kind=visit&kind=joined_account')).toEqual(['visit Pricing', 'joined_account acme'])
    expect(await cut('channel=Paid%20Search&kind=action')).toEqual(['action Demo Requested'])
  })

  test('tells events as they were sent when asked for detail', async () => {
    const { body } = await personTimeline('/v1/users/u1/timeline?detail=events&order=asc&limit=3')
    expect(body.events?.map(({ messageId }) => messageId)).toEqual(['p1', 'p2', 't1'])
    expect(body.events?.[2]).toMatchObject({
      type: 'track',
      name: 'Demo Requested',
      occurredAt: '2026-03-01T10:06:00.000Z',
      receivedAt: '2026-03-01T10:06:01.000Z',
      clientTime: '2026-03-01T10:06:00.000Z',
      anonymousId: 'a1',
      userId: null,
      properties: { plan: 'pro', nothing: 'N/A' },
      person: 'user:u1',
      accounts: ['acme'],
      because: 'because',
    })
    expect(body.nextCursor).not.toBeNull()
  })
})

describe('an account’s timeline', () => {
  test('has the whole journey of its people, and events that name it', async () => {
    const { status, body } = await accountTimeline('/v1/accounts/acme/timeline?order=asc')
    expect(status).toBe(200)
    expect(named(body.touchpoints)).toEqual([
      'visit Pricing',
      'action Demo Requested',
      'identified ann@acme.com',
      'identified u1',
      'joined_account acme',
      'action Invoice Paid',
    ])
    expect(body.account).toEqual({ id: 'acme', traits: { name: 'Acme' }, people: 1 })
    expect(body.summary).toMatchObject({ people: 2, touchpoints: 6 })
    expect(body.touchpoints?.[5]).toMatchObject({ person: 'user:u3', accounts: ['acme'], shared: false })
  })
})

describe('a timeline as CSV', () => {
  const asCsv = (url: string, accept = '*/*') =>
    app.inject({ url, headers: { authorization: 'Bearer secret', accept } })

  test('is the same list as the JSON, a row each, for whoever asks by Accept or by format', async () => {
    const url = '/v1/users/u1/timeline?order=asc'
    const { body } = await personTimeline(url)
    const csv = await asCsv(url, 'text/csv')
    expect(csv.statusCode).toBe(200)
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="user-u1.csv"',
      vary: 'accept',
    })
    expect(csv.headers['link']).toBeUndefined()
    const [header, ...rows] = csv.body.split('\r\n').slice(0, -1)
    expect(header).toMatch(/^at,kind,name,channel,/)
    expect(rows.map((row) => row.split(',').slice(0, 3).join(','))).toEqual(
      body.touchpoints?.map(({ at, kind, name }) => `${at},${kind},${name}`),
    )
    expect((await asCsv(`${url}&format=csv`)).body).toBe(csv.body)
    expect((await asCsv(`${url}&format=json`, 'text/csv')).json()).toEqual(body)
  })

  test('names the next page in Link, down to the last', async () => {
    const rows: string[] = []
    let url = '/v1/accounts/acme/timeline?order=asc&limit=4&format=csv'
    while (url !== '') {
      const { headers, body } = await asCsv(url)
      rows.push(...body.split('\r\n').slice(1, -1))
      url = /<(.*)>; rel="next"/.exec(String(headers['link']))?.[1] ?? ''
    }
    expect(rows.map((row) => row.split(',')[2])).toEqual([
      ...['Pricing', 'Demo Requested', 'ann@acme.com', 'u1', 'acme', 'Invoice Paid'],
    ])
  })

  test('has the events with detail=events', async () => {
    const { body } = await asCsv('/v1/users/u1/timeline?order=asc&detail=events&limit=3&format=csv')
    expect(body).toMatch(/^occurredAt,type,name,/)
    expect(body).toContain('"{""plan"":""pro"",""nothing"":""N/A""}"')
  })
})

describe('who may not read, and what cannot be read', () => {
  const cases: [string, string, string, number, string][] = [
    ['without a key', '/v1/users/u1/timeline', '', 401, 'KEY_MISSING'],
    ['with a write key', '/v1/users/u1/timeline', 'write', 401, 'KEY_UNKNOWN'],
    ['an unknown person', '/v1/users/nobody/timeline', 'secret', 404, 'NOT_FOUND'],
    ['an unknown account', '/v1/accounts/nobody/timeline', 'secret', 404, 'NOT_FOUND'],
    ['a person of another project', '/v1/users/u1/timeline', 'other', 404, 'NOT_FOUND'],
    ['an illegal id', '/v1/users/undefined/timeline', 'secret', 400, 'QUERY_INVALID'],
    ['a time that is none', '/v1/users/u1/timeline?from=yesterday', 'secret', 400, 'QUERY_INVALID'],
    ['a limit over the limit', '/v1/users/u1/timeline?limit=5000', 'secret', 400, 'QUERY_INVALID'],
    ['a made-up cursor', '/v1/users/u1/timeline?cursor=abc', 'secret', 400, 'QUERY_INVALID'],
    ['a kind of events', '/v1/users/u1/timeline?detail=events&kind=visit', 'secret', 400, 'QUERY_INVALID'],
  ]
  test.each(cases)('%s', async (_, url, key, status, code) => {
    const headers = key === '' ? {} : { authorization: `Bearer ${key}` }
    const answer = await app.inject({ url, headers })
    expect(answer.statusCode).toBe(status)
    expect(answer.json()).toMatchObject({ success: false, code })
  })

  const navigation = { 'sec-fetch-mode': 'navigate', accept: 'text/html,*/*' }
  test.each([
    ['that opens a timeline', '/v1/users/u1/timeline', navigation, /^Basic realm="/],
    ['that opens a person without https', '/v1/people/u1', { accept: 'text/html' }, /^Basic realm="/],
    [
      'whose login was wrong',
      '/v1/accounts',
      { ...navigation, authorization: `Basic ${Buffer.from('write:').toString('base64')}` },
      /^Basic realm="/,
    ],
    ['whose page asks', '/v1/users/u1/timeline', { 'sec-fetch-mode': 'cors', accept: '*/*' }, /^Bearer /],
    ['which is none but a program', '/v1/users/u1/timeline', {}, /^Bearer /],
  ])('a browser %s is asked for the key in its own way', async (_who, url, headers, asked) => {
    const answer = await app.inject({ url, headers })
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toMatch(asked)
  })

  test('Basic with the secret key as user reads', async () => {
    const authorization = `Basic ${Buffer.from('secret:').toString('base64')}`
    const answer = await app.inject({ url: '/v1/users/u1/timeline', headers: { authorization } })
    expect(answer.statusCode).toBe(200)
  })

  test.each([
    ['kind=visits', 'kind: must be one of visit, action, identified'],
    ['kind=visit&kind=x', 'kind: must be one of visit, action, identified'],
    ['from=yesterday', 'from: must be a time such as 2026-03-01 or 2026-03-01T10:00:00Z'],
    ['order=up', 'order: there is no up; there are asc, desc'],
    ['form=2026-03-01', 'form: there is no such parameter here; did you mean from?'],
    ['asOf=2026-03-01', 'asOf: there is no such parameter here; did you mean as_of?'],
    ['zzzzzzzz=1', 'zzzzzzzz: there is no such parameter here; there are from, to, as_of,'],
    [`${'x'.repeat(5000)}=1`, `${'x'.repeat(50)}…: there is no such parameter here; there are`],
  ])('what is wrong with %s is said with what would be right', async (query, message) => {
    expect(await messageOf(`/v1/users/u1/timeline?${query}`)).toContain(message)
  })

  test('a parameter where none is taken is refused too', async () => {
    expect(await messageOf('/v1/events/p1?verbose=1')).toBe(
      'verbose: there is no such parameter here; there are none.',
    )
  })

  test('a write key is told that it is one', async () => {
    const { body } = await api.get<{ message: string }>('/v1/users/u1/timeline', 'write')
    expect(body.message).toBe('This is a write key; reading needs a secret key.')
  })

  test('a domain that is no account is told how accounts of domains are called', async () => {
    for (const path of ['/v1/accounts/x.com', '/v1/accounts/X.com/timeline'])
      expect(await messageOf(path)).toContain('Did you mean domain:x.com?')
    expect(await messageOf('/v1/accounts/x')).not.toContain('Did you mean')
  })

  test('not found says what the log still holds', async () => {
    const { body } = await api.get<{ message: string }>('/v1/users/nobody/timeline')
    expect(body.message).toContain('3 records of the log are not stored yet')
  })
})

describe('the description of the API', () => {
  test('is OpenAPI, made from the schemas', async () => {
    const { body } = await api.get<{ openapi: string; paths: Record<string, unknown> }>('/docs/json')
    expect(body.openapi).toBe('3.1.0')
    expect(Object.keys(body.paths)).toContain('/v1/users/{id}/timeline')
  })

  test('tells collecting too, and no integer by the bounds of JavaScript', async () => {
    const { body } = await api.get<{ paths: Record<string, Record<string, unknown>> }>('/docs/json')
    for (const path of ['/v1/track', '/v1/identify', '/v1/batch'])
      expect(body.paths[path]).toHaveProperty('post.requestBody.content.application/json.schema.properties')
    expect(body.paths['/v1/track']).not.toHaveProperty('get')
    const text = JSON.stringify(body)
    expect(text.match(/9007199254740991/)).toBeNull()
    expect(text.includes('"text/csv"')).toBe(true)
  })

  test('is a page that loads nothing from elsewhere', async () => {
    const answer = await app.inject({ url: '/docs' })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-security-policy']).toContain("script-src 'self'")
    expect(answer.headers['content-security-policy']).not.toContain('upgrade-insecure-requests')
    const initializer = await app.inject({ url: '/docs/static/swagger-initializer.js' })
    expect(initializer.statusCode).toBe(200)
    expect(answer.body).not.toMatch(/(src|href)="https?:/)
  })
})
