/**
 * What is said of segments and scores, with the process that says it killed in the middle: each entry, leave and hand-off once by
 * its id, none missing, and again the same after a replay of the log.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import type { HoldEngageOptions } from '../../../test-support/processes/hold-engage.js'
import { rounds } from '../../../test-support/faults/ledger.js'
import { report } from '../../../test-support/faults/promise.js'
import { until } from '../../../test-support/server.js'
import { insertLines } from '../../src/clickhouse/insert-lines.js'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.js'

const script = fileURLToPath(new URL('../../../test-support/processes/hold-engage.ts', import.meta.url))
let clickhouse: TestClickHouse
let children: ChildProcess[] = []
const dir = mkdtempSync(join(tmpdir(), 'touchline-engage-killed-'))

beforeEach(async () => {
  clickhouse = await startTestClickHouse()
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

async function spawnEngage(): Promise<ChildProcess> {
  const options: HoldEngageOptions = {
    url: clickhouse.analyst.url,
    password: clickhouse.embedded?.appPassword ?? '',
    database: clickhouse.database,
    logDir: dir,
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

async function ask<Row>(sql: string): Promise<Row[]> {
  return (await clickhouse.app.query({ query: sql, format: 'JSONEachRow' })).json<Row>()
}
const countOf = async (sql: string) => Number((await ask<{ n: string }>(sql))[0]?.n)

const start = Date.now() - 60_000
let touches = 0
/** Two touches make somebody a member, the second of them hot. */
async function touch(people: readonly string[], name: string): Promise<void> {
  const rows = people.map((person) => {
    touches += 1
    return {
      project: 'default',
      person,
      at: new Date(start + touches).toISOString(),
      touch: touches,
      version: touches,
      kind: 'action',
      name,
      direction: 'inbound',
      message_ids: [`m${touches}`],
    }
  })
  const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await insertLines(clickhouse.app, 'touchpoints_of_people', lines)
}

const definitions = [
  ['segments', 'asked', { subject: 'person', when: { touch: { name: 'Asked' } } }],
  [
    'segments',
    'unsold',
    {
      subject: 'person',
      when: { all: [{ touch: { name: 'Asked' } }, { not: { touch: { name: 'Bought' } } }] },
    },
  ],
  [
    'scores',
    'lead',
    {
      subject: 'person',
      on: 10,
      off: 5,
      rules: [{ id: 'asked', group: 'behaviour', when: { touch: { name: 'Asked' } }, points: 10 }],
    },
  ],
] as const

const kills = rounds(3, 50)

/** Killed in the middle: something of this portion is said, and more of it is on its way. */
async function killedWhile(happens: () => Promise<void>): Promise<void> {
  const child = await spawnEngage()
  // Not their rows: each comes twice, from the process and from the log, and merges take one of them away again.
  const said = () => countOf('SELECT uniqExact(id) AS n FROM segment_transitions')
  const before = await said()
  await happens()
  await until(async () => ((await said()) > before ? true : undefined), {
    everyMs: 1,
    timeoutMs: 120_000,
    what: 'something to be said',
  })
  await kill(child)
}

async function untilSaid(count: number): Promise<void> {
  const said = "SELECT count() AS n FROM segment_transitions FINAL WHERE change IN ('enter', 'leave')"
  await until(async () => ((await countOf(said)) >= count ? true : undefined), {
    timeoutMs: 240_000,
    what: 'all to be said',
  })
}

test(`role engage killed ${kills} times says each entry, leave and hand-off once`, async () => {
  await clickhouse.app.insert({
    table: 'definitions',
    format: 'JSONEachRow',
    values: definitions.map(([kind, id, body]) => ({
      ...{ project: 'default', kind, id, version: 1, name: id, body: JSON.stringify(body) },
      ...{ at: '2026-01-01 00:00:00', change_id: id, author: '', note: '', is_deleted: false },
    })),
  })
  const portions = Array.from({ length: kills }, (_, killed) =>
    Array.from({ length: 200 }, (_, n) => `anon:k${killed}x${n}`),
  )
  const asked = portions.flat()
  const bought = portions.slice(1).flat()
  for (const people of portions) await killedWhile(() => touch(people, 'Asked'))
  // Who was never said to have come is rightly never said to have gone: all have come before the first goes.
  const between = await spawnEngage()
  await untilSaid(asked.length * 2)
  await kill(between)
  for (const people of portions.slice(1)) await killedWhile(() => touch(people, 'Bought'))
  const last = await spawnEngage()
  const expected = asked.length * 2 + bought.length
  await untilSaid(expected)
  await until(
    async () =>
      (await countOf('SELECT count() AS n FROM handoff_records FINAL')) >= asked.length ? true : undefined,
    { timeoutMs: 240_000, what: 'all to be handed off' },
  )
  await kill(last)
  const perSubject = await ask<{ segment: string; changes: string[]; subjects: string }>(
    'SELECT segment, changes, toString(count()) AS subjects FROM (SELECT segment, subject, arrayMap(x -> x.2, arraySort(groupArray((n, change)))) AS changes FROM segment_transitions FINAL GROUP BY segment, subject) GROUP BY segment, changes ORDER BY segment, changes',
  )
  const open = asked.length - bought.length
  expect(perSubject).toEqual([
    { segment: 'asked', changes: ['enter'], subjects: String(asked.length) },
    { segment: 'unsold', changes: ['enter'], subjects: String(open) },
    { segment: 'unsold', changes: ['enter', 'leave'], subjects: String(bought.length) },
  ])
  expect(await countOf('SELECT uniqExact(id) AS n FROM segment_transitions')).toBe(expected)
  expect(await countOf('SELECT uniqExact(subject) AS n FROM handoff_records')).toBe(asked.length)
  expect(await countOf('SELECT uniqExact(id) AS n FROM handoff_records')).toBe(asked.length)
  // ClickHouse filled anew from the log: what was said is there, and nothing is said again.
  for (const table of ['segment_transitions', 'handoff_records', 'segment_memberships', 'score_values'])
    await clickhouse.app.command({ query: `TRUNCATE TABLE ${table}` })
  const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  await log.replay(async (batch) => {
    for (const { table, lines } of batch) await insertLines(clickhouse.app, table, lines)
  })
  await log.close()
  expect(await countOf('SELECT count() AS n FROM segment_transitions FINAL')).toBe(expected)
  await spawnEngage()
  await until(
    async () =>
      (await countOf('SELECT count() AS n FROM segment_memberships FINAL')) >= asked.length * 2
        ? true
        : undefined,
    { timeoutMs: 240_000, what: 'memberships to stand again' },
  )
  expect(await countOf('SELECT uniqExact(id) AS n FROM segment_transitions')).toBe(expected)
  report(`role engage killed ${kills} times`, { acknowledged: expected + asked.length, lost: 0, twice: 0 })
}, 900_000)
