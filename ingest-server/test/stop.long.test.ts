/** SIGTERM ends the process in time, whatever holds a connection; and a ClickHouse that hangs leaves nobody unanswered. */
import { connect } from 'node:net'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { someEngineOf } from '../../test-support/faults/engine.js'
import { startServer, until, type TestServer } from '../../test-support/server.js'

const isAlive = (pid: number) => existsSync(`/proc/${pid}`)
/** As long as Kubernetes waits before it kills. */
const killedAfterMs = 30_000

/** A request of which the last byte is missing, on a connection that is to stay. */
async function halfSent(server: TestServer) {
  const body = JSON.stringify({ userId: 'u1', event: 'At the last moment' })
  const { port, host } = new URL(server.url)
  const socket = connect(Number(port), '127.0.0.1')
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write(
    [
      'POST /v1/track HTTP/1.1',
      `Host: ${host}`,
      `Authorization: Basic ${Buffer.from(`${server.writeKey}:`).toString('base64')}`,
      'Connection: keep-alive',
      `Content-Length: ${body.length}`,
      '',
      body.slice(0, -1),
    ].join('\r\n'),
  )
  return { finish: () => socket.write(body.slice(-1)), received: () => received, closed }
}

describe('SIGTERM', () => {
  test('closes a kept-alive connection that was answering when it came, and ends the process', async () => {
    const server = await startServer()
    const requests = await Promise.all(Array.from({ length: 3 }, () => halfSent(server)))
    // One more that has had its answer and is idle.
    const idle = await halfSent(server)
    idle.finish()
    await until(() => (idle.received().includes('"accepted":1') ? true : undefined))
    const { pid } = server
    process.kill(pid, 'SIGTERM')
    await until(() => (server.output().includes('SIGTERM') ? true : undefined))
    for (const request of requests) request.finish()
    await Promise.all([...requests, idle].map(({ closed }) => closed))
    for (const { received } of requests) {
      expect(received()).toMatch(/^HTTP\/1\.1 200 /)
      expect(received().toLowerCase()).toContain('\r\nconnection: close\r\n')
    }
    await until(() => (isAlive(pid) ? undefined : true), { timeoutMs: killedAfterMs, what: 'the end' })
    await server.stop()
  })

  test('ends the process also where a request never comes to its end', async () => {
    const server = await startServer()
    const { pid } = server
    const never = await halfSent(server)
    process.kill(pid, 'SIGTERM')
    await never.closed
    await until(() => (isAlive(pid) ? undefined : true), { timeoutMs: killedAfterMs, what: 'the end' })
    await server.stop()
  })

  test('ends the process also while ClickHouse hangs with a question and an insert', async () => {
    const server = await startServer()
    const { pid } = server
    const engine = await someEngineOf(pid)
    process.kill(engine, 'SIGSTOP')
    await server.post('/v1/track', { userId: 'u1', event: 'Held' })
    const read = server.get('/v1/users/u1/timeline').catch(() => undefined)
    process.kill(pid, 'SIGTERM')
    await until(() => (isAlive(pid) ? undefined : true), { timeoutMs: killedAfterMs, what: 'the end' })
    await read
    await until(() => (isAlive(engine) ? undefined : true), { what: 'the end of the engine' })
    await server.restart()
    await until(async () =>
      (await server.get<{ touchpoints?: unknown[] }>('/v1/users/u1/timeline')).body.touchpoints?.length === 1
        ? true
        : undefined,
    )
    await server.stop()
  })
})

test.each<NodeJS.Signals>(['SIGHUP', 'SIGINT'])(
  '%s ends as SIGTERM does, and leaves no engine',
  async (signal) => {
    const server = await startServer()
    const { pid } = server
    const engine = await someEngineOf(pid)
    process.kill(pid, signal)
    await until(() => (isAlive(pid) ? undefined : true), { timeoutMs: killedAfterMs, what: 'the end' })
    expect(server.output()).toContain(`${signal}: finishing`)
    await until(() => (isAlive(engine) ? undefined : true), { what: 'the end of the engine' })
    await server.stop()
  },
)

test.each<NodeJS.Signals>(['SIGKILL', 'SIGQUIT', 'SIGABRT'])(
  'no engine outlives a server that %s ended, not even one that hangs',
  async (signal) => {
    const server = await startServer()
    const { pid } = server
    const engine = await someEngineOf(pid)
    process.kill(engine, 'SIGSTOP')
    process.kill(pid, signal)
    await until(() => (isAlive(engine) ? undefined : true), { what: 'the end of the engine' })
    await server.stop()
  },
)

describe('a ClickHouse that hangs', () => {
  test.each(['/v1/users/u1/timeline', '/v1/people?q=u1'])(
    'has %s answered 503, not cut off',
    async (path) => {
      const server = await startServer()
      const engine = await someEngineOf(server.pid)
      process.kill(engine, 'SIGSTOP')
      try {
        const { status, body } = await server.get<{ code: string }>(path)
        expect({ status, code: body.code }).toEqual({ status: 503, code: 'STORE_UNAVAILABLE' })
      } finally {
        process.kill(engine, 'SIGCONT')
      }
      await server.stop()
    },
  )
})
