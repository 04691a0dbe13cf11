/**
 * The engine starts as a user without a password. Whoever else connects to this machine must not be that user:
 * not while it starts, not afterwards, not after a crash, over no protocol.
 */
import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../../test-support/clickhouse.js'
import { freePort } from '../../../../test-support/server.js'
import { startEmbeddedServer, type EmbeddedServer } from './embedded-server.js'

let clickhouse: TestClickHouse
let server: EmbeddedServer

beforeAll(async () => {
  clickhouse = await startTestClickHouse({ projects: ['acme'], tcpPort: 0 })
  if (clickhouse.embedded === undefined) throw new Error('The test server is not embedded.')
  server = clickhouse.embedded
})

afterAll(async () => {
  await clickhouse.close()
})

const everybody = ['default', 'app', 'reader', 'analyst', 'project_acme', '', 'nobody']

test.each(everybody)('without a password nobody connects: %j', async (user) => {
  for (const attempt of attempts(server.httpPort, user))
    expect(await outcomeOf(attempt), user).toBe('refused')
  expect(await nativeHello(server.tcpPort ?? 0, user)).toBe('refused')
})

test('a page that reaches the port under a name of its own (DNS rebinding) is nobody', async () => {
  for (const host of ['evil.test', 'localhost', `127.0.0.1:${server.httpPort}`]) {
    const said = await rawGet(server.httpPort, host, '/?query=SELECT%2042')
    expect(said, host).toContain('USER_SESSION_LIMIT_EXCEEDED')
    expect(said.split('\r\n\r\n')[1], host).not.toMatch(/^\w*\r?\n?42\b/)
  }
})

test('another user of this machine is nobody too', () => {
  const uid = process.getuid?.() === 0 ? 65_534 : undefined
  const script = `fetch(${JSON.stringify(server.url)}, { method: 'POST', body: 'SELECT 42' })
    .then(async (answer) => console.log(answer.status, await answer.text()))`
  const { stdout } = spawnSync(process.execPath, ['-e', script], { uid, cwd: '/', encoding: 'utf8' })
  expect(stdout).toContain('USER_SESSION_LIMIT_EXCEEDED')
})

/** What ended the whole process before: a login refused over the native protocol, a header that is too long. */
test('a connection that fails ends nothing but itself', async () => {
  const pid = server.pid()
  const long = 'a'.repeat(200_000)
  await fetch(`${server.url}/?query=${long}`).then((answer) => answer.text(), String)
  await rawGet(server.httpPort, `127.0.0.1\r\nX-Long: ${long}`, '/').catch(String)
  await rawGet(server.httpPort, '127.0.0.1', `/${'%'.repeat(5_000)}`).catch(String)
  for (const user of everybody) await nativeHello(server.tcpPort ?? 0, user)
  await nativeHello(server.tcpPort ?? 0, 'analyst', 'guess')
  for (const bytes of ['\xff'.repeat(64), '\x00\xff\xff\xff\xff\x7f', 'GET / HTTP/1.1\r\n\r\n'])
    await sendAndHangUp(server.tcpPort ?? 0, Buffer.from(bytes, 'latin1'))
  const ask = fetch(`${server.url}/?query=SELECT%201`, {
    headers: { 'x-clickhouse-user': 'analyst', 'x-clickhouse-key': server.analystPassword },
  })
  expect(await (await ask).text()).toBe('1\n')
  expect(server.pid()).toBe(pid)
  expect(server.isRunning()).toBe(true)
})

test('nobody connects while it starts, nor while it starts again after a crash', async () => {
  const passwordless = watchPort(server.httpPort, server.tcpPort ?? 0)
  process.kill(server.pid() ?? 0, 'SIGKILL')
  await vi.waitUntil(() => !server.isRunning(), { timeout: 10_000, interval: 1 })
  await vi.waitUntil(() => server.isRunning(), { timeout: 30_000 })
  // And a while after: the session that holds the place must not end with the boot.
  await vi.waitUntil(() => passwordless.seen().refused > 50, { timeout: 30_000 })
  const seen = await passwordless.stop()
  expect(seen.answered).toBe(0)
  expect(seen.unreachable, 'tried before the port was open').toBeGreaterThan(0)
})

test('nobody connects during a first start', async () => {
  const dataDir = `${clickhouse.dataDir}/first`
  const [httpPort, tcpPort] = [await freePort(), await freePort()]
  const passwordless = watchPort(httpPort, tcpPort)
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const first = await startEmbeddedServer({ dataDir, database: 'touchline', logger, httpPort, tcpPort })
  await vi.waitUntil(() => passwordless.seen().refused > 20, { timeout: 30_000 })
  const seen = await passwordless.stop()
  await first.close()
  expect(seen.answered).toBe(0)
})

type Outcome = 'answered' | 'refused' | 'unreachable'

/** Ways to ask for a constant, which no quota counts, without a password. */
function attempts(port: number, user: string): (() => Promise<Response>)[] {
  const url = `http://127.0.0.1:${port}`
  const named = `user=${encodeURIComponent(user)}`
  return [
    () => fetch(`${url}/?${named}&query=SELECT%201`),
    () => fetch(`${url}/?${named}&password=&session_id=s&query=SELECT%201`),
    () => fetch(url, { method: 'POST', body: 'SELECT 1', headers: { 'x-clickhouse-user': user } }),
    () => fetch(url, { method: 'POST', body: 'SELECT 1', headers: basic(user) }),
  ]
}

const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:`).toString('base64')}` })

async function outcomeOf(attempt: () => Promise<Response>): Promise<Outcome> {
  try {
    const answer = await attempt()
    await answer.text()
    return answer.ok ? 'answered' : 'refused'
  } catch {
    return 'unreachable'
  }
}

/** Tries again and again, over HTTP and the native protocol, until stopped. */
function watchPort(httpPort: number, tcpPort: number) {
  const seen = { answered: 0, refused: 0, unreachable: 0 }
  let isStopped = false
  async function watch(): Promise<void> {
    while (!isStopped) {
      const tries = [...attempts(httpPort, 'default').map(outcomeOf), nativeHello(tcpPort, 'default')]
      for (const outcome of await Promise.all(tries)) seen[outcome] += 1
    }
  }
  const watching = watch()
  return {
    seen: () => seen,
    async stop() {
      isStopped = true
      await watching
      return seen
    },
  }
}

/** The first packet of ClickHouse's native protocol: 0, then name, version, database, user, password. */
function nativeHello(port: number, user: string, password = ''): Promise<Outcome> {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
  // Revision 54,058 as a variable-length number: before anything else was added to the greeting.
  const hello = Buffer.concat([
    Buffer.from([0]),
    text('test'),
    Buffer.from([1, 1, 0xaa, 0xa6, 0x03]),
    ...['', user, password].map(text),
  ])
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(hello))
    socket.once('error', () => resolve('unreachable'))
    socket.once('close', () => resolve('unreachable'))
    // The server's first byte: 0 greets back, 2 is an exception.
    socket.once('data', (bytes: Buffer) => {
      resolve(bytes[0] === 0 ? 'answered' : 'refused')
      socket.destroy()
    })
  })
}

/** `fetch` does not send another host's name. */
function rawGet(port: number, host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    )
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.once('error', reject)
    socket.once('end', () => resolve(Buffer.concat(chunks).toString()))
  })
}

/** Resolves when the connection is closed, by whomever. */
function sendAndHangUp(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(500, () => socket.destroy())
    socket.once('data', () => socket.destroy())
    socket.once('error', () => undefined)
    socket.once('close', () => resolve())
  })
}
