import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { insertLines, isRefusal } from './insert-lines.js'
import { openClickHouse } from './open-clickhouse.js'

let clickhouse: TestClickHouse

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
})

afterAll(async () => {
  await clickhouse.close()
})

const at = '2026-01-01T00:00:00.123Z'
const event = {
  project: 'p',
  subject: 'user:u1',
  client_time: at,
  message_id: 'm1',
  type: 'group',
  occurred_at: at,
  received_at: '2026-01-01T00:00:01.000Z',
  sent_at: null,
  user_id: 'u1',
  group_id: 'acme',
  verified: true,
  properties: { plan: 'pro', deep: { list: [1, 'two', null] }, big: 12345678901234567890n },
  links: [
    { kind: 'claim', identifier: 'user:u1', other: 'anon:a1', verified: true, at },
    { kind: 'claim', identifier: 'user:u1', other: 'email:a@b.c', verified: false, at },
  ],
  person_traits: [
    { name: 'email', value: '"a@b.c"' },
    { name: 'age', value: '42' },
  ],
  group_traits: [{ name: 'plan', value: '"pro"' }],
  memberships: [{ identifier: 'user:u1', account: 'acme', left: false }],
}
type Row = Partial<Record<keyof typeof event, unknown>> & Record<string, unknown>
const lineOf = (row: Row) =>
  `${JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))}\n`
const insert = (...rows: Row[]) =>
  insertLines(clickhouse.app, 'events', Buffer.from(rows.map(lineOf).join('')))

describe('one line of an event', () => {
  const unfolded = {
    events: 1,
    links: 4,
    traits: 2,
    account_traits: 1,
    memberships: 1,
    account_subjects: 1,
  }

  test('becomes a row of each table that it speaks of', async () => {
    await insert(event)
    for (const [table, count] of Object.entries(unfolded)) expect(await countOf(table), table).toBe(count)
    expect(
      await rows('SELECT identifier, other, claimer, verified FROM links FINAL ORDER BY identifier, other'),
    ).toEqual([
      { identifier: 'anon:a1', other: 'user:u1', claimer: 'user:u1', verified: true },
      { identifier: 'email:a@b.c', other: 'user:u1', claimer: 'user:u1', verified: false },
      { identifier: 'user:u1', other: 'anon:a1', claimer: 'user:u1', verified: true },
      { identifier: 'user:u1', other: 'email:a@b.c', claimer: 'user:u1', verified: false },
    ])
    expect(await rows('SELECT name, value FROM traits FINAL ORDER BY name')).toEqual([
      { name: 'age', value: '42' },
      { name: 'email', value: '"a@b.c"' },
    ])
    expect(await rows('SELECT account, identifier, left FROM memberships FINAL')).toEqual([
      { account: 'acme', identifier: 'user:u1', left: false },
    ])
  })

  test('keeps nested JSON as the text it was', async () => {
    const text = '{"z":1.50, "a":{"b":[1,{"c":"\\u00e9\\n"}]}, "big":12345678901234567890}'
    const line = lineOf({ ...event, message_id: 'text', links: [] }).replace(
      /"properties":\{.*?\},"links"/,
      `"properties":${text},"links"`,
    )
    await insertLines(clickhouse.app, 'events', Buffer.from(line))
    const [row] = await rows("SELECT properties FROM events FINAL WHERE message_id = 'text'")
    expect(row?.['properties']).toBe(text)
  })

  test('sent again, and again later, changes nothing; the first received copy stays', async () => {
    await insert(event, event)
    await insert({ ...event, received_at: '2026-01-01T00:09:00.000Z', name: 'later copy' })
    for (const [table, count] of Object.entries(unfolded)) {
      const where = table === 'account_subjects' ? '1' : "message_id = 'm1'"
      expect(await countOf(table, where), table).toBe(count)
    }
    const first = { name: '', received_at: '2026-01-01 00:00:01.000' }
    expect(await rows("SELECT name, received_at FROM events FINAL WHERE message_id = 'm1'")).toEqual([first])
    await insert({ ...event, message_id: 'm2', received_at: '2026-01-01T00:09:00.000Z', name: 'later copy' })
    await insert({ ...event, message_id: 'm2' })
    expect(await rows("SELECT name, received_at FROM events FINAL WHERE message_id = 'm2'")).toEqual([first])
  })

  test('may leave columns out and bring ones this version does not know', async () => {
    await insert({
      project: 'p',
      subject: 'anon:x',
      client_time: at,
      message_id: 'sparse',
      from_the_future: { a: [1] },
    })
    expect(await rows("SELECT name, sent_at, links FROM events FINAL WHERE message_id = 'sparse'")).toEqual([
      { name: '', sent_at: null, links: [] },
    ])
  })

  test('is taken in pieces, cut anywhere', async () => {
    const lines = Buffer.from([1, 2, 3].map((i) => lineOf({ ...event, message_id: `piece-${i}` })).join(''))
    const pieces = Array.from({ length: Math.ceil(lines.length / 97) }, (_, i) =>
      lines.subarray(i * 97, (i + 1) * 97),
    )
    await insertLines(clickhouse.app, 'events', pieces)
    expect(await countOf('events', "startsWith(message_id, 'piece-')")).toBe(3)
  })
})

