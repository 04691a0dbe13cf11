/** Segments over real ClickHouse and the real log: whose rows follow from what, and what is said outward. */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { startEngageStage, type EngageStage } from '../../../../test-support/roles/engage-stage.js'
import type { openWorker } from '../worker.js'
import { addToSegment } from './additions.js'
import { countMembers, membersOf, openSegment, readHistory } from './members.js'

const dayMs = 86_400_000
const hour = 3_600_000
const start = Date.parse('2026-05-01T00:00:00Z')
let stage: EngageStage
let worker: ReturnType<typeof openWorker>
let id = 0
const fresh = (name: string) => `${name}${(id += 1)}`

beforeAll(async () => {
  stage = await startEngageStage(start)
  worker = stage.worker()
}, 120_000)
afterAll(() => stage.close())
beforeEach(() => {
  stage.clock.now += 100 * dayMs
})

/** Until nothing more is open: a pass looks at one definition for everybody. */
async function settle(one = worker): Promise<number> {
  let said = 0
  for (;;) {
    const result = await one.pass()
    said += result.said
    if (!result.hasMore && result.subjects === 0) return said
  }
}

interface Said {
  subject: string
  change: string
  cause: string
  valid: number
  known: number
  id: string
}
const saidOf = (segment: string) =>
  stage.rows<Said>(
    `SELECT subject, change, cause, toUnixTimestamp64Milli(valid_at) AS valid, toUnixTimestamp64Milli(known_at) AS known, id
     FROM segment_transitions FINAL WHERE segment = {segment: String} ORDER BY known_at, subject, n`,
    { segment },
  )
const short = async (segment: string) =>
  (await saidOf(segment)).map(({ subject, change }) => `${subject} ${change}`)

test('an anonymous visitor enters with the touch that makes it so, and is said to once', async () => {
  const segment = fresh('demo')
  const at = stage.clock.now - hour
  await stage.define('segments', segment, { subject: 'person', when: { touch: { name: segment } } })
  await settle()
  await stage.touch({ person: 'anon:a1', at, name: segment }, { person: 'anon:a2', at, name: 'other' })
  stage.clock.now += 1_000
  expect(await settle()).toBe(1)
  expect(await settle(stage.worker())).toBe(0)
  expect(await saidOf(segment)).toMatchObject([
    { subject: 'anon:a1', change: 'enter', valid: at, known: stage.clock.now },
  ])
  const asOf = stage.clock.now
  expect(await membersOf(stage.reader, segment, { asOf })).toEqual(['anon:a1'])
  expect(await membersOf(stage.reader, segment, { asOf: at - 1 })).toEqual([])
  const inSql =
    'SELECT subject, toUnixTimestamp64Milli(at) AS at FROM segment_history WHERE segment = {segment: String}'
  expect(await stage.rows(inSql, { segment })).toEqual([{ subject: 'anon:a1', at }])
})

test('what a window moves past is said when the clock passes it, without a touch', async () => {
  const segment = fresh('silent')
  const at = stage.clock.now
  await stage.define('segments', segment, {
    subject: 'person',
    when: { all: [{ touch: { name: segment } }, { silentFor: '10d' }] },
  })
  await stage.touch({ person: 'anon:s1', at, name: segment })
  await settle()
  expect(await short(segment)).toEqual([])
  stage.clock.now = at + 10 * dayMs - 1
  await settle()
  expect(await short(segment)).toEqual([])
  stage.clock.now = at + 10 * dayMs
  await settle()
  expect(await saidOf(segment)).toMatchObject([
    { subject: 'anon:s1', change: 'enter', valid: at + 10 * dayMs },
  ])
  await stage.touch({ person: 'anon:s1', at: at + 11 * dayMs, name: 'anything' })
  stage.clock.now = at + 11 * dayMs + hour
  await settle()
  expect(await short(segment)).toEqual(['anon:s1 enter', 'anon:s1 leave'])
  stage.clock.now = at + 21 * dayMs
  await settle()
  expect(await short(segment)).toEqual(['anon:s1 enter', 'anon:s1 leave', 'anon:s1 enter'])
  const opened = await openSegment(stage.reader, { segment, asOf: stage.clock.now })
  expect(await countMembers(stage.reader, opened)).toEqual({ members: 1, ever: 1 })
  const { rows } = await readHistory(stage.reader, opened, { limit: 10 })
  expect(rows.map(({ change, at: when }) => [change, (when - at) / dayMs])).toEqual([
    ['enter', 21],
    ['leave', 11],
    ['enter', 10],
  ])
})

