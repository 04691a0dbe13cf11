/**
 * A ClickHouse server of our own in a child process: started, waited for, started again when it ends unasked.
 * While it is down nothing is lost: collect goes on and the log keeps what store could not insert.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { libchdbPath } from 'chdb/libchdb'
import { runEngine, type EngineRun } from './engine-process.js'
import { projectUsersOf, type ProjectUser } from './project-users.js'
import { configXml, usersXml, type ServerConfig } from './server-config.js'
import type { Logger } from '../logger.js'

export interface EmbeddedServerOptions {
  /** Folder of the server; made when absent, readable by the owner only. */
  dataDir: string
  database: string
  logger: Logger
  /** A free one, picked once and kept over restarts, when absent. */
  httpPort?: number | undefined
  /** The native protocol is off when absent; 0 picks a free one. */
  tcpPort?: number | undefined
  analystPassword?: string | undefined
  /** Ids of projects; each gets a read-only user that sees its own rows. */
  projects?: readonly string[] | undefined
  /** Cap of the whole server; half of the machine, at most 4 GiB, when absent. */
  memoryBytes?: number | undefined
  extraAppGrants?: readonly string[] | undefined
  clusters?: ServerConfig['clusters'] | undefined
}

export interface EmbeddedServer {
  readonly url: string
  readonly httpPort: number
  readonly tcpPort: number | undefined
  readonly appPassword: string
  readonly readerPassword: string
  readonly analystPassword: string
  readonly projectUsers: readonly ProjectUser[]
  /** False while the child is not there or has not answered yet. */
  isRunning(): boolean
  /** Of the child, undefined while there is none. */
  pid(): number | undefined
  /** How often the child was started again because it ended unasked. */
  restarts(): number
  close(): Promise<void>
}

/** A new parent may come before the old one's child has drawn its last breath; the lock is free well within this. */
const lockWaitMs = 15_000
const startAttempts = 3
const maxBackOffMs = 5_000
const progressEveryMs = 5_000

/** Resolves when the server answers. Rejects when it cannot run here, saying what to do instead. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const library = findLibrary()
  const { logger } = options
  const dataDir = resolve(options.dataDir)
  const passwords = {
    app: newPassword(),
    reader: newPassword(),
    analyst: options.analystPassword ?? newPassword(),
  }
  const httpPort = options.httpPort || (await freePort())
  const tcpPort = options.tcpPort === 0 ? await freePort() : options.tcpPort
  const projectUsers = projectUsersOf(options.projects ?? [], passwords.analyst)
  const engineArguments = writeConfig(dataDir, { ...options, passwords, projectUsers, httpPort, tcpPort })
  const url = `http://127.0.0.1:${httpPort}`

  let run: EngineRun | undefined
  let running = false
  let closing = false
  let restarts = 0

  /** Starts the child until it answers; undefined when it did, else why it cannot. */
  async function startOnce(): Promise<string | undefined> {
    const mine = runEngine(library, engineArguments)
    run = mine
    const since = Date.now()
    let progressAt = since + progressEveryMs
    while (!mine.hasExited()) {
      if (await answers(url, passwords.app)) {
        running = true
        return undefined
      }
      if (Date.now() > progressAt) {
        logger.info(
          { seconds: Math.round((Date.now() - since) / 1000) },
          'The embedded ClickHouse is still starting',
        )
        progressAt += progressEveryMs
      }
      await Promise.race([mine.exited, delay(25)])
    }
    return mine.lastWords() || 'It ended without a word.'
  }

  async function startFirst(): Promise<void> {
    const patientUntil = Date.now() + lockWaitMs
    for (let attempt = 1; ; attempt += 1) {
      const failure = await startOnce()
      if (failure === undefined) return
      const waitable = isLocked(failure) || isPortTaken(failure)
      if (waitable ? Date.now() > patientUntil : attempt >= startAttempts) {
        throw new Error(explain(failure, dataDir, httpPort))
      }
      if (waitable && attempt === 1)
        logger.info({ dataDir }, 'Waiting for another ClickHouse process to let go of its folder or port')
      await delay(waitable ? 100 : 250 * attempt)
    }
  }

  async function keepRunning(): Promise<void> {
    let failures = 0
    while (!closing) {
      await run?.exited
      running = false
      if (closing) return
      restarts += 1
      logger.error(
        { lastWords: run?.lastWords(), restarts },
        'The embedded ClickHouse ended unasked; starting it again',
      )
      const failure = await startOnce()
      failures = failure === undefined ? 0 : failures + 1
      if (failures > 0) await delay(Math.min(maxBackOffMs, 100 * 2 ** failures))
    }
  }

  await startFirst()
  const kept = keepRunning()
  return {
    url,
    httpPort,
    tcpPort,
    appPassword: passwords.app,
    readerPassword: passwords.reader,
    analystPassword: passwords.analyst,
    projectUsers,
    isRunning: () => running && run?.hasExited() === false,
    pid: () => (run?.hasExited() === false ? run.pid : undefined),
    restarts: () => restarts,
    async close() {
      closing = true
      run?.kill()
      await kept
    },
  }
}

