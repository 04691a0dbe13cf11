/** `touchline doctor`: what it calls well, what it warns of, what it calls broken, each with its reason. */
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endOf, settingsOf } from '../../test-support/command.js'
import { someEngineOf } from '../../test-support/faults/engine.js'
import { freePort, startServer, type TestServer, until } from '../../test-support/server.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

/** Beside the server, with its settings but for those that are given. */
const touchline = (args: readonly string[], more: Record<string, string> = {}) =>
  endOf(args, { ...settingsOf(server), ...more })

test('doctor says that all is well, and what is not', async () => {
  const well = await touchline(['doctor'])
  expect(well.out).not.toContain('FAIL')
  expect(well.code).toBe(0)
  const file = join(server.dataDir, 'broken.json')
  await writeFile(file, '[{')
  const ill = await touchline(['doctor'], { PROJECTS_FILE: file, KAFKA_BROKERS: '127.0.0.1:1' })
  expect(ill.code).toBe(1)
  expect(ill.out).toMatch(/FAIL\s+projects .*broken\.json cannot be read as JSON/)
  expect(ill.out).toMatch(/FAIL\s+kafka .*takes no connection/)
})

describe('doctor warns of what is well enough to serve, and yet is to be done', () => {
  const problem = '1 of 2 cannot go on. 7f3a: It could not go on: the log is full.'
  const other = createServer((request, response) => {
    const isReady = request.url === '/health/ready'
    const checks = {
      erasures: { ok: true, problem, open: 2, waiting: [] },
      projects: { ok: true, problem: null },
    }
    response.end(JSON.stringify(isReady ? { ready: true, checks } : { live: true }))
  })
  beforeAll(() => new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => other.close(resolve)))

  test('an erasure that cannot go on', async () => {
    const { port } = other.address() as AddressInfo
    const { out, code } = await touchline(['doctor'], { PORT: String(port) })
    expect(out).toMatch(/warn\s+· erasures\s+1 of 2 cannot go on\. 7f3a: .*the log is full/)
    expect(out).toMatch(/ok\s+· projects/)
    expect(code).toBe(0)
  })
})

describe('doctor does not take another answer for that of ClickHouse', () => {
  const pages = new Map([
    ['/', 'Ok.'],
    ['/site', '<!doctype html><title>Shop</title>'],
    ['/json', '{"version":"26.7"}'],
  ])
  let page = ''
  const other = createServer((_request, response) => void response.end(page))
  beforeAll(() => new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => other.close(resolve)))

  test.each([...pages.values()])('200 %s', async (text) => {
    page = text
    const { port } = other.address() as AddressInfo
    const { code, out } = await touchline(['doctor'], { CLICKHOUSE_URL: `http://127.0.0.1:${port}` })
    expect(code).toBe(1)
    expect(out).toMatch(/FAIL\s+clickhouse\s+CLICKHOUSE_URL: what answers there \(200: .*\) is no ClickHouse/)
  })

  test('and says the reason that ClickHouse gives, and that of the network', async () => {
    const { origin } = new URL(server.clickhouseUrl)
    const refused = await touchline(['doctor'], {
      CLICKHOUSE_URL: origin,
      CLICKHOUSE_USER: 'app',
      CLICKHOUSE_PASSWORD: 'guess',
    })
    expect(refused.out).toMatch(/FAIL\s+clickhouse\s+it refuses: Code: (516|194|193|192)\. .*app/)
    const away = await touchline(['doctor'], { CLICKHOUSE_URL: `http://127.0.0.1:${await freePort()}` })
    expect(away.out).toMatch(/FAIL\s+clickhouse\s+CLICKHOUSE_URL: \S+ does not answer \(.*ECONNREFUSED/)
  })
})

test('doctor --json says the same to programs', async () => {
  const { code, out } = await touchline(['doctor', '--json'])
  const findings = JSON.parse(out) as { what: string; state: string; detail: string }[]
  expect(code).toBe(0)
  expect(findings).toContainEqual({ what: 'node', state: 'ok', detail: process.version })
  expect(findings.map(({ what }) => what)).toContain('· clickhouse')
  expect(findings.every(({ state }) => state === 'ok' || state === 'warn')).toBe(true)
  const ill = await touchline(['doctor', '--json'], { KAFKA_BROKERS: '127.0.0.1:1' })
  expect(ill.code).toBe(1)
  expect(JSON.parse(ill.out)).toContainEqual(expect.objectContaining({ what: 'kafka', state: 'FAIL' }))
})

test('doctor without the DATA_DIR of the server that answers says that it is another', async () => {
  const { out } = await touchline(['doctor'], { DATA_DIR: join(tmpdir(), 'touchline-not-there') })
  expect(out).toMatch(/warn\s+data\s+\S+ is not there, though a server answers at http\S+: set DATA_DIR as/)
})

describe('doctor takes what listens somewhere for what it says it is', () => {
  const site = createServer((_request, response) => void response.end('<!doctype html><title>Shop</title>'))
  const greeter = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.resume().end('SSH-2.0-OpenSSH_9.6\r\n')
  })
  const portOf = (one: { address(): AddressInfo | string | null }) => (one.address() as AddressInfo).port
  beforeAll(() =>
    Promise.all([site, greeter].map((one) => new Promise<void>((done) => one.listen(0, '127.0.0.1', done)))),
  )
  afterAll(() => {
    site.closeAllConnections()
    return Promise.all([site, greeter].map((one) => new Promise((done) => one.close(done))))
  })

  test.each([
    ['a web server', () => portOf(site)],
    ['a server that greets and hangs up', () => portOf(greeter)],
  ])(
    '%s is no Kafka',
    async (_what, port) => {
      const { code, out } = await touchline(['doctor'], { KAFKA_BROKERS: `127.0.0.1:${port()}` })
      expect(code).toBe(1)
      expect(out).toMatch(
        /FAIL\s+kafka\s+KAFKA_BROKERS: 127\.0\.0\.1:\d+ .*does not answer as Kafka without TLS/,
      )
    },
    60_000,
  )

  test('another program at PORT is no Touchline that only has to be started', async () => {
    const { code, out } = await touchline(['doctor'], { PORT: String(portOf(site)) })
    expect(code).toBe(1)
    expect(out).toMatch(/FAIL\s+server\s+PORT: something that is no Touchline server/)
  })

  test('and settings that cannot be used are a finding to programs too', async () => {
    const { code, out, err } = await touchline(['doctor', '--json'], { PORT: 'abc' })
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual([
      { what: 'settings', state: 'FAIL', detail: 'PORT: must be a number, not "abc".' },
    ])
    expect(err).toBe('touchline doctor: PORT: must be a number, not "abc".')
  })
})

test('a ClickHouse that is not well is said with its reason, by the server and by doctor', async () => {
  const engine = await someEngineOf(server.pid)
  process.kill(engine, 'SIGSTOP')
  try {
    const answer = await until(async () => {
      const { status, body } = await server.get<{ checks: { clickhouse: { reason?: string } } }>(
        '/health/ready',
      )
      return status === 503 ? body : undefined
    })
    expect(answer.checks.clickhouse.reason).toMatch(/\w{3,}/)
    const { code, out } = await touchline(['doctor'])
    expect(code).toBe(1)
    expect(out).toMatch(/FAIL\s+· clickhouse\s+\w{3,}/)
    expect(out).not.toContain('{}')
  } finally {
    process.kill(engine, 'SIGCONT')
  }
  await until(async () => ((await server.get('/health/ready')).status === 200 ? true : undefined))
})
