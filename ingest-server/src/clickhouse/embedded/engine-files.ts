/** The embedded server's folder: its data, its configuration, and the arguments that name them. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import type { ProjectUser } from './project-users.js'
import { configXml, usersXml, type ServerConfig } from './server-config.js'

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

/** Writes config.xml and users.xml and returns the arguments of `clickhouse local` that start a server on them. */
export function writeEngineFiles(setup: EngineSetup, ports: Ports): string[] {
  const engine = join(setup.dataDir, 'engine')
  const configFile = join(setup.dataDir, 'config.xml')
  const usersFile = join(setup.dataDir, 'users.xml')
  const boot = [
    // HTTP last: once it answers, the whole start has succeeded.
    ...(ports.tcp === undefined ? [] : ['SYSTEM START LISTEN TCP']),
    'SYSTEM START LISTEN HTTP',
    // Waits for the end of stdin, which ends with the parent.
    "SELECT count() FROM file('stdin', 'LineAsString') FORMAT Null",
  ]
  const config: ServerConfig = {
    database: setup.database,
    usersFile,
    memoryBytes: setup.memoryBytes ?? Math.min(Math.floor(totalmem() / 2), largestDefaultMemoryBytes),
    appPassword: setup.passwords.app,
    readerPassword: setup.passwords.reader,
    analystPassword: setup.passwords.analyst,
    projectUsers: setup.projectUsers,
    bootQueries: boot.length,
    extraAppGrants: setup.extraAppGrants ?? [],
    clusters: setup.clusters ?? {},
  }
  mkdirSync(engine, { recursive: true })
  chmodSync(setup.dataDir, 0o700)
  writeFileSync(configFile, configXml(config), { mode: 0o600 })
  writeFileSync(usersFile, usersXml(config), { mode: 0o600 })
  return [
    `--path=${engine}`,
    `--config-file=${configFile}`,
    '--listen_host=127.0.0.1',
    `--http_port=${ports.http}`,
    ...(ports.tcp === undefined ? [] : [`--tcp_port=${ports.tcp}`]),
    '--query',
    boot.join('; '),
  ]
}
