/** What only the real server can show: its verdict on events, its limits, and what it keeps of a re-sent batch. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, until, type TestServer } from '../../test-support/server.js'
import { Touchline, type TouchlineOptions, type Unsent } from '../src/index.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
}, 90_000)
afterAll(async () => {
  await server?.stop()
}, 60_000)

const clientFor = (options: Partial<TouchlineOptions> = {}) =>
  new Touchline({ writeKey: server.writeKey, host: server.url, ...options })

interface Counted {
  rows: number
  ids: number
}
/** Rows that a reader sees of the events of one name, and how many different ones they should be. */
async function counted(name: string): Promise<Counted> {
  const [row] = await server.sql<{ rows: string; ids: string }>(
    `SELECT count() AS rows, uniqExact(JSONExtractInt(properties, 'n')) AS ids FROM events FINAL WHERE name = {name:String}`,
    { name },
  )
  return { rows: Number(row?.rows), ids: Number(row?.ids) }
}
const stored = (name: string, events: number) =>
  until(
    async () => {
      const { rows, ids } = await counted(name)
      return ids >= events ? { rows, ids } : undefined
    },
    { timeoutMs: 30_000, what: `${events} events called ${name}` },
  )

describe('the real server', () => {
  it('stores a burst once, with every field, as sent by this library', async () => {
    const client = clientFor()
    for (let n = 0; n < 3_000; n += 1)
      client.track({ userId: `u${n % 7}`, event: 'Burst', properties: { n } })
    expect(await client.close({ timeoutMs: 25_000 })).toEqual({
      sent: 3_000,
      rejected: 0,
      dropped: 0,
      pending: 0,
    })
    expect(await stored('Burst', 3_000)).toEqual({ rows: 3_000, ids: 3_000 })
    const libraries = await server.sql(
      `SELECT DISTINCT library, origin, verified FROM events FINAL WHERE name = 'Burst'`,
    )
    expect(libraries).toEqual([{ library: '@touchline/node', origin: 'server', verified: false }])
  })

  it('stores every type of event that the client can send', async () => {
    const client = clientFor()
    const who = { userId: 'types-1', anonymousId: 'types-a1' }
    client.identify({ ...who, traits: { email: 'types@one.example', plan: 'pro' } })
    client.identify({ traits: { email: 'types-lead@one.example' } })
    client.page({ ...who, name: 'Pricing', context: { page: { url: 'https://shop.example/pricing' } } })
    client.screen({ ...who, name: 'Cart' })
    client.group({ ...who, groupId: 'acme', traits: { name: 'Acme' } })
    client.alias({ userId: 'types-1', previousId: 'types-old' })
    client.track({ userId: 4711, event: 'Numbered' })
    expect(await client.close()).toEqual({ sent: 7, rejected: 0, dropped: 0, pending: 0 })
  })

  it('counts claims as verified where the client has a secret key', async () => {
    const client = clientFor({ writeKey: server.secretKey })
    client.track({ userId: 'u1', event: 'Verified', properties: { n: 0 } })
    await client.close()
    await stored('Verified', 1)
    const rows = await server.sql(`SELECT verified FROM events FINAL WHERE name = 'Verified'`)
    expect(rows).toEqual([{ verified: true }])
  })

  it('names the events that it rejects, and keeps the others of the batch', async () => {
    const rejected: Unsent[] = []
    const client = clientFor({ onReject: (rejection) => rejected.push(rejection) })
    client.track({ userId: 'u1', event: 'Mixed', properties: { n: 0 } })
    client.track({ userId: 'undefined', event: 'Mixed', properties: { n: 1 } })
    client.track({ userId: 'u1', event: 'Mixed', properties: { n: 2 } })
    expect(await client.close()).toEqual({ sent: 2, rejected: 1, dropped: 0, pending: 0 })
    expect(rejected).toMatchObject([
      { code: 'EVENT_NO_ID', event: { userId: 'undefined', properties: { n: 1 } } },
    ])
    expect(await stored('Mixed', 2)).toEqual({ rows: 2, ids: 2 })
  })

  it('gets a batch over its limit in halves', async () => {
    const sizes: number[] = []
    const client = clientFor({
      maxBatchBytes: 4_000_000,
      gzip: false,
      fetch: (url, init) => {
        sizes.push(init.body.length)
        return fetch(url, init)
      },
    })
    const text = 'x'.repeat(10_000)
    for (let n = 0; n < 200; n += 1) client.track({ userId: 'u1', event: 'Large', properties: { n, text } })
    expect(await client.close({ timeoutMs: 25_000 })).toEqual({
      sent: 200,
      rejected: 0,
      dropped: 0,
      pending: 0,
    })
    expect(Math.max(...sizes)).toBeGreaterThan(512 * 1024)
    expect(await stored('Large', 200)).toEqual({ rows: 200, ids: 200 })
  })

  it('refuses an unknown key for good, and the client says so once for each event', async () => {
    const rejected: Unsent[] = []
    const client = clientFor({ writeKey: 'wk_of_nobody', onReject: (rejection) => rejected.push(rejection) })
    client.track({ userId: 'u1', event: 'x' })
    client.track({ userId: 'u1', event: 'x' })
    expect(await client.close()).toEqual({ sent: 0, rejected: 2, dropped: 0, pending: 0 })
    expect(rejected.map(({ code }) => code)).toEqual(['KEY_UNKNOWN', 'KEY_UNKNOWN'])
  })

  it('that is killed in the middle of a stream of events has each of them once after it is back', async () => {
    const spool = mkdtempSync(join(tmpdir(), 'touchline-node-'))
    const client = clientFor({ spool, requestTimeoutMs: 2_000 })
    let n = 0
    const stream = setInterval(() => {
      for (let i = 0; i < 20; i += 1, n += 1)
        client.track({ userId: `u${n % 7}`, event: 'Killed', properties: { n } })
    }, 5)
    await until(async () => ((await counted('Killed')).rows > 0 ? true : undefined))
    await server.kill()
    await until(() => (n > 3_000 ? true : undefined))
    await server.restart()
    clearInterval(stream)
    expect(await client.close({ timeoutMs: 40_000 })).toEqual({
      sent: n,
      rejected: 0,
      dropped: 0,
      pending: 0,
    })
    expect(await stored('Killed', n)).toEqual({ rows: n, ids: n })
    rmSync(spool, { recursive: true, force: true })
  }, 120_000)
})
