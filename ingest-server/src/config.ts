/**
 * Every setting, read once from the environment. This is the only file that reads process.env. A value that
 * cannot be used stops the start with one line that names the variable.
 */
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { isTimeZone } from '@touchline/schemas'
import { misspelt } from './config-names.js'
import { TouchlineError } from './errors.js'

export const roles = ['collect', 'store', 'stitch', 'touchpoints', 'engage', 'timeline'] as const
export type Role = (typeof roles)[number]

const text = z.string().trim().min(1)
/** As people write it: not 0x50, 1e4 or blanks, which Number() reads as 80, 10,000 and 0. */
const digits = z
  .string()
  .transform((value) => (/^\s*[+-]?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value))
const integer = (least: number, most: number) => digits.pipe(z.number().int().min(least).max(most))
const port = integer(0, 65_535)
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1')
const list = text.transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)
const address = z.url({
  protocol: /^https?$/,
  error: 'must be an address such as https://host or http://host:8123',
})
/** The client of ClickHouse would take what else stands there over the settings that are meant for it. */
const bareAddress = address.refine((value) => {
  // Asked of what is no address as well, which is said already.
  if (!URL.canParse(value)) return true
  const { username, password, pathname, search, hash } = new URL(value)
  return username + password + search + hash === '' && pathname === '/'
}, 'must be https://host:port alone; CLICKHOUSE_USER, CLICKHOUSE_PASSWORD and CLICKHOUSE_DATABASE name the rest')
/** What a proxy may be called: an address, a range of them, or a name for the usual ones. */
const proxy = z.union(
  [z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6(), z.enum(['loopback', 'linklocal', 'uniquelocal'])],
  {
    error: 'must be addresses or ranges of proxies, such as 10.0.0.0/8, ::1 or loopback',
  },
)
const range = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
  error: 'must be addresses or ranges of them, such as 10.1.0.0/16',
})
const broker = z
  .string()
  .regex(/^(?:[\w.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/i, 'must be host:port, or several with commas between them')
const key = z.string().regex(/^[\w-]{8,200}$/, 'must be 8 to 200 letters, digits, _ or -')

const environment = z.object({
  /** Where the HTTP server listens. */
  PORT: port.default(8484),
  HOST: text.default('127.0.0.1'),
  /** How browsers reach this server, when that is not http://HOST:PORT; printed in the tag. */
  PUBLIC_URL: address.optional(),
  /** Embedded log, embedded ClickHouse and the keys made on the first run live below it. */
  DATA_DIR: text.default('./data'),
  ROLES: list.pipe(z.array(z.enum(roles)).min(1)).default([...roles]),
  /** Proxies whose X-Forwarded-For is believed: addresses or CIDR ranges, never "everything". */
  TRUST_PROXY: list.pipe(z.array(proxy)).optional(),
  /** Opens /metrics and the details of /health/ready; without it they answer this machine alone. */
  METRICS_TOKEN: key.optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),

  TOUCHLINE_WRITE_KEY: key.optional(),
  TOUCHLINE_SECRET_KEY: key.optional(),
  /** More projects, their keys, origins and rates: a JSON file. */
  PROJECTS_FILE: text.optional(),

  /** host:port,… names a Kafka cluster and turns the embedded log off. */
  KAFKA_BROKERS: list.pipe(z.array(broker).min(1)).optional(),
  KAFKA_TOPIC_PREFIX: text.default('touchline.'),
  KAFKA_PARTITIONS: integer(1, 10_000).default(4),
  KAFKA_REPLICATION: integer(1, 9).default(1),
  /** Who stores; `<prefix>store` when absent, for readers of different topics in one group get in each other's way. */
  KAFKA_GROUP: text.optional(),
  KAFKA_TLS: flag.default(false),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_USERNAME: text.optional(),
  KAFKA_PASSWORD: text.optional(),
  KAFKA_COMPRESSION: z.enum(['none', 'snappy', 'gzip']).default('snappy'),
  /** ClickHouse reads the topics itself, by tables made at the start, and the store role is not run. */
  KAFKA_ENGINE: flag.default(false),
  /** Processes that share the port on this machine; the first also plays the other roles. */
  COLLECT_WORKERS: integer(1, 256).default(1),

  /** http(s)://host:port names a ClickHouse server and turns the embedded one off. */
  CLICKHOUSE_URL: bareAddress.optional(),
  CLICKHOUSE_USER: text.optional(),
  CLICKHOUSE_PASSWORD: z.string().optional(),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,63}$/, 'must be lower-case letters, digits and _')
    .default('touchline'),
  CLICKHOUSE_READER_USER: text.optional(),
  CLICKHOUSE_READER_PASSWORD: z.string().optional(),
  /** As whom query_sql asks a server of one's own, with ANALYST_PASSWORD, as long as there is one project. */
  CLICKHOUSE_ANALYST_USER: text.optional(),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be up to 64 letters, digits, _ and -')
    .optional(),
  /** Where the embedded server listens on loopback: HTTP (absent: a steady one, 0: a free one), native (absent: off). */
  CLICKHOUSE_HTTP_PORT: port.optional(),
  CLICKHOUSE_TCP_PORT: port.optional(),
  ANALYST_PASSWORD: z.string().min(8).optional(),

  /** Size limit of the embedded log; beyond it collect answers 503 until the store catches up. */
  LOG_MAX_BYTES: integer(16 * 1024 * 1024, 2 ** 46).default(8 * 1024 ** 3),
  /** Addresses or CIDR ranges that endpoints may be at although they are private: 10.1.0.0/16,fd00::/8. */
  ENDPOINTS_ALLOW: list.pipe(z.array(range)).optional(),
  /** Where quiet hours and local times are reckoned of whom neither person nor account says a zone. */
  TIMEZONE: z
    .string()
    .refine(isTimeZone, 'must be the name of a time zone such as Europe/Berlin')
    .default('UTC'),

  /** Tests and demos only: a file that holds an offset in milliseconds, added to the clock. */
  CLOCK_OFFSET_FILE: text.optional(),
})

