/** What every reading route has at hand. */
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import type { Cluster } from '../clickhouse/cluster-ddl.js'
import type { Clock } from '../clock.js'
import { TouchlineError } from '../errors.js'
import { readerOf } from '../http/credentials.js'
import type { Codes } from '../http/explorer/codes.js'
import type { Sessions } from '../http/explorer/sessions.js'
import type { Metrics } from '../metrics.js'
import type { Project, Projects } from '../projects/project.js'
import type { ReadVariable } from '../projects/variables.js'
import type { RateLimiter } from '../collect/request/rate.js'
import type { EventLog } from '../log/log.js'
import type { WatchedLog } from '../log/watched-log.js'
import type { Acts } from '../engagement/programs/deps.js'
import type { Erasing } from '../erasure/erasing.js'
import type { Reader } from '../clickhouse/query.js'

export interface TimelineDeps {
  clickhouse: ClickHouse
  projects: Projects
  log: EventLog & Partial<Pick<WatchedLog, 'watch'>>
  clock: Clock
  metrics: Metrics
  /** Carries out erasures; undefined where this process does not, or not yet. */
  erasing?: (() => Erasing | undefined) | undefined
  cluster?: Cluster | undefined
  /** This process has all roles of the pipeline: what it counts is everything. */
  isWholeLine?: boolean
  /** Where log and ClickHouse stand on this machine's disk; absent where they do not. */
  localDir?: string | undefined
  /** Signing in to the Explorer; absent where this process has no pages. */
  session?: SessionDeps | undefined
  /** ClickHouse is this process's own, with its files under DATA_DIR. */
  isEmbedded?: boolean
  /** Where endpoints may be, and what signs for them. */
  endpoints?: { allowed: readonly string[]; readSecret: ReadVariable } | undefined
  /** The one of the collecting paths, so that a key has one rate by whatever path; absent: one of its own. */
  rate?: RateLimiter | undefined
  /** Of whom neither person nor account says a zone. */
  zone?: string
  scoreOf?: Acts['scoreOf'] | undefined
}

/** What signing in to the Explorer needs. */
export interface SessionDeps {
  sessions: Sessions
  codes: Codes
  version: string
  /** Where browsers reach this server. */
  publicUrl: () => string
  /** What a page is given to load the SDK: the stub and the tag. */
  snippetOf: (writeKey: string) => string
}

/** Fastify with types from zod. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** Whose key or session the request carries; throws as `readerOf` does where it has none. */
export function projectOf(request: FastifyRequest, { projects }: Pick<TimelineDeps, 'projects'>): Project {
  return readerOf(request, projects).project
}

/** Through which the request's project is read, and nothing of another. */
export function readerFor(request: FastifyRequest, deps: TimelineDeps): Reader {
  const { id, identify, domains } = projectOf(request, deps)
  return { client: deps.clickhouse.reader, project: id, signedOnly: identify === 'signed-only', domains }
}

/** A NOT_FOUND that says whether it may only be too early. */
export async function notFound(what: string, { log }: TimelineDeps): Promise<TouchlineError> {
  const { records, oldestMs } = await log.lag()
  const lag =
    records === 0
      ? 'Everything that was accepted is stored.'
      : `${records} records of the log are not stored yet, the oldest since ${Math.round(oldestMs)} ms.`
  return new TouchlineError('NOT_FOUND', `${what} ${lag}`)
}

/** The same for an account. One that stands for a domain nobody claimed is called `domain:…`, which is easily forgotten. */
export function accountNotFound(id: string, deps: TimelineDeps): Promise<TouchlineError> {
  const hint = /^[\w-]+(\.[\w-]+)+$/.test(id) ? ` Did you mean domain:${id.toLowerCase()}?` : ''
  return notFound(`Nothing is known of the account ${id}.${hint}`, deps)
}