test('a membership that was over when it became known is in the history and is never said', async () => {
  const segment = fresh('lately')
  await stage.define('segments', segment, {
    subject: 'person',
    when: { touch: { name: segment }, within: '7d' },
  })
  await settle()
  // As an import brings it.
  await stage.touch({ person: 'user:old', at: stage.clock.now - 60 * dayMs, name: segment })
  await settle()
  await settle(stage.worker())
  expect(await short(segment)).toEqual([])
  const opened = await openSegment(stage.reader, { segment, asOf: stage.clock.now })
  expect((await readHistory(stage.reader, opened, { limit: 10 })).rows).toHaveLength(2)
})

test('the clock set back says nothing twice', async () => {
  const segment = fresh('back')
  await stage.define('segments', segment, { subject: 'person', when: { touch: { name: segment } } })
  await stage.touch({ person: 'anon:b1', at: stage.clock.now, name: segment })
  await settle()
  const noon = stage.clock.now
  stage.clock.now = noon - hour
  await settle(stage.worker())
  stage.clock.now = noon + hour
  await settle()
  expect(await short(segment)).toEqual(['anon:b1 enter'])
})

interface PersonSaid {
  person: string
  identifiers: string[]
  isGone?: boolean
}
let identities = 1
/** As stitch writes it. */
async function people(...said: PersonSaid[]): Promise<void> {
  identities += 1
  const common = { project: 'default', version: identities }
  const open = { from: null, to: null, because: 'm', rule: 'R1', verified: false }
  await stage.clickhouse.app.insert({
    table: 'people',
    format: 'JSONEachRow',
    values: said.map(({ person, identifiers, isGone }) => ({
      ...common,
      person,
      identifiers: identifiers.map((identifier) => ({ identifier, ...open })),
      is_deleted: isGone === true ? 1 : 0,
    })),
  })
  await stage.clickhouse.app.insert({
    table: 'identity_map',
    format: 'JSONEachRow',
    values: said.flatMap(({ person, identifiers, isGone }) =>
      identifiers.map((identifier) => ({
        ...common,
        identifier,
        owners: isGone === true ? [] : [{ person, ...open }],
      })),
    ),
  })
}

test('a member who is found to be somebody else goes on under that name, and comes back as silently', async () => {
  const [segment, anon, user] = [fresh('stays'), fresh('anon:'), fresh('user:')]
  const at = stage.clock.now - hour
  await stage.define('segments', segment, { subject: 'person', when: { touch: { name: segment } } })
  await stage.touch({ person: anon, at, name: segment, touch: 77 })
  await settle()
  expect(await short(segment)).toEqual([`${anon} enter`])
  stage.clock.now += 1_000
  await people({ person: user, identifiers: [user, anon] })
  // Between the two writes of touchpoints nobody has it.
  await stage.touch({ person: anon, at, name: segment, touch: 77, isDeleted: true })
  expect(await settle()).toBe(0)
  await stage.touch({ person: user, at, name: segment, touch: 77 })
  stage.clock.now += 1_000
  expect(await settle()).toBe(0)
  expect(await short(segment)).toEqual([`${anon} enter`, `${anon} moved`, `${user} joined`])
  expect(await membersOf(stage.reader, segment, { asOf: stage.clock.now })).toEqual([user])
  // And apart again.
  stage.clock.now += 1_000
  await people({ person: user, identifiers: [user, anon], isGone: true })
  await stage.touch({ person: user, at, name: segment, touch: 77, isDeleted: true })
  await stage.touch({ person: anon, at, name: segment, touch: 77 })
  await settle()
  expect((await short(segment)).slice(3).sort()).toEqual([`${anon} joined`, `${user} leave`].sort())
})

