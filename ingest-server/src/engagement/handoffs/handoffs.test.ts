/** Scores and hand-offs over real ClickHouse and the real log: once a crossing, with reasons that add up. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startEngageStage, type EngageStage } from '../../../../test-support/roles/engage-stage.js'
import { scoreOf } from '../scores/explain.js'
import type { openWorker } from '../worker.js'
import { readHandoffs } from './list.js'
import { handOff } from './record.js'

const dayMs = 86_400_000
let stage: EngageStage
let worker: ReturnType<typeof openWorker>
let id = 0
const fresh = (name: string) => `${name}${(id += 1)}`

beforeAll(async () => {
  stage = await startEngageStage()
  worker = stage.worker()
}, 120_000)
afterAll(() => stage.close())
beforeEach(() => {
  stage.clock.now += 200 * dayMs
})

async function settle(one = worker): Promise<number> {
  let handedOff = 0
  for (;;) {
    const result = await one.pass()
    handedOff += result.handedOff
    if (!result.hasMore && result.subjects === 0) return handedOff
  }
}

const recordsOf = async (score: string) =>
  (await readHandoffs(stage.reader, { score, limit: 100 })).rows.reverse()

/** Demo Requested 40 that halve in ten days, pricing 10 each up to 30, fit 20. */
const lead = (name: string) => ({
  subject: 'person',
  on: 60,
  off: 30,
  groups: { behaviour: { cap: 100 } },
  rules: [
    { id: 'demo', when: { touch: { name } }, points: 40, halfLife: '10d' },
    { id: 'pricing', when: { touch: { page: `*/${name}*` } }, points: 10, cap: 30 },
    { id: 'careers', when: { touch: { page: '*/careers*' } }, points: -10 },
  ],
})

test('crossing hands off once, with rules and touches that say why, and again only after it fell below off', async () => {
  const [score, who] = [fresh('lead'), fresh('user:')]
  const at = stage.clock.now
  await stage.define('scores', score, lead(score))
  await stage.touch(
    { person: who, at: at - 3, kind: 'visit', path: `/${score}/a` },
    { person: who, at: at - 2, kind: 'visit', path: `/${score}/b` },
    { person: who, at: at - 1, kind: 'visit', path: '/careers' },
  )
  expect(await settle()).toBe(0)
  await stage.touch({ person: who, at, name: score }, { person: who, at, kind: 'visit', path: `/${score}/c` })
  expect(await settle()).toBe(1)
  expect(await settle()).toBe(0)
  expect(await settle(stage.worker())).toBe(0)
  const [record] = await recordsOf(score)
  expect(record).toMatchObject({
    subject: who,
    subjectKind: 'person',
    fit: 0,
    behaviour: 60,
    total: 60,
    merged: false,
    because: 'crossed',
    at,
    version: 1,
  })
  expect(record?.rules).toEqual([
    { rule: 'demo', points: 40 },
    { rule: 'pricing', points: 30 },
    { rule: 'careers', points: -10 },
  ])
  expect(record?.touches).toHaveLength(5)
  expect(record?.touches[0]).toMatchObject({
    rule: 'demo',
    points: 40,
    name: score,
    at: new Date(at).toISOString(),
  })
  // 40 → 20 after ten days: 40 in all, not below 30. Another demo makes 80 and hands off nothing.
  stage.clock.now = at + 10 * dayMs
  await stage.touch({ person: who, at: stage.clock.now, name: score })
  expect(await settle()).toBe(0)
  // 20 + 30 − 10 of pages and careers stay; what fades falls from 60 to below 10.
  stage.clock.now = at + 40 * dayMs
  await stage.touch({ person: who, at: stage.clock.now, name: score })
  expect(await settle()).toBe(1)
  const records = await recordsOf(score)
  expect(records).toHaveLength(2)
  expect(new Set(records.map((one) => one.id)).size).toBe(2)
})

test('a score between on and off that never fell below off stays as it is', async () => {
  const [score, who] = [fresh('lead'), fresh('user:')]
  const at = stage.clock.now
  await stage.define('scores', score, { ...lead(score), on: 40, off: 15 })
  await stage.touch({ person: who, at, name: score })
  expect(await settle()).toBe(1)
  for (const days of [10, 20, 30]) {
    stage.clock.now = at + days * dayMs
    await stage.touch({ person: who, at: stage.clock.now, name: score })
    expect(await settle()).toBe(0)
  }
})

async function merge(person: string, identifiers: string[], version: number): Promise<void> {
  const open = { from: null, to: null, because: 'm', rule: 'R1', verified: false }
  const common = { project: 'default', version }
  await stage.clickhouse.app.insert({
    table: 'people',
    format: 'JSONEachRow',
    values: [{ ...common, person, identifiers: identifiers.map((identifier) => ({ identifier, ...open })) }],
  })
  await stage.clickhouse.app.insert({
    table: 'identity_map',
    format: 'JSONEachRow',
    values: identifiers.map((identifier) => ({ ...common, identifier, owners: [{ person, ...open }] })),
  })
}

