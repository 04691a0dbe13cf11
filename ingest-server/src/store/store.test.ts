import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createMetrics, type Metrics } from '../metrics.js'
import { openEmbeddedLog, type EmbeddedLog } from '../log/embedded/embedded-log.js'
import type { LogRecord } from '../log/log.js'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { startStore } from './store.js'

let clickhouse: TestClickHouse
let dir: string
let log: EmbeddedLog
let metrics: Metrics
let store: ReturnType<typeof startStore> | undefined

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})
afterAll(() => clickhouse.close())

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-store-'))
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  metrics = createMetrics()
})
afterEach(async () => {
  await store?.stop()
  store = undefined
  await log.close()
  rmSync(dir, { recursive: true, force: true })
  for (const table of ['events', 'rejected_events', 'dead_letters'])
    await clickhouse.app.command({ query: `TRUNCATE TABLE ${table}` })
})

const begin = () => (store = startStore({ log, clickhouse, metrics, logger: silentLogger }))

function row(project: string, messageId: string, more: object = {}): string {
  return JSON.stringify({
    project,
    subject: 'anon:a1',
    client_time: '2026-03-01T10:00:00.000Z',
    message_id: messageId,
    type: 'track',
    name: 'Signed Up',
    occurred_at: '2026-03-01T10:00:00.000Z',
    received_at: '2026-03-01T10:00:01.000Z',
    properties: { plan: 'pro', nested: { seats: 3 } },
    ...more,
  })
}

function record(rows: Record<string, number>, ...lines: string[]): LogRecord {
  return { table: 'events', rows, lines: Buffer.from(lines.map((line) => `${line}\n`).join('')) }
}

async function select<T>(query: string): Promise<T[]> {
  const answer = await clickhouse.app.query({ query, format: 'JSONEachRow' })
  return answer.json<T>()
}

async function total(counter: Metrics['inserted']): Promise<Record<string, number>> {
  const { values } = await counter.get()
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.project), value]))
}

const untilHandled = () =>
  vi.waitUntil(async () => (await log.lag()).records === 0, { timeout: 20_000, interval: 20 })

test('rows of the log become rows of their tables, and are counted by project', async () => {
  await log.append([record({ a: 2 }, row('a', 'm1'), row('a', 'm2')), record({ b: 1 }, row('b', 'm3'))])
  await log.append([
    {
      table: 'rejected_events',
      rows: { a: 1 },
      lines: Buffer.from(
        `{"project":"a","received_at":"2026-03-01T10:00:01.000Z","message_id":"m9","code":"EVENT_NO_ID","message":"no id","stage":"collect","original":"{}"}\n`,
      ),
    },
  ])
  begin()
  await untilHandled()
  expect(await select('SELECT project, message_id FROM events FINAL ORDER BY message_id')).toEqual([
    { project: 'a', message_id: 'm1' },
    { project: 'a', message_id: 'm2' },
    { project: 'b', message_id: 'm3' },
  ])
  expect(await select('SELECT message_id, code FROM rejected_events')).toEqual([
    { message_id: 'm9', code: 'EVENT_NO_ID' },
  ])
  expect(await total(metrics.inserted)).toEqual({ a: 2, b: 1 })
  expect(await total(metrics.deadLettered)).toEqual({})
})

test('nested JSON is stored as it was sent', async () => {
  await log.append([record({ a: 1 }, row('a', 'm1'))])
  begin()
  await untilHandled()
  const [stored] = await select<{ properties: string }>('SELECT properties FROM events')
  expect(JSON.parse(stored?.properties ?? '')).toEqual({ plan: 'pro', nested: { seats: 3 } })
})

