/**
 * Erasing a person, on the real server: with late copies of their events coming in all the while, with the
 * process killed half-way, and with an old copy of the log played back. Everything about them bears one mark,
 * which afterwards is looked for by value in every table and every file.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { touchline } from '../../test-support/command.js'
import { startServer, type TestServer, until } from '../../test-support/server.js'

const mark = `zq${randomUUID().slice(0, 8)}`
const ada = { userId: `${mark}-ada`, email: `${mark}@example.com`, device: `${mark}-phone` }
const shared = 'the-family-tablet'
const hour = 3_600_000
const start = Date.now() - 200 * hour
const at = (hours: number) => new Date(start + hours * hour).toISOString()

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const event = (type: string, hours: number, more: object) => ({
  type,
  messageId: `${mark}-${randomUUID()}`,
  timestamp: at(hours),
  ...more,
})

/** In every table that holds facts, and beside somebody else on a shared device. */
const journey = () => [
  event('page', 1, { anonymousId: ada.device, properties: { url: `https://shop.test/?who=${mark}` } }),
  event('page', 2, { anonymousId: shared, name: mark }),
  event('identify', 3, {
    userId: ada.userId,
    anonymousId: ada.device,
    traits: { email: ada.email, name: mark },
  }),
  event('track', 4, { userId: ada.userId, anonymousId: shared, event: 'Opened', properties: { note: mark } }),
  event('group', 5, { userId: ada.userId, groupId: 'acme', traits: { plan: 'pro' } }),
  event('track', 6, { userId: ada.userId, event: 'Paid', context: { groupId: 'acme' } }),
  event('track', 7, {
    anonymousId: `${mark}-lead`,
    event: 'Form',
    context: { traits: { email: ada.email } },
  }),
]
const bobs = [
  {
    type: 'identify',
    messageId: 'bob-1',
    timestamp: at(50),
    userId: 'bob',
    anonymousId: shared,
    traits: { name: 'Bob' },
  },
  { type: 'page', messageId: 'bob-2', timestamp: at(60), anonymousId: shared, name: 'Home' },
  // Names her, and is his.
  {
    type: 'identify',
    messageId: 'bob-3',
    timestamp: at(70),
    userId: 'bob',
    traits: { email: ada.email, team: 'B' },
  },
]

const send = (batch: object[]) => server.post('/v1/batch', { batch, sentAt: new Date().toISOString() })

const family = '/v1/definitions/segments/family'

