/**
 * A ClickHouse server of our own in a child process: started, waited for, started again when it ends unasked.
 * While it is down nothing is lost: collect goes on and the log keeps what store could not insert.
 */
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { libchdbPath } from 'chdb/libchdb'
import { TouchlineError } from '../../errors.js'
import { backOffMs } from '../../loop.js'
import type { Logger } from '../../logger.js'
import { cannotRunHere, explainFailure, isLocked, isPortTaken } from './engine-errors.js'
import {
  removeBootFolders,
  writeEngineFiles,
  type EngineSetup,
  type EngineStart,
  type Ports,
} from './engine-files.js'
import { endWhenSilent, endWhenStill, usualPatience, type Patience } from './end-when-silent.js'
import { runEngine, type EngineRun } from './engine-process.js'
import { projectUsersOf, type ProjectUser } from './project-users.js'
import { freePort, keepPort, steadyPort, type SteadyPort } from './steady-port.js'

export interface EmbeddedServerOptions extends Pick<
  EngineSetup,
  'dataDir' | 'database' | 'memoryBytes' | 'extraAppGrants' | 'clusters'
> {
  logger: Logger
  /** A free one, picked once and kept over restarts of the child, when absent or 0. */
  httpPort?: number | undefined
  /** Instead of `httpPort`: the one of the last start. */
  steadyHttpPort?: SteadyPort | undefined
  /** The native protocol is off when absent; 0 picks a free one. */
  tcpPort?: number | undefined
  /** Made anew at every start when absent; servers that talk to each other need to know it. */
  appPassword?: string | undefined
  /** One is made when absent; it holds until this process ends. */
  analystPassword?: string | undefined
  /** Ids of projects; each gets a read-only user that sees its own rows. */
  projects?: readonly string[] | undefined
  /** How long to wait for the folder's lock or a port that another process still holds. */
  lockWaitMs?: number | undefined
  /** With an engine that does not answer any more. */
  patience?: Patience | undefined
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

/** How long a start waits for the lock of the previous server's child process, which ends well within this. */
const defaultLockWaitMs = 15_000
const startAttempts = 3
const maxBackOffMs = 2_000
/** A child that ends sooner than this after its start is started again later and later. */
const briefRunMs = 1_000
const progressEveryMs = 5_000
const answerTimeoutMs = 2_000

/** Resolves when the server answers. Rejects when it cannot run here, saying what to do instead. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const library = findLibrary()
  const dataDir = resolve(options.dataDir)
  const analyst = options.analystPassword ?? newPassword()
  const passwords = { app: options.appPassword ?? newPassword(), reader: newPassword(), analyst }
  const projectUsers = projectUsersOf(options.projects ?? [], analyst)
  const setup = { ...options, dataDir, passwords, projectUsers }

  const patience = options.patience ?? usualPatience
  const { ports, run } = await startPatiently(library, setup, { ...options, patience })
  const url = urlOf(ports)
  const kept = keepRunning(run, options.logger, {
    startAgain: () =>
      start(library, writeEngineFiles(setup, ports), ports, {
        ...options,
        patience,
        password: passwords.app,
      }),
    untilEnded: (one) => endWhenSilent(one, url, patience, options.logger),
  })
  return {
    url,
    httpPort: ports.http,
    tcpPort: ports.tcp,
    appPassword: passwords.app,
    readerPassword: passwords.reader,
    analystPassword: analyst,
    projectUsers,
    ...kept,
  }
}

interface Started {
  run: EngineRun
  /** Resolves to true when the server answers, to false when the child ended first. */
  answered: Promise<boolean>
}

interface Starting {
  /** Of the user `app`. */
  password: string
  patience: Patience
  logger: Logger
}

function start(library: string, engineStart: EngineStart, ports: Ports, how: Starting): Started {
  const run = runEngine(library, engineStart)
  return { run, answered: untilAnswered(run, urlOf(ports), how) }
}

async function untilAnswered(
  run: EngineRun,
  url: string,
  { password, patience, logger }: Starting,
): Promise<boolean> {
  const since = Date.now()
  let progressAt = since + progressEveryMs
  const isOver = new AbortController()
  void endWhenStill(run, patience, { signal: isOver.signal, logger })
  try {
    while (!run.hasExited()) {
      if (await answers(url, password)) return true
      if (Date.now() > progressAt) {
        const seconds = Math.round((Date.now() - since) / 1000)
        logger.info({ seconds }, 'The embedded ClickHouse is still starting')
        progressAt += progressEveryMs
      }
      await Promise.race([run.exited, delay(25)])
    }
    return false
  } finally {
    isOver.abort()
  }
}

