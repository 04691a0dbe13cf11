/**
 * The tables of touchpoints under faults: in the end they hold what the function makes of all facts, nothing missing,
 * nothing twice, nothing stale. Without the pass over everybody that would repair what was missed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClickHouseClient } from '@clickhouse/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { eventRow, insertRowsOf } from '../../../test-support/event-rows.js'
import type { HoldOptions } from '../../../test-support/processes/hold-touchpoints.js'
import { rounds } from '../../../test-support/faults/ledger.js'
import { report } from '../../../test-support/faults/promise.js'
import { until } from '../../../test-support/server.js'
import {
  randomHistory,
  seeded,
  type History,
  type Random,
} from '../../../test-support/worlds/touchpoint-histories.js'
import { tablesFollow, tableState } from '../../../test-support/plainly/touchpoints-of-facts.js'
import { groupBy } from '../../src/group-by.js'
import { insertLines } from '../../src/clickhouse/insert-lines.js'
import { createMetrics } from '../../src/metrics.js'
import { openWorker } from '../../src/touchpoints/upkeep/worker.js'

const script = fileURLToPath(new URL('../../../test-support/processes/hold-touchpoints.ts', import.meta.url))
const project = 'faults'
let clickhouse: TestClickHouse
let children: ChildProcess[] = []

beforeEach(async () => {
  clickhouse = await startTestClickHouse()
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await clickhouse.close()
})

async function spawnKeeper({ isAlone, leaseMs }: Pick<HoldOptions, 'isAlone' | 'leaseMs'>) {
  const options: HoldOptions = {
    url: clickhouse.analyst.url,
    password: clickhouse.embedded?.appPassword ?? '',
    database: clickhouse.database,
    isAlone,
    leaseMs,
  }
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', script, JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Histories, told step by step: late and re-sent events, devices that change hands, people who merge and part. */
function openStory(random: Random, prefix: string, count: number) {
  const histories: History[] = Array.from({ length: count }, (_, index) =>
    randomHistory(project, `${prefix}${index}`, random),
  )
  const left = histories.map(({ steps }) => [...steps])
  return {
    isOver: () => left.every((steps) => steps.length === 0),
    /**
     * The next step of some of them, so many of them in one insert; ClickHouse may be away, so it is told until it is
     * heard.
     */
    async tell(app: ClickHouseClient, some: number, { together = 1 } = {}): Promise<void> {
      for (let told = 0; told < some; told += together) {
        const open = left.filter((steps) => steps.length > 0)
        const first = random(Math.max(open.length, 1))
        const chosen = [...open.slice(first), ...open.slice(0, first)].slice(0, together)
        for (const { table, lines } of asOne(chosen.map((steps) => steps.shift() ?? [])))
          await until(
            () =>
              insertLines(app, table, Buffer.from(lines.join(''))).then(
                () => true,
                () => undefined,
              ),
            { what: 'ClickHouse to take rows' },
          )
      }
    },
  }
}

/** Steps of several histories, each in its own order; what goes into one table at the same time goes in one insert. */
const asOne = (steps: History['steps']): History['steps'][number] =>
  Array.from({ length: Math.max(0, ...steps.map(({ length }) => length)) }, (_, nth) =>
    groupBy(
      steps.flatMap((step) => step[nth] ?? []),
      ({ table }) => table,
    ),
  ).flatMap((tables) =>
    [...tables].map(([table, all]) => ({ table, lines: all.flatMap(({ lines }) => lines) })),
  )

