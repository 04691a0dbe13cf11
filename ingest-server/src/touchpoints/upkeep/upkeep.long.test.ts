/** The table of touchpoints is what the function makes of all facts, whatever happened on the way there. */
import type { ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  silentLogger,
  startTestClickHouse,
  type TestClickHouse,
} from '../../../../test-support/clickhouse.js'
import { insertLines } from '../../clickhouse/insert-lines.js'
import { createMetrics } from '../../metrics.js'
import {
  formedFromFacts,
  pick,
  randomHistory,
  seeded,
  storedAccounts,
  storedTouchpoints,
  type History,
} from '../../../../test-support/worlds/touchpoint-histories.js'
import { openWorker } from './worker.js'

let clickhouse: TestClickHouse
beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  // From here on the tables count as filled.
  const worker = openWorker({ clickhouse, ...alone })
  do await worker.pass()
  while (worker.isFilling())
})
afterAll(() => clickhouse.close())

const metrics = createMetrics()
const never = 2 ** 30
/** Without the pass over everybody, which would repair what a look missed. */
const alone = {
  metrics,
  logger: silentLogger,
  isAlone: true,
  slots: 4,
  sweepIntervalMs: never,
  overlapMs: 3_000,
}

class Crash extends Error {}

/** Dies at one of its next requests, before it is sent or after it was carried out. */
function dyingClient(
  app: ClickHouseClient,
  after: number,
  random: (below: number) => number,
): ClickHouseClient {
  let left = after
  const dying = new Set(['query', 'insert', 'exec', 'command'])
  return new Proxy(app, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function' || !dying.has(String(name))) return value
      return async (...args: unknown[]) => {
        left -= 1
        if (left === 0 && random(2) === 0) throw new Crash()
        if (left < 0) throw new Crash()
        const answer: unknown = await (value as (...args: unknown[]) => unknown).apply(target, args)
        if (left === 0) throw new Crash()
        return answer
      }
    },
  })
}

type Worker = ReturnType<typeof openWorker>

async function passUntilDone(worker: Worker): Promise<void> {
  for (let quiet = 0; quiet < 2;) {
    const { changes, written, waiting } = await worker.pass()
    quiet = changes + written + waiting === 0 && !worker.isFilling() ? quiet + 1 : 0
  }
}

/** All of one project. */
async function expectTableOf(project: string, histories: readonly History[]): Promise<void> {
  const expected = await formedFromFacts(clickhouse.app, project, histories)
  expect(expected.people.length).toBeGreaterThan(histories.length)
  expect(await storedTouchpoints(clickhouse.app, project)).toEqual(expected.people)
  expect(await storedAccounts(clickhouse.app, project)).toEqual(expected.accounts)
}

describe('after any history the table holds what the function makes of all facts', () => {
  const rounds = 5
  const atOnce = 205

  test.each(Array.from({ length: rounds }, (_, round) => [round]))(
    `${atOnce} histories with passes and crashes in between, %i`,
    async (round) => {
      const random = seeded(round * 7_919 + 13)
      const histories = Array.from({ length: atOnce }, (_, index) =>
        randomHistory(`p${round}`, `h${index}`, random),
      )
      // They are of long ago; so any of their times counts as now.
      const times = timesOf(histories)
      const options = { clickhouse, ...alone, recentNow: () => pick(times, random) }
      const steps = Math.max(...histories.map(({ steps: all }) => all.length))
      for (let step = 0; step < steps; step += 1) {
        for (const lines of stepsAt(histories, step))
          await insertLines(clickhouse.app, lines.table, lines.lines)
        if (random(3) === 0) continue
        const app = random(2) === 0 ? dyingClient(clickhouse.app, 1 + random(40), random) : clickhouse.app
        const worker = openWorker({ ...options, clickhouse: { app } })
        try {
          await worker.pass()
          await worker.pass()
        } catch (error) {
          if (!(error instanceof Crash) && !(error instanceof Error && error.cause instanceof Crash))
            throw error
        }
      }
      await passUntilDone(openWorker(options))
      await expectTableOf(`p${round}`, histories)
    },
  )

  test('of many people only the last visit was formed', async () => {
    const { values } = await metrics.touchpoints.recent.get()
    expect(values[0]?.value).toBeGreaterThan(rounds * atOnce)
  })
})

function timesOf(histories: readonly History[]): number[] {
  const lines = histories.flatMap(({ steps }) =>
    steps.flat().flatMap((one) => (one.table === 'events' ? one.lines : [])),
  )
  return lines.map((line) => Date.parse((JSON.parse(line) as { occurred_at: string }).occurred_at))
}

/** What the step of every history inserts, by table, in one insert each. */
function stepsAt(histories: readonly History[], step: number) {
  const byTable = new Map<string, string[]>()
  for (const { steps } of histories)
    for (const { table, lines } of steps[step] ?? [])
      byTable.set(table, [...(byTable.get(table) ?? []), ...lines])
  return [...byTable].map(([table, lines]) => ({ table, lines: Buffer.from(lines.join('')) }))
}