export const settingNames: readonly string[] = Object.keys(environment.shape)

export type Config = ReturnType<typeof readConfig>

/** The settings, with defaults, or CONFIG_INVALID with one line for the first bad variable. */
export function readConfig(variables: NodeJS.ProcessEnv = process.env) {
  // An empty variable means absent: that is what `docker compose` and shells write for "not set".
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const wrong = misspelt(given, settingNames)
  if (wrong !== undefined) throw new TouchlineError('CONFIG_INVALID', wrong)
  const parsed = environment.safeParse(given)
  if (!parsed.success) throw new TouchlineError('CONFIG_INVALID', problemIn(parsed.error.issues[0], given))
  const config = { ...parsed.data, ROLES: withFollowing(parsed.data.ROLES) }
  if (config.KAFKA_BROKERS === undefined && config.ROLES.length < roles.length) {
    throw new TouchlineError(
      'CONFIG_INVALID',
      'ROLES: the embedded log belongs to one process; separate roles need KAFKA_BROKERS.',
    )
  }
  if (config.KAFKA_SASL_MECHANISM !== undefined && (!config.KAFKA_USERNAME || !config.KAFKA_PASSWORD)) {
    throw new TouchlineError(
      'CONFIG_INVALID',
      'KAFKA_SASL_MECHANISM: needs KAFKA_USERNAME and KAFKA_PASSWORD.',
    )
  }
  if (config.KAFKA_SASL_MECHANISM === undefined && (config.KAFKA_USERNAME || config.KAFKA_PASSWORD)) {
    throw new TouchlineError(
      'CONFIG_INVALID',
      'KAFKA_SASL_MECHANISM: is not set, so KAFKA_USERNAME and KAFKA_PASSWORD would not be sent; set it to plain, scram-sha-256 or scram-sha-512.',
    )
  }
  if (config.KAFKA_ENGINE && config.KAFKA_BROKERS === undefined) {
    throw new TouchlineError('CONFIG_INVALID', 'KAFKA_ENGINE: needs KAFKA_BROKERS.')
  }
  if (config.COLLECT_WORKERS > 1) checkWorkers(config)
  if (config.CLICKHOUSE_URL === undefined) checkPorts(config)
  if (config.CLICKHOUSE_CLUSTER !== undefined && config.CLICKHOUSE_URL === undefined) {
    throw new TouchlineError('CONFIG_INVALID', 'CLICKHOUSE_CLUSTER: needs CLICKHOUSE_URL.')
  }
  return {
    ...config,
    DATA_DIR: resolve(config.DATA_DIR),
    KAFKA_GROUP: config.KAFKA_GROUP ?? `${config.KAFKA_TOPIC_PREFIX}store`,
  }
}

