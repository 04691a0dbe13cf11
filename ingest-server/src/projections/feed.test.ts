import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { openFeed, type Feed } from './feed.js'

let clickhouse: TestClickHouse

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})
afterAll(() => clickhouse?.close())

let tables = 0
/** A table of its own with a block of rows at each of these times; the feed of it goes back by nothing. */
async function feedOf(blocks: readonly [storedAt: string, rows: number][]): Promise<Feed<string>> {
  const table = `feed_${(tables += 1)}`
  await clickhouse.app.command({
    query: `CREATE TABLE ${table} (stored_at DateTime64(3, 'UTC'), name String) ENGINE = MergeTree ORDER BY stored_at`,
  })
  const values = blocks.flatMap(([stored_at, rows]) =>
    Array.from({ length: rows }, (_, n) => ({ stored_at, name: `${stored_at} ${n}` })),
  )
  await clickhouse.app.insert({ table, values, format: 'JSONEachRow' })
  return openFeed({
    client: clickhouse.app,
    table,
    columns: ['name'],
    toRow: ([name]) => String(name),
    overlapMs: 0,
  })
}

const blocks: [string, number][] = [
  ['2026-03-01 10:00:00.000', 2],
  ['2026-03-01 10:00:01.000', 1],
  ['2026-03-01 10:00:02.000', 3],
]
const rowsOf = (look: { fresh: readonly { rows: number }[] }) => look.fresh.map(({ rows }) => rows)

test('what was worked in is looked at once', async () => {
  const feed = await feedOf(blocks)
  const look = await feed.look()
  expect(rowsOf(look)).toEqual([2, 1, 3])
  feed.settle(look, look.fresh)
  expect(rowsOf(await feed.look())).toEqual([])
})

test('what was not worked in is looked at again, and nothing after it counts as settled', async () => {
  const feed = await feedOf(blocks)
  const look = await feed.look()
  feed.settle(
    look,
    [look.fresh[0], look.fresh[2]].filter((one) => one !== undefined),
  )
  expect(rowsOf(await feed.look())).toEqual([1])
  expect(feed.settledUntil() <= '2026-03-01T10:00:01.000Z').toBe(true)
})

test('what the feed goes back for in the middle of a look is looked at again, whatever that look worked in', async () => {
  for (const back of [null, '2026-03-01T10:00:01.000Z']) {
    const feed = await feedOf(blocks)
    const first = await feed.look()
    feed.settle(first, first.fresh)
    // As when a part of the work is taken over from somebody who ended, between two pages.
    const look = await feed.look()
    feed.goBackTo(back)
    feed.settle(look, look.fresh)
    expect(Date.parse(feed.settledUntil())).toBe(back === null ? 0 : Date.parse(back))
    expect(rowsOf(await feed.look())).toEqual(back === null ? [2, 1, 3] : [1, 3])
  }
})

test('a look that found something and one that went back meanwhile do not settle one another', async () => {
  const feed = await feedOf(blocks)
  const stale = await feed.look()
  feed.goBackTo('2026-03-01T10:00:00.500Z')
  const look = await feed.look()
  feed.settle(stale, stale.fresh)
  feed.settle(look, look.fresh.slice(0, 1))
  expect(feed.settledUntil()).not.toBe(stale.until)
  feed.settle(look, look.fresh)
  expect(rowsOf(await feed.look())).toEqual([])
})
