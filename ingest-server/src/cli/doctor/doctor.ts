/** `touchline doctor`: looks at everything that Touchline stands on, and says what to do about what is not well. */
import { existsSync, statSync } from 'node:fs'
import { access, constants, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { projectsFileOf, type Config } from '../../config.js'
import { readProjectsFile, toSecretKey } from '../../projects/projects-file.js'
import { keysIfThere } from '../kept-keys.js'
import { problemOfBroker, takesConnections } from './kafka-broker.js'
import { isRunning, serverUrl } from '../open-parts.js'
import type { AddTo, Cli } from '../command.js'
import { gibibyte } from '../../units.js'

interface Finding {
  what: string
  state: 'ok' | 'warn' | 'FAIL'
  detail: string
}

export const addDoctor: AddTo = (command, cli) => {
  command
    .addHelpText(
      'after',
      '\nLooks at Node, settings, keys, disk, Kafka, ClickHouse and the running server. Ends with 1 when something ' +
        'must be done. --json prints [{ what, state, detail }].',
    )
    .action(() => doctor(cli))
}

async function doctor({ config: read, isJson, print }: Cli): Promise<void> {
  const config = () => {
    try {
      return read()
    } catch (error) {
      // People read it in one line, as of any command; programs read what they asked for.
      if (isJson()) print([fail('settings', reasonOf(error))], '')
      throw error
    }
  }
  const checks = [node, dataDir, disk, keys, projectsFile, engine, kafka, clickhouse, server]
  const all: Finding[] = []
  for (const check of checks) {
    for (const finding of await outcomeOf(check, config())) {
      const { what, state, detail } = finding
      if (!isJson()) console.log(`${state.padEnd(5)} ${what.padEnd(12)} ${detail}`)
      all.push(finding)
    }
  }
  if (isJson()) print(all, '')
  if (all.some(({ state }) => state === 'FAIL')) process.exitCode = 1
}

type Check = (config: Config) => Promise<Finding[]>

/** A check that fails itself is a finding: the others still run. */
async function outcomeOf(check: Check, config: Config): Promise<Finding[]> {
  try {
    return await check(config)
  } catch (error) {
    return [fail(check.name, reasonOf(error))]
  }
}

const ok = (what: string, detail: string): Finding => ({ what, state: 'ok', detail })
const warn = (what: string, detail: string): Finding => ({ what, state: 'warn', detail })
const fail = (what: string, detail: string): Finding => ({ what, state: 'FAIL', detail })

async function node(): Promise<Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNew = major > 20 || (major === 20 && minor >= 19)
  return [
    isNew
      ? ok('node', process.version)
      : fail('node', `${process.version} is too old; install 20.19 or newer.`),
  ]
}

async function dataDir(config: Config): Promise<Finding[]> {
  const { DATA_DIR } = config
  try {
    const isThere = existsSync(DATA_DIR)
    if (isThere && !(await stat(DATA_DIR)).isDirectory()) {
      return [fail('data', `DATA_DIR: ${DATA_DIR} is a file, not a folder.`)]
    }
    await access(isThere ? DATA_DIR : nearestFolder(DATA_DIR), constants.W_OK | constants.X_OK)
    if (isThere) return [ok('data', DATA_DIR)]
    const why = (await isRunning(config))
      ? `, though a server answers at ${serverUrl(config)}: set DATA_DIR as that server has it.`
      : ' yet: the first start makes it. Is DATA_DIR meant to be another?'
    return [warn('data', `${DATA_DIR} is not there${why}`)]
  } catch (error) {
    return [fail('data', `DATA_DIR: ${DATA_DIR} cannot be written (${reasonOf(error)}).`)]
  }
}

/** The folder itself, or the nearest above it that is there. */
function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}

const leastFreeBytes = gibibyte / 4
const easyFreeBytes = 4 * gibibyte

async function disk({ DATA_DIR }: Config): Promise<Finding[]> {
  const { bavail, bsize } = await statfs(nearestFolder(DATA_DIR))
  const free = bavail * bsize
  const text = `${(free / gibibyte).toFixed(1)} GiB free`
  if (free < leastFreeBytes)
    return [fail('disk', `${text}: collecting answers 503 below 0.25 GiB. Free space or set retention.`)]
  return [free < easyFreeBytes ? warn('disk', `${text}: watch it.`) : ok('disk', text)]
}

async function keys(config: Config): Promise<Finding[]> {
  const there = await keysIfThere(config)
  if (there === undefined) return [warn('keys', 'none yet: the first start makes them.')]
  const { writeKey, secretKey } = there
  const findings: Finding[] = []
  if (secretKey.length < 32)
    findings.push(
      warn('keys', 'TOUCHLINE_SECRET_KEY is short; use one made by `touchline keys create --kind secret`.'),
    )
  if (writeKey === secretKey)
    findings.push(fail('keys', 'write key and secret key are the same; change one.'))
  return findings.length > 0 ? findings : [ok('keys', 'of the default project')]
}

