/**
 * The composition, in the order of the pipeline: collect → log → store → ClickHouse ← stitch, touchpoints, engage, timeline.
 * Read this first; every other file is one of these words.
 */
import type { FastifyInstance } from 'fastify'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from './clickhouse/clickhouse.js'
import { installKafkaEngine } from './clickhouse/kafka-engine.js'
import { migrate } from './clickhouse/migrate.js'
import { openClickHouse } from './clickhouse/open-clickhouse.js'
import { observeQueries } from './clickhouse/query-observer.js'
import { openInBackground, type PendingClickHouse } from './clickhouse/pending-clickhouse.js'
import { clickhouseOptions, clusterOf, handledBy, kafkaEngineOptions } from './clickhouse-options.js'
import { clockWithOffset } from './clock.js'
import { openKeySets } from './collect/trust/key-sets.js'
import { createRateLimiter } from './collect/request/rate.js'
import { collectRoutes } from './collect/request/routes.js'
import { createTokenVerifier } from './collect/trust/user-token.js'
import { projectsFileOf, readSecret, type Config, type Role } from './config.js'
import { startPrograms } from './engagement/programs/start.js'
import { browserSdkRoutes } from './http/browser-sdk.js'
import { openExplorer } from './http/explorer/open-explorer.js'
import { explorerRoutes } from './http/explorer/pages.js'
import { frontPage } from './http/front-page.js'
import { checkDisk, healthRoutes, type ReadinessCheck } from './http/health.js'
import { programActs, scoreOf } from './program-acts.js'
import { createMetrics, type Metrics } from './metrics.js'
import { openProjects, type OpenedProjects } from './projects/projects.js'
import { variablesOf } from './projects/variables.js'
import { createOperatorCheck } from './http/operator.js'
import { guessAddress, isEveryAddress } from './http/reachable.js'
import { createHttpServer } from './http/server.js'
import { startStitch } from './identity/upkeep/stitch.js'
import { defaultKeys } from './projects/default-keys.js'
import type { EventLog } from './log/log.js'
import { leastFreeBytes } from './log/embedded/log-space.js'
import { openLog } from './log/open-log.js'
import { watchLog } from './log/watched-log.js'
import type { Logger } from './logger.js'
import { startErasing } from './erasure/erasing.js'
import type { OpenErasures } from './erasure/waiting.js'
import { startEngage } from './engagement/engage.js'
import { startRetention } from './retention/retention.js'
import { startStageKeeper } from './journeys/stage-keeper.js'
import { startStore } from './store/store.js'
import { startTouchpoints } from './touchpoints/upkeep/upkeep.js'
import { timelineRoutes } from './api/routes.js'
import { ofListening } from './start-errors.js'
import { watchMetrics } from './watched-metrics.js'
import { scrapeOf } from './workers.js'

export interface Touchline {
  /** Where browsers reach the HTTP server. */
  url: string
  /** Nobody said so and it listens on every address: `url` is one of this machine's. */
  isUrlGuessed: boolean
  /** Of the default project, as far as they are in force. */
  keys: { writeKey: string | undefined; secretKey: string | undefined; areNew: boolean }
  /** A link that signs in to the Explorer of the default project, once; undefined where this process serves none. */
  signInLink(): Promise<string | undefined>
  /** Resolves when every role does its work; collecting does at once. Rejects when ClickHouse can never be used. */
  ready: Promise<{ analyst: ClickHouse['analyst'] | undefined }>
  /** Stops accepting, finishes what is under way, stops. Nothing acknowledged is lost with or without it. */
  close(): Promise<void>
}

/** With the time that HTTP may take (http/stopping.ts) less than Kubernetes gives. */
const stopRolesWithinMs = 8_000

/**
 * Starts the roles of `config.ROLES` in this process and listens. Resolves once HTTP answers: collecting works from then
 * on, the roles that need ClickHouse begin when it is usable (`ready`), however long that takes.
 *
 * Rejects where a setting, the port, the data folder or the log cannot be used, with CONFIG_INVALID where a setting
 * would help; `logger` gets what happens later. `close()` of the result ends everything that was started.
 */
