/** Timelines too large to be read whole come by windows of time, and tell the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertPeople, insertRowsOf } from '../../../test-support/event-rows.js'
import type { EventRow } from '../log/event-row.js'
import type { Reader } from '../clickhouse/query.js'
import { plainEvents, touchpoints, type Listing, type TimelineQuery } from './listing.js'
import { readPage, type Sizes } from './page.js'
import { readAccount } from '../identity/account-people.js'
import { findPerson } from '../identity/people.js'
import { rowKey } from '../touchpoints/rows.js'
import { accountScope, personScope, type Scope } from '../touchpoints/scope.js'
import { keyOf } from '../touchpoints/touchpoints.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'

const start = Date.parse('2026-01-01T00:00:00Z')
const minute = 60_000
const count = 3_000
const always: Sizes = { few: 0, many: 0 }
const never: Sizes = { few: 10_000, many: 10_000 }

/** Three devices in turn; every hundredth event from a clock that is a year wrong, some sent twice. */
function rows(): EventRow[] {
  return Array.from({ length: count }, (_, index) => {
    const at = start + Math.floor(index / 5) * 40 * minute + (index % 5) * minute
    const occurred_at = new Date(at).toISOString()
    const type = index % 5 < 3 ? 'page' : index % 35 === 4 ? 'identify' : 'track'
    return eventRow({
      at: occurred_at,
      client_time: new Date(at + (index % 100 === 0 ? 365 * 24 * 60 * minute : 0)).toISOString(),
      type,
      name: type === 'track' ? `Step ${index}` : '',
      anonymous_id: `d${Math.floor(index / 400) % 3}`,
      user_id: type === 'identify' ? `u${index % 2}` : '',
      session_id: index % 10 < 5 ? `s${Math.floor(index / 5)}` : '',
      channel: index % 5 === 0 ? (['Direct', 'Email', 'Paid Search'][Math.floor(index / 5) % 3] ?? '') : '',
      title: `Page ${index}`,
      properties: { index },
    })
  })
}

let clickhouse: TestClickHouse
let reader: Reader
let scope: Scope

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  reader = { client: clickhouse.reader, project: 'default', signedOnly: false }
  const sent = rows()
  await insertRowsOf(clickhouse.app, sent)
  await insertRowsOf(
    clickhouse.app,
    sent
      .slice(500, 900)
      .map((row) => ({ ...row, received_at: '2027-01-01T00:00:00Z', occurred_at: '2026-12-31T00:00:00Z' })),
  )
  const identifiers = ['user:u0', 'user:u1', 'anon:d0', 'anon:d1', 'anon:d2']
  await insertPeople(clickhouse.app, [
    { person: 'user:u0', identifiers: identifiers.map((identifier) => ({ identifier })) },
  ])
  scope = personScope(await findPerson(reader, ['user:u0']))
})
afterAll(() => clickhouse.close())

async function walk<Item>(
  query: Partial<TimelineQuery>,
  listing: Listing<Item>,
  sizes: Sizes,
): Promise<unknown[]> {
  const found: unknown[] = []
  let after: TimelineQuery['after']
  do {
    const asked: TimelineQuery = { withBots: false, order: 'desc', limit: 150, ...query, after }
    const page = await readPage(reader, scope, asked, listing, { sizes })
    expect(page.items.length).toBeLessThanOrEqual(asked.limit)
    for (const row of page.items.flatMap(listing.rowsOf))
      expect(page.wide.get(rowKey(row))?.properties).toMatch(/"index"/)
    found.push(...page.items.map((item) => listing.positionOf(item)))
    after = page.next
  } while (after)
  return found
}

