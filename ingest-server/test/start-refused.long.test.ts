/** A start that cannot be: one line that says what to do, printed once, no stack. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort, startServer, type TestServer } from '../../test-support/server.js'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
let server: TestServer
let otherFolder: string

beforeAll(async () => {
  otherFolder = await mkdtemp(join(tmpdir(), 'touchline-refused-'))
  server = await startServer({ until: 'live' })
})
afterAll(async () => {
  await server.stop()
  await rm(otherFolder, { recursive: true, force: true })
})

async function startedWith(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'fatal', ...env },
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, said }
}

test('a port that is taken names itself and another', async () => {
  const { port } = new URL(server.url)
  const { code, said } = await startedWith({ DATA_DIR: otherFolder, PORT: port })
  expect(code).toBe(1)
  expect(said).toBe(
    `Touchline cannot start. PORT: another program listens on 127.0.0.1:${port}. Choose another port: PORT=${Number(port) + 1}\n`,
  )
})

test('a data folder that is in use names the process that has it', async () => {
  const { code, said } = await startedWith({ DATA_DIR: server.dataDir, PORT: String(await freePort()) })
  expect(code).toBe(1)
  expect(said).toMatch(
    new RegExp(`^Touchline cannot start\\. DATA_DIR: \\S+ is in use by process ${server.pid}; [^\\n]*\\n$`),
  )
})

const folderWith = async (name: string, content: string) => {
  const folder = await mkdtemp(join(otherFolder, 'data-'))
  await writeFile(join(folder, name), content)
  return folder
}

test.each<[string, () => Promise<Record<string, string>>, RegExp]>([
  [
    'a data folder that is a file',
    async () => ({ DATA_DIR: join(await folderWith('a-file', ''), 'a-file') }),
    /DATA_DIR: \S+a-file cannot be used: it is a file, not a folder\./,
  ],
  [
    'a data folder below a file',
    async () => ({ DATA_DIR: join(await folderWith('a-file', ''), 'a-file/data') }),
    /DATA_DIR: \S+ cannot be used: a part of the path is a file\./,
  ],
  [
    'a data folder where nothing can be made',
    async () => ({ DATA_DIR: '/sys/touchline' }),
    /DATA_DIR: \S+ cannot be used: /,
  ],
  [
    'a data folder in a file system that takes none',
    async () => ({ DATA_DIR: '/proc/touchline' }),
    /DATA_DIR: \/proc\/touchline cannot be used: it cannot be made\./,
  ],
  [
    'a data folder deep in such a file system',
    async () => ({ DATA_DIR: '/proc/touchline/deeper/data' }),
    /DATA_DIR: \/proc\/touchline cannot be used: it cannot be made\./,
  ],
  [
    'a log that is a file',
    async () => ({ DATA_DIR: await folderWith('log', '') }),
    /DATA_DIR: \S+log\S* cannot be used: /,
  ],
  [
    'kept keys that are cut short',
    async () => ({ DATA_DIR: await folderWith('keys.json', '{ "writeKey": "wk_12345678') }),
    /DATA_DIR: \S+keys\.json is not valid JSON\. /,
  ],
  [
    'kept keys without one of them',
    async () => ({ DATA_DIR: await folderWith('keys.json', '{ "writeKey": "wk_12345678" }') }),
    /DATA_DIR: \S+keys\.json cannot be used: secretKey is missing; it must be a text\. /,
  ],
  [
    'a ClickHouse folder that is a file',
    async () => ({ DATA_DIR: await folderWith('clickhouse', '') }),
    /DATA_DIR: \S+clickhouse\S* cannot be used: /,
  ],
  [
    'a port of ClickHouse that another program has',
    async () => ({ CLICKHOUSE_HTTP_PORT: new URL(server.url).port }),
    /127\.0\.0\.1:\d+ is taken, .*CLICKHOUSE_HTTP_PORT and CLICKHOUSE_TCP_PORT\./,
  ],
  [
    'an address of another machine',
    async () => ({ HOST: '192.0.2.1' }),
    /HOST: 192\.0\.2\.1 is no address of this machine\./,
  ],
  ['a name of no machine', async () => ({ HOST: 'no-such-host.invalid' }), /HOST: no-such-host\.invalid /],
  [
    'brokers without a port',
    async () => ({ KAFKA_BROKERS: 'kafka-1,kafka-2' }),
    /KAFKA_BROKERS: must be host:port/,
  ],
  [
    'a password that ClickHouse refuses',
    async () => ({
      CLICKHOUSE_URL: new URL(server.clickhouseUrl).origin,
      CLICKHOUSE_USER: 'app',
      CLICKHOUSE_PASSWORD: 'guessed',
    }),
    /CLICKHOUSE_USER and CLICKHOUSE_PASSWORD: ClickHouse at \S+ refuses the user app or the password\./,
  ],
  [
    'a misspelt setting',
    async () => ({ CLICKHOUSE_URI: 'http://c:8123' }),
    /CLICKHOUSE_URI: there is no such setting; did you mean CLICKHOUSE_URL\?/,
  ],
])('%s is named in one line', async (_what, settings, words) => {
  const folder = join(otherFolder, 'fresh')
  await mkdir(folder, { recursive: true })
  const { code, said } = await startedWith({
    DATA_DIR: folder,
    PORT: String(await freePort()),
    ...(await settings()),
  })
  expect(said).toMatch(words)
  expect(said).toMatch(/^Touchline cannot start\. [^\n]*\n$/)
  expect(said).not.toMatch(/E[A-Z]{4,}|Invalid input|wk_12345678/)
  expect(code).toBe(1)
})

test('a secret key that is the write key too, which everybody can read, is refused', async () => {
  const one = 'one_for_all_0123'
  const keys = { TOUCHLINE_WRITE_KEY: one, TOUCHLINE_SECRET_KEY: one }
  const { code, said } = await startedWith({ DATA_DIR: otherFolder, PORT: String(await freePort()), ...keys })
  expect(code).toBe(1)
  expect(said).toMatch(
    /^Touchline cannot start\. TOUCHLINE_SECRET_KEY: is the same as TOUCHLINE_WRITE_KEY[^\n]*\n$/,
  )
  expect(said).not.toContain(one)
})