type WrittenConfig = Omit<EmbeddedServerOptions, 'httpPort' | 'tcpPort'> & {
  passwords: { app: string; reader: string; analyst: string }
  projectUsers: readonly ProjectUser[]
  httpPort: number
  tcpPort: number | undefined
}

/** Returns the arguments of the engine. */
function writeConfig(dataDir: string, options: WrittenConfig): string[] {
  const { passwords, httpPort, tcpPort } = options
  const files = {
    engine: join(dataDir, 'engine'),
    config: join(dataDir, 'config.xml'),
    users: join(dataDir, 'users.xml'),
  }
  mkdirSync(files.engine, { recursive: true })
  chmodSync(dataDir, 0o700)
  const boot = [
    'SYSTEM START LISTEN HTTP',
    ...(tcpPort === undefined ? [] : ['SYSTEM START LISTEN TCP']),
    // Waits for the end of stdin, which ends with the parent.
    "SELECT count() FROM file('stdin', 'LineAsString') FORMAT Null",
  ]
  const config: ServerConfig = {
    database: options.database,
    usersFile: files.users,
    memoryBytes: options.memoryBytes ?? Math.min(totalmem() / 2, 4 * 1024 ** 3),
    appPassword: passwords.app,
    readerPassword: passwords.reader,
    analystPassword: passwords.analyst,
    projectUsers: options.projectUsers,
    bootQueries: boot.length,
    extraAppGrants: options.extraAppGrants ?? [],
    clusters: options.clusters ?? {},
  }
  writeFileSync(files.config, configXml(config), { mode: 0o600 })
  writeFileSync(files.users, usersXml(config), { mode: 0o600 })
  return [
    `--path=${files.engine}`,
    `--config-file=${files.config}`,
    '--listen_host=127.0.0.1',
    `--http_port=${httpPort}`,
    ...(tcpPort === undefined ? [] : [`--tcp_port=${tcpPort}`]),
    '--query',
    boot.join('; '),
  ]
}

/** Asked as `app` with this start's password: another server on the same port must not pass for ours. */
async function answers(url: string, password: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/?query=SELECT+1`, {
      headers: { 'x-clickhouse-user': 'app', 'x-clickhouse-key': password, connection: 'close' },
      signal: AbortSignal.timeout(2_000),
    })
    return answer.ok && (await answer.text()).trim() === '1'
  } catch {
    return false
  }
}

function findLibrary(): string {
  try {
    return libchdbPath()
  } catch (cause) {
    throw new Error(cannotRunHere(cause instanceof Error ? cause.message : String(cause)), { cause })
  }
}

const isLocked = (words: string) => words.includes('Code: 76.')
const isPortTaken = (words: string) => /Address already in use|Code: 210\./.test(words)

function explain(failure: string, dataDir: string, httpPort: number): string {
  if (isLocked(failure)) {
    return `Another process runs ClickHouse in ${dataDir}. Stop it, or give this one its own DATA_DIR.`
  }
  if (isPortTaken(failure)) {
    return `Port ${httpPort} or the native port is taken. Choose others with CLICKHOUSE_HTTP_PORT and CLICKHOUSE_TCP_PORT.`
  }
  return cannotRunHere(failure)
}

function cannotRunHere(reason: string): string {
  return (
    `The embedded ClickHouse cannot run here (${process.platform}-${process.arch}; it needs Linux with glibc or macOS, ` +
    `not Alpine/musl or Windows). Set CLICKHOUSE_URL to a ClickHouse server instead. It said: ${reason}`
  )
}

const newPassword = () => randomBytes(24).toString('base64url')

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('No free port was given.'))
        else resolvePort(address.port)
      })
    })
  })
}