async function projectsFile(config: Config): Promise<Finding[]> {
  const { file, isOptional } = projectsFileOf(config)
  if (!existsSync(file))
    return [isOptional ? ok('projects', 'only the default one') : fail('projects', `${file} is missing.`)]
  const findings: Finding[] = []
  try {
    const entries = readProjectsFile(file)
    findings.push(ok('projects', `${entries.length} in ${file}`))
    const inClear = entries.flatMap(({ id, secretKeys }) =>
      secretKeys.some((key) => typeof key === 'string' && !key.startsWith('sha256:')) ? [id] : [],
    )
    if (inClear.length > 0)
      findings.push(
        warn(
          'projects',
          `secret keys of ${inClear.join(', ')} stand in clear; write them as ${toSecretKey('…').hash.slice(0, 7)}<hex>.`,
        ),
      )
  } catch (error) {
    findings.push(fail('projects', reasonOf(error)))
  }
  if ((statSync(file).mode & 0o077) !== 0)
    findings.push(warn('projects', `others may read ${file}, which holds signing secrets: chmod 600 it.`))
  return findings
}

async function engine({ CLICKHOUSE_URL }: Config): Promise<Finding[]> {
  if (CLICKHOUSE_URL !== undefined) return []
  try {
    const { libchdbPath } = await import('chdb/libchdb')
    return [ok('engine', `embedded, ${libchdbPath().split('/').at(-1)}`)]
  } catch {
    return [
      fail(
        'engine',
        'the embedded ClickHouse cannot run here (musl, Windows?); name a server by CLICKHOUSE_URL.',
      ),
    ]
  }
}

async function kafka(config: Config): Promise<Finding[]> {
  const { KAFKA_BROKERS } = config
  if (KAFKA_BROKERS === undefined) return []
  return Promise.all(
    KAFKA_BROKERS.map(async (broker) => {
      const problem = await problemOfBroker(config, broker)
      return problem === undefined
        ? ok('kafka', broker)
        : fail('kafka', `KAFKA_BROKERS: ${broker} ${problem}`)
    }),
  )
}

async function clickhouse(config: Config): Promise<Finding[]> {
  const {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: user = 'default',
    CLICKHOUSE_PASSWORD: password = '',
  } = config
  if (url === undefined) return []
  return [await askedFor(url, user, password)]
}

async function askedFor(url: string, user: string, password: string): Promise<Finding> {
  const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': password }
  const query = encodeURIComponent("SELECT 'ClickHouse', version() FORMAT TSV")
  try {
    const answer = await fetch(`${new URL(url).origin}/?query=${query}`, {
      headers,
      signal: AbortSignal.timeout(5_000),
    })
    const text = (await answer.text()).trim()
    const [, version] = /^ClickHouse\t(\d[\d.]*)/.exec(text) ?? []
    if (answer.ok && version !== undefined) return ok('clickhouse', `version ${version} as ${user}`)
    if (/^Code: \d+/.test(text)) return fail('clickhouse', `it refuses: ${firstLine(text)}`)
    return fail(
      'clickhouse',
      `CLICKHOUSE_URL: what answers there (${answer.status}: ${firstLine(text) || 'nothing'}) is no ClickHouse; its HTTP port is 8123, or 8443 with TLS.`,
    )
  } catch (error) {
    return fail('clickhouse', `CLICKHOUSE_URL: ${new URL(url).origin} does not answer (${reasonOf(error)}).`)
  }
}

const firstLine = (text: string) => (text.split('\n')[0] ?? '').slice(0, 200)

/** fetch says "fetch failed" and keeps why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join(', ')
  return cause instanceof Error && error.message === 'fetch failed' ? cause.message : error.message
}

async function server(config: Config): Promise<Finding[]> {
  const url = serverUrl(config)
  if (!(await isRunning(config))) {
    if (await takesConnections(config.HOST, config.PORT))
      return [
        fail(
          'server',
          `PORT: something that is no Touchline server, or hangs, has ${url}. Set PORT to another.`,
        ),
      ]
    return [warn('server', `none answers at ${url}; npx touchline starts one.`)]
  }
  const answer = await fetch(`${url}/health/ready`, {
    ...(config.METRICS_TOKEN && { headers: { authorization: `Bearer ${config.METRICS_TOKEN}` } }),
    signal: AbortSignal.timeout(5_000),
  })
  const { checks } = (await answer.json()) as {
    checks: Record<string, { ok: boolean; reason?: string; problem?: unknown }>
  }
  return Object.entries(checks).map(([name, { ok: isWell, reason, ...detail }]) => {
    const shown = Object.keys(detail).length === 0 ? '' : JSON.stringify(detail)
    // Well enough to serve, and yet something is to be done.
    if (isWell && typeof detail.problem === 'string')
      return warn(`· ${name}`, `${detail.problem} docs/operating.md says what to do.`)
    if (isWell) return ok(`· ${name}`, shown)
    const why = [reason ?? 'the server gives no reason', shown].filter((part) => part !== '').join(' ')
    return fail(`· ${name}`, `${why}; docs/operating.md says what to do.`)
  })
}