test('a merge enters whom both together make a member, once', async () => {
  const [segment, anon, user] = [fresh('both'), fresh('anon:'), fresh('user:')]
  const at = stage.clock.now - 2 * hour
  const when = { touch: { name: segment }, count: { op: 'gte', n: 2 } }
  await stage.define('segments', segment, { subject: 'person', when })
  await settle()
  await stage.touch(
    { person: anon, at, name: segment, touch: 78 },
    { person: user, at: at + 1, name: segment },
  )
  await settle()
  expect(await short(segment)).toEqual([])
  await people({ person: user, identifiers: [user, anon] })
  await stage.touch(
    { person: anon, at, name: segment, touch: 78, isDeleted: true },
    { person: user, at, name: segment, touch: 78 },
  )
  await settle()
  await settle(stage.worker())
  expect(await saidOf(segment)).toMatchObject([{ subject: user, change: 'enter', valid: at + 1 }])
})

test('a list is of who its identifiers are today, and takes who is added to it', async () => {
  const [segment, anon, user, late] = [fresh('list'), fresh('anon:'), fresh('user:'), fresh('user:')]
  await stage.define('segments', segment, { subject: 'person', identifiers: [anon] })
  const made = stage.clock.now
  await settle()
  expect(await short(segment)).toEqual([`${anon} enter`])
  stage.clock.now += 5_000
  await people({ person: user, identifiers: [user, anon] })
  await settle()
  expect(await membersOf(stage.reader, segment, { asOf: stage.clock.now })).toEqual([user])
  const add = { segment, identifier: late, by: 'program:nurture', id: 'run-1-step-2', at: stage.clock.now }
  const deps = {
    app: stage.clickhouse.app,
    log: stage.log,
    clock: () => stage.clock.now,
    reader: stage.reader,
  }
  await addToSegment(add, deps)
  await addToSegment(add, deps)
  await settle()
  expect(await membersOf(stage.reader, segment, { asOf: stage.clock.now })).toEqual([late, user].sort())
  expect(
    await stage.rows('SELECT count() AS n FROM segment_additions FINAL WHERE segment = {segment: String}', {
      segment,
    }),
  ).toEqual([{ n: 1 }])
  expect((await short(segment)).filter((line) => line.endsWith('enter'))).toEqual([
    `${anon} enter`,
    `${late} enter`,
  ])
  const opened = await openSegment(stage.reader, { segment, asOf: stage.clock.now })
  const { rows } = await readHistory(stage.reader, opened, { limit: 10 })
  expect(rows.map(({ subject, at }) => [subject, at])).toEqual([
    [late, add.at],
    [user, made],
  ])
  await stage.define('segments', fresh('dynamic'), { subject: 'person', when: { touch: {} } })
  await expect(addToSegment({ ...add, segment: `dynamic${id}` }, deps)).rejects.toMatchObject({
    code: 'QUERY_INVALID',
  })
})

test('who was in before a segment was made is said to enter because of the definition', async () => {
  const segment = fresh('late')
  const at = stage.clock.now - 30 * dayMs
  await stage.touch({ person: 'user:before', at, name: segment })
  await stage.define('segments', segment, { subject: 'person', when: { touch: { name: segment } } })
  await settle()
  expect(await saidOf(segment)).toMatchObject([{ subject: 'user:before', cause: 'definition', valid: at }])
  await stage.define('segments', segment, { subject: 'person', when: { touch: { name: 'nothing else' } } })
  await settle()
  expect(await short(segment)).toEqual(['user:before enter', 'user:before leave'])
  await stage.define('segments', segment, undefined)
  await settle()
  expect(
    await stage.rows('SELECT count() AS n FROM segment_memberships FINAL WHERE segment = {segment: String}', {
      segment,
    }),
  ).toEqual([{ n: 0 }])
})

