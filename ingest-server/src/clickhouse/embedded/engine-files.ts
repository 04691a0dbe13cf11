/** The embedded server's folder: its data, and for each start a folder with what is needed until it answers. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { literal } from '../sql-quoting.js'
import type { ProjectUser } from './project-users.js'
import { configXml, type ServerConfig } from './server-config.js'
import { usersXml } from './users-config.js'

export interface EngineSetup {
  /** Absolute; made when absent, readable by the owner only. */
  dataDir: string
  database: string
  passwords: { app: string; reader: string; analyst: string }
  projectUsers: readonly ProjectUser[]
  /** Cap of the whole server; half of the machine, at most 4 GiB, when absent. */
  memoryBytes?: number | undefined
  extraAppGrants?: readonly string[] | undefined
  clusters?: ServerConfig['clusters'] | undefined
}

export interface Ports {
  http: number
  tcp: number | undefined
}

const largestDefaultMemoryBytes = 4 * 1024 ** 3

/** The start message of engine-child.cjs: the engine's arguments, and what it may reach. */
export interface EngineStart {
  engineFolder: string
  /** Holds the configuration with the hashes of passwords; the child empties it before it opens a port. */
  bootFolder: string
  bootFiles: readonly string[]
  ports: readonly number[]
  /** It connects to other servers: those of a cluster, or Kafka's. */
  mayConnect: boolean
  arguments: readonly string[]
}

/** Writes config.xml and users.xml for one start. `clickhouse local` takes the arguments and becomes a server. */
export function writeEngineFiles(setup: EngineSetup, ports: Ports): EngineStart {
  const engineFolder = join(setup.dataDir, 'engine')
  mkdirSync(engineFolder, { recursive: true })
  chmodSync(setup.dataDir, 0o700)
  const bootFolder = mkdtempSync(join(setup.dataDir, bootPrefix))
  const configFile = join(bootFolder, 'config.xml')
  const usersFile = join(bootFolder, 'users.xml')
  const config: ServerConfig = {
    database: setup.database,
    // Beside the other: the folder has another name where it is read.
    usersFile: 'users.xml',
    memoryBytes: setup.memoryBytes ?? Math.min(Math.floor(totalmem() / 2), largestDefaultMemoryBytes),
    appPassword: setup.passwords.app,
    readerPassword: setup.passwords.reader,
    analystPassword: setup.passwords.analyst,
    projectUsers: setup.projectUsers,
    extraAppGrants: setup.extraAppGrants ?? [],
    clusters: setup.clusters ?? {},
  }
  writeFileSync(configFile, configXml(config), { mode: 0o600 })
  writeFileSync(usersFile, usersXml(config), { mode: 0o600 })
  return {
    engineFolder,
    bootFolder,
    bootFiles: [configFile, usersFile],
    ports: [ports.http, ...(ports.tcp === undefined ? [] : [ports.tcp])],
    mayConnect: Object.keys(config.clusters ?? {}).length > 0 || hasKafka(config),
    arguments: engineArguments({ engineFolder, bootFolder, configFile }, ports),
  }
}

/** Of starts that were ended from outside; asked once the engine has the folder to itself. */
export function removeBootFolders(dataDir: string): void {
  // Where they stood before there was a folder for each start.
  for (const name of ['config.xml', 'users.xml']) rmSync(join(dataDir, name), { force: true })
  for (const name of readdirSync(dataDir).filter((one) => one.startsWith(bootPrefix)))
    rmSync(join(dataDir, name), { recursive: true, force: true })
}

const bootPrefix = 'boot-'

/** The place of that pipe among the child's files, see engine-process.ts: after stdin, stdout, stderr and the channel. */
const parentPipe = 4

const hasKafka = ({ extraAppGrants = [] }: ServerConfig) =>
  extraAppGrants.some((grant) => grant.includes('KAFKA'))

function engineArguments(
  { engineFolder, bootFolder, configFile }: Record<'engineFolder' | 'bootFolder' | 'configFile', string>,
  ports: Ports,
): string[] {
  const boot = [
    // Waits until the child has removed what was needed to start, see engine-child.cjs.
    `SELECT count() FROM file(${literal(join(bootFolder, 'gate'))}, 'LineAsString') FORMAT Null`,
    ...(ports.tcp === undefined ? [] : ['SYSTEM START LISTEN TCP']),
    // HTTP last: once it answers, the whole start has succeeded.
    'SYSTEM START LISTEN HTTP',
    // Waits for the end of a pipe, which ends with the parent.
    `SELECT count() FROM file(${parentPipe}, 'LineAsString') FORMAT Null`,
  ]
  return [
    `--path=${engineFolder}`,
    `--config-file=${configFile}`,
    '--listen_host=127.0.0.1',
    `--http_port=${ports.http}`,
    ...(ports.tcp === undefined ? [] : [`--tcp_port=${ports.tcp}`]),
    '--query',
    boot.join('; '),
  ]
}