test('somebody with more events than are read at once is formed of all of them, and not with every look', async () => {
  const count = 610
  const options = { clickhouse, ...alone, eventsAtOnce: 500, heavyPause: 10_000 }
  // One visit without an end, so that there is nowhere to cut.
  const insert = (from: number, events: number) =>
    clickhouse.app.command({
      query: `INSERT INTO events (project, subject, user_id, client_time, occurred_at, received_at, message_id, type, name, origin, path)
        SELECT 'heavy', 'user:robot', 'robot', at, at, at, concat('m', toString(number)), if(number % 3 = 0, 'page', 'track'), 'Called', 'server', '/api'
        FROM (SELECT number, toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + INTERVAL number * 7 SECOND AS at FROM numbers({from: UInt32}, {events: UInt32}))`,
      query_params: { from, events },
    })
  await insert(0, count)
  const worker = openWorker(options)
  await passUntilDone(worker)
  const robot = { project: 'heavy', subjects: ['user:robot'], people: [], steps: [] }
  const formed = async () => (await formedFromFacts(clickhouse.app, 'heavy', [robot])).people
  const before = await formed()
  expect(await storedTouchpoints(clickhouse.app, 'heavy')).toEqual(before)
  await insert(count, 10)
  const { waiting } = await worker.pass()
  // The next time waits; another process that takes over begins before it, so nothing is lost if this one dies.
  expect(waiting).toBe(1)
  expect(await storedTouchpoints(clickhouse.app, 'heavy')).toEqual(before)
  await worker.release()
  await passUntilDone(openWorker(options))
  expect(await storedTouchpoints(clickhouse.app, 'heavy')).toEqual(await formed())
})

test('rows by account that nobody stands behind go, however many, and no others', async () => {
  const random = seeded(7)
  const histories = Array.from({ length: 8 }, (_, index) => randomHistory('behind', `h${index}`, random))
  for (let step = 0; histories.some(({ steps }) => step < steps.length); step += 1)
    for (const { table, lines } of stepsAt(histories, step)) await insertLines(clickhouse.app, table, lines)
  await passUntilDone(openWorker({ clickhouse, ...alone }))
  const before = await storedAccounts(clickhouse.app, 'behind')
  expect(before).not.toEqual([])
  await clickhouse.app.command({
    query: `INSERT INTO touchpoints_of_accounts (project, account, at, touch, version, person)
      SELECT 'behind', concat('account-', toString(number % 3)), now64(3), number + 1, toUnixTimestamp64Micro(now64(6)), 'user:nobody' FROM numbers(11)`,
  })
  // As after a crash: whoever takes the work over looks at what was written since all was settled.
  const worker = openWorker({ clickhouse, ...alone, orphansAtOnce: 2 })
  await vi.waitUntil(
    async () => {
      await worker.pass()
      return (await storedAccounts(clickhouse.app, 'behind')).length <= before.length
    },
    { timeout: 60_000, interval: 20 },
  )
  expect(await storedAccounts(clickhouse.app, 'behind')).toEqual(before)
})

describe('two workers', () => {
  const leaseMs = 8_000
  const shared = { ...alone, isAlone: false, leaseMs, sweepIntervalMs: 0 }

  test('divide the people; one that stood still and comes back after the other took over writes nothing stale', async () => {
    const random = seeded(99)
    const histories = Array.from({ length: 40 }, (_, index) => randomHistory('two', `h${index}`, random))
    const metricsOf = { a: createMetrics(), b: createMetrics() }
    const a = openWorker({ clickhouse, ...shared, metrics: metricsOf.a })
    const b = openWorker({ clickhouse, ...shared, metrics: metricsOf.b })
    const half = Math.ceil(Math.max(...histories.map(({ steps }) => steps.length)) / 2)
    const store = async (from: number, to: number) => {
      for (let step = from; step < to; step += 1)
        for (const { table, lines } of stepsAt(histories, step))
          await insertLines(clickhouse.app, table, lines)
    }
    await store(0, half)
    await vi.waitUntil(
      async () => {
        await Promise.all([a.pass(), b.pass()])
        const [ofA, ofB] = await Promise.all([
          metricsOf.a.touchpoints.slots.get(),
          metricsOf.b.touchpoints.slots.get(),
        ])
        return ofA.values[0]?.value === 2 && ofB.values[0]?.value === 2
      },
      { timeout: 60_000, interval: 50 },
    )
    // B stands still from here on; A notices, takes its part over and goes on.
    await store(half, 1_000)
    await vi.waitUntil(
      async () => {
        await a.pass()
        return (await metricsOf.a.touchpoints.slots.get()).values[0]?.value === 4
      },
      { timeout: 60_000, interval: 50 },
    )
    await passUntilDone(a)
    await b.pass()
    await expectTableOf('two', histories)
  }, 240_000)
})
