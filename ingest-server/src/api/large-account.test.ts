import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TouchpointAnswer } from '@touchline/schemas/api'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { startTimelineApi, type Answer, type TimelineApi } from '../../../test-support/timeline-api.js'

let clickhouse: TestClickHouse
let api: TimelineApi

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  api = await startTimelineApi({
    clickhouse,
    log: { lag: async () => ({ records: 0, bytes: 0, oldestMs: 0 }) } as never,
  })
})
afterAll(async () => {
  await api.close()
  await clickhouse.close()
})

interface Page {
  summary?: object
  touchpoints?: TouchpointAnswer[]
  events?: { messageId: string }[]
  nextCursor: string | null
}

/** Visitors who name the account in their events, two page views each; their ids are long, so that lists of them are too. */
async function insertVisitors(account: string, visitors: number): Promise<void> {
  await clickhouse.app.command({
    query: `
      INSERT INTO events (project, subject, anonymous_id, client_time, occurred_at, received_at, message_id, type, name, origin,
        session_id, group_id, url, path, channel, version)
      SELECT 'default', concat('anon:', id), id, at, at, at, concat({account: String}, '-', toString(number)), 'page', 'Pricing', 'web',
        concat('s-', id), {account: String}, 'https://shop.example/pricing', '/pricing', 'Direct', 1
      FROM (
        SELECT number, concat({account: String}, '-visitor-', leftPad(toString(intDiv(number, 2)), 12, '0')) AS id,
          toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + INTERVAL number SECOND AS at
        FROM numbers({events: UInt32}))`,
    query_params: { account, events: visitors * 2 },
  })
}

describe.each([
  { account: 'big', visitors: 5_000 },
  { account: 'huge', visitors: 50_000 },
])('an account of $visitors subjects', ({ account, visitors }) => {
  beforeAll(() => insertVisitors(account, visitors))

  test.each(['touchpoints', 'events'])('pages to the end of its %s, each page 200', async (detail) => {
    const url = `/v1/accounts/${account}/timeline?limit=1000&order=asc&detail=${detail}`
    const ids = new Set<string>()
    // Every page of the smaller one; the first few and a cursor far along for the larger one.
    const mostPages = visitors > 10_000 ? 4 : 100
    let cursor: string | null = null
    for (let page = 0; page < mostPages; page += 1) {
      const answer: Answer<Page> = await api.get<Page>(
        cursor === null ? url : `${url}&cursor=${encodeURIComponent(cursor)}`,
      )
      const { status, body } = answer
      expect(status, JSON.stringify(body).slice(0, 300)).toBe(200)
      if (page === 0 && detail === 'touchpoints')
        expect(body.summary).toMatchObject({ touchpoints: visitors, sessions: visitors })
      for (const { messageId } of body.events ?? []) ids.add(messageId)
      for (const { messageIds } of body.touchpoints ?? []) for (const id of messageIds) ids.add(id)
      cursor = body.nextCursor
      if (cursor === null) break
    }
    if (visitors <= 10_000) expect(ids.size).toBe(detail === 'events' ? visitors * 2 : visitors)
    else expect(ids.size).toBeGreaterThanOrEqual(4_000)
  })

  test('answers as CSV, by channel and backwards', async () => {
    const csv = await api.app.inject({
      url: `/v1/accounts/${account}/timeline?limit=1000&order=desc&channel=Direct&format=csv`,
      headers: { authorization: 'Bearer secret' },
    })
    expect(csv.statusCode).toBe(200)
    expect(csv.body.trim().split('\n')).toHaveLength(1_001)
  })
})