const rowsWritten = async () => {
  const answer = await clickhouse.app.query({
    query: 'SELECT count() AS n FROM touchpoints_of_people',
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ n: string }>()
  return Number(row?.n)
}

const kills = rounds(2, 50)

test(`a keeper of touchpoints killed ${kills} times leaves nothing out, nothing twice and nothing stale`, async () => {
  const story = openStory(seeded(17), 'k', 10 * kills)
  for (let killed = 0; killed < kills; killed += 1) {
    const keeper = await spawnKeeper({ isAlone: true, leaseMs: 10_000 })
    const before = await rowsWritten()
    await story.tell(clickhouse.app, 25)
    // In the middle: something of this portion stands, and more of it is being written.
    await until(async () => ((await rowsWritten()) === before ? undefined : true), {
      everyMs: 1,
      what: 'some of it to be written',
    })
    await kill(keeper)
  }
  await spawnKeeper({ isAlone: true, leaseMs: 10_000 })
  while (!story.isOver()) await story.tell(clickhouse.app, 200, { together: 20 })
  report(`keeper of touchpoints killed ${kills} times`, await tablesFollow(clickhouse.app, project))
}, 1_800_000)

test('one of two keepers that is frozen, and comes back after the other took over, writes nothing stale', async () => {
  const times = rounds(1, 6)
  const story = openStory(seeded(23), 'f', 40 * times)
  const leaseMs = 4_000
  const keepers = [
    await spawnKeeper({ isAlone: false, leaseMs }),
    await spawnKeeper({ isAlone: false, leaseMs }),
  ]
  for (let time = 0; time < times; time += 1) {
    const before = await rowsWritten()
    await story.tell(clickhouse.app, 60)
    await until(async () => ((await rowsWritten()) === before ? undefined : true), { everyMs: 1 })
    const frozen = keepers[time % 2]
    frozen?.kill('SIGSTOP')
    await story.tell(clickhouse.app, 60)
    // What the frozen one held is the other's, and right, before it comes back.
    await tablesFollow(clickhouse.app, project)
    frozen?.kill('SIGCONT')
    await story.tell(clickhouse.app, 60)
  }
  while (!story.isOver()) await story.tell(clickhouse.app, 200, { together: 20 })
  report(`a keeper of touchpoints frozen ${times} times`, await tablesFollow(clickhouse.app, project))
}, 1_800_000)

test('ClickHouse killed in the middle of a pass leaves the tables whole', async () => {
  const times = rounds(1, 20)
  const story = openStory(seeded(29), 'c', 20 * times)
  await spawnKeeper({ isAlone: true, leaseMs: 10_000 })
  for (let time = 0; time < times; time += 1) {
    const before = await rowsWritten()
    await story.tell(clickhouse.app, 40)
    await until(async () => ((await rowsWritten()) === before ? undefined : true), { everyMs: 1 })
    const engine = clickhouse.embedded?.pid()
    if (engine === undefined) throw new Error('no engine')
    process.kill(engine, 'SIGKILL')
    await story.tell(clickhouse.app, 10)
  }
  while (!story.isOver()) await story.tell(clickhouse.app, 200, { together: 20 })
  report(
    `ClickHouse killed ${times} times under a keeper of touchpoints`,
    await tablesFollow(clickhouse.app, project),
  )
}, 1_800_000)

interface FeedView {
  name: string
  as_select: string
}

async function readFeedViews(): Promise<FeedView[]> {
  const answer = await clickhouse.app.query({
    query: `SELECT name, as_select FROM system.tables
      WHERE database = currentDatabase() AND name LIKE 'touchpoint_changes_of_%'`,
    format: 'JSONEachRow',
  })
  return answer.json<FeedView>()
}

/** ClickHouse's clock, as the views that fill the feed and whoever asks for the time have it, so many hours ahead. */
async function clockAhead(views: readonly FeedView[], hours: number): Promise<ClickHouseClient> {
  const ahead = (sql: string) => sql.replace(/now64\((.+?)\)/g, `(now64($1) + toIntervalHour(${hours}))`)
  for (const { name, as_select } of views)
    await clickhouse.app.command({ query: `ALTER TABLE ${name} MODIFY QUERY ${ahead(as_select)}` })
  const { app } = clickhouse
  return new Proxy(app, {
    get(target, name, receiver) {
      if (name !== 'query') return Reflect.get(target, name, receiver) as unknown
      return (params: { query: string }) => target.query({ ...params, query: ahead(params.query) })
    },
  })
}

test('a clock that goes back an hour hides no change', async () => {
  const story = openStory(seeded(31), 't', 60)
  const views = await readFeedViews()
  expect(views).toHaveLength(3)
  const told = async (app: ClickHouseClient, passes: number) => {
    const worker = openWorker({
      clickhouse: { app },
      metrics: createMetrics(),
      logger: silentLogger,
      isAlone: true,
      sweepIntervalMs: 2 ** 30,
      overlapMs: 200,
    })
    for (let pass = 0; pass < passes; pass += 1) {
      await story.tell(clickhouse.app, 30)
      await worker.pass()
    }
    return worker
  }
  await told(await clockAhead(views, 1), 5)
  // With another process, and under one and the same.
  await told(await clockAhead(views, 0), 3)
  let hours = 2
  const shifting = await clockAhead(views, hours)
  const app = new Proxy(shifting, {
    get: (_, name, receiver) =>
      Reflect.get(hours === 2 ? shifting : clickhouse.app, name, receiver) as unknown,
  })
  const worker = await told(app, 3)
  hours = 0
  await clockAhead(views, 0)
  while (!story.isOver()) {
    // Longer than a look goes back.
    await story.tell(clickhouse.app, 100, { together: 10 })
    await worker.pass()
  }
  for (let quiet = 0; quiet < 2;) quiet = (await worker.pass()).changes === 0 ? quiet + 1 : 0
  const { expected, ...wrong } = await tableState(clickhouse.app, project)
  expect(wrong).toEqual({ missing: 0, stale: 0, twice: 0 })
  report('the clock of ClickHouse back an hour', { acknowledged: expected, lost: 0, twice: 0 })
}, 300_000)

test('what happens now is shown while an import of very many people is being worked in', async () => {
  const people = rounds(6_000, 100_000)
  await spawnKeeper({ isAlone: true, leaseMs: 10_000 })
  // The keeper has come to rest before the import.
  await tablesFollow(clickhouse.app, project)
  await clickhouse.app.command({
    query: `INSERT INTO events (project, subject, user_id, client_time, occurred_at, received_at, message_id, type, name, origin)
      SELECT {project: String}, concat('user:imported', toString(number % {people: UInt32})), 'x', at, at, now64(3), concat('i', toString(number)), 'track', 'Imported', 'server'
      FROM (SELECT number, toDateTime64('2024-01-01 00:00:00', 3, 'UTC') + INTERVAL number SECOND AS at FROM numbers(3 * {people: UInt32}))`,
    query_params: { project, people },
  })
  await clickhouse.app.command({
    query: `INSERT INTO people (project, person, identifiers, accounts, version)
      SELECT {project: String}, concat('user:imported', toString(number)), [(concat('user:imported', toString(number)), NULL, NULL, 'm', 'R1', false)], [], 1
      FROM numbers({people: UInt32})`,
    query_params: { project, people },
  })
  const imported = async () => {
    const answer = await clickhouse.app.query({
      query:
        "SELECT uniqExact(person) AS n FROM touchpoints_of_people WHERE startsWith(person, 'user:imported')",
      format: 'JSONEachRow',
    })
    return Number((await answer.json<{ n: string }>())[0]?.n)
  }
  let shown = 0
  for (let live = 0; (await imported()) < people; live += 1) {
    const at = new Date().toISOString()
    const row = eventRow({ at, project, message_id: `live-${live}`, user_id: `live-${live}`, name: 'Now' })
    await insertRowsOf(clickhouse.app, [row])
    await until(
      async () => {
        const answer = await clickhouse.app.query({
          query: 'SELECT count() AS n FROM touchpoints_of_people WHERE person = {person: String}',
          query_params: { person: `user:live-${live}` },
          format: 'JSONEachRow',
        })
        return Number((await answer.json<{ n: string }>())[0]?.n) > 0 ? true : undefined
      },
      { what: 'what happens now to be shown', everyMs: 20 },
    )
    if ((await imported()) < people) shown += 1
  }
  expect(shown).toBeGreaterThan(3)
  const result = await tablesFollow(clickhouse.app, project, 600_000)
  report(`${people} people imported at once, ${shown} live events shown meanwhile`, result)
}, 1_800_000)
