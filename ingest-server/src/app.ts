/**
 * The composition, in the order of the line: collect → log → store → ClickHouse ← stitch, timeline.
 * Read this first; every other file is one of these words.
 */
import type { FastifyInstance } from 'fastify'
import { join } from 'node:path'
import type { ClickHouseOptions, OpenedClickHouse } from './clickhouse/open-clickhouse.js'
import { openClickHouse } from './clickhouse/open-clickhouse.js'
import { migrate } from './clickhouse/migrate.js'
import { clockWithOffset } from './clock.js'
import { openKeySets } from './collect/key-sets.js'
import { collectRoutes } from './collect/routes.js'
import { createTokenVerifier } from './collect/user-token.js'
import { projectsFileOf, type Config, type Role } from './config.js'
import { browserSdkRoutes } from './http/browser-sdk.js'
import { healthRoutes, type ReadinessCheck } from './http/health.js'
import { createMetrics } from './http/metrics.js'
import { openProjects, type OpenedProjects } from './http/projects.js'
import { createHttpServer } from './http/server.js'
import { startStitch } from './identity/stitch.js'
import { defaultKeys } from './keys.js'
import type { EventLog } from './log/log.js'
import { openLog } from './log/open-log.js'
import type { Logger } from './logger.js'
import { startStore } from './store/store.js'
import { timelineRoutes } from './timeline/routes.js'

export interface Touchline {
  /** Where the HTTP server listens. */
  url: string
  keys: { writeKey: string; secretKey: string }
  analyst: OpenedClickHouse['analyst'] | undefined
  /** Stops accepting, finishes what is under way, stops. Nothing acknowledged is lost with or without it. */
  close(): Promise<void>
}

export async function startTouchline(config: Config, logger: Logger): Promise<Touchline> {
  const has = (role: Role) => config.ROLES.includes(role)
  const clock = config.CLOCK_OFFSET_FILE === undefined ? Date.now : clockWithOffset(config.CLOCK_OFFSET_FILE)
  const metrics = createMetrics()
  const keys = await defaultKeys(config.DATA_DIR, {
    writeKey: config.TOUCHLINE_WRITE_KEY,
    secretKey: config.TOUCHLINE_SECRET_KEY,
    analystPassword: config.ANALYST_PASSWORD,
  })
  const projects = openProjects({ defaultProject: keys, logger, ...projectsFileOf(config) })

  const { verifyTokens, keySets } = checkTokens(projects, logger)
  const log = await openLog(config, { clock, logger })
  const clickhouse =
    has('store') || has('stitch') || has('timeline')
      ? await openClickHouse({
          ...clickhouseOptions(config, keys.analystPassword, logger),
          projects: projects.all().map(({ id }) => id),
        })
      : undefined
  if (clickhouse) await migrate(clickhouse.app, { logger, cluster: clusterOf(config) })

  const http = await createHttpServer({ logger, trustProxy: config.TRUST_PROXY })
  await http.register(healthRoutes({ checks: readinessChecks(log, clickhouse), metrics }))
  if (has('collect')) {
    await http.register(browserSdkRoutes())
    await http.register(collectRoutes({ projects, log, metrics, clock, verifyTokens }))
  }
  const store = clickhouse && has('store') ? startStore({ log, clickhouse, metrics, logger }) : undefined
  const stitch =
    clickhouse && has('stitch') ? startStitch({ clickhouse, projects, metrics, logger }) : undefined
  if (clickhouse && has('timeline')) {
    await http.register(timelineRoutes({ clickhouse, projects, log, clock, metrics }))
  }
  const url = await listen(http, config)

  return {
    url,
    keys,
    analyst: clickhouse?.analyst,
    async close() {
      await http.close()
      projects.close()
      keySets.close()
      await Promise.all([store?.stop(), stitch?.stop()])
      await log.close()
      await clickhouse?.close()
    },
  }
}

/** Public keys of the projects' identity providers, followed as the projects change. */
function checkTokens(projects: OpenedProjects, logger: Logger) {
  const keySets = openKeySets(logger)
  const follow = () => keySets.follow(projects.all().flatMap(({ signing }) => signing?.jwksUrl ?? []))
  follow()
  projects.onChange(follow)
  return { keySets, verifyTokens: createTokenVerifier(keySets) }
}

function clickhouseOptions(config: Config, analystPassword: string, logger: Logger): ClickHouseOptions {
  return {
    logger,
    database: config.CLICKHOUSE_DATABASE,
    url: config.CLICKHOUSE_URL,
    user: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    readerUser: config.CLICKHOUSE_READER_USER,
    readerPassword: config.CLICKHOUSE_READER_PASSWORD,
    cluster: clusterOf(config),
    dataDir: join(config.DATA_DIR, 'clickhouse'),
    httpPort: config.CLICKHOUSE_HTTP_PORT,
    tcpPort: config.CLICKHOUSE_TCP_PORT,
    analystPassword,
  }
}

const clusterOf = ({ CLICKHOUSE_CLUSTER: name }: Config) => (name === undefined ? undefined : { name })

function readinessChecks(log: EventLog, clickhouse: OpenedClickHouse | undefined): ReadinessCheck[] {
  const checks: ReadinessCheck[] = [
    { name: 'log', check: async () => ({ ok: true, detail: { ...(await log.lag()) } }) },
  ]
  if (clickhouse) checks.push({ name: 'clickhouse', check: async () => ({ ok: clickhouse.isReady() }) })
  return checks
}

async function listen(http: FastifyInstance, config: Config): Promise<string> {
  const address = await http.listen({ host: config.HOST, port: config.PORT })
  return config.PUBLIC_URL?.replace(/\/$/, '') ?? address
}