/** The variable and what it must be; what it is only where that is a number's place, which holds no secret. */
function problemIn(issue: z.core.$ZodIssue | undefined, given: NodeJS.Dict<string>): string {
  const name = String(issue?.path[0] ?? 'setting')
  const isNumber = issue?.code === 'invalid_type' && issue.expected === 'number'
  return `${name}: ${issue?.message ?? 'is not valid'}${isNumber ? `, not "${given[name]}"` : ''}.`
}

/**
 * Who keeps who-is-who up to date keeps touchpoints, segments and scores too; processes that do only one of those share
 * its work.
 */
function withFollowing(given: readonly Role[]): Role[] {
  const isImplied = (role: Role) => (role === 'touchpoints' || role === 'engage') && given.includes('stitch')
  return roles.filter((role) => given.includes(role) || isImplied(role))
}

type Parsed = z.infer<typeof environment>

/** All of them are of this process, on this machine. */
function checkPorts({ PORT, CLICKHOUSE_HTTP_PORT, CLICKHOUSE_TCP_PORT }: Parsed): void {
  const named = Object.entries({ PORT, CLICKHOUSE_HTTP_PORT, CLICKHOUSE_TCP_PORT })
  named.forEach(([name, value], index) => {
    const other = named.slice(0, index).find(([, taken]) => taken === value)
    if (other !== undefined && value !== undefined && value !== 0)
      throw new TouchlineError('CONFIG_INVALID', `${name}: ${value} is ${other[0]} already; choose another.`)
  })
}

function checkWorkers({ KAFKA_BROKERS, CLICKHOUSE_URL, ROLES }: Parsed): void {
  const refuse = (why: string) => {
    throw new TouchlineError('CONFIG_INVALID', `COLLECT_WORKERS: ${why}`)
  }
  if (KAFKA_BROKERS === undefined)
    refuse('the embedded log belongs to one process; several need KAFKA_BROKERS.')
  if (!ROLES.includes('collect')) refuse('these ROLES do not collect.')
  if (CLICKHOUSE_URL === undefined && ROLES.length > 1)
    refuse('the embedded ClickHouse belongs to one process; set CLICKHOUSE_URL, or ROLES=collect.')
}

/**
 * A secret that a definition refers to as `env:NAME`: read when it is needed, so that its name may be chosen freely. No
 * setting is one: the keys of this server sign nothing that a project asks for.
 */
export const readSecret = (name: string): string | undefined => {
  const value = settingNames.includes(name) ? undefined : process.env[name]
  return value === '' ? undefined : value
}

/** The file of projects and keys: a named one must be there, our own is made by `touchline keys` when first needed. */
export function projectsFileOf({ PROJECTS_FILE, DATA_DIR }: Pick<Config, 'PROJECTS_FILE' | 'DATA_DIR'>) {
  return PROJECTS_FILE === undefined
    ? { file: join(DATA_DIR, 'projects.json'), isOptional: true }
    : { file: PROJECTS_FILE, isOptional: false }
}
