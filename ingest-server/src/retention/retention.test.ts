import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { deleteOld } from './retention.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})
afterAll(() => clickhouse.close())

const now = Date.parse('2026-03-01T00:00:00.000Z')
const at = (days: number) =>
  new Date(now - days * 86_400_000).toISOString().replace('T', ' ').replace('Z', '')

async function select<Row>(query: string): Promise<Row[]> {
  return (await clickhouse.app.query({ query, format: 'JSONEachRow' })).json<Row>()
}

test('events past the retention go, newer ones, other projects and who-is-who stay', async () => {
  const event = (project: string, days: number) => ({
    project,
    subject: 'user:u1',
    client_time: at(days),
    occurred_at: at(days),
    received_at: at(0),
    message_id: `${project}-${days}`,
    links: [{ kind: 'claim', identifier: 'user:u1', other: 'anon:a', verified: false, at: at(days) }],
    person_traits: [{ name: 'plan', value: '"pro"' }],
  })
  await clickhouse.app.insert({
    table: 'events',
    format: 'JSONEachRow',
    values: [event('shop', 31), event('shop', 29), event('other', 31)],
  })
  const refused = (days: number) => ({ project: 'shop', received_at: at(days), message_id: `r-${days}` })
  await clickhouse.app.insert({
    table: 'rejected_events',
    format: 'JSONEachRow',
    values: [refused(31), refused(29)],
  })
  const deps = { app: clickhouse.app, clock: () => now, logger: silentLogger }
  await deleteOld(deps, { id: 'shop', retentionDays: 30 })
  await deleteOld(deps, { id: 'shop', retentionDays: 30 })
  expect(await select('SELECT message_id FROM events FINAL ORDER BY message_id')).toEqual([
    { message_id: 'other-31' },
    { message_id: 'shop-29' },
  ])
  expect(await select('SELECT message_id FROM rejected_events')).toEqual([{ message_id: 'r-29' }])
  expect(
    await select("SELECT message_id FROM links FINAL WHERE identifier = 'user:u1' AND project = 'shop'"),
  ).toHaveLength(2)
  expect(await select("SELECT message_id FROM traits FINAL WHERE project = 'shop'")).toHaveLength(2)
})