/** A list of people, as a version of a definition. */
async function saveList(body: object): Promise<void> {
  const answer = await fetch(`${server.url}${family}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ subject: 'person', ...body }),
  })
  expect(answer.status, await answer.text()).toBeLessThan(300)
}

/** Those that an analyst sees; the folder's files, below, are everything. */
async function tablesSeen(): Promise<string[]> {
  const tables = await server.sql<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  )
  expect(tables.length).toBeGreaterThan(10)
  return tables.map(({ name }) => name)
}

async function tablesWithMark(): Promise<string[]> {
  const found: string[] = []
  for (const name of await tablesSeen()) {
    const [row] = await server.sql<{ rows: string }>(
      `SELECT count() AS rows FROM ${name} WHERE position(toString(tuple(*)), {mark: String}) > 0`,
      { mark },
    )
    if (Number(row?.rows) > 0) found.push(name)
  }
  return found
}

/** Says where the mark still is when it does not go. */
async function untilGone(where: () => Promise<string[]>): Promise<void> {
  let last: string[] = []
  await until(
    async () => {
      last = await where()
      return last.length === 0 ? true : undefined
    },
    { timeoutMs: 120_000, everyMs: 300 },
  ).catch((cause: unknown) => {
    throw new Error(`the mark is still in ${last.join(', ')}`, { cause })
  })
}

async function filesWithMark(): Promise<string[]> {
  const entries = await readdir(server.dataDir, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    // A part may be merged away between the listing and the reading.
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes?.includes(mark)) found.push(path)
  }
  return found
}

interface Proof {
  erasureId: string
  status: string
  remaining: Record<string, number>
}

async function finished(erasureId: string): Promise<void> {
  let last: Proof | undefined
  await until(
    async () => {
      last = (await server.get<Proof>(`/v1/erasures/${erasureId}`)).body
      return last.status === 'finished' ? last : undefined
    },
    { timeoutMs: 180_000, everyMs: 200, what: 'the erasure to be finished' },
  ).catch((cause: unknown) => {
    throw new Error(`not finished: ${JSON.stringify(last)}\n${server.output()}`, { cause })
  })
}

async function erase(): Promise<string> {
  const answer = await fetch(`${server.url}/v1/people/${ada.userId}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${server.secretKey}` },
  })
  expect(answer.status).toBe(202)
  const proof = (await answer.json()) as Proof
  expect(answer.headers.get('location')).toBe(`/v1/erasures/${proof.erasureId}`)
  return proof.erasureId
}

test('nothing of them remains, and everybody else’s time does', async () => {
  // One after the other: an unsigned claim of an address is as old as its receipt, and hers comes first.
  await send(journey())
  await send(bobs)
  await send([{ type: 'track', userId: ada.userId, messageId: `${mark}-refused`, properties: { mark } }])
  await until(
    async () => {
      const { body } = await server.get<{ events?: unknown[] }>(
        `/v1/users/${ada.userId}/timeline?detail=events&limit=100`,
      )
      return (body.events ?? []).length >= 7 ? true : undefined
    },
    { what: 'her whole timeline' },
  )
  await saveList({
    identifiers: [`user:${ada.userId}`, 'user:bob', `email:${ada.email}`],
    note: `asked by ${ada.email}`,
  })
  await saveList({ identifiers: [`anon:${ada.device}`], author: ada.email })
  const everywhere = ['account_people', 'account_subjects', 'account_traits', 'email_hosts', 'events']
  everywhere.push(
    'identity_map',
    'links',
    'memberships',
    'people',
    'rejected_events',
    'traits',
    'definitions',
  )
  await until(async () => {
    const [tables, seen] = [await tablesWithMark(), await tablesSeen()]
    return everywhere.every((table) => tables.includes(table) || !seen.includes(table)) ? true : undefined
  })
  // A copy of the log as it was, for later.
  const oldLog = `${server.dataDir}-old-log`
  await cp(join(server.dataDir, 'log'), oldLog, { recursive: true })

  // Late copies out of some browser's queue, all the while.
  let isSending = true
  let sent = 0
  const late = (async () => {
    while (isSending) {
      await send(journey()).then(
        ({ status }) => (sent += status === 200 ? 7 : 0),
        () => undefined,
      )
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  try {
    const erasureId = await erase()
    // Half-way.
    await server.kill()
    await server.restart()
    await finished(erasureId)
  } finally {
    isSending = false
    await late
  }
  expect(sent).toBeGreaterThan(0)
  await untilGone(tablesWithMark)
  await untilGone(filesWithMark)
  expect((await server.get(`/v1/users/${ada.userId}/timeline`)).status).toBe(404)
  const timelineOfBob = async () => {
    const { body } = await server.get<{ events: { messageId: string }[] }>(
      '/v1/users/bob/timeline?detail=events',
    )
    return body.events
      .map(({ messageId }) => messageId)
      .sort()
      .join(' ')
  }
  await until(async () => ((await timelineOfBob()) === 'bob-1 bob-2 bob-3' ? true : undefined)).catch(
    async (cause: unknown) => {
      const events = await server.sql('SELECT message_id, subject FROM events FINAL')
      const map = await server.sql('SELECT * FROM identity_map')
      throw new Error(`Bob has ${await timelineOfBob()}; ${JSON.stringify({ events, map })}`, { cause })
    },
  )

  // Lists of people stay without her, those of the past too; a list of nobody else names nobody.
  const { versions } = (
    await server.get<{ versions: { body: { identifiers: string[] }; note: string; author: string }[] }>(
      `${family}/versions`,
    )
  ).body
  expect(versions.map(({ body }) => body.identifiers)).toEqual([['[erased]'], ['user:bob']])
  expect(versions.map(({ note, author }) => [note, author])).toEqual([
    ['', '[erased]'],
    ['asked by [erased]', 'api'],
  ])

  // The old copy of the log, played back.
  const [{ erasureId } = { erasureId: '' }] = (
    await server.get<{ erasures: Proof[] }>(`/v1/erasures?person=${ada.userId}`)
  ).body.erasures
  await server.kill()
  await rm(join(server.dataDir, 'log'), { recursive: true })
  await cp(oldLog, join(server.dataDir, 'log'), { recursive: true })
  await rm(oldLog, { recursive: true })
  const env = { DATA_DIR: server.dataDir, PORT: new URL(server.url).port }
  expect(await touchline(['replay'], env)).toMatch(/^\d+ records/)
  await server.restart()
  await untilGone(tablesWithMark)
  await finished(erasureId)
  await untilGone(filesWithMark)
  expect(existsSync(join(server.dataDir, 'log'))).toBe(true)

  // Later, somebody under the same name is somebody new.
  await send([{ type: 'track', messageId: 'new-life', userId: ada.userId, event: 'Came Back' }])
  await until(async () => {
    const { body } = await server.get<{ events?: { messageId: string }[] }>(
      `/v1/users/${ada.userId}/timeline?detail=events`,
    )
    return body.events?.map(({ messageId }) => messageId).join() === 'new-life' ? true : undefined
  })
}, 480_000)

test('somebody who is not known cannot be erased, and a write key erases nobody', async () => {
  const unknown = await fetch(`${server.url}/v1/people/nobody-of-this-name`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${server.secretKey}` },
  })
  expect(unknown.status).toBe(404)
  const byWriteKey = await fetch(`${server.url}/v1/people/bob`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${server.writeKey}` },
  })
  expect(byWriteKey.status).toBe(401)
})

test('who came while the clock was ahead is erased with all that was said then, once it went back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'touchline-clock-'))
  const offset = join(folder, 'offset')
  await writeFile(offset, String(2 * hour))
  const ahead = await startServer({ env: { CLOCK_OFFSET_FILE: offset } })
  try {
    const said = { userId: 'grace', anonymousId: 'grace-phone', traits: { email: 'grace@example.com' } }
    await ahead.post('/v1/identify', said)
    await ahead.post('/v1/track', { anonymousId: 'grace-phone', event: 'Paid', messageId: 'grace-paid' })
    await ahead.post('/v1/track', { userId: 'grace' })
    const rowsOf = async (table: string) =>
      (await ahead.sql(`SELECT * FROM ${table}`)).filter((row) => JSON.stringify(row).includes('grace'))
        .length
    await until(async () => ((await rowsOf('people')) > 0 && (await rowsOf('events')) > 1 ? true : undefined))
    await writeFile(offset, '0')
    const tables = ['events', 'links', 'traits', 'people', 'identity_map', 'rejected_events']
    const asked = await until(async () => {
      const answer = await fetch(`${ahead.url}/v1/people/grace`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${ahead.secretKey}` },
      })
      return answer.status === 202 ? ((await answer.json()) as Proof & { identifiers: number }) : undefined
    })
    expect(asked.identifiers).toBe(3)
    await until(
      async () => {
        const { body } = await ahead.get<Proof>(`/v1/erasures/${asked.erasureId}`)
        return body.status === 'finished' ? true : undefined
      },
      { timeoutMs: 120_000, what: 'the erasure to be finished' },
    )
    for (const table of tables) expect(await rowsOf(table), table).toBe(0)
  } finally {
    await ahead.stop()
    await rm(folder, { recursive: true, force: true })
  }
}, 240_000)
