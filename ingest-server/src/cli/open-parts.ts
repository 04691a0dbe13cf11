/** The parts of the server that a command works on by itself, opened with the server's own settings. */
import { projectsFileOf, type Config } from '../config.js'
import { clickhouseOptions, clusterOf } from '../clickhouse-options.js'
import { migrate } from '../clickhouse/migrate.js'
import { openClickHouse, type OpenedClickHouse } from '../clickhouse/open-clickhouse.js'
import type { Projects } from '../projects/project.js'
import { addKey, changeProjectsFile, revokeKey } from '../projects/key-ring.js'
import { newKey, newKeyId } from '../projects/new-key.js'
import { openProjects } from '../projects/projects.js'
import type { Logger } from '../logger.js'
import { pause } from '../loop.js'
import { usageError } from './command.js'
import { keysOf } from './kept-keys.js'

/** What goes wrong is said by the error that ends the command; what passes by itself need not be said. */
export const quietLogger: Logger = {
  info: () => undefined,
  warn: (fields, message) =>
    console.error(
      'reason' in fields && typeof fields.reason === 'string' ? `${message}: ${fields.reason}` : message,
    ),
  error: (_fields, message) => console.error(message),
}

/** The server's own ClickHouse or the one of CLICKHOUSE_URL, migrated. The embedded one belongs to one process at a time. */
export async function openMigrated(config: Config): Promise<OpenedClickHouse> {
  if (config.CLICKHOUSE_URL === undefined) await refuseWhileRunning(config)
  const analystPassword = config.CLICKHOUSE_URL === undefined ? (await keysOf(config)).analystPassword : ''
  const clickhouse = await openClickHouse(clickhouseOptions(config, analystPassword, quietLogger))
  try {
    await migrate(clickhouse.app, { logger: quietLogger, cluster: clusterOf(config) })
    return clickhouse
  } catch (error) {
    await clickhouse.close()
    throw error
  }
}

/** As they are now; a command does not wait for changes. */
export async function projectsOf(config: Config): Promise<Projects> {
  const projects = openProjects({ defaultProject: await keysOf(config), ...projectsFileOf(config) })
  projects.close()
  return projects
}

export const serverUrl = ({ HOST, PORT }: Config): string =>
  `http://${HOST.includes(':') ? `[${HOST}]` : HOST === '0.0.0.0' ? '127.0.0.1' : HOST}:${PORT}`

/** True where a Touchline server answers at the address of the settings. */
export async function isRunning(config: Config): Promise<boolean> {
  try {
    const answer = await fetch(`${serverUrl(config)}/health/live`, { signal: AbortSignal.timeout(2_000) })
    return ((await answer.json()) as { live?: unknown }).live === true
  } catch {
    return false
  }
}

export async function requireServer(config: Config): Promise<void> {
  if (!(await isRunning(config)))
    throw usageError(`no server answers at ${serverUrl(config)}; start it first.`)
}

/** The folder of a running server must not be touched beside it; which folder it has, it tells nobody. */
export async function refuseWhileRunning(config: Config): Promise<void> {
  if (await isRunning(config))
    throw usageError(
      `a server runs at ${serverUrl(config)}; stop it first. If it has another folder than ${config.DATA_DIR}, name another PORT.`,
    )
}

/**
 * Runs `act` with a secret key of the project default that ends with it: the server's own may be known to its
 * environment alone, and whoever may write the file of keys is the operator.
 */
export async function asOperator<Result>(
  config: Config,
  act: (key: string) => Promise<Result>,
): Promise<Result> {
  const { file } = projectsFileOf(config)
  const [id, key] = [newKeyId(), newKey('secret')]
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()
  await changeProjectsFile(file, (entries) =>
    addKey(entries, {
      projectId: 'default',
      kind: 'secret',
      id,
      key,
      name: 'of a running touchline',
      createdAt: inMs(0),
      expiresAt: inMs(operatorKeyMs),
    }),
  )
  try {
    await untilKnown(config, key)
    return await act(key)
  } finally {
    await changeProjectsFile(file, (entries) => revokeKey(entries, { projectId: 'default', id }))
  }
}

const operatorKeyMs = 86_400_000
const knownWithinMs = 15_000

/** The server looks at the file once a second. */
async function untilKnown(config: Config, key: string): Promise<void> {
  for (const startedAt = performance.now(); ; await pause(200)) {
    const headers = { authorization: `Bearer ${key}` }
    const { status } = await fetch(`${serverUrl(config)}/v1/people?q=-`, { headers })
    if (status !== 401) return
    if (performance.now() - startedAt > knownWithinMs)
      throw usageError(
        `the server at ${serverUrl(config)} does not take the keys of ${projectsFileOf(config).file}: has it the same DATA_DIR?`,
      )
  }
}

/** The one that was named, else that of the project default. */
export const secretKeyOf = async (config: Config, key: string | undefined): Promise<string> =>
  key ?? config.TOUCHLINE_SECRET_KEY ?? (await keysOf(config)).secretKey

/** Asks the running server, as the holder of a secret key. Throws with what it answers. */
export async function askServer<Answer>(
  config: Config,
  path: string,
  {
    method = 'GET',
    key,
    body: sent,
    headers = {},
  }: {
    method?: string
    key?: string | undefined
    /** Sent as JSON. */
    body?: object
    headers?: Record<string, string>
  } = {},
): Promise<Answer> {
  const secretKey = await secretKeyOf(config, key)
  const url = `${serverUrl(config)}${path}`
  const authorization = `Bearer ${secretKey}`
  const answer = await fetch(url, {
    method,
    headers: { authorization, ...headers, ...(sent && { 'content-type': 'application/json' }) },
    ...(sent && { body: JSON.stringify(sent) }),
  }).catch((cause: unknown) => {
    throw new Error(`no server answers at ${serverUrl(config)}; start it, or set HOST and PORT.`, { cause })
  })
  const body = (await answer.json()) as Answer & { message?: string }
  if (!answer.ok) throw new Error(`the server answers ${answer.status}: ${body.message ?? ''}`)
  return body
}
