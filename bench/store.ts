/**
 * The store: rows a second from the embedded log into ClickHouse, in records of 100 rows, with all
 * materialized views. Yardstick: ClickHouse is sent the same bytes in one statement. (It reads no files: the
 * embedded server is confined to its own.)
 * Target: 0.7.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createMetrics } from '../ingest-server/src/metrics.js'
import { openEmbeddedLog } from '../ingest-server/src/log/embedded/embedded-log.js'
import type { EventLog } from '../ingest-server/src/log/log.js'
import { startStore } from '../ingest-server/src/store/store.js'
import { silentLogger, startTestClickHouse } from '../test-support/clickhouse.js'
import { printTable, rounded } from './report.js'

const rowsPerRecord = 100

export interface StoreResult {
  rows: number
  bytesPerRow: number
  storePerSecond: number
  yardstickPerSecond: number
  /** Median of the rounds' own ratios: what a noisy machine does to one round it does to both halves of it. */
  ratio: number
}

interface StoreRun {
  rows?: number
  rounds?: number
  /** An empty log; the embedded one when absent. */
  openLog?: () => Promise<EventLog>
}

/** Rounds alternate between the yardstick and the store, so that a noisy machine is noisy to both. */
export async function run({ rows = 400_000, rounds = 3, openLog }: StoreRun = {}): Promise<StoreResult> {
  const records = Array.from({ length: rows / rowsPerRecord }, (_, index) =>
    Buffer.from(
      Array.from({ length: rowsPerRecord }, (_, at) => lineOf(index * rowsPerRecord + at)).join(''),
    ),
  )
  const clickhouse = await startTestClickHouse()
  try {
    const stores: number[] = []
    const yardsticks: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      yardsticks.push(rows / (await secondsByOneInsert(clickhouse, records)))
      stores.push(rows / (await secondsByStore(clickhouse, records, openLog)))
    }
    const bytes = records.reduce((sum, lines) => sum + lines.length, 0)
    return {
      rows,
      bytesPerRow: Math.round(bytes / rows),
      storePerSecond: median(stores),
      yardstickPerSecond: median(yardsticks),
      ratio: median(stores.map((store, round) => store / (yardsticks[round] ?? NaN))),
    }
  } finally {
    await clickhouse.close()
  }
}

type TestClickHouse = Awaited<ReturnType<typeof startTestClickHouse>>

async function secondsByOneInsert(clickhouse: TestClickHouse, records: readonly Buffer[]): Promise<number> {
  await empty(clickhouse)
  const startedAt = performance.now()
  const answer = await clickhouse.app.exec({
    query: 'INSERT INTO events FORMAT JSONEachRow',
    values: Readable.from(records, { objectMode: false }),
    clickhouse_settings: {
      input_format_json_read_objects_as_strings: 1,
      date_time_input_format: 'best_effort',
    },
  })
  answer.stream.resume()
  await finished(answer.stream)
  const seconds = (performance.now() - startedAt) / 1_000
  await expectRows(clickhouse, records.length * rowsPerRecord)
  return seconds
}

async function secondsByStore(
  clickhouse: TestClickHouse,
  records: readonly Buffer[],
  openLog: StoreRun['openLog'],
): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-bench-'))
  const log = await (openLog?.() ?? openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger }))
  try {
    await empty(clickhouse)
    for (const lines of records)
      await log.append([{ table: 'events', rows: { bench: rowsPerRecord }, lines }])
    const metrics = createMetrics()
    const startedAt = performance.now()
    const store = startStore({ log, clickhouse, metrics, logger: silentLogger })
    const inserted = async () => (await metrics.inserted.get()).values[0]?.value ?? 0
    while ((await inserted()) < records.length * rowsPerRecord)
      await new Promise((resolve) => setTimeout(resolve, 2))
    const seconds = (performance.now() - startedAt) / 1_000
    await store.stop()
    await expectRows(clickhouse, records.length * rowsPerRecord)
    return seconds
  } finally {
    await log.close()
    rmSync(dir, { recursive: true })
  }
}

async function empty(clickhouse: TestClickHouse): Promise<void> {
  const tables = ['events', 'links', 'identity_changes_seen', 'traits', 'account_subjects']
  for (const table of tables) await clickhouse.app.command({ query: `TRUNCATE TABLE IF EXISTS ${table}` })
}

async function expectRows(clickhouse: TestClickHouse, expected: number): Promise<void> {
  const answer = await clickhouse.app.query({
    query: 'SELECT count() AS rows FROM events',
    format: 'JSONEachRow',
  })
  const [found] = await answer.json<{ rows: number | string }>()
  if (Number(found?.rows) !== expected)
    throw new Error(`ClickHouse has ${found?.rows} rows instead of ${expected}`)
}

/** A page view with a campaign; each tenth event is an identify with its facts. */
function lineOf(n: number): string {
  const time = new Date(1_767_225_600_000 + n * 100).toISOString()
  const visitor = `8f14e45f-ceea-4d1e-9b2a-${String(n % 20_000).padStart(12, '0')}`
  const isIdentify = n % 10 === 0
  return `${JSON.stringify({
    project: 'bench',
    subject: isIdentify ? `user:u${n % 20_000}` : `anon:${visitor}`,
    client_time: time,
    occurred_at: time,
    received_at: time,
    message_id: `m-${String(n).padStart(12, '0')}`,
    type: isIdentify ? 'identify' : 'page',
    ...(isIdentify ? { user_id: `u${n % 20_000}` } : { name: 'Pricing' }),
    anonymous_id: visitor,
    session_id: `s${Math.floor(n / 8)}`,
    channel: 'Paid Search',
    channel_rule: 'paid-search',
    source: 'google',
    medium: 'cpc',
    campaign: 'spring',
    url: 'https://www.example.com/pricing?utm_source=google',
    host: 'www.example.com',
    path: '/pricing',
    device: 'desktop',
    browser: 'Chrome',
    os: 'Windows',
    ip: '203.0.113.0',
    properties: isIdentify ? {} : { plan: 'pro', seats: n % 50 },
    ...(isIdentify && {
      traits: { plan: 'pro' },
      links: [
        {
          kind: 'claim',
          identifier: `user:u${n % 20_000}`,
          other: `anon:${visitor}`,
          verified: false,
          at: time,
        },
      ],
      person_traits: [{ name: 'plan', value: '"pro"' }],
    }),
  })}\n`
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN
}

export function printStore(title: string, result: StoreResult): void {
  printTable(`${title}: ${rounded(result.rows)} rows of ${result.bytesPerRow} B, median of the rounds`, [
    {
      what: 'ClickHouse inserts the file itself',
      'rows/s': rounded(result.yardstickPerSecond),
      ratio: '1.00',
    },
    {
      what: 'log → store → ClickHouse',
      'rows/s': rounded(result.storePerSecond),
      ratio: result.ratio.toFixed(2),
      target: '0.70',
    },
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printStore('Store from the embedded log', await run())
