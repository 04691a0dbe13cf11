/** A messageId counts once for a person, however often, with whatever time or ids it came: the first received copy stays. */
import type { z } from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import { startTimelineApi, type TimelineApi } from '../../../test-support/timeline-api.js'
import type { EventRow } from '../log/event-row.js'
import type { EventLog } from '../log/log.js'
import { plainEvents, touchpoints, type Listing, type TimelineQuery } from '../timeline/listing.js'
import { readPage } from '../timeline/page.js'
import { findPerson } from '../identity/people.js'
import { createMetrics } from '../metrics.js'
import { personScope } from '../touchpoints/scope.js'
import { openWorker } from '../touchpoints/upkeep/worker.js'
import type * as wire from '@touchline/schemas/api'

const log: EventLog = {
  append: async () => undefined,
  read: async () => undefined,
  noteEnd: () => Promise.resolve(() => Promise.resolve(true)),
  lag: async () => ({ records: 0, bytes: 0, oldestMs: 0 }),
  replay: async () => undefined,
  close: async () => undefined,
}

let clickhouse: TestClickHouse
let api: TimelineApi

const times = (client: string, received: string) => ({
  client_time: client,
  occurred_at: client,
  received_at: received,
})

interface Case {
  what: string
  user: string
  first: Partial<EventRow>
  /** Received later, each. */
  copies: Partial<EventRow>[]
}

/** Each of another person; what stays is `first`. */
const cases: Case[] = [
  {
    what: 'without a timestamp, twice: each copy has the time of its receipt',
    user: 'u1',
    first: times('2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00.000Z'),
    copies: [
      times('2026-03-01T10:00:09.000Z', '2026-03-01T10:00:09.000Z'),
      times('2026-03-01T11:30:00.000Z', '2026-03-01T11:30:00.000Z'),
    ],
  },
  {
    what: 'with another timestamp, an earlier one too',
    user: 'u2',
    first: times('2026-03-01T10:00:00.000Z', '2026-03-01T10:00:01.000Z'),
    copies: [
      times('2026-03-05T10:00:00.000Z', '2026-03-05T10:00:01.000Z'),
      times('2025-12-01T10:00:00.000Z', '2026-03-06T10:00:01.000Z'),
    ],
  },
  {
    what: 'first anonymous, later with the user id',
    user: 'u3',
    first: { anonymous_id: 'd3', ...times('2026-03-01T10:00:00.000Z', '2026-03-01T10:00:01.000Z') },
    copies: [
      { anonymous_id: 'd3', user_id: 'u3', ...times('2026-03-01T10:00:00.000Z', '2026-03-01T10:05:00.000Z') },
      { user_id: 'u3', email: 'u3@x.test', ...times('2026-03-01T10:07:00.000Z', '2026-03-01T10:07:00.000Z') },
    ],
  },
  {
    what: 'by two SDKs',
    user: 'u4',
    first: {
      user_id: 'u4',
      origin: 'web',
      library: 'analytics.js',
      ...times('2026-03-01T10:00:00.000Z', '2026-03-01T10:00:01.000Z'),
    },
    copies: [
      {
        user_id: 'u4',
        origin: 'server',
        library: 'analytics-python',
        ...times('2026-03-01T10:20:00.000Z', '2026-03-01T10:20:01.000Z'),
      },
    ],
  },
  {
    what: 'the same, word for word, before anything is merged',
    user: 'u5',
    first: times('2026-03-01T10:00:00.000Z', '2026-03-01T10:00:01.000Z'),
    copies: [times('2026-03-01T10:00:00.000Z', '2026-03-01T10:09:01.000Z')],
  },
  {
    what: 'stored before the copy that was received first',
    user: 'u6',
    first: times('2026-03-01T10:00:00.000Z', '2026-03-01T10:00:01.000Z'),
    copies: [times('2026-03-02T10:00:00.000Z', '2026-03-02T10:00:01.000Z')],
  },
]

const rowsOf = ({ user, first, copies }: Case): EventRow[] => {
  const row = (fields: Partial<EventRow>, nth: number) =>
    eventRow({
      at: '2026-03-01T10:00:00Z',
      name: 'Signed Up',
      message_id: `m-${user}`,
      properties: { copy: nth },
      ...(fields.anonymous_id === undefined && fields.user_id === undefined ? { user_id: user } : {}),
      ...fields,
    })
  return [row(first, 0), ...copies.map((copy, index) => row(copy, index + 1))]
}

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  api = await startTimelineApi({ clickhouse, log })
  // Each copy is looked at when it comes, as if that were now: then only its own last visit is formed.
  let now = 0
  const worker = openWorker({
    clickhouse,
    metrics: createMetrics(),
    logger: silentLogger,
    isAlone: true,
    sweepIntervalMs: 2 ** 30,
    recentNow: () => now,
  })
  // One insert each, the last case's the other way round, so that copies stand in parts of their own.
  for (const one of cases) {
    const rows = rowsOf(one)
    for (const row of one.user === 'u6' ? rows.reverse() : rows) {
      await insertRowsOf(clickhouse.app, [row])
      now = Date.parse(row.occurred_at)
      await worker.pass()
    }
  }
  await insertPeople(
    clickhouse.app,
    cases.map(({ user }) => ({
      person: `user:${user}`,
      identifiers: [{ identifier: `user:${user}` }, { identifier: `anon:d${user.slice(1)}` }],
      accounts: [{ account: 'acme' }],
    })),
  )
  await worker.pass()
})
afterAll(async () => {
  await api.close()
  await clickhouse.close()
})

