/** Touchpoints while events come in: what keeping them up to date costs, and how soon one is seen. */
import { setTimeout as delay } from 'node:timers/promises'
import { createMetrics } from '../../ingest-server/src/metrics.js'
import { databaseTime, writeProgress } from '../../ingest-server/src/projections/lease-table.js'
import { usualSlots } from '../../ingest-server/src/touchpoints/upkeep/rebuild.js'
import { sweepStart } from '../../ingest-server/src/touchpoints/upkeep/sweep.js'
import { startTouchpoints } from '../../ingest-server/src/touchpoints/upkeep/upkeep.js'
import { silentLogger } from '../../test-support/clickhouse.js'
import { eventRow, insertRowsOf } from '../../test-support/event-rows.js'
import type { TestClickHouse } from './data.js'

export interface UpkeepFigures {
  /** CPU of Node and ClickHouse an event, less what storing the events alone takes. */
  cpuUs: number
  clickhouseUs: number
  perSecond: number
  visibleMs: { p50: number; p99: number }
}

interface Options {
  /** Whose touchpoints are formed already. */
  people: number
  cpuMsOf: (clickhouse: TestClickHouse) => number
}

const eventsPerSecond = 1_000
const everyMs = 200
const idleSeconds = 20
const seconds = 60

export async function measureUpkeep(
  clickhouse: TestClickHouse,
  { people, cpuMsOf }: Options,
): Promise<UpkeepFigures> {
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return { node: (user + system) / 1_000, clickhouse: cpuMsOf(clickhouse) }
  }
  // Merges go on in both, for they are part of what writing costs.
  const alone = await costWhile(cpu, () => storeFor(clickhouse, { people, seconds: idleSeconds, from: 0 }))
  await markFilled(clickhouse)
  const upkeep = startTouchpoints({
    clickhouse,
    metrics: createMetrics(),
    logger: silentLogger,
    isAlone: true,
  })
  try {
    await delay(2_000)
    const visible: number[] = []
    const kept = await costWhile(cpu, async () => {
      const stored = storeFor(clickhouse, { people, seconds, from: 1 })
      const probed = probeFor(clickhouse, visible)
      const [count] = await Promise.all([stored, probed])
      return count
    })
    visible.sort((a, b) => a - b)
    const p = (share: number) =>
      visible[Math.min(visible.length - 1, Math.floor(visible.length * share))] ?? NaN
    return {
      cpuUs: kept.nodeUs + kept.clickhouseUs - alone.nodeUs - alone.clickhouseUs,
      clickhouseUs: kept.clickhouseUs - alone.clickhouseUs,
      perSecond: kept.events / kept.seconds,
      visibleMs: { p50: p(0.5), p99: p(0.99) },
    }
  } finally {
    // From here on the parts stay as a minute of load has left them.
    await clickhouse.app.command({ query: 'SYSTEM STOP MERGES touchpoints_of_people' })
    await clickhouse.app.command({ query: 'SYSTEM STOP MERGES touchpoints_of_accounts' })
    await upkeep.stop()
  }
}

async function costWhile(cpu: () => { node: number; clickhouse: number }, work: () => Promise<number>) {
  const before = cpu()
  const startedAt = performance.now()
  const events = await work()
  const after = cpu()
  return {
    events,
    seconds: (performance.now() - startedAt) / 1_000,
    nodeUs: ((after.node - before.node) * 1_000) / events,
    clickhouseUs: ((after.clickhouse - before.clickhouse) * 1_000) / events,
  }
}

let made = 0

/** Nearly every event another person: somebody known goes on, or somebody new comes. */
async function storeFor(
  clickhouse: TestClickHouse,
  { people, seconds: length, from }: { people: number; seconds: number; from: number },
) {
  const startedAt = performance.now()
  let events = 0
  for (let turn = 0; turn * everyMs < length * 1_000; turn += 1) {
    // A machine that does something else besides cannot keep up; the rate that is printed says so.
    if (performance.now() - startedAt > 2 * length * 1_000) break
    const now = new Date().toISOString()
    const rows = Array.from({ length: (eventsPerSecond * everyMs) / 1_000 }, () => {
      made += 1
      const person = (made * 7_919 + from) % people
      const who = made % 2 === 0 ? { user_id: `u${person}` } : { anonymous_id: `new-${made}` }
      return eventRow({
        at: now,
        type: 'page',
        message_id: `live-${made}`,
        path: `/${made % 500}/page`,
        channel: 'Email',
        ...who,
      })
    })
    await insertRowsOf(clickhouse.app, rows)
    events += rows.length
    await delay(Math.max(0, startedAt + (turn + 1) * everyMs - performance.now()))
  }
  return events
}

/** Twice a second somebody whose touchpoint is waited for. */
async function probeFor(clickhouse: TestClickHouse, visible: number[]): Promise<void> {
  const startedAt = performance.now()
  for (let probe = 0; probe < seconds * 2; probe += 1) {
    const name = `probe-${probe}`
    await insertRowsOf(clickhouse.app, [
      eventRow({
        at: new Date().toISOString(),
        type: 'track',
        name: 'Probed',
        message_id: name,
        anonymous_id: name,
      }),
    ])
    const storedAt = performance.now()
    while (!(await isThere(clickhouse, name)) && performance.now() - storedAt < 30_000) await delay(25)
    visible.push(performance.now() - storedAt)
    await delay(Math.max(0, startedAt + (probe + 1) * 500 - performance.now()))
    if (performance.now() - startedAt > seconds * 1_000) return
  }
}

async function isThere({ reader }: TestClickHouse, name: string): Promise<boolean> {
  const answer = await reader.query({
    query: `SELECT count() AS n FROM touchpoints_of_people WHERE project = 'default' AND person_key = cityHash64({person: String})`,
    query_params: { person: `anon:${name}` },
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ n: string | number }>()
  return Number(row?.n ?? 0) > 0
}

/** The first pass over everybody counts as done, as it is after the rebuild: nearly all touchpoints here are copies. */
async function markFilled({ app }: TestClickHouse): Promise<void> {
  await writeProgress(app, 'touchpoints', {
    slots: usualSlots,
    settledUntil: await databaseTime(app),
    sweep: JSON.stringify({ position: sweepStart, rounds: 1 }),
  })
}
