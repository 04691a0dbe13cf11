/**
 * Opens ClickHouse: the server that `url` names, or a server of our own under `dataDir`. Either way the rest
 * of Touchline sees the same port, users and SQL.
 */
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import { setTimeout as delay } from 'node:timers/promises'
import { clickHouseCodeOf } from './query-errors.js'
import { query, type NamedQuery } from './query.js'
import { identifier } from './sql-quoting.js'
import { readerCaps } from './caps.js'
import { clusterSettings, onCluster, type Cluster } from './cluster-ddl.js'
import type { ClickHouse, SqlUser } from './clickhouse.js'
import {
  startEmbeddedServer,
  type EmbeddedServer,
  type EmbeddedServerOptions,
} from './embedded/embedded-server.js'
import { TouchlineError } from '../errors.js'
import type { Logger } from '../logger.js'
import { backOffMs } from '../loop.js'

export interface ClickHouseOptions {
  logger: Logger
  /** A database of its own; made when absent. `touchline` when not given. */
  database?: string | undefined

  /** A server: `https://host:8443`. Without it an embedded one is started under `dataDir`. */
  url?: string | undefined
  user?: string | undefined
  password?: string | undefined
  /** Read-only user of that server; without it the same user reads, with read-only settings on every request. */
  readerUser?: string | undefined
  readerPassword?: string | undefined
  /** The analyst of that server, whose password is `analystPassword`; he sees every project's rows. */
  analystUser?: string | undefined
  /** Whether a project is the only one that there is, at this time. */
  isOnlyProject?: ((project: string) => boolean) | undefined
  /** The cluster of that server whose nodes all get the database. */
  cluster?: Cluster | undefined

  /** The rest is for the embedded server only: its folder, which no other process may use at the same time. */
  dataDir?: string | undefined
  httpPort?: number | undefined
  steadyHttpPort?: EmbeddedServerOptions['steadyHttpPort']
  tcpPort?: number | undefined
  analystPassword?: string | undefined
  /** Ids of projects; each gets a read-only user that sees its own rows. */
  projects?: readonly string[] | undefined
  memoryBytes?: number | undefined
  extraAppGrants?: readonly string[] | undefined
  clusters?: EmbeddedServerOptions['clusters']
  appPassword?: string | undefined
  lockWaitMs?: number | undefined
  patience?: EmbeddedServerOptions['patience']
  /** Ends the wait for a server that does not answer. */
  signal?: AbortSignal | undefined
}

/** What only the embedded server has, for tests and tools. */
export interface OpenedClickHouse extends ClickHouse {
  readonly database: string
  readonly embedded: EmbeddedServer | undefined
}

interface Account {
  url: string
  username: string
  password: string
}

/** How long a request may take: store's inserts into a loaded server need the longer one. */
const appTimeoutMs = 120_000
/** Longer than any question of theirs may run, and shorter than a request's own time, so that they are answered 503. */
const readerTimeoutMs = 25_000
const pingEveryMs = 1_000
const pingTimeoutMs = 5_000
const pingAfterMs = { first: 250, most: 5_000 }
const maxConnections = 64

/** Without the limits of a user as a whole: those would count store's inserts too. */
const sameUserSettings = Object.fromEntries(
  Object.entries({ ...readerCaps.limits, ...readerCaps.fixed }).filter(
    ([name]) => !name.endsWith('_for_user'),
  ),
)

/** Resolves when the server answers and the database is there; a server that is slow or refuses is waited for. */
export async function openClickHouse(options: ClickHouseOptions): Promise<OpenedClickHouse> {
  const database = options.database ?? 'touchline'
  const embedded = options.url === undefined ? await startEmbedded(options, database) : undefined
  const accounts = embedded ? accountsOf(embedded) : accountsAt(options)
  const separateReader = embedded !== undefined || options.readerUser !== undefined

  const settings = options.cluster === undefined ? {} : clusterSettings
  const app = clientOf(accounts.app, database, appTimeoutMs, settings)
  const reader = clientOf(accounts.reader, database, readerTimeoutMs, {
    ...settings,
    // A reader of its own has its caps in its profile.
    ...(separateReader ? {} : sameUserSettings),
  })
  const health = watchHealth(accounts.app)
  try {
    await untilThereIs(database, accounts.app, options)
    if (options.readerUser !== undefined) await untilItAnswers(accounts.reader, options, readerSettings)
  } catch (error) {
    health.stop()
    await Promise.all([app.close(), reader.close(), embedded?.close()])
    throw error
  }
  return {
    app,
    reader,
    database,
    embedded,
    analyst: {
      url: accounts.app.url,
      user: embedded ? 'analyst' : accounts.reader.username,
      password: embedded?.analystPassword,
      tcpPort: embedded?.tcpPort,
    },
    sqlUserOf(project) {
      if (embedded === undefined) return analystOf(options, project, database)
      const found = embedded.projectUsers.find((one) => one.project === project)
      return found && { url: embedded.url, username: found.user, password: found.password, database }
    },
    isReady: () => health.answers() && (embedded?.isRunning() ?? true),
    problem: () =>
      embedded?.isRunning() === false ? 'the embedded server is being started' : health.problem(),
    async close() {
      health.stop()
      await Promise.all([app.close(), reader.close()])
      await embedded?.close()
    },
  }
}