test('a line that ClickHouse refuses is set aside alone, with its bytes, reason and place', async () => {
  const bad = row('b', 'bad', { occurred_at: 'not a time', name: 'quo"te \\ ünï\u0007' })
  const good = Array.from({ length: 20 }, (_, index) => row('a', `m${index}`))
  await log.append([record({ a: 20, b: 1 }, ...good.slice(0, 7), bad, ...good.slice(7))])
  begin()
  await untilHandled()
  expect(await select('SELECT count() AS events FROM events FINAL')).toEqual([{ events: 20 }])
  const letters = await select<Record<string, unknown>>(
    'SELECT target, project, code, reason, position, original FROM dead_letters',
  )
  expect(letters).toHaveLength(1)
  expect(letters[0]).toMatchObject({ target: 'events', project: 'b', original: bad })
  expect(letters[0]?.code).toBeGreaterThan(0)
  expect(letters[0]?.reason).toContain('occurred_at')
  expect(letters[0]?.position).toMatch(/^embedded\/\d{9}$/)
  expect(await total(metrics.inserted)).toEqual({ a: 20 })
  expect(await total(metrics.deadLettered)).toEqual({ b: 1 })
})

test('a line that is not even JSON is set aside byte for byte, and counted for the project that lacks it', async () => {
  const broken = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x5c, 0x00, 0x0a])
  const lines = Buffer.concat([
    Buffer.from(`${row('a', 'm1')}\n`),
    broken,
    Buffer.from(`${row('a', 'm2')}\n`),
  ])
  await log.append([{ table: 'events', rows: { a: 2, b: 1 }, lines }])
  begin()
  await untilHandled()
  expect(await select('SELECT count() AS events FROM events FINAL')).toEqual([{ events: 2 }])
  expect(await select('SELECT project, hex(original) AS bytes FROM dead_letters')).toEqual([
    { project: 'b', bytes: broken.subarray(0, -1).toString('hex').toUpperCase() },
  ])
  expect(await total(metrics.inserted)).toEqual({ a: 2 })
  expect(await total(metrics.deadLettered)).toEqual({ b: 1 })
})

test('while a table is missing rows wait in the log, and nothing is set aside', async () => {
  await clickhouse.app.command({ query: 'RENAME TABLE events TO events_away' })
  await log.append([record({ a: 1 }, row('a', 'm1'))])
  begin()
  await vi.waitUntil(async () => ((await metrics.insertRetries.get()).values[0]?.value ?? 0) >= 2, {
    timeout: 20_000,
  })
  expect((await log.lag()).records).toBe(1)
  await clickhouse.app.command({ query: 'RENAME TABLE events_away TO events' })
  await untilHandled()
  expect(await select('SELECT message_id FROM events')).toEqual([{ message_id: 'm1' }])
  expect(await select('SELECT count() AS letters FROM dead_letters')).toEqual([{ letters: 0 }])
  expect(await total(metrics.inserted)).toEqual({ a: 1 })
})

test('dead letters that cannot be written yet hold the batch back', async () => {
  await clickhouse.app.command({ query: 'RENAME TABLE dead_letters TO dead_letters_away' })
  await log.append([record({ a: 1 }, row('a', 'bad', { occurred_at: 'never' }))])
  begin()
  await vi.waitUntil(async () => ((await metrics.insertRetries.get()).values[0]?.value ?? 0) >= 2, {
    timeout: 20_000,
  })
  expect((await log.lag()).records).toBe(1)
  await clickhouse.app.command({ query: 'RENAME TABLE dead_letters_away TO dead_letters' })
  await untilHandled()
  expect(await select('SELECT count() AS letters FROM dead_letters')).toEqual([{ letters: 1 }])
})

test('stopping while ClickHouse does not take rows leaves them in the log for the next store', async () => {
  await clickhouse.app.command({ query: 'RENAME TABLE events TO events_away' })
  await log.append([record({ a: 1 }, row('a', 'm1'))])
  const first = begin()
  await vi.waitUntil(async () => ((await metrics.insertRetries.get()).values[0]?.value ?? 0) >= 1, {
    timeout: 20_000,
  })
  await first.stop()
  await clickhouse.app.command({ query: 'RENAME TABLE events_away TO events' })
  expect((await log.lag()).records).toBe(1)
  begin()
  await untilHandled()
  expect(await select('SELECT message_id FROM events')).toEqual([{ message_id: 'm1' }])
})