test('a merge that crosses hands off once and says so; one of people who were handed off does not', async () => {
  const [score, anon, user] = [fresh('lead'), fresh('anon:'), fresh('user:')]
  const at = stage.clock.now - 10
  await stage.define('scores', score, lead(score))
  await settle()
  await stage.touch(
    { person: anon, at, name: score, touch: 901 },
    { person: user, at, name: score, touch: 902 },
  )
  expect(await settle()).toBe(0)
  await merge(user, [user, anon], 5)
  await settle()
  await stage.touch(
    { person: anon, at, name: score, touch: 901, isDeleted: true },
    { person: user, at, name: score, touch: 901 },
  )
  expect(await settle()).toBe(1)
  expect(await recordsOf(score)).toMatchObject([{ subject: user, merged: true, identityVersion: '5' }])
  expect((await recordsOf(score))[0]?.total).toBeCloseTo(80, 3)
  const late = fresh('anon:')
  await stage.touch(
    { person: late, at, name: score, touch: 903 },
    { person: late, at, name: score, touch: 904 },
  )
  expect(await settle()).toBe(1)
  await merge(user, [user, anon, late], 6)
  await stage.touch(
    ...[903, 904].map((touch) => ({ person: late, at, name: score, touch, isDeleted: true })),
    ...[903, 904].map((touch) => ({ person: user, at, name: score, touch })),
  )
  expect(await settle()).toBe(0)
  expect((await recordsOf(score)).map(({ subject }) => subject).sort()).toEqual([late, user].sort())
})

test('an account is scored by its people and by itself, and the reasons add up', async () => {
  const [score, account] = [fresh('acc'), fresh('account')]
  const at = stage.clock.now
  const [one, two] = [fresh('user:'), fresh('user:')]
  await stage.define('scores', score, {
    subject: 'account',
    people: 'max',
    on: 50,
    off: 20,
    rules: [
      { id: 'asked', when: { touch: { name: score } }, points: 15, cap: 45 },
      { id: 'team', group: 'fit', when: { people: { op: 'gte', n: 2 } }, points: 20 },
    ],
  })
  const touches = [one, one, one, one, two].map((person, n) => ({
    person,
    at: at - n,
    name: score,
    accounts: [account],
  }))
  await stage.touch(...touches)
  expect(await settle()).toBe(1)
  const [record] = await recordsOf(score)
  expect(record).toMatchObject({ subject: account, account, person: one, fit: 20, behaviour: 45, total: 65 })
  const explained = await scoreOf(stage.reader, score, account, at)
  expect(explained).toMatchObject({ total: 65, fit: 20, behaviour: 45 })
  expect(explained?.touches.every(({ person }) => person === one)).toBe(true)
  expect(explained?.rules.reduce((sum, { points }) => sum + points, 0)).toBe(65)
})

test('what a program hands off is one record however often it acts, and crosses nothing', async () => {
  const [score, who] = [fresh('lead'), fresh('user:')]
  await stage.define('scores', score, lead(score))
  const deps = {
    app: stage.clickhouse.app,
    log: stage.log,
    clock: () => stage.clock.now,
    reader: stage.reader,
  }
  const act = { score, subject: who, because: 'program:nurture', id: 'run-1-h1' }
  await handOff(act, deps)
  await handOff(act, deps)
  expect(await recordsOf(score)).toMatchObject([{ id: 'run-1-h1', because: 'program:nurture', total: 0 }])
  await stage.touch(
    { person: who, at: stage.clock.now, name: score },
    { person: who, at: stage.clock.now, name: score },
  )
  expect(await settle()).toBe(1)
})

test('a segment of who has a score enters with the touch and leaves by the clock as points fade', async () => {
  const [score, segment, who] = [fresh('lead'), fresh('hot'), fresh('user:')]
  const at = stage.clock.now
  await stage.define('scores', score, lead(score))
  await stage.define('segments', segment, { subject: 'person', when: { score, op: 'gte', n: 20 } })
  await settle()
  await stage.touch({ person: who, at, name: score })
  await settle()
  const said = () =>
    stage.rows<{ change: string; valid: number }>(
      'SELECT change, toUnixTimestamp64Milli(valid_at) AS valid FROM segment_transitions FINAL WHERE segment = {segment: String} ORDER BY n',
      { segment },
    )
  expect(await said()).toEqual([{ change: 'enter', valid: at }])
  // 40 points halve in ten days: at ten days they are 20, which is enough, and a moment later they are not.
  stage.clock.now = at + 10 * dayMs + 60_000
  await settle()
  const [, leave] = await said()
  expect(leave?.change).toBe('leave')
  expect(Math.abs((leave?.valid ?? 0) - (at + 10 * dayMs))).toBeLessThanOrEqual(1)
})

test('a window that ends lowers the score without a touch', async () => {
  const [score, who] = [fresh('lead'), fresh('user:')]
  const at = stage.clock.now
  await stage.define('scores', score, {
    subject: 'person',
    on: 100,
    off: 50,
    rules: [{ id: 'recent', when: { touch: { name: score } }, points: 10, window: '7d' }],
  })
  await stage.touch({ person: who, at, name: score })
  await settle()
  const total = () =>
    stage.rows<{ total: number }>(
      'SELECT total FROM scores WHERE score = {score: String} AND subject = {who: String}',
      { score, who },
    )
  expect(await total()).toEqual([{ total: 10 }])
  stage.clock.now = at + 7 * dayMs
  await settle()
  expect(await total()).toEqual([])
})