/** The first start: what passes by itself (a lock, a port) is waited for, what does not is said. */
async function startPatiently(
  library: string,
  setup: EngineSetup,
  options: EmbeddedServerOptions & { patience: Patience },
): Promise<{ ports: Ports; run: EngineRun }> {
  const lockWaitMs = options.lockWaitMs ?? defaultLockWaitMs
  const patientUntil = Date.now() + lockWaitMs
  for (let attempt = 1; ; attempt += 1) {
    // The last third is for starting elsewhere.
    const ports = await choosePorts(options, Date.now() < patientUntil - lockWaitMs / 3)
    const engineStart = writeEngineFiles(setup, ports)
    const { run, answered } = start(library, engineStart, ports, {
      ...options,
      password: setup.passwords.app,
    })
    if (await answered) {
      removeBootFolders(setup.dataDir)
      if (options.steadyHttpPort !== undefined) await keepPort(options.steadyHttpPort, ports.http)
      sayWhatIsLacking(run, options.logger)
      return { ports, run }
    }
    const words = run.lastWords()
    const passes = isLocked(words) || isPortTaken(words)
    if (passes ? Date.now() > patientUntil : attempt >= startAttempts) {
      const why = explainFailure(words, setup.dataDir)
      // A folder or a port that is another's is the operator's to change: one line, and no stack.
      throw passes ? new TouchlineError('CONFIG_INVALID', why) : new Error(why)
    }
    if (passes && attempt === 1) {
      options.logger.info(
        { dataDir: setup.dataDir },
        'Waiting for another ClickHouse process to let go of its folder or port',
      )
    }
    await delay(passes ? 100 : 250 * attempt)
  }
}

function sayWhatIsLacking(run: EngineRun, logger: Logger): void {
  const lacks = run.lacks()
  if (lacks.length > 0) logger.warn({ lacks }, 'The embedded ClickHouse is less confined here than it can be')
}

interface Keeping {
  startAgain: () => Started
  untilEnded: (run: EngineRun) => Promise<void>
}

function keepRunning(first: EngineRun, logger: Logger, { startAgain, untilEnded }: Keeping) {
  let run = first
  let running = true
  let closing = false
  let restarts = 0
  async function watch(): Promise<void> {
    let failures = 0
    let startedAt = Date.now()
    for (;;) {
      await untilEnded(run)
      running = false
      if (closing) return
      failures = Date.now() - startedAt < briefRunMs ? failures + 1 : 0
      restarts += 1
      logger.error(
        { lastWords: run.lastWords(), restarts },
        'The embedded ClickHouse ended unasked; starting it again',
      )
      if (failures > 1) await delay(backOffMs(failures + 1, { first: 100, most: maxBackOffMs }))
      // `close` may have come during the delay; TypeScript does not see that it can.
      if (closing as boolean) return
      startedAt = Date.now()
      const again = startAgain()
      run = again.run
      running = await again.answered
    }
  }
  const watched = watch()
  return {
    isRunning: () => running && !run.hasExited(),
    pid: () => (run.hasExited() ? undefined : run.pid),
    restarts: () => restarts,
    async close() {
      closing = true
      run.kill()
      await watched
    },
  }
}

/** Asked as `app` with this start's password: another server on the same port must not pass for ours. */
async function answers(url: string, password: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/?query=SELECT+1`, {
      headers: { 'x-clickhouse-user': 'app', 'x-clickhouse-key': password, connection: 'close' },
      signal: AbortSignal.timeout(answerTimeoutMs),
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

async function choosePorts(
  {
    httpPort,
    steadyHttpPort,
    tcpPort,
  }: Pick<EmbeddedServerOptions, 'httpPort' | 'steadyHttpPort' | 'tcpPort'>,
  isPatient: boolean,
): Promise<Ports> {
  const steady = steadyHttpPort && (await steadyPort(steadyHttpPort, isPatient))
  return {
    http: httpPort || steady || (await freePort()),
    tcp: tcpPort === 0 ? await freePort() : tcpPort,
  }
}

const urlOf = (ports: Ports) => `http://127.0.0.1:${ports.http}`

const newPassword = () => randomBytes(24).toString('base64url')
