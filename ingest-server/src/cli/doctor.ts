/** `touchline doctor`: looks at everything that Touchline stands on, and says what to do about what is not well. */
import { existsSync, statSync } from 'node:fs'
import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import { projectsFileOf, type Config } from '../config.js'
import { readProjectsFile, toSecretKey } from '../projects/projects-file.js'
import { keysOf } from './kept-keys.js'
import { isRunning, serverUrl } from './open-parts.js'
import type { Command } from './command.js'

const usage = `touchline doctor     checks Node, settings, keys, disk, Kafka, ClickHouse and the running server

Ends with 1 when something must be done.`

interface Finding {
  what: string
  state: 'ok' | 'warn' | 'FAIL'
  detail: string
}

export const doctor: Command = {
  summary: 'check everything and say what to do',
  usage,
  async run(_args, config) {
    // Settings were read to come this far: a bad one has been said in one line already.
    const checks = [node, dataDir, disk, keys, projectsFile, engine, kafka, clickhouse, server]
    let worst = 0
    for (const check of checks) {
      for (const { what, state, detail } of await check(config)) {
        console.log(`${state.padEnd(5)} ${what.padEnd(12)} ${detail}`)
        if (state === 'FAIL') worst = 1
      }
    }
    return worst
  },
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

async function dataDir({ DATA_DIR }: Config): Promise<Finding[]> {
  try {
    await mkdir(DATA_DIR, { recursive: true, mode: 0o700 })
    await access(DATA_DIR, constants.W_OK)
  } catch (error) {
    return [fail('data', `${DATA_DIR} cannot be written (${(error as Error).message}); set DATA_DIR.`)]
  }
  return [ok('data', DATA_DIR)]
}

const gibibyte = 1024 ** 3
const leastFreeBytes = gibibyte / 4
const easyFreeBytes = 4 * gibibyte

async function disk({ DATA_DIR }: Config): Promise<Finding[]> {
  const { bavail, bsize } = await statfs(existsSync(DATA_DIR) ? DATA_DIR : '.')
  const free = bavail * bsize
  const text = `${(free / gibibyte).toFixed(1)} GiB free`
  if (free < leastFreeBytes)
    return [fail('disk', `${text}: collecting answers 503 below 0.25 GiB. Free space or set retention.`)]
  return [free < easyFreeBytes ? warn('disk', `${text}: watch it.`) : ok('disk', text)]
}

async function keys(config: Config): Promise<Finding[]> {
  const { writeKey, secretKey } = await keysOf(config)
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
    findings.push(fail('projects', (error as Error).message))
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

async function kafka({ KAFKA_BROKERS }: Config): Promise<Finding[]> {
  if (KAFKA_BROKERS === undefined) return []
  return Promise.all(
    KAFKA_BROKERS.map(async (broker) =>
      (await answers(broker))
        ? ok('kafka', broker)
        : fail('kafka', `${broker} takes no connection; is it up, is the port open from here?`),
    ),
  )
}

const connectTimeoutMs = 3_000

function answers(broker: string): Promise<boolean> {
  const colon = broker.lastIndexOf(':')
  return new Promise((resolve) => {
    const socket = connect({ host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.setTimeout(connectTimeoutMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

async function clickhouse(config: Config): Promise<Finding[]> {
  const {
    CLICKHOUSE_URL: url,
    CLICKHOUSE_USER: user = 'default',
    CLICKHOUSE_PASSWORD: password = '',
  } = config
  if (url === undefined) return []
  try {
    const answer = await fetch(`${url}/?query=SELECT+version()`, {
      headers: { 'x-clickhouse-user': user, 'x-clickhouse-key': password },
      signal: AbortSignal.timeout(5_000),
    })
    const text = (await answer.text()).trim()
    return [
      answer.ok
        ? ok('clickhouse', `version ${text}`)
        : fail('clickhouse', `it refuses: ${text.slice(0, 200)}`),
    ]
  } catch (error) {
    return [fail('clickhouse', `${url} does not answer (${(error as Error).message}).`)]
  }
}

async function server(config: Config): Promise<Finding[]> {
  const url = serverUrl(config)
  if (!(await isRunning(config))) return [warn('server', `none answers at ${url}; npm start starts one.`)]
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) })
  const { checks } = (await answer.json()) as { checks: Record<string, { ok: boolean }> }
  return Object.entries(checks).map(([name, { ok: isWell, ...detail }]) =>
    isWell
      ? ok(`· ${name}`, JSON.stringify(detail))
      : fail(`· ${name}`, `${JSON.stringify(detail)}; docs/operating.md says what to do.`),
  )
}