type PersonTimeline = z.infer<typeof wire.personTimeline>
const timelineOf = async (user: string, query = '') =>
  (await api.get<PersonTimeline>(`/v1/users/${user}/timeline?order=asc${query}`)).body

describe.each(cases)('sent again $what', ({ user, first, copies }) => {
  const at = new Date(first.occurred_at ?? '').toISOString()

  test('is one touchpoint, the first received, and counts once in the summary', async () => {
    const { touchpoints: list = [], summary } = await timelineOf(user)
    const actions = list.filter(({ kind }) => kind === 'action')
    expect(actions).toMatchObject([
      { name: 'Signed Up', at, properties: { copy: 0 }, messageIds: [`m-${user}`] },
    ])
    expect(actions[0]?.sources).toHaveLength(1)
    expect(summary?.touchpoints).toBe(list.length)
    expect(summary?.anonymousTouchpoints).toBe(first.anonymous_id === undefined ? 0 : list.length)
    expect([summary?.firstAt, summary?.lastAt]).toEqual([at, at])
  })

  test('is one row in the table of touchpoints, which is kept with each copy that comes', async () => {
    const answer = await clickhouse.reader.query({
      query: `SELECT at, message_ids, sources FROM user_timeline(project = 'default', id = {user: String}) WHERE kind = 'action'`,
      query_params: { user },
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_output_format: 'iso' },
    })
    const rows = await answer.json<{ at: string; message_ids: string[]; sources: string[] }>()
    expect(rows).toMatchObject([{ at, message_ids: [`m-${user}`] }])
    expect(rows[0]?.sources).toHaveLength(1)
  })

  test('is one event, with its own text', async () => {
    const { events } = await timelineOf(user, '&detail=events')
    expect(events).toMatchObject([{ messageId: `m-${user}`, occurredAt: at, properties: { copy: 0 } }])
  })

  test('is in no other window, nor as of any time another', async () => {
    const day = (text: string) => text.slice(0, 10)
    for (const { occurred_at = '' } of copies) {
      if (day(occurred_at) === day(at)) continue
      const { touchpoints: list } = await timelineOf(
        user,
        `&from=${day(occurred_at)}&to=${day(occurred_at)}T23:59:59Z`,
      )
      expect(list).toEqual([])
    }
    // Whose device it is nobody had said by then.
    const asked = first.anonymous_id === undefined ? user : `anon:${first.anonymous_id}`
    const then = await timelineOf(asked, `&as_of=${first.received_at}&detail=events`)
    expect(then.events).toMatchObject([{ occurredAt: at, properties: { copy: 0 } }])
  })

  test('is the same by windows of time, as large timelines are read', async () => {
    const reader = { client: clickhouse.reader, project: 'default', signedOnly: false }
    const scope = personScope(await findPerson(reader, [`user:${user}`]))
    const query: TimelineQuery = { withBots: false, order: 'asc', limit: 10 }
    const read = async <Item>(listing: Listing<Item>, few: number) => {
      const { items } = await readPage(reader, scope, query, listing, { sizes: { few, many: few } })
      return items.map(listing.positionOf)
    }
    expect(await read(touchpoints, 0)).toEqual(await read(touchpoints, 100))
    expect(await read(plainEvents, 0)).toEqual(await read(plainEvents, 100))
  })

  test('is exported once, and asked for by its id it is the first received', async () => {
    const answer = await api.app.inject({
      url: `/v1/people/${user}/export`,
      headers: { authorization: 'Bearer secret' },
    })
    const events = answer.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { record: string; properties: unknown })
      .filter(({ record }) => record === 'event')
    expect(events).toMatchObject([{ message_id: `m-${user}`, properties: { copy: 0 } }])
    const { body } = await api.get<z.infer<typeof wire.eventStatus>>(`/v1/events/m-${user}`)
    expect(body.event).toMatchObject({ occurredAt: at, properties: { copy: 0 } })
  })
})

test('an account counts each person’s once', async () => {
  const { body } = await api.get<z.infer<typeof wire.accountTimeline>>(
    '/v1/accounts/acme/timeline?kind=action',
  )
  expect(body.summary).toMatchObject({ touchpoints: cases.length, people: cases.length })
})

test('a robot’s first copy is the one that counts: the later one is not shown in its place', async () => {
  await insertRowsOf(clickhouse.app, [
    eventRow({ at: '2026-03-01T10:00:00Z', user_id: 'bot', name: 'A', message_id: 'm-bot', is_bot: true }),
    eventRow({ at: '2026-03-02T10:00:00Z', user_id: 'bot', name: 'A', message_id: 'm-bot' }),
    eventRow({ at: '2026-03-03T10:00:00Z', user_id: 'bot', name: 'B', message_id: 'm-human' }),
  ])
  expect((await timelineOf('bot', '&detail=events')).events?.map(({ messageId }) => messageId)).toEqual([
    'm-human',
  ])
  const all = await timelineOf('bot', '&detail=events&bots=true')
  expect(all.events).toMatchObject([{ occurredAt: '2026-03-01T10:00:00.000Z' }, { messageId: 'm-human' }])
})
