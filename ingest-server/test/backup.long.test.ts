/** `touchline backup` and `restore`: beside a server that goes on, of one that stands, and of a copy that was changed. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endOf, settingsOf } from '../../test-support/command.js'
import { startServer, type TestServer, until } from '../../test-support/server.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server.stop()
  await rm(`${server.dataDir}-backup`, { recursive: true, force: true })
})

/** Beside the server, with its settings but for those that are given. */
const touchline = (args: readonly string[], more: Record<string, string> = {}) =>
  endOf(args, { ...settingsOf(server), ...more })

const track = (key: string, more: object = {}) =>
  server.post('/v1/track', { event: 'E', userId: 'u1', messageId: randomUUID(), ...more }, key)

test('a backup beside the running server holds everything acknowledged before it', async () => {
  const [folder, target] = [`${server.dataDir}-hot`, `${server.dataDir}-hot-restored`]
  let restored: TestServer | undefined
  let isDone = false
  let sent = 0
  try {
    const before = Array.from({ length: 50 }, (_, at) => `hot-${at}-${randomUUID()}`)
    for (const messageId of before) await track(server.writeKey, { messageId })
    // Events that go on arriving while it is made: each is in the copy whole, or not.
    const traffic = (async () => {
      while (!isDone) {
        await track(server.writeKey, { messageId: `meanwhile-${sent}` })
        sent += 1
      }
    })()
    const made = await touchline(['backup', folder]).finally(() => (isDone = true))
    await traffic
    expect(made).toMatchObject({ code: 0 })
    expect(sent).toBeGreaterThan(0)
    expect((await readdir(server.dataDir)).filter((name) => name.startsWith('backup'))).toEqual([])
    expect(await touchline(['restore', folder], { DATA_DIR: target, PORT: '1' })).toMatchObject({ code: 0 })
    restored = await startServer({ env: { DATA_DIR: target } })
    const copy = restored
    const found = await until(async () => {
      const rows = await copy.sql<{ message_id: string }>(
        "SELECT message_id FROM events FINAL WHERE message_id LIKE 'hot-%' ORDER BY message_id",
      )
      return rows.length >= before.length ? rows : undefined
    })
    expect(found.map((row) => row.message_id)).toEqual([...before].sort())
    const [{ rows, ids } = { rows: 0, ids: 0 }] = await copy.sql<{ rows: number; ids: number }>(
      "SELECT toInt32(count()) AS rows, toInt32(uniqExact(message_id)) AS ids FROM events FINAL WHERE message_id LIKE 'meanwhile-%'",
    )
    expect(rows).toBe(ids)
  } finally {
    await restored?.stop()
    await rm(folder, { recursive: true, force: true })
    await rm(target, { recursive: true, force: true })
  }
})

test('a backup of the stopped server is restored whole, and one that was changed is not', async () => {
  const before = await server.sql<{ events: string }>('SELECT count() AS events FROM events FINAL')
  await server.kill()
  const folder = `${server.dataDir}-backup`
  expect(await touchline(['backup', folder])).toMatchObject({ code: 0 })
  expect(await touchline(['restore', folder])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/not empty/) as string,
  })
  await rm(server.dataDir, { recursive: true })
  await appendFile(join(folder, 'keys.json'), ' ')
  expect(await touchline(['restore', folder])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/keys\.json was changed\. Nothing was restored/) as string,
  })
  expect(existsSync(server.dataDir)).toBe(false)
  const whole = await readFile(join(folder, 'keys.json'), 'utf8')
  await writeFile(join(folder, 'keys.json'), whole.slice(0, -1))
  expect(await touchline(['restore', folder])).toMatchObject({ code: 0 })
  await server.restart()
  expect(await server.sql('SELECT count() AS events FROM events FINAL')).toEqual(before)

  await server.kill()
  const rebuilt = await touchline(['stitch', '--rebuild'])
  expect(rebuilt.out).toMatch(/^\d+ persons\.$/)
  await server.restart()
})
