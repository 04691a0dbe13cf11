import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { createMetrics } from '../metrics.js'
import { TouchlineError } from '../errors.js'
import { openEmbeddedLog } from '../log/embedded/embedded-log.js'
import type { EventLog } from '../log/log.js'
import { startStore } from '../store/store.js'
import { canonicalAddress } from '@touchline/schemas'
import { textColumns } from '../log/tombstones.js'
import { startErasing, type Erasing } from './erasing.js'

let clickhouse: TestClickHouse
let log: EventLog
let store: ReturnType<typeof startStore>
let erasing: Erasing
let dir: string

beforeEach(async () => {
  clickhouse = await startTestClickHouse()
  dir = mkdtempSync(join(tmpdir(), 'touchline-erasing-'))
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  store = startStore({ log, clickhouse, metrics: createMetrics(), logger: silentLogger })
  erasing = await startErasing({
    clickhouse,
    log,
    clock: Date.now,
    logger,
    lookEveryMs: 200,
    sweepEveryMs: 0,
  })
})
afterEach(async () => {
  await erasing.stop()
  await store.stop()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

async function select<Row = Record<string, unknown>>(query: string): Promise<Row[]> {
  return (await clickhouse.app.query({ query, format: 'JSONEachRow' })).json<Row>()
}

// What stops an erasure is only warned of, for it is tried again: here it is a failure's reason.
const warnings: object[] = []
const said: string[] = []
const logger = {
  ...silentLogger,
  warn: (fields: object, words: string) => void (warnings.push(fields), said.push(words)),
  error: (fields: object, words: string) => void (warnings.push(fields), said.push(words)),
}

const patient = { timeout: 30_000, interval: 100 }
const hour = 3_600_000
const start = Date.now() - 100 * hour
const at = (hours: number) => new Date(start + hours * hour).toISOString()

function row(
  messageId: string,
  hours: number,
  ids: { user?: string; anon?: string; email?: string },
  more: object = {},
) {
  const { user = '', anon = '', email = '' } = ids
  const subject = user ? `user:${user}` : anon ? `anon:${anon}` : `email:${email}`
  const link = (other: string) => ({
    kind: 'claim',
    identifier: subject,
    other,
    verified: false,
    at: at(hours),
  })
  return {
    project: 'shop',
    subject,
    client_time: at(hours),
    message_id: messageId,
    type: 'track',
    name: 'Did',
    occurred_at: at(hours),
    received_at: at(hours),
    anonymous_id: anon,
    user_id: user,
    email,
    properties: { note: messageId },
    links: user ? [...(anon ? [link(`anon:${anon}`)] : []), ...(email ? [link(`email:${email}`)] : [])] : [],
    ...more,
  }
}
async function append(...rows: object[]): Promise<void> {
  const lines = Buffer.from(rows.map((one) => `${JSON.stringify(one)}\n`).join(''))
  await log.append([{ table: 'events', lines, rows: { shop: rows.length } }])
  await vi.waitUntil(async () => (await log.lag()).records === 0, { timeout: 20_000, interval: 20 })
}
const messages = async () =>
  (await select<{ message_id: string }>('SELECT message_id FROM events FINAL ORDER BY message_id')).map(
    ({ message_id }) => message_id,
  )
async function finished(erasureId: string, timeout = 30_000): Promise<void> {
  let last: unknown
  await vi
    .waitUntil(
      async () => {
        last = await erasing.proofOf('shop', erasureId)
        return (last as { state: string }).state === 'finished'
      },
      { timeout, interval: 100 },
    )
    .catch((cause: unknown) => {
      throw new Error(
        `not finished: ${JSON.stringify(last)} ${String((warnings.at(-1) as { err?: unknown } | undefined)?.err)}`,
        { cause },
      )
    })
}

const ada = {
  id: 'user:ada',
  identifiers: [
    { identifier: 'user:ada', from: undefined, to: undefined },
    { identifier: 'email:ada@example.com', from: undefined, to: undefined },
    // From hour 50 on the device is Bob's.
    { identifier: 'anon:device', from: undefined, to: start + 50 * hour },
  ],
}

test('what is theirs goes, another person’s time on a shared device and another project stay', async () => {
  await append(
    row('ada-visit', 1, { anon: 'device' }),
    row('ada-login', 2, { user: 'ada', anon: 'device', email: 'ada@example.com' }),
    row(
      'ada-server',
      3,
      { user: 'ada' },
      { memberships: [{ identifier: 'user:ada', account: 'acme', left: false }] },
    ),
    row('ada-lead', 4, { email: 'ada@example.com' }, { person_traits: [{ name: 'plan', value: '"pro"' }] }),
    row('bob-login', 50, { user: 'bob', anon: 'device' }),
    row('bob-visit', 60, { anon: 'device' }),
    row('other-project', 1, { user: 'ada' }, { project: 'other' }),
  )
  const { erasureId } = await erasing.erase('shop', ada)
  await finished(erasureId)
  expect(await messages()).toEqual(['bob-login', 'bob-visit', 'other-project'])
  for (const table of ['links', 'traits', 'memberships', 'email_hosts', 'identity_changes_seen'])
    expect(
      JSON.stringify(await select(`SELECT * FROM ${table} WHERE project = 'shop'`)),
      table,
    ).not.toContain('ada')
  expect(await select("SELECT other FROM links FINAL WHERE identifier = 'user:bob'")).toEqual([
    { other: 'anon:device' },
  ])
}, 90_000)

test('what is said of an imported file loses the name, in the table and in the log; how far it is stays', async () => {
  await append(row('ada', 1, { user: 'ada', email: 'ada@example.com' }))
  const said = (project: string, rows: number) => ({
    ...{ project, import_id: 'i-1', version: start + rows, state: 'done', map: 'shop', rows },
    ...{ name: 'ada@example.com.csv', columns: ['Ada@example.com', 'gold'], warnings: [] },
    ...{ started_at: at(1), updated_at: at(1) },
  })
  const lines = [said('shop', 1), said('shop', 2), said('other', 1)].map((one) => `${JSON.stringify(one)}\n`)
  await log.append([{ table: 'imports', lines: Buffer.from(lines.join('')), rows: {} }])
  await vi.waitUntil(async () => (await log.lag()).records === 0, { timeout: 20_000, interval: 20 })
  const { erasureId } = await erasing.erase('shop', ada)
  await finished(erasureId)
  expect(await select('SELECT project, name, columns, rows FROM imports FINAL ORDER BY project')).toEqual([
    { project: 'other', name: 'ada@example.com.csv', columns: ['Ada@example.com', 'gold'], rows: 1 },
    { project: 'shop', name: '[erased].csv', columns: ['[erased]', 'gold'], rows: 2 },
  ])
  const ofShop = "SELECT count() AS rows FROM imports WHERE project = 'shop' AND name LIKE '%ada@%'"
  expect(await select(ofShop)).toEqual([{ rows: 0 }])
  const inLog: string[] = []
  await log.replay(async (batch) => {
    for (const { table, lines: read } of batch) if (table === 'imports') inLog.push(read.toString())
  })
  const kept = inLog.join('').trim().split('\n')
  expect(kept.filter((line) => line.includes('"project":"shop"') && /ada@/i.test(line))).toEqual([])
  expect(kept.filter((line) => line.includes('"project":"other"') && line.includes('ada@'))).toHaveLength(1)
}, 90_000)

test('somebody else who named them keeps the event, without the name', async () => {
  await append(
    row('ada', 1, { user: 'ada', email: 'ada@example.com' }),
    row(
      'bob',
      2,
      { user: 'bob', email: 'ada@example.com' },
      {
        type: 'identify',
        traits: { email: 'Ada@Example.com', plan: 'free' },
        person_traits: [
          { name: 'email', value: '"Ada@Example.com"' },
          { name: 'plan', value: '"free"' },
        ],
        context: { traits: { email: 'ada@example.com' }, page: { title: 'Mail of ADA@example.com' } },
        url: 'https://shop.test/?mail=ada@example.com',
      },
    ),
    row(
      'alias',
      3,
      { user: 'bob' },
      {
        type: 'alias',
        previous_id: 'ada',
        links: [{ kind: 'alias', identifier: 'user:bob', other: 'user:ada', verified: true, at: at(3) }],
      },
    ),
  )
  const { erasureId } = await erasing.erase('shop', ada)
  await finished(erasureId)
  expect(await messages()).toEqual(['alias', 'bob'])
  const [bob] = await select("SELECT * FROM events FINAL WHERE message_id = 'bob'")
  expect(JSON.stringify(bob).toLowerCase()).not.toContain('ada@')
  expect(bob).toMatchObject({ user_id: 'bob', email: '' })
  expect(JSON.stringify(await select('SELECT * FROM traits FINAL'))).toContain('free')
  expect(JSON.stringify(await select('SELECT * FROM traits FINAL')).toLowerCase()).not.toContain('ada@')
  expect(await select("SELECT * FROM links WHERE identifier = 'user:ada' OR other = 'user:ada'")).toEqual([])
}, 90_000)

test('late copies are refused, a replay is swept, and whoever comes later under the name is somebody new', async () => {
  const before = [row('before-1', 1, { user: 'ada', anon: 'device' }), row('before-2', 3, { user: 'ada' })]
  await append(...before)
  const { erasureId } = await erasing.erase('shop', ada)
  await finished(erasureId)
  const judge = erasing.judgeOf('shop')
  expect(judge?.verdictOf({ subject: 'user:ada' }, start + hour)).toBe('theirs')
  expect(judge?.verdictOf({ subject: 'anon:device' }, start + hour)).toBe('theirs')
  expect(judge?.verdictOf({ subject: 'anon:device' }, start + 51 * hour)).toBe('other')
  expect(judge?.verdictOf({ subject: 'user:ada' }, Date.now() + 1)).toBe('other')
  expect(erasing.judgeOf('other')).toBeUndefined()

  const later = new Date(Date.now() + 1_000).toISOString()
  const after = row(
    'after',
    0,
    { user: 'ada', email: 'ada@example.com' },
    { occurred_at: later, client_time: later, received_at: later },
  )
  // As a replay of an older copy of the log would.
  await append(...before, { ...after, links: after.links.map((link) => ({ ...link, at: later })) })
  await vi.waitUntil(async () => (await messages()).join() === 'after', { timeout: 60_000, interval: 100 })
  await finished(erasureId)
  expect(await select("SELECT other FROM links FINAL WHERE identifier = 'user:ada'")).toEqual([
    { other: 'email:ada@example.com' },
  ])
  expect(await select('SELECT host FROM email_hosts FINAL')).toEqual([{ host: 'example.com' }])
}, 120_000)

test('what somebody derives of them after the last check goes too', async () => {
  await append(row('grace-visit', 1, { user: 'grace' }))
  const grace = {
    id: 'user:grace',
    identifiers: [{ identifier: 'user:grace', from: undefined, to: undefined }],
  }
  const { erasureId } = await erasing.erase('shop', grace)
  await finished(erasureId)
  // As one writes who had read her events before they went: what she did, and that it is no more.
  const late = { project: 'shop', person: 'user:grace', at: at(1), version: (start + hour) * 1_000 }
  await clickhouse.app.insert({
    table: 'touchpoints_of_people',
    values: [
      { ...late, touch: 1, is_deleted: 1 },
      { ...late, touch: 2, is_deleted: 0 },
    ],
    format: 'JSONEachRow',
  })
  await vi.waitUntil(
    async () =>
      (await select("SELECT 1 FROM touchpoints_of_people WHERE person = 'user:grace'")).length === 0,
    { timeout: 60_000, interval: 100 },
  )
  await finished(erasureId)
})

test('refused events and dead letters about them go, whatever is left of their text', async () => {
  const refused = (id: string, original: string) => ({
    project: 'shop',
    received_at: at(1),
    message_id: id,
    original,
  })
  const values = [
    refused('theirs', JSON.stringify({ type: 'nonsense', userId: 'ada' })),
    refused('by-email', JSON.stringify({ traits: { email: ' Ada@Example.com ' } })),
    refused(
      'in-properties',
      JSON.stringify({ userId: 'bob', properties: { cc: ['x@y.test', 'mailto:ADA@Example.com'] } }),
    ),
    refused('cut', '{"type":"track","properties":{"x":"y"},"userId":"ada","prop'),
    refused('other', JSON.stringify({ userId: 'bob', properties: { name: 'ada' } })),
  ].map((value) => ({ ...value, received_at: value.received_at.replace('T', ' ').replace('Z', '') }))
  await clickhouse.app.insert({ table: 'rejected_events', format: 'JSONEachRow', values })
  await clickhouse.app.insert({
    table: 'dead_letters',
    format: 'JSONEachRow',
    values: [
      { target: 'events', project: 'shop', original: JSON.stringify(row('dead', 1, { user: 'ada' })) },
      { target: 'events', project: '', original: '{"project":"shop","subject":"user:ada",' },
      { target: 'events', project: 'shop', original: JSON.stringify(row('alive', 1, { user: 'bob' })) },
    ],
  })
  const { erasureId } = await erasing.erase('shop', ada)
  await finished(erasureId)
  expect(await select('SELECT message_id FROM rejected_events')).toEqual([{ message_id: 'other' }])
  expect(await select('SELECT project FROM dead_letters')).toEqual([{ project: 'shop' }])
}, 90_000)

test('the ledger names nobody', async () => {
  await append(row('ada', 1, { user: 'ada', email: 'ada@example.com' }))
  const { erasureId } = await erasing.erase('shop', ada)
  await finished(erasureId)
  expect(JSON.stringify(await select('SELECT * FROM erasures'))).not.toMatch(/user:|anon:|email:|ada@|device/)
  expect(JSON.stringify(await select('SELECT command FROM system.mutations'))).not.toMatch(/ada@|device/)
  expect(await erasing.proofsOf('shop', 'user:ada')).toMatchObject([{ erasureId, state: 'finished' }])
  expect(await erasing.proofsOf('shop', 'user:bob')).toEqual([])
}, 90_000)

test('an erasure that cannot go on says so and holds no other', async () => {
  // No line that collect writes; whatever the reason is, it is this project's alone. Looked at before "shop".
  const poison = { ...row('poison', 1, { user: 'eve' }), project: 'broken', links: 5 }
  await append(poison, row('ada', 1, { user: 'ada' }), row('bob', 1, { user: 'bob' }))
  const eve = {
    id: 'user:eve',
    identifiers: [{ identifier: 'user:mallory', from: undefined, to: undefined }],
  }
  const stuck = await erasing.erase('broken', eve)
  const { erasureId } = await erasing.erase('shop', ada)
  await finished(erasureId)
  expect(await messages()).not.toContain('ada')
  const noteOfStuck = async () => (await erasing.proofOf('broken', stuck.erasureId))?.note ?? ''
  await vi.waitUntil(async () => (await noteOfStuck()).startsWith('It could not go on'), patient)
  expect(await noteOfStuck()).toMatch(/^It could not go on: a fault of Touchline's own \(TypeError\)\./)
  expect((await erasing.proofOf('broken', stuck.erasureId))?.state).toBe('running')
  expect(said.filter((words) => words.includes('ClickHouse'))).toEqual([])
  // The other one is told of until the files that it replaced are off the disk.
  const isAlone = () => erasing.open().problem !== undefined && erasing.open().erasures.length === 1
  await vi.waitUntil(isAlone, patient)
  const { problem, erasures } = erasing.open()
  expect(erasures).toMatchObject([{ project: 'broken', erasureId: stuck.erasureId, isStopped: true }])
  expect(problem).toContain(`${stuck.erasureId}: It could not go on: a fault of Touchline's own`)
  expect(JSON.stringify(erasing.open())).not.toMatch(/mallory|eve/)
}, 120_000)

test('people asked for at once go together, and each has a proof of their own', async () => {
  const numbers = Array.from({ length: 40 }, (_, n) => n)
  await append(
    ...numbers.flatMap((n) => [row(`one${n}`, 1, { user: `u${n}` }), row(`two${n}`, 2, { user: `u${n}` })]),
    row('bob', 1, { user: 'bob' }),
  )
  const rewrites: number[] = []
  const rewrite = log.rewrite?.bind(log)
  log.rewrite = async (keepLine) => {
    rewrites.push(Date.now())
    return (await rewrite?.(keepLine)) ?? 0
  }
  const asked = await Promise.all(
    numbers.map((n) =>
      erasing.erase('shop', {
        id: `user:u${n}`,
        identifiers: [{ identifier: `user:u${n}`, from: undefined, to: undefined }],
      }),
    ),
  )
  for (const { erasureId } of asked) await finished(erasureId, 60_000)
  expect(await messages()).toEqual(['bob'])
  expect(new Set(asked.map(({ erasureId }) => erasureId)).size).toBe(numbers.length)
  for (const n of numbers)
    expect(await erasing.proofsOf('shop', `user:u${n}`)).toMatchObject([
      { erasureId: asked[n]?.erasureId, state: 'finished', identifiers: 1, remaining: {} },
    ])
  // One pass began with the first request; the others waited for the next.
  expect(rewrites.length).toBeLessThan(numbers.length / 4)
}, 120_000)

test('an erasure that the log holds up says that it is the log, and goes on by itself', async () => {
  await append(row('ada', 1, { user: 'ada' }), {
    ...row('bob', 1, { user: 'bob' }),
    properties: { seller: 'ada@example.com' },
  })
  // Somebody else's line is appended anew without the name; there is no room for it.
  const appendToLog = log.append.bind(log)
  log.append = (records) =>
    records.every(({ table }) => table === 'erasures')
      ? appendToLog(records)
      : Promise.reject(new TouchlineError('LOG_FULL'))
  const { erasureId } = await erasing.erase('shop', ada)
  await vi.waitUntil(() => erasing.open().erasures[0]?.isStopped === true, patient)
  expect(erasing.open().erasures[0]?.waitsFor).toMatch(/^It could not go on: the log is full\./)
  expect(warnings).toContainEqual(expect.objectContaining({ reason: 'the log is full' }))
  log.append = appendToLog
  await finished(erasureId)
  await vi.waitUntil(() => erasing.open().erasures.length === 0, patient)
  expect(erasing.open().problem).toBeUndefined()
}, 120_000)

test('a person of many devices, group calls and refused events is erased, however long the lists', async () => {
  const devices = Array.from({ length: 2_900 }, (_, index) => ({
    identifier: `anon:device-${index}`,
    from: undefined,
    to: undefined,
  }))
  const grouped = (_: unknown, index: number) =>
    row(`group-${index}`, 1, index % 2 ? { user: 'ada' } : { anon: `device-${index}` }, {
      type: 'group',
      group_id: 'acme',
      group_traits: [{ name: 'plan', value: `"${index}"` }],
    })
  await append(row('bob', 1, { user: 'bob' }), ...Array.from({ length: 1_600 }, grouped))
  const refused = (_: unknown, index: number) => ({
    project: 'shop',
    message_id: `refused-${index}`,
    original: JSON.stringify({ userId: index === 0 ? 'bob' : 'ada', index }),
  })
  const values = Array.from({ length: 4_500 }, refused)
  await clickhouse.app.insert({ table: 'rejected_events', format: 'JSONEachRow', values })
  const people = [
    { ...ada, identifiers: [...ada.identifiers.slice(0, 2), ...devices.slice(0, 2_200)] },
    { id: 'anon:device-2200', identifiers: devices.slice(2_200) },
  ]
  for (const person of people) await erasing.erase('shop', person)
  for (const { erasureId } of await erasing.proofsOf('shop', undefined)) await finished(erasureId, 400_000)
  expect(await messages()).toEqual(['bob'])
  expect(await select('SELECT message_id FROM rejected_events')).toEqual([{ message_id: 'refused-0' }])
  const kept = await select(
    "SELECT count() AS facts, countIf(message_id LIKE 'group-%') AS named FROM account_traits FINAL",
  )
  expect(kept.map(({ facts, named }) => [Number(facts), Number(named)])).toEqual([[1_600, 0]])
}, 600_000)

test('all that was received until the erasure is theirs, whatever its time, wherever the address stands', async () => {
  const tomorrow = new Date(Date.now() + 20 * hour).toISOString()
  await append(
    row(
      'ahead',
      1,
      { user: 'ada', email: 'ada@example.com' },
      {
        occurred_at: tomorrow,
        client_time: tomorrow,
        person_traits: [{ name: 'plan', value: '"pro"' }],
        memberships: [{ identifier: 'user:ada', account: 'acme', left: false }],
      },
    ),
    row(
      'bob',
      2,
      { user: 'bob' },
      {
        properties: {
          'invited Ada@Example.com': ['to: <ADA@example.com>\nada@example.com, ok'],
          kept: 'eda@example.com',
        },
        person_traits: [{ name: 'buddy', value: '"ada@example.com"' }],
        url: 'https://shop.test/?m=ada%40example.com&n=1',
      },
    ),
    row('carl', 3, { user: 'carl' }, { properties: { mail: 'nada@example.com' } }),
    row(
      'dora',
      3,
      { user: 'dora' },
      { properties: { sent: JSON.stringify({ text: 'Hi,\nada@example.com' }) } },
    ),
    row('emil', 3, { user: 'emil' }, { properties: { to: 'ada%E2%80%8B@example.com' } }),
  )
  const refused = (id: string, event: object) => ({
    project: 'shop',
    message_id: id,
    original: JSON.stringify(event),
  })
  const values = [
    refused('theirs', { userId: 'bob', properties: { form: { mail: 'To Ada@example.com' } } }),
    refused('other', { userId: 'bob', properties: { mail: 'nada@example.com' } }),
  ]
  await clickhouse.app.insert({ table: 'rejected_events', format: 'JSONEachRow', values })
  const { erasureId } = await erasing.erase('shop', ada)
  await finished(erasureId, 90_000)
  expect(await messages()).toEqual(['bob', 'carl', 'dora', 'emil'])
  for (const table of [
    'events',
    'links',
    'traits',
    'memberships',
    'identity_changes_seen',
    'rejected_events',
  ])
    expect(JSON.stringify(await select(`SELECT * FROM ${table}`)), table).not.toMatch(
      /user:ada|(?<![a-z])ada(@|%40)/i,
    )
  expect(await select("SELECT properties, url FROM events FINAL WHERE message_id = 'bob'")).toEqual([
    {
      properties: '{"invited [erased]":["to: <[erased]>\\n[erased], ok"],"kept":"eda@example.com"}',
      url: 'https://shop.test/?m=[erased]&n=1',
    },
  ])
  expect(
    await select(
      "SELECT properties FROM events FINAL WHERE message_id IN ('dora', 'emil') ORDER BY message_id",
    ),
  ).toEqual([
    { properties: JSON.stringify({ sent: JSON.stringify({ text: 'Hi,\n[erased]' }) }) },
    { properties: '{"to":"[erased]"}' },
  ])
  expect(await select('SELECT message_id FROM rejected_events')).toEqual([{ message_id: 'other' }])
}, 180_000)

test.each([
  ['an hour', 1],
  ['three weeks', 500],
])(
  'what was received while the clock was ahead by %s is theirs too, after it went back, and so is what others said of them',
  async (_ahead, hours) => {
    const ahead = new Date(Date.now() + hours * hour).toISOString()
    const then = { occurred_at: ahead, client_time: ahead, received_at: ahead }
    const traits = [{ name: 'plan', value: '"pro"' }]
    const memberships = [{ identifier: 'user:ada', account: 'acme', left: false }]
    const told = { properties: { to: 'Ada <ada@example.com>' } }
    await append(
      row('before', 1, { user: 'ada' }),
      row(
        'ahead',
        1,
        { user: 'ada', email: 'ada@example.com' },
        { ...then, person_traits: traits, memberships },
      ),
      row('bob', 1, { user: 'bob' }, { ...then, ...told }),
    )
    const received_at = ahead.replace('T', ' ').replace('Z', '')
    const original = JSON.stringify({ type: 'click', userId: 'ada' })
    const values = [{ project: 'shop', message_id: 'refused', received_at, original }]
    await clickhouse.app.insert({ table: 'rejected_events', format: 'JSONEachRow', values })
    const { erasureId } = await erasing.erase('shop', ada)
    await finished(erasureId, 90_000)
    expect(await messages()).toEqual(['bob'])
    for (const table of ['events', 'links', 'traits', 'memberships', 'rejected_events'])
      expect(JSON.stringify(await select(`SELECT * FROM ${table}`)), table).not.toMatch(
        /user:ada|"ada"|ada@/i,
      )
    let left = ''
    await log.replay(async (batch) => {
      for (const { table, lines } of batch) if (table !== 'erasures') left += lines.toString()
    })
    expect(left).not.toMatch(/user:ada|ada@/i)
    // Once the clock is past that time, whoever comes is somebody new.
    const past = Date.parse(ahead) + 60_000
    expect(erasing.judgeOf('shop')?.isErased('user:ada', past, past)).toBe(false)
    expect(erasing.judgeOf('shop')?.isErased('user:ada', Date.parse(ahead))).toBe(true)
  },
  180_000,
)

test('their address in any letters, and their user id in a trait, go from what others said', async () => {
  const jurgen = 'jürgen@bücher.example'
  const canonical = canonicalAddress(jurgen)
  const user = 'u-4711-jb'
  await append(
    row('theirs', 1, { user, email: canonical }),
    row(
      'bob',
      2,
      { user: 'bob' },
      {
        properties: { mail: `An ${jurgen}`, 'JÜRGEN@BÜCHER.EXAMPLE': 1, kept: 'jurgen@bücher.example' },
        context: { page: { url: `https://shop.test/?m=${encodeURIComponent(jurgen)}&n=1` } },
        traits: { manager: user, kept: 'u-4711-jbx', team: [{ lead: user }] },
        person_traits: [
          { name: 'manager', value: JSON.stringify(user) },
          { name: 'contact', value: JSON.stringify(`${jurgen.normalize('NFD')}!`) },
          { name: 'city', value: '"München"' },
        ],
      },
    ),
    row('carl', 3, { user: 'carl' }, { traits: { note: `not ${user} alone` }, properties: { at: '@ü' } }),
  )
  const person = {
    id: `user:${user}`,
    identifiers: [`user:${user}`, `email:${canonical}`].map((identifier) => ({
      identifier,
      from: undefined,
      to: undefined,
    })),
  }
  const { erasureId } = await erasing.erase('shop', person)
  await finished(erasureId, 90_000)
  expect(await messages()).toEqual(['bob', 'carl'])
  const [bob] = await select<Record<string, string>>(
    "SELECT properties, traits, context FROM events FINAL WHERE message_id = 'bob'",
  )
  expect(JSON.parse(bob?.properties ?? '')).toEqual({
    mail: 'An [erased]',
    '[erased]': 1,
    kept: 'jurgen@bücher.example',
  })
  expect(JSON.parse(bob?.traits ?? '')).toEqual({
    manager: '[erased]',
    kept: 'u-4711-jbx',
    team: [{ lead: '[erased]' }],
  })
  expect(JSON.parse(bob?.context ?? '')).toEqual({ page: { url: 'https://shop.test/?m=[erased]&n=1' } })
  const traits = await select("SELECT name FROM traits FINAL WHERE identifier = 'user:bob' ORDER BY name")
  expect(traits.map(({ name }) => name)).toContain('city')
  expect(JSON.stringify(await select('SELECT value FROM traits'))).not.toMatch(/4711-jb"|jürgen|jürgen/)
  expect('rewrite' in log).toBe(true)
  let left = ''
  await log.replay(async (batch) => {
    for (const { lines } of batch) left += lines.toString()
  })
  expect(left).not.toMatch(/4711-jb"|jürgen@b|j%C3%BCrgen%40/i)
}, 180_000)

test('their address goes from every word of others’ events, from what accounts are said to be, and from touchpoints', async () => {
  const address = 'ada@example.com'
  const traits = [
    { account: 'acme', name: 'owner', value: JSON.stringify(address) },
    { account: 'acme', name: 'size', value: '"12"' },
    { account: 'acme', name: 'contact', value: '"An jürgen@bücher.example"' },
  ]
  const words = Object.fromEntries(textColumns.map((column) => [column, `${column} of Ada@Example.com!`]))
  await append(
    row('theirs', 1, { user: 'ada', email: address }),
    row('bob', 2, { user: 'bob' }, { ...words, type: 'group', group_id: 'acme', group_traits: traits }),
    row(
      'carl',
      3,
      { user: 'carl' },
      { url: 'https://sso.test/?next=https%3A%2F%2Fshop.test%2F%3Fm%3Dada%252540example.com%2526n%3D1' },
    ),
  )
  const touch = { project: 'shop', at: at(2), version: 1, is_deleted: 0, kind: 'action', person: 'user:bob' }
  const shown = { ...touch, touch: 1, name: `Mailed ${address}`, label: '', paths: [`/u/${address}`] }
  const own = { ...touch, touch: 2, kind: 'joined_account', name: 'joined_account', label: 'acme' }
  await clickhouse.app.insert({
    table: 'touchpoints_of_people',
    format: 'JSONEachRow',
    values: [shown, own],
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  const jurgen = canonicalAddress('jürgen@bücher.example')
  const identifiers = [...ada.identifiers, { identifier: `email:${jurgen}`, from: undefined, to: undefined }]
  const { erasureId } = await erasing.erase('shop', { id: 'user:ada', identifiers })
  await finished(erasureId, 90_000)

  const [bob] = await select<Record<string, string>>("SELECT * FROM events FINAL WHERE message_id = 'bob'")
  for (const column of textColumns) expect(bob?.[column], column).toBe(`${column} of [erased]!`)
  expect(await select("SELECT url FROM events FINAL WHERE message_id = 'carl'")).toEqual([
    { url: 'https://sso.test/?next=https%3A%2F%2Fshop.test%2F%3Fm%3D[erased]%2526n%3D1' },
  ])
  expect(
    await select("SELECT name, value FROM account_traits FINAL WHERE account = 'acme' ORDER BY name"),
  ).toEqual([
    { name: 'contact', value: '"An [erased]"' },
    { name: 'owner', value: '"[erased]"' },
    { name: 'size', value: '"12"' },
  ])
  for (const table of ['events', 'account_traits', 'touchpoints_of_people'])
    expect(JSON.stringify(await select(`SELECT * FROM ${table}`)), table).not.toMatch(/ada(@|%)|jürgen/i)
  expect(await select('SELECT label FROM touchpoints_of_people')).toEqual([{ label: 'acme' }])
  expect(
    await select("SELECT identifier FROM touchpoint_changes WHERE isNull(low) AND identifier = 'user:bob'"),
  ).toEqual([{ identifier: 'user:bob' }])
}, 180_000)
