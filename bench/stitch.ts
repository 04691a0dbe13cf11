/**
 * Stitch: new links a second that end up in identity_map and people, people who were never seen before among
 * people who were. Yardstick: ClickHouse takes the same links as rows of one table, in blocks of the same size,
 * and does nothing with them. Target: 5,000 links a second, kept up with while they arrive.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createMetrics } from '../ingest-server/src/metrics.js'
import type { EventRow } from '../ingest-server/src/log/event-row.js'
import { startStitch, type Stitch } from '../ingest-server/src/identity/upkeep/stitch.js'
import { silentLogger, startTestClickHouse } from '../test-support/clickhouse.js'
import { insertRowsOf } from '../test-support/event-rows.js'
import { identityRow } from '../test-support/worlds/identity-events.js'
import { printTable, ratio, rounded } from './report.js'

type TestClickHouse = Awaited<ReturnType<typeof startTestClickHouse>>

const blockEvents = 1_000
const never = 2 ** 30

export interface StitchResult {
  links: number
  yardstickPerSecond: number
  stitchPerSecond: number
  /** Claims of people who were already logged in: most traffic, and nothing to do. */
  repeatsPerSecond: number
  arrivingPerSecond: number
  /** How old the oldest link was that a look found, while they arrived. */
  lagSeconds: { median: number; max: number }
}

export async function run({
  people = 10_000,
  arrivingPerSecond = 5_000,
  seconds = 15,
} = {}): Promise<StitchResult> {
  const clickhouse = await startTestClickHouse()
  try {
    const events = eventsOf(people, 'backlog')
    const links = events.reduce((sum, event) => sum + event.links.length, 0)
    const yardstick = links / (await secondsToInsertLinks(clickhouse, events))
    const stitch = startStitching(clickhouse)
    await insertInBlocks(clickhouse, events)
    const stitched = links / (await secondsToStitch(stitch))
    const repeats = events.map((event, index) => ({ ...event, message_id: `again-${index}` }))
    await insertInBlocks(clickhouse, repeats.map(later))
    const repeated = links / (await secondsToStitch(stitch))
    await stitch.stop()
    const lagSeconds = await lagWhileArriving(clickhouse, { arrivingPerSecond, seconds })
    return {
      links,
      yardstickPerSecond: yardstick,
      stitchPerSecond: stitched,
      repeatsPerSecond: repeated,
      arrivingPerSecond,
      lagSeconds,
    }
  } finally {
    await clickhouse.close()
  }
}

/** Each person: a form on one device, a sign-up with the email on another, a login on a third; 4 links. */
function eventsOf(people: number, name: string): EventRow[] {
  const at = (n: number) => new Date(1_767_225_600_000 + n * 1_000).toISOString()
  return Array.from({ length: people }, (_, n) => {
    const common = { project: 'bench', type: 'identify' }
    const email = `${name}-${n}@company-${n % 500}.dev`
    const userId = `${name}-user-${n}`
    const device = (of: string) => `${of}4e45f-ceea-4d1e-9b2a-${name}-${n}`
    return [
      { ...common, messageId: `${name}-${n}-a`, at: at(n), anonymousId: device('8f1'), email },
      { ...common, messageId: `${name}-${n}-b`, at: at(n + 60), userId, anonymousId: device('9a2'), email },
      { ...common, messageId: `${name}-${n}-c`, at: at(n + 90), userId, anonymousId: device('c3b') },
    ].map(identityRow)
  }).flat()
}

const later = (event: EventRow): EventRow => {
  const at = new Date(Date.parse(event.occurred_at) + 86_400_000).toISOString()
  return {
    ...event,
    occurred_at: at,
    client_time: at,
    received_at: at,
    links: event.links.map((link) => ({ ...link, at })),
  }
}

async function secondsToInsertLinks(
  clickhouse: TestClickHouse,
  events: readonly EventRow[],
): Promise<number> {
  await clickhouse.app.command({ query: 'CREATE TABLE only_links AS links' })
  const rows = events.flatMap(({ project, message_id, received_at, links }) =>
    links.flatMap(({ kind, identifier, other, verified, at }) => {
      const row = { project, kind, message_id, claimer: identifier, verified, at, received_at, version: 1 }
      return [
        { ...row, identifier, other },
        { ...row, identifier: other, other: identifier },
      ]
    }),
  )
  const startedAt = performance.now()
  for (let start = 0; start < rows.length; start += blockEvents)
    await clickhouse.app.insert({
      table: 'only_links',
      format: 'JSONEachRow',
      values: rows.slice(start, start + blockEvents),
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
  const seconds = (performance.now() - startedAt) / 1_000
  await clickhouse.app.command({ query: 'DROP TABLE only_links' })
  return seconds
}

async function insertInBlocks(clickhouse: TestClickHouse, events: readonly EventRow[]): Promise<void> {
  for (let start = 0; start < events.length; start += blockEvents)
    await insertRowsOf(clickhouse.app, events.slice(start, start + blockEvents))
}

const startStitching = (clickhouse: TestClickHouse, intervalMs = never, metrics = createMetrics()) =>
  startStitch({ clickhouse, metrics, logger: silentLogger, intervalMs, sweepIntervalMs: never })

async function secondsToStitch(stitch: Stitch): Promise<number> {
  const startedAt = performance.now()
  while ((await stitch.passOnce()).changes > 0);
  return (performance.now() - startedAt) / 1_000
}

async function lagWhileArriving(
  clickhouse: TestClickHouse,
  { arrivingPerSecond, seconds }: { arrivingPerSecond: number; seconds: number },
): Promise<StitchResult['lagSeconds']> {
  const metrics = createMetrics()
  const stitch = startStitching(clickhouse, 150, metrics)
  // A stitcher that starts looks back over the overlap; that is not what is measured here.
  await secondsToStitch(stitch)
  const blocksPerSecond = 4
  const linksOfPerson = 4
  const peoplePerBlock = Math.ceil(arrivingPerSecond / blocksPerSecond / linksOfPerson)
  const lags: number[] = []
  const blocks = Array.from({ length: seconds * blocksPerSecond }, (_, n) =>
    eventsOf(peoplePerBlock, `live${n}`),
  )
  const startedAt = performance.now()
  for (const [n, block] of blocks.entries()) {
    await delay(Math.max(0, startedAt + (n * 1_000) / blocksPerSecond - performance.now()))
    await insertRowsOf(clickhouse.app, block)
    lags.push((await metrics.stitchLagSeconds.get()).values[0]?.value ?? 0)
  }
  await stitch.stop()
  lags.sort((a, b) => a - b)
  return { median: lags[Math.floor(lags.length / 2)] ?? 0, max: lags.at(-1) ?? 0 }
}

export function print(result: StitchResult): void {
  const against = (perSecond: number) => ({
    'links/s': rounded(perSecond),
    'to the yardstick': ratio(perSecond, result.yardstickPerSecond),
  })
  printTable(`Stitch: ${rounded(result.links)} links`, [
    { what: 'ClickHouse inserts the same links alone (yardstick)', ...against(result.yardstickPerSecond) },
    { what: 'new links stitched, all waiting', ...against(result.stitchPerSecond) },
    { what: 'claims that repeat what is known', ...against(result.repeatsPerSecond) },
    {
      what: `new links arriving; lag ${result.lagSeconds.median.toFixed(2)} s median, ${result.lagSeconds.max.toFixed(2)} s at most`,
      ...against(result.arrivingPerSecond),
    },
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print(await run())
