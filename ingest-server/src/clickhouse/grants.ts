/**
 * SQL that an administrator runs once on a server of one's own: three users with no more rights than they need,
 * the same that the embedded server has. Only hashes of passwords stand in it.
 */
import { createHash } from 'node:crypto'
import { analystCaps, readerCaps, type Caps } from './caps.js'
import { clusterSettings, onCluster, type Cluster } from './cluster-ddl.js'
import { identifier, settingValue } from './sql-quoting.js'

export interface GrantOptions {
  database: string
  /** Reads and writes; migrates. CLICKHOUSE_USER. */
  app: NewUser
  /** Answers over HTTP. CLICKHOUSE_READER_USER. */
  reader: NewUser
  /** People and their tools. */
  analyst: NewUser
  cluster?: Cluster | undefined
  /** The app may also make ClickHouse's own Kafka tables (kafka-engine.ts). */
  kafka?: boolean
}

export interface NewUser {
  name: string
  password: string
}

/** Statements in order; each may be run again. The database need not exist yet. */
export function grantStatements(options: GrantOptions): string[] {
  const everywhere = options.cluster === undefined ? '' : onCluster(options.cluster)
  const { app, reader, analyst } = options
  const database = identifier(options.database)
  const profile = (user: NewUser, settings: string) =>
    `CREATE SETTINGS PROFILE IF NOT EXISTS ${identifier(profileOf(user))}${everywhere} SETTINGS ${settings}`
  const user = (one: NewUser) =>
    `CREATE USER IF NOT EXISTS ${identifier(one.name)}${everywhere} IDENTIFIED WITH sha256_hash BY '${passwordHash(one.password)}' ` +
    `DEFAULT DATABASE ${database} SETTINGS PROFILE ${identifier(profileOf(one))}`
  const grant = (to: NewUser, what: string) => `GRANT${everywhere} ${what} TO ${identifier(to.name)}`
  const readers = [reader, analyst]
  return [
    profile(app, settingList(clusterWide(options))),
    profile(reader, capList(readerCaps, clusterWide(options))),
    profile(analyst, capList(analystCaps, clusterWide(options))),
    ...[app, ...readers].map(user),
    grant(app, `${appRights} ON ${database}.*`),
    grant(app, 'CREATE TEMPORARY TABLE, KILL QUERY ON *.*'),
    ...systemTables.map((table) => grant(app, `SELECT ON system.${table}`)),
    ...engines(options).map((engine) => grant(app, `TABLE ENGINE ON ${engine}`)),
    ...(options.cluster === undefined ? [] : [grant(app, 'CLUSTER ON *.*')]),
    ...(options.kafka === true ? [grant(app, 'READ, WRITE ON KAFKA')] : []),
    ...readers.map((one) => grant(one, `SELECT ON ${database}.*`)),
  ]
}

/** No SYSTEM SHUTDOWN, no access management, nothing outside its database. */
export const appRights =
  'SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, TRUNCATE, OPTIMIZE, SHOW, SYSTEM MERGES, SYSTEM FLUSH DISTRIBUTED'

const systemTables = ['one', 'databases', 'tables', 'columns', 'parts', 'mutations', 'processes']

function engines({ cluster, kafka }: GrantOptions): string[] {
  const replicated = ['ReplicatedMergeTree', 'ReplicatedReplacingMergeTree', 'Distributed']
  return [
    'MergeTree',
    'ReplacingMergeTree',
    ...(cluster === undefined ? [] : replicated),
    ...(kafka === true ? ['Kafka', 'Null'] : []),
  ]
}

const clusterWide = ({ cluster }: GrantOptions) => (cluster === undefined ? {} : clusterSettings)

function settingList(settings: Readonly<Record<string, string | number>>): string {
  const list = Object.entries({ insert_deduplicate: 0, ...settings })
  return list.map(([name, value]) => `${name} = ${settingValue(value)}`).join(', ')
}

function capList(caps: Caps, settings: Readonly<Record<string, string | number>>): string {
  return [
    ...Object.entries(caps.limits).map(([name, max]) => `${name} = ${max} MIN 1 MAX ${max}`),
    ...Object.entries(caps.fixed).map(([name, value]) => `${name} = ${settingValue(value)} CONST`),
    ...Object.entries(settings).map(([name, value]) => `${name} = ${settingValue(value)}`),
  ].join(', ')
}

const profileOf = (user: NewUser) => `${user.name}_profile`
/** A password as ClickHouse's `sha256_hash` and `password_sha256_hex` take it. */
export const passwordHash = (password: string) => createHash('sha256').update(password).digest('hex')