export async function startTouchline(config: Config, logger: Logger): Promise<Touchline> {
  const has = (role: Role) => config.ROLES.includes(role)
  const cluster = clusterOf(config)
  const clock = config.CLOCK_OFFSET_FILE === undefined ? Date.now : clockWithOffset(config.CLOCK_OFFSET_FILE)
  const metrics = createMetrics()
  const keys = await defaultKeys(config.DATA_DIR, {
    writeKey: config.TOUCHLINE_WRITE_KEY,
    secretKey: config.TOUCHLINE_SECRET_KEY,
    analystPassword: config.ANALYST_PASSWORD,
  })
  const projects = openProjects({ defaultProject: keys, logger, ...projectsFileOf(config) })
  const { verifyTokens, keySets } = checkTokens(projects, logger)
  const variables = variablesOf(projects, readSecret)
  const rate = createRateLimiter(clock)
  const log = watchLog(await openLog(config, { clock, logger, handledBy: handledBy(config) }))

  // What works on ClickHouse begins once that is usable; collecting waits for none of it.
  const clickhouse =
    has('store') || has('stitch') || has('touchpoints') || has('engage') || has('timeline')
      ? openWhileCollecting({ config, analystPassword: keys.analystPassword, projects, metrics, logger })
      : undefined
  const store =
    has('store') && !config.KAFKA_ENGINE
      ? clickhouse?.begin('Storing', async () => startStore({ log, clickhouse, metrics, logger }))
      : undefined
  const stitch = has('stitch')
    ? clickhouse?.begin('Stitching', async () =>
        startStitch({ clickhouse, projects, metrics, logger, isAlone: config.CLICKHOUSE_URL === undefined }),
      )
    : undefined
  const touchpoints = has('touchpoints')
    ? clickhouse?.begin('Touchpoints', async () =>
        startTouchpoints({
          clickhouse,
          metrics,
          logger,
          isAlone: config.CLICKHOUSE_URL === undefined,
        }),
      )
    : undefined
  const stageKeeper = has('touchpoints')
    ? clickhouse?.begin('Stages', async () => startStageKeeper({ clickhouse, clock, logger, cluster }))
    : undefined
  // Where erasures are carried out their tombstones are known; a process that only collects is swept after.
  const erasing = clickhouse?.begin('Erasing', () =>
    startErasing({ clickhouse, log, clock, logger, cluster }),
  )
  const retention = has('store')
    ? clickhouse?.begin('Retention', async () =>
        startRetention({ app: clickhouse.app, projects, clock, logger, cluster }),
      )
    : undefined

  const judgeOf = (project: string) => erasing?.now()?.judgeOf(project)
  const engage = has('engage')
    ? clickhouse?.begin('Segments and scores', async () => {
        // What is said of somebody is said once it is known who was erased.
        await erasing?.begun
        return startEngage({
          ...{ clickhouse, log, clock, metrics, logger, judgeOf },
          isAlone: config.CLICKHOUSE_URL === undefined,
        })
      })
    : undefined
  const programs = has('engage')
    ? clickhouse?.begin('Programs', async () => {
        await erasing?.begun
        return startPrograms({
          ...{ clickhouse, log, clock, metrics, logger, projects, judgeOf, readSecret: variables },
          isAlone: config.CLICKHOUSE_URL === undefined,
          zone: config.TIMEZONE,
          allowed: config.ENDPOINTS_ALLOW ?? [],
          ...programActs({ app: clickhouse.app, log, clock, projects }),
        })
      })
    : undefined

  watchMetrics(metrics, {
    log,
    projects,
    dataDir: isEmbedded(config) ? config.DATA_DIR : undefined,
    openErasures: () => erasing?.now()?.open(),
  })
  const http = createHttpServer({ logger, trustProxy: config.TRUST_PROXY })
  await http.register(
    healthRoutes({
      checks: readinessChecks({
        config,
        log,
        clickhouse,
        projects,
        openErasures: () => erasing?.now()?.open(),
      }),
      scrape: scrapeOf(metrics.registry),
      isOperator: createOperatorCheck({
        token: config.METRICS_TOKEN,
        isBehindProxy: config.TRUST_PROXY !== undefined || config.PUBLIC_URL !== undefined,
      }),
    }),
  )
  if (has('collect')) {
    await http.register(browserSdkRoutes())
    await http.register(collectRoutes({ projects, log, metrics, clock, verifyTokens, judgeOf, rate }))
  }
  let address: Pick<Touchline, 'url' | 'isUrlGuessed'> = { url: '', isUrlGuessed: false }
  const explorer = openExplorer({
    config,
    projects,
    clock,
    secretKey: keys.secretKey,
    url: () => address.url,
  })
  if (clickhouse && has('timeline')) {
    const ofClickHouse = { clickhouse, cluster, isEmbedded: config.CLICKHOUSE_URL === undefined }
    const deps = {
      ...ofClickHouse,
      projects,
      log,
      clock,
      metrics,
      session: explorer.session,
      isWholeLine: config.KAFKA_BROKERS === undefined,
      localDir: isEmbedded(config) ? config.DATA_DIR : undefined,
    }
    await http.register(
      timelineRoutes({
        ...deps,
        erasing: () => erasing?.now(),
        endpoints: { allowed: config.ENDPOINTS_ALLOW ?? [], readSecret: variables },
        rate,
        zone: config.TIMEZONE,
        scoreOf,
      }),
    )
    await http.register(explorerRoutes())
  }
  await http.register(frontPage({ collect: has('collect'), timeline: has('timeline') }))
  address = await listen(http, config)
  if (has('timeline')) explorer.warnOfPlainHttp(logger)

  return {
    ...address,
    keys: {
      writeKey: inForce(projects, keys.writeKey),
      secretKey: inForce(projects, keys.secretKey),
      areNew: keys.areNew,
    },
    signInLink: async () => (has('timeline') ? explorer.signInLink() : undefined),
    ready: clickhouse
      ? clickhouse.begun.then(() => ({ analyst: clickhouse.analyst }))
      : Promise.resolve({ analyst: undefined }),
    async close() {
      await http.close()
      projects.close()
      keySets.close()
      // A ClickHouse that hangs holds an insert for minutes; the log still has its records.
      const stopped = Promise.all([
        store?.stop(),
        stitch?.stop(),
        touchpoints?.stop(),
        engage?.stop(),
        stageKeeper?.stop(),
        erasing?.stop(),
        retention?.stop(),
        programs?.stop(),
      ])
      await Promise.race([stopped, delay(stopRolesWithinMs, undefined, { ref: false })])
      await log.close()
      await clickhouse?.close()
    },
  }
}