/** No server of one's own has users that see one project: its analyst serves where all rows are of that project. */
function analystOf(options: ClickHouseOptions, project: string, database: string): SqlUser | undefined {
  const { url, analystUser: username, analystPassword: password, isOnlyProject } = options
  if (url === undefined || username === undefined || password === undefined) return undefined
  return isOnlyProject?.(project) === true ? { url, username, password, database } : undefined
}

async function startEmbedded(options: ClickHouseOptions, database: string): Promise<EmbeddedServer> {
  const { dataDir } = options
  if (dataDir === undefined) throw new Error('Neither a ClickHouse URL nor a data folder was given.')
  return startEmbeddedServer({ ...options, dataDir, database })
}

function accountsOf(server: EmbeddedServer): { app: Account; reader: Account } {
  return {
    app: { url: server.url, username: 'app', password: server.appPassword },
    reader: { url: server.url, username: 'reader', password: server.readerPassword },
  }
}

function accountsAt(options: ClickHouseOptions): { app: Account; reader: Account } {
  const url = options.url ?? ''
  const app = { url, username: options.user ?? 'default', password: options.password ?? '' }
  if (options.readerUser === undefined) return { app, reader: app }
  return { app, reader: { url, username: options.readerUser, password: options.readerPassword ?? '' } }
}

function clientOf(
  account: Account,
  database: string,
  timeoutMs: number,
  settings: Record<string, string | number> = {},
): ClickHouseClient {
  return createClient({
    ...account,
    database,
    application: 'touchline',
    request_timeout: timeoutMs,
    max_open_connections: maxConnections,
    // ClickHouse closes idle connections after 3 s (older servers) or 10 s; ours must go first.
    keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    clickhouse_settings: settings,
    // Every error reaches a caller who retries, answers or logs it once; the client need not say it again.
    log: { level: ClickHouseLogLevel.OFF },
  })
}

/** Asks once a second, so that readiness is an answer and not a guess. */
function watchHealth(account: Account) {
  const client = clientOf(account, 'system', pingTimeoutMs)
  let problem: string | undefined
  let stopped = false
  let asking = false
  const timer = setInterval(() => void ask(), pingEveryMs)
  timer.unref()
  async function ask(): Promise<void> {
    if (asking) return
    asking = true
    const answer = await client.ping({ select: true })
    asking = false
    if (!stopped) problem = answer.success ? undefined : answer.error.message || 'it does not answer'
  }
  return {
    answers: () => problem === undefined,
    /** Why it does not count as answering, as the server or the network says. */
    problem: () => problem,
    stop() {
      stopped = true
      clearInterval(timer)
      void client.close()
    },
  }
}

const accessDenied = '497'
// Another site's answer is a whole page.
const maxReason = 300

/** A server that goes away or is overloaded between its first answer and the next question is waited for again. */
async function untilThereIs(database: string, account: Account, options: ClickHouseOptions): Promise<void> {
  const { logger, signal } = options
  for (;;) {
    await untilItAnswers(account, options, appSettings)
    try {
      await makeDatabase(account, database, options.cluster)
      return
    } catch (error) {
      const { message } =
        error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error)
      if (clickHouseCodeOf(error) === accessDenied) {
        const why = `CLICKHOUSE_USER: ${account.username} may not make the database ${database}: ${message}`
        throw new TouchlineError('CONFIG_INVALID', why, { cause: error })
      }
      const reason = message.slice(0, maxReason)
      if (options.url !== undefined && clickHouseCodeOf(error) === undefined)
        logger.warn(
          { url: options.url, reason },
          'CLICKHOUSE_URL: waiting, for what answers there is no ClickHouse',
        )
      else logger.info({ reason }, 'Waiting until ClickHouse makes the database')
      await delay(1_000, undefined, { signal })
    }
  }
}

const databaseQuery: NamedQuery = {
  name: 'database-exists',
  sql: 'SELECT name FROM system.databases WHERE name = {database: String}',
}

async function makeDatabase(account: Account, database: string, cluster: Cluster | undefined): Promise<void> {
  const client = clientOf(account, 'system', appTimeoutMs)
  try {
    // Asked first: a least-privilege user may use its database without the right to make one.
    if ((await query({ client }, databaseQuery, { database })).length > 0) return
    const everywhere = cluster === undefined ? '' : onCluster(cluster)
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${identifier(database)}${everywhere}` })
  } finally {
    await client.close()
  }
}

/** Credentials that are refused are not waited for: nothing but a person can mend them. */
const refusedCredentials = new Set(['192', '193', '194', '516'])

const appSettings = 'CLICKHOUSE_USER and CLICKHOUSE_PASSWORD'
const readerSettings = 'CLICKHOUSE_READER_USER and CLICKHOUSE_READER_PASSWORD'

async function untilItAnswers(
  account: Account,
  { logger, signal }: Pick<ClickHouseOptions, 'logger' | 'signal'>,
  settings: string,
): Promise<void> {
  const url = withoutPassword(account.url)
  const client = clientOf(account, 'system', pingTimeoutMs)
  try {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await client.ping({ select: true })
      if (answer.success) return
      const { error } = answer
      if ('code' in error && refusedCredentials.has(String(error.code))) {
        const why = `${settings}: ClickHouse at ${url} refuses the user ${account.username} or the password.`
        throw new TouchlineError('CONFIG_INVALID', why, { cause: error })
      }
      logger.info({ url, attempt, reason: error.message }, 'CLICKHOUSE_URL: waiting for ClickHouse to answer')
      await delay(backOffMs(attempt + 1, pingAfterMs), undefined, { signal })
    }
  } finally {
    await client.close()
  }
}

function withoutPassword(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.origin
}