describe.each(['asc', 'desc'] as const)('page by page, %s, by windows as when read whole', (order) => {
  test('touchpoints', async () => {
    const whole = await walk({ order, limit: 10_000 }, touchpoints, never)
    expect(whole.length).toBeGreaterThan(1_500)
    expect(await walk({ order }, touchpoints, always)).toEqual(whole)
  })

  test('events', async () => {
    const whole = await walk({ order, limit: 10_000 }, plainEvents, never)
    expect(whole).toHaveLength(count)
    expect(await walk({ order, limit: 500 }, plainEvents, always)).toEqual(whole)
  })

  test('a part of the time, and of one channel and kind', async () => {
    const part = {
      from: start + 3 * 24 * 60 * minute,
      to: start + 9 * 24 * 60 * minute,
      channels: ['Email'],
      kinds: ['visit'],
    }
    const whole = await walk({ order, ...part, limit: 10_000 }, touchpoints, never)
    expect(whole.length).toBeGreaterThan(50)
    expect(await walk({ order, ...part, limit: 20 }, touchpoints, always)).toEqual(whole)
  })
})

test('before the table is filled the rough summary of a large timeline agrees where it counts the same things', async () => {
  const query: TimelineQuery = { withBots: false, order: 'desc', limit: 10 }
  const [exact, rough] = await Promise.all(
    [never, always].map(
      async (sizes) => (await readPage(reader, scope, query, touchpoints, { sizes })).summary,
    ),
  )
  const { firstAt, channels, people } = exact ?? {}
  expect(rough).toMatchObject({ exact: false, firstAt, channels, people })
  expect(exact?.exact).toBe(true)
  expect(Math.abs((rough?.touchpoints ?? 0) / (exact?.touchpoints ?? 1) - 1)).toBeLessThan(0.2)
})

describe('with the table of touchpoints filled', () => {
  const account = 'spread'
  const visitors = 150
  const query: TimelineQuery = { withBots: false, order: 'desc', limit: 50 }
  const pageOfAccount = async (more: Partial<TimelineQuery> = {}) =>
    readPage(reader, accountScope(await readAccount(reader, account)), { ...query, ...more }, touchpoints)
  let before: Awaited<ReturnType<typeof pageOfAccount>>

  beforeAll(async () => {
    const sent = Array.from({ length: visitors * 6 }, (_, index) =>
      eventRow({
        at: new Date(start + index * 11 * minute).toISOString(),
        type: index % 3 === 0 ? 'track' : 'page',
        name: index % 3 === 0 ? 'Read' : '',
        anonymous_id: `v${index % visitors}`,
        group_id: index % 7 === 0 ? '' : account,
        channel: index % 2 === 0 ? 'Email' : '',
        path: `/${index}`,
      }),
    )
    await insertRowsOf(clickhouse.app, sent)
    before = await pageOfAccount()
    await rebuildTouchpoints({ clickhouse })
  })

  test.each([
    ['all', {}],
    ['of one channel and kind', { channels: ['Email'], kinds: ['visit'] }],
    ['of a part of the time', { from: start + 2 * 24 * 60 * minute, to: start + 20 * 24 * 60 * minute }],
  ])('the summary of a large timeline is exact, and says as of when: %s', async (_, filter) => {
    const [exact, large] = await Promise.all(
      [never, always].map(
        async (sizes) =>
          (await readPage(reader, scope, { ...query, ...filter }, touchpoints, { sizes })).summary,
      ),
    )
    expect(exact?.touchpoints).toBeGreaterThan(20)
    expect(large).toEqual({ ...exact, asOf: expect.stringMatching(/^20/) as string })
  })

  test('an account of many subjects has the same first page and summary as before', async () => {
    expect(before.summary?.touchpoints).toBeGreaterThan(300)
    const now = await pageOfAccount()
    expect(now.summary).toEqual({ ...before.summary, asOf: expect.stringMatching(/^20/) as string })
    expect(now.items.map(keyOf)).toEqual(before.items.map(keyOf))
    const next = await pageOfAccount({ after: now.next })
    expect(next.items.length).toBe(query.limit)
    expect(next.items.map(keyOf)).not.toContain(now.items.map(keyOf).at(-1))
  })
})