interface ToOpen {
  config: Config
  analystPassword: string
  projects: OpenedProjects
  metrics: Metrics
  logger: Logger
}

function openWhileCollecting({
  config,
  analystPassword,
  projects,
  metrics,
  logger,
}: ToOpen): PendingClickHouse {
  const options = clickhouseOptions(config, analystPassword, logger)
  const kafkaEngine = kafkaEngineOptions(config)
  return openInBackground({
    logger,
    async open(signal) {
      const opened = await openClickHouse({
        ...options,
        projects: projects.all().map(({ id }) => id),
        isOnlyProject: (project) => projects.all().every(({ id }) => id === project),
        signal,
      })
      for (const client of [opened.app, opened.reader]) observeQueries(client, { logger, metrics })
      return opened
    },
    async prepare({ app }) {
      await migrate(app, { logger, cluster: clusterOf(config) })
      if (kafkaEngine) await installKafkaEngine(app, kafkaEngine)
    },
  })
}

/** Public keys of the projects' identity providers, followed as the projects change. */
function checkTokens(projects: OpenedProjects, logger: Logger) {
  const keySets = openKeySets(logger)
  const follow = () => keySets.follow(projects.all().flatMap(({ signing }) => signing?.jwksUrl ?? []))
  follow()
  projects.onChange(follow)
  return { keySets, verifyTokens: createTokenVerifier(keySets) }
}

interface Watched {
  config: Config
  log: EventLog
  clickhouse: PendingClickHouse | undefined
  projects: OpenedProjects
  openErasures: () => OpenErasures | undefined
}

function readinessChecks({ config, log, clickhouse, projects, openErasures }: Watched): ReadinessCheck[] {
  const checks: ReadinessCheck[] = [
    { name: 'log', check: () => checkLog(log) },
    // A file of keys that cannot be read leaves the last good one in force: said, but no reason to send traffic away.
    { name: 'projects', check: async () => ({ ok: true, detail: { problem: projects.problem() ?? null } }) },
  ]
  if (clickhouse)
    checks.push(
      { name: 'clickhouse', check: async () => readinessOf(clickhouse) },
      { name: 'erasures', check: async () => readinessOfErasures(openErasures()) },
    )
  if (isEmbedded(config))
    checks.push({ name: 'disk', check: () => checkDisk(config.DATA_DIR, leastFreeBytes) })
  return checks
}

async function checkLog(log: EventLog) {
  const lag = await log.lag()
  return { ok: lag.problem === undefined, detail: { ...lag } }
}

const maxErasuresShown = 20

/** One that cannot go on is said, but no reason to send traffic away. */
function readinessOfErasures(open: OpenErasures | undefined) {
  const { erasures = [], problem = null } = open ?? {}
  return {
    ok: true,
    detail: { problem, open: erasures.length, waiting: erasures.slice(0, maxErasuresShown) },
  }
}

function readinessOf(clickhouse: PendingClickHouse) {
  const ok = clickhouse.isReady()
  return ok ? { ok } : { ok, detail: { reason: clickhouse.problem() ?? 'it does not answer' } }
}

/** Something of it stands on this machine's disk. */
const isEmbedded = ({ KAFKA_BROKERS, CLICKHOUSE_URL }: Config) =>
  KAFKA_BROKERS === undefined || CLICKHOUSE_URL === undefined

const inForce = (projects: OpenedProjects, key: string) => (projects.credentialOf(key) ? key : undefined)

async function listen(
  http: FastifyInstance,
  config: Config,
): Promise<Pick<Touchline, 'url' | 'isUrlGuessed'>> {
  const { HOST, PORT, PUBLIC_URL } = config
  const address = await http.listen({ host: HOST, port: PORT }).catch((error: unknown) => {
    throw ofListening(error, config)
  })
  if (PUBLIC_URL !== undefined) return { url: PUBLIC_URL.replace(/\/$/, ''), isUrlGuessed: false }
  if (!isEveryAddress(HOST)) return { url: address, isUrlGuessed: false }
  return { url: `http://${guessAddress()}:${new URL(address).port}`, isUrlGuessed: true }
}
