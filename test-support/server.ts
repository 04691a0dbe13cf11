/**
 * The real server process for tests: `node ingest-server/dist/main.js` on a free port with its own data folder.
 * Needs a build (`npm run build`; `npm test` does it).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../ingest-server/dist/main.js', import.meta.url))

export interface TestServer {
  url: string
  writeKey: string
  secretKey: string
  dataDir: string
  pid: number
  /** HTTP address of its ClickHouse, with the analyst's user and password in it. */
  clickhouseUrl: string
  /** One statement as the read-only analyst; rows as JSON objects. Named parameters go in `params`. */
  sql<Row = Record<string, unknown>>(statement: string, params?: Record<string, string>): Promise<Row[]>
  /** A GET with the secret key; the body parsed, whatever the status. */
  get<Body = Record<string, unknown>>(path: string): Promise<{ status: number; body: Body }>
  /** A POST of JSON with the write key, or with the key given. */
  post(path: string, body: unknown, key?: string): Promise<{ status: number; body: Record<string, unknown> }>
  /** SIGKILL, at once. */
  kill(): Promise<void>
  /** Starts it again on the same folder and port after a kill. */
  restart(env?: Record<string, string>): Promise<void>
  /** SIGTERM, waits for the end, removes the data folder. */
  stop(): Promise<void>
  /** What the process wrote so far, stdout and stderr. */
  output(): string
}

/**
 * Free, and below the ports that the system gives to outgoing connections (32,768 and up on Linux, 49,152 elsewhere):
 * of those one may be taken, by a client or by a connection to itself, before a server listens on it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000)
    if (await canListen(port)) return port
  }
}

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

/**
 * Resolves with what `read` returns once it is not undefined; rejects after `timeoutMs` with the last reason and,
 * where `seen` is given, with what was there instead.
 */
export async function until<T>(
  read: () => Promise<T | undefined> | T | undefined,
  {
    timeoutMs = 60_000,
    everyMs = 50,
    what = 'the expected state',
    seen,
  }: { timeoutMs?: number; everyMs?: number; what?: string; seen?: () => unknown } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let lastReason: unknown
  for (;;) {
    try {
      const value = await read()
      if (value !== undefined) return value
    } catch (error) {
      lastReason = error
    }
    if (Date.now() > deadline) {
      const last = seen === undefined ? '' : `; last seen: ${JSON.stringify(seen())}`
      throw new Error(`waited ${timeoutMs} ms for ${what}${last}`, { cause: lastReason })
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

interface ServerOptions {
  env?: Record<string, string>
  /** Resolves when the process answers (`live`), or when all its roles do their work (`ready`). */
  until?: 'live' | 'ready'
  /** Begins with an empty folder, as a newcomer's does; else its tables are there already. */
  isFirstStart?: boolean
}

/** Of a ClickHouse that is not the server's own, or is kept elsewhere, the tables are not ours to make. */
const othersClickHouse = ['DATA_DIR', 'CLICKHOUSE_URL', 'CLICKHOUSE_DATABASE', 'CLICKHOUSE_CLUSTER']

export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const { env = {} } = options
  if (!existsSync(main)) throw new Error(`${main} is missing: run npm run build first`)
  const dataDir = env.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'touchline-server-')))
  const port = env.PORT ?? String(await freePort())
  const clickhousePort = env.CLICKHOUSE_HTTP_PORT ?? String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const writeKey = env.TOUCHLINE_WRITE_KEY ?? 'wk_test_0123456789'
  const secretKey = env.TOUCHLINE_SECRET_KEY ?? 'sk_test_0123456789abcdef'
  const analystPassword = env.ANALYST_PASSWORD ?? 'an_test_0123456789'
  let output = ''
  let child: ChildProcess

  const start = async (extra: Record<string, string> = {}) => {
    child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH ?? '',
        DATA_DIR: dataDir,
        PORT: port,
        CLICKHOUSE_HTTP_PORT: clickhousePort,
        TOUCHLINE_WRITE_KEY: writeKey,
        TOUCHLINE_SECRET_KEY: secretKey,
        ANALYST_PASSWORD: analystPassword,
        LOG_LEVEL: 'warn',
        ...env,
        ...extra,
      },
    })
    const started = child
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-200_000)
    }
    started.stdout?.on('data', keep)
    started.stderr?.on('data', keep)
    await until(
      async () => {
        if (started.exitCode !== null || started.signalCode !== null) {
          return { ended: `code ${started.exitCode}, signal ${started.signalCode}` }
        }
        const answer = await fetch(`${url}/health/${options.until ?? 'ready'}`).catch(() => undefined)
        return answer?.ok ? { ended: undefined } : undefined
      },
      { timeoutMs: 60_000, what: 'the server to be ready' },
    ).then(
      ({ ended }) => {
        if (ended) throw new Error(`the server ended at its start (${ended}):\n${output}`)
      },
      (error: unknown) => {
        started.kill('SIGKILL')
        throw new Error(`the server did not become ready:\n${output}`, { cause: error })
      },
    )
  }

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const ending = child
    if (ending.exitCode !== null || ending.signalCode !== null) return
    const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
    ending.kill(signal)
    const hardStop = setTimeout(() => ending.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(hardStop)
  }

  const call = async (path: string, init: RequestInit, key: string) => {
    const answer = await fetch(`${url}${path}`, {
      ...init,
      headers: {
        authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  if (options.isFirstStart !== true && othersClickHouse.every((name) => env[name] === undefined)) {
    const { copyMigrated } = await import('./migrated-folder.js')
    await copyMigrated(join(dataDir, 'clickhouse'))
  }
  await start()
  return {
    url,
    writeKey,
    secretKey,
    dataDir,
    get pid() {
      return child.pid ?? 0
    },
    clickhouseUrl: `http://analyst:${analystPassword}@127.0.0.1:${clickhousePort}`,
    async sql<Row>(statement: string, params: Record<string, string> = {}) {
      const query = new URLSearchParams({
        database: env.CLICKHOUSE_DATABASE ?? 'touchline',
        default_format: 'JSONEachRow',
      })
      for (const [name, value] of Object.entries(params)) query.set(`param_${name}`, value)
      const answer = await fetch(`http://127.0.0.1:${clickhousePort}/?${query}`, {
        method: 'POST',
        body: statement,
        headers: { 'X-ClickHouse-User': 'analyst', 'X-ClickHouse-Key': analystPassword },
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`ClickHouse refused: ${text}`)
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Row)
    },
    async get<Body>(path: string) {
      const { status, body } = await call(path, { method: 'GET' }, secretKey)
      return { status, body: body as Body }
    },
    post: (path, body, key = writeKey) => call(path, { method: 'POST', body: JSON.stringify(body) }, key),
    kill: () => end('SIGKILL'),
    restart: start,
    async stop() {
      await end('SIGTERM')
      if (env.DATA_DIR === undefined) await rm(dataDir, { recursive: true, force: true })
    },
    output: () => output,
  }
}
