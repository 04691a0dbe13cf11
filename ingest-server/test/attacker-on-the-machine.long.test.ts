/**
 * What somebody can do who is on the same machine without a key: a shell of another user, a page in a browser there,
 * a person who was given SQL. Run against the real server; SECURITY.md makes the promises that are held here.
 */
import { randomUUID } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineOf, someEngineOf } from '../../test-support/faults/engine.js'
import { startServer, type TestServer, until } from '../../test-support/server.js'

let server: TestServer
let front: TestServer
beforeAll(async () => {
  server = await startServer()
  front = await startServer({ env: { HOST: '0.0.0.0' } })
})
afterAll(async () => {
  await server.stop()
  await front.stop()
})

const engine = () => new URL(server.clickhouseUrl).origin
const asAnalyst = (query: string) => {
  const { origin, username, password } = new URL(server.clickhouseUrl)
  return fetch(`${origin}/?database=touchline`, {
    method: 'POST',
    body: query,
    headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': password },
  }).then((answer) => answer.text())
}
test('ClickHouse answers nobody who has no password', async () => {
  const queries = ['SELECT 1', `SELECT file('${server.dataDir}/keys.json')`, 'SELECT * FROM touchline.events']
  for (const query of queries) {
    for (const user of ['default', 'analyst', 'app', 'reader']) {
      const answer = await fetch(`${engine()}/?user=${user}&query=${encodeURIComponent(query)}`)
      expect(answer.ok, `${user}: ${query}`).toBe(false)
      expect(await answer.text()).not.toMatch(/[sw]k_/)
    }
  }
})

test('a failed connection does not end ClickHouse', async () => {
  await fetch(`${engine()}/?query=${'a'.repeat(500_000)}`).catch(() => undefined)
  await fetch(`${engine()}/`, { headers: { 'x-long': 'a'.repeat(200_000) } }).catch(() => undefined)
  expect((await asAnalyst('SELECT 1')).trim()).toBe('1')
  expect(server.output()).not.toContain('ended unasked')
})

test('whoever may ask in SQL reads no file of the server', async () => {
  for (const name of [
    'keys.json',
    'projects.json',
    'log',
    'clickhouse/users.xml',
    'clickhouse/engine/status',
  ]) {
    for (const file of [join(server.dataDir, name), `/proc/self/root${join(server.dataDir, name)}`]) {
      expect(await asAnalyst(`SELECT file('${file}')`), file).toMatch(/exception/i)
      const template = `SELECT 1 AS a FORMAT Template SETTINGS format_template_resultset = '${file}'`
      expect(await asAnalyst(template), file).toMatch(/READONLY/)
    }
  }
})

test('a start does not print what is secret in the environment', () => {
  for (const one of [server, front]) {
    expect(one.output()).toContain('Touchline is ready')
    expect(one.output()).not.toContain(one.secretKey)
    expect(one.output()).not.toContain(new URL(one.clickhouseUrl).password)
  }
})

test('metrics and the details of readiness are for the operator', async () => {
  const { port } = new URL(front.url)
  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address
  const strangers: [string, Record<string, string>][] = [
    [`http://127.0.0.1:${port}`, { 'x-forwarded-for': '203.0.113.9' }],
    [`http://127.0.0.1:${port}`, { forwarded: 'for=203.0.113.9' }],
    ...(outside === undefined ? [] : [[`http://${outside}:${port}`, {}] as [string, Record<string, string>]]),
  ]
  for (const [url, headers] of strangers) {
    const metrics = await fetch(`${url}/metrics`, { headers })
    expect(metrics.status).toBe(401)
    expect(await metrics.json()).toMatchObject({ code: 'METRICS_CLOSED' })
    const ready = await fetch(`${url}/health/ready`, { headers })
    expect(ready.status).toBe(200)
    const { checks } = (await ready.json()) as { checks: Record<string, object> }
    for (const check of Object.values(checks)) expect(Object.keys(check)).toEqual(['ok'])
  }
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200)
})

test('while ClickHouse hangs questions are answered 503, events are taken, and it comes back by itself', async () => {
  const hung = await someEngineOf(front.pid)
  process.kill(hung, 'SIGSTOP')
  await until(async () => ((await front.get('/v1/people/ada')).status === 503 ? true : undefined), {
    what: 'a question to be refused',
  })
  expect((await front.get('/v1/people/ada')).body).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  const event = { userId: 'ada', event: 'While it hung', messageId: randomUUID() }
  expect((await front.post('/v1/track', event)).status).toBe(200)
  await until(async () => ((await engineOf(front.pid)) !== hung ? true : undefined), {
    timeoutMs: 150_000,
    everyMs: 500,
    what: 'the hanging engine to be ended',
  })
  await until(
    async () => {
      const rows = await front.sql('SELECT 1 AS a FROM events WHERE message_id = {id: String}', {
        id: event.messageId,
      })
      return rows.length > 0 ? true : undefined
    },
    { timeoutMs: 90_000, what: 'the event to be stored' },
  )
}, 300_000)