describe('what is refused for good, and what is tried again', () => {
  test.each([
    ['a time that is none', '{"message_id":"bad","client_time":"nonsense"}'],
    ['a line that ends too early', '{"message_id":"bad","client_time":'],
    ['an open string', '{"message_id":"ba'],
    ['no object', '[1,2]'],
    ['text', 'hello'],
    ['bytes', '\u0000\u0001'],
    ['a text where a list belongs', '{"message_id":"bad","links":"x"}'],
    ['a bool that is none', '{"message_id":"bad","verified":"maybe"}'],
    ['a negative version', '{"message_id":"bad","version":-1}'],
    ['a broken escape', '{"message_id":"bad\\u12'],
    ['a field twice', '{"message_id":"bad","name":"a","name":"b"}'],
  ])('%s is a refusal, and takes its neighbours with it', async (_, bad) => {
    const lines = Buffer.from(`${lineOf({ ...event, message_id: 'neighbour' })}${bad}\n`)
    const error: unknown = await insertLines(clickhouse.app, 'events', lines).catch((cause: unknown) => cause)
    expect(error).toHaveProperty('code', expect.stringMatching(/^\d+$/))
    expect(isRefusal(error)).toBe(true)
    expect(await countOf('events', "message_id IN ('bad', 'neighbour')")).toBe(0)
  })

  test('faults of the server are not', async () => {
    const line = Buffer.from(lineOf(event))
    const faults = {
      'no such table': () => insertLines(clickhouse.app, 'nowhere', line),
      'a user who may only read': () => insertLines(clickhouse.reader, 'events', line),
      'an abort': () => insertLines(clickhouse.app, 'events', line, AbortSignal.abort()),
    }
    for (const [name, insertion] of Object.entries(faults)) {
      const error: unknown = await insertion().catch((cause: unknown) => cause)
      expect(error, name).toBeInstanceOf(Error)
      expect(isRefusal(error), name).toBe(false)
    }
  })

  test('too many parts is not', async () => {
    await clickhouse.app.command({ query: 'SYSTEM STOP MERGES rejected_events' })
    await clickhouse.app.command({
      query:
        'ALTER TABLE rejected_events MODIFY SETTING parts_to_delay_insert = 1, parts_to_throw_insert = 1',
    })
    const line = Buffer.from('{"project":"p"}\n')
    const errors: unknown[] = []
    for (let i = 0; i < 3; i += 1) {
      await insertLines(clickhouse.app, 'rejected_events', line).catch((cause: unknown) => errors.push(cause))
    }
    expect(errors[0]).toHaveProperty('code', '252')
    expect(isRefusal(errors[0])).toBe(false)
  })

  test('a server that is not there is not', async () => {
    const gone = await startTestClickHouse()
    await gone.close()
    const error: unknown = await insertLines(gone.app, 'events', Buffer.from(lineOf(event))).catch(
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(Error)
    expect(isRefusal(error)).toBe(false)
  })
})

test('no acknowledged batch is lost when the server is killed under writers, and none is twice', async () => {
  const kills = 5
  const acknowledged: string[] = []
  let writing = true
  const write = async (writer: number) => {
    for (let batch = 0; writing; batch += 1) {
      const ids = Array.from({ length: 20 }, (_, i) => `kill-${writer}-${batch}-${i}`)
      const lines = Buffer.from(
        ids.map((message_id) => lineOf({ ...event, project: 'kill', message_id })).join(''),
      )
      while (
        !(await insertLines(clickhouse.app, 'events', lines).then(
          () => true,
          () => false,
        ))
      )
        await delay(10)
      acknowledged.push(...ids)
    }
  }
  const writers = [write(0), write(1)]
  for (let kill = 0; kill < kills; kill += 1) {
    const before = acknowledged.length
    await vi.waitUntil(() => acknowledged.length > before + 60, { timeout: 20_000 })
    process.kill(clickhouse.embedded?.pid() ?? 0, 'SIGKILL')
  }
  writing = false
  await Promise.all(writers)
  await vi.waitUntil(() => clickhouse.isReady(), { timeout: 20_000 })
  expect(clickhouse.embedded?.restarts()).toBe(kills)
  const ids = (await rows("SELECT message_id FROM events FINAL WHERE project = 'kill'")).map(
    (row) => row['message_id'],
  )
  expect(ids.sort()).toEqual(acknowledged.sort())
  // The views are as whole as the events: a retry repeats them too.
  expect(await countOf('links', "project = 'kill'")).toBe(acknowledged.length * 4)
  expect(await countOf('memberships', "project = 'kill'")).toBe(acknowledged.length)
}, 60_000)

test('a server given by its URL works the same, with caps for a reader that is the same user', async () => {
  const { embedded } = clickhouse
  const remote = await openClickHouse({
    logger: silentLogger,
    url: embedded?.url,
    user: 'app',
    password: embedded?.appPassword,
  })
  expect(remote.embedded).toBeUndefined()
  await insertLines(remote.app, 'events', Buffer.from(lineOf({ ...event, message_id: 'by-url' })))
  const answer = await remote.reader.query({
    query: "SELECT message_id FROM events WHERE message_id = 'by-url'",
    format: 'JSONEachRow',
  })
  expect(await answer.json()).toEqual([{ message_id: 'by-url' }])
  await expect(remote.reader.command({ query: 'TRUNCATE TABLE events' })).rejects.toThrow(/readonly/)
  await remote.close()
})

test('a server that refuses the password is said so, one that is not there yet is waited for', async () => {
  const url = clickhouse.embedded?.url
  await expect(openClickHouse({ logger: silentLogger, url, user: 'app', password: 'no' })).rejects.toThrow(
    /CLICKHOUSE_USER and CLICKHOUSE_PASSWORD: .* refuses the user \S+ or the password/,
  )
  const logger = { ...silentLogger, info: vi.fn<(fields: object, message: string) => void>() }
  const port = clickhouse.embedded?.httpPort ?? 0
  const pid = clickhouse.embedded?.pid() ?? 0
  process.kill(pid, 'SIGKILL')
  await vi.waitUntil(() => clickhouse.embedded?.pid() !== pid, { interval: 1 })
  const password = clickhouse.embedded?.appPassword
  const late = await openClickHouse({ logger, url: `http://127.0.0.1:${port}`, user: 'app', password })
  expect(logger.info.mock.calls[0]?.[1]).toBe('CLICKHOUSE_URL: waiting for ClickHouse to answer')
  await late.close()
})

async function rows(query: string): Promise<Record<string, unknown>[]> {
  const answer = await clickhouse.app.query({ query, format: 'JSONEachRow' })
  return answer.json()
}

async function countOf(table: string, where = '1'): Promise<number> {
  const [row] = await rows(`SELECT count() AS n FROM ${table} FINAL WHERE ${where}`)
  return Number(row?.['n'])
}