test('two processes that divide the subjects say each change once', async () => {
  const segment = fresh('two')
  await stage.define('segments', segment, { subject: 'person', when: { touch: { name: segment } } })
  await worker.release()
  const others = [1, 2].map(() => stage.engage({ isAlone: false }))
  const names = Array.from({ length: 60 }, (_, n) => `anon:two${n}`)
  await stage.touch(...names.map((person) => ({ person, at: stage.clock.now, name: segment })))
  await vi.waitFor(async () => expect(await short(segment)).toHaveLength(names.length), {
    timeout: 100_000,
    interval: 500,
  })
  expect((await short(segment)).sort()).toEqual(names.map((name) => `${name} enter`).sort())
  const copies = await stage.rows<{ n: number }>(
    'SELECT count() AS n FROM segment_transitions WHERE segment = {segment: String}',
    { segment },
  )
  expect(copies).toEqual([{ n: names.length }])
  for (const one of others) await one.stop()
}, 150_000)

test('who could not be said to enter because the log refused is said to with the next look', async () => {
  const segment = fresh('refused')
  await stage.define('segments', segment, { subject: 'person', when: { touch: { name: segment } } })
  let isRefusing = false
  const append: typeof stage.log.append = (records) =>
    isRefusing ? Promise.reject(new Error('the disk is full')) : stage.log.append(records)
  const one = stage.worker({ log: { ...stage.log, append } })
  await settle(one)
  await stage.touch({ person: 'anon:r1', at: stage.clock.now - hour, name: segment })
  stage.clock.now += 1_000
  isRefusing = true
  await expect(one.pass()).rejects.toThrow('the disk is full')
  const stands = 'SELECT subject FROM segment_memberships FINAL WHERE segment = {segment: String}'
  expect(await stage.rows(stands, { segment })).toEqual([{ subject: 'anon:r1' }])
  expect(await short(segment)).toEqual([])
  isRefusing = false
  await settle(one)
  expect(await short(segment)).toEqual(['anon:r1 enter'])
})

test('who has more touches than memory holds at once is in the same segments, and so is everybody beside them', async () => {
  const [often, twice, ordered] = [fresh('often'), fresh('twice'), fresh('ordered')]
  const touch = { name: often }
  await stage.define('segments', often, {
    subject: 'person',
    when: { touch, count: { op: 'gte', n: 40 } },
  })
  await stage.define('segments', twice, { subject: 'person', when: { touch, count: { op: 'gte', n: 2 } } })
  const small = stage.worker({ touchesAtOnce: 10 })
  await settle(small)
  const at = stage.clock.now - hour
  const people = Array.from({ length: 9 }, (_, n) => ({
    person: `anon:${ordered}-${n}`,
    touches: n === 4 ? 60 : 3,
  }))
  const touches = people.flatMap(({ person, touches: n }) =>
    Array.from({ length: n }, (_, index) => ({ person, at: at + index * 1_000, name: often })),
  )
  await stage.touch(...touches)
  stage.clock.now += 1_000
  await settle(small)
  expect(await short(often)).toEqual([`anon:${ordered}-4 enter`])
  expect(await short(twice)).toEqual(people.map(({ person }) => `${person} enter`))
  // The same is found by who holds all of it.
  expect(await settle(stage.worker())).toBe(0)
  await stage.touch({ person: `anon:${ordered}-4`, at: stage.clock.now, name: often })
  stage.clock.now += 1_000
  expect(await settle(small)).toBe(0)
  expect(await membersOf(stage.reader, often, { asOf: stage.clock.now })).toEqual([`anon:${ordered}-4`])
}, 120_000)
