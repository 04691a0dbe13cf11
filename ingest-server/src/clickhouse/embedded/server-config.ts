/**
 * Makes config.xml and users.xml of the embedded server. Users, profiles, quotas, grants and constraints are
 * ClickHouse's own, so what a person may do is decided by the server and not by us.
 *
 * | user         | may                                                                                      |
 * | ------------ | ---------------------------------------------------------------------------------------- |
 * | app          | everything in the database; only fixed, parameterised statements run as it              |
 * | reader       | SELECT on the database, capped: what answers over HTTP                                  |
 * | analyst      | the same with wider caps: people and their tools                                        |
 * | project user | the same as analyst, and a row filter on every table                                    |
 * | default      | the engine's own boot statements; it has one session, which those hold until the end    |
 */
import { createHash } from 'node:crypto'
import { analystCaps, readerCaps, type Caps } from '../caps.js'
import { appRights } from '../grants.js'
import { projectTables, projectViews } from '../project-tables.js'
import type { ProjectUser } from './project-users.js'

export interface ServerConfig {
  database: string
  /** Where users.xml stands. */
  usersFile: string
  memoryBytes: number
  appPassword: string
  readerPassword: string
  analystPassword: string
  projectUsers: readonly ProjectUser[]
  /** What only some installations and tests need, e.g. for Kafka's tables. */
  extraAppGrants?: readonly string[]
  /** Other servers by name: `<remote_servers>` of this one, for `Distributed` tables. */
  clusters?: Readonly<Record<string, readonly Shard[]>>
}

export interface Shard {
  /** False: whoever inserts writes to every replica. True: the replicas copy from each other. */
  internalReplication: boolean
  replicas: readonly { host: string; port: number; user: string; password: string }[]
}

const gibibyte = 1024 ** 3
const mebibyte = 1024 ** 2

/** Pools and caches are those of a laptop: the defaults are meant for a machine of its own. */
export function configXml(config: ServerConfig): string {
  return document(
    element('users_config', config.usersFile),
    element('timezone', 'UTC'),
    element('max_server_memory_usage', config.memoryBytes),
    element('mark_cache_size', 64 * mebibyte),
    element('primary_index_cache_size', 64 * mebibyte),
    element('index_mark_cache_size', 32 * mebibyte),
    element('uncompressed_cache_size', 0),
    element('mmap_cache_size', 0),
    element('compiled_expression_cache_size', 16 * mebibyte),
    element('background_pool_size', 2),
    element('background_schedule_pool_size', 4),
    // Without it files of a Distributed table wait unsent: the default here is 0.
    element('background_distributed_schedule_pool_size', 4),
    // The same for Kafka engine tables.
    element('background_message_broker_schedule_pool_size', 4),
    element('max_concurrent_queries', 64),
    // Acknowledged means on disk: the log forgets a record once its insert is acknowledged.
    `<merge_tree>${settings({
      fsync_after_insert: 1,
      fsync_part_directory: 1,
      // Replaced parts go within seconds instead of minutes: what was erased must not stay in files.
      cleanup_delay_period: 1,
      max_cleanup_delay_period: 5,
      cleanup_delay_period_random_add: 0,
    })}</merge_tree>`,
    `<access_control_improvements>${[
      element('users_without_row_policies_can_read_rows', 'true'),
      element('select_from_system_db_requires_grant', 'true'),
      element('select_from_information_schema_requires_grant', 'true'),
    ].join('')}</access_control_improvements>`,
    // Kafka engine tables: after a restart the group gives the old reader up this soon; the default is 30 s and more.
    `<kafka>${element('session_timeout_ms', 6_000)}</kafka>`,
    `<remote_servers>${Object.entries(config.clusters ?? {})
      .map(([name, shards]) => `<${name}>${shards.map(shardXml).join('')}</${name}>`)
      .join('')}</remote_servers>`,
  )
}

export function usersXml(config: ServerConfig): string {
  const { database } = config
  const readDatabase = [`GRANT SELECT ON ${identifier(database)}.*`, ...readSchema]
  const users = [
    userXml('default', '', 'boot', [
      'GRANT SYSTEM LISTEN ON *.*',
      'GRANT CREATE TEMPORARY TABLE ON *.*',
      'GRANT READ ON FILE',
    ]),
    userXml('app', config.appPassword, 'app', [
      // Without SYSTEM SHUTDOWN, which would signal our whole process group.
      `GRANT ${appRights} ON ${identifier(database)}.*`,
      'GRANT TABLE ENGINE ON MergeTree',
      'GRANT TABLE ENGINE ON ReplacingMergeTree',
      'GRANT SELECT ON system.*',
      'GRANT KILL QUERY ON *.*',
      'GRANT CREATE TEMPORARY TABLE ON *.*',
      ...(config.extraAppGrants ?? []),
    ]),
    userXml('reader', config.readerPassword, 'reader', readDatabase),
    userXml('analyst', config.analystPassword, 'analyst', readDatabase),
    ...config.projectUsers.map((one) => projectUserXml(one, database)),
  ]
  return document(
    `<profiles>${element('default', '')}${bootProfile}${appProfile}${readerProfile}${analystProfile}</profiles>`,
    `<quotas>${element('default', '')}</quotas>`,
    `<users>${users.join('')}</users>`,
  )
}

/** What tools ask first; it lists only what the user may read. Sizes of parts are nothing for project users. */
const readSchema = [
  'GRANT SELECT ON information_schema.*',
  'GRANT SELECT ON INFORMATION_SCHEMA.*',
  'GRANT SELECT ON system.parts',
]

/**
 * The engine starts as a user without a password, and no setting gives it one. The session that runs the boot
 * statements is opened before any port and ends with the process, so with one session allowed nobody else ever has one.
 */
const bootProfile = `<boot>${settings({ max_sessions_for_user: 1 })}</boot>`

/** Sorting and grouping go to disk before they hurt the server. */
const appProfile = `<app>${settings({
  max_bytes_before_external_group_by: gibibyte / 2,
  max_bytes_before_external_sort: gibibyte / 2,
  max_partitions_per_insert_block: 1000,
})}</app>`

const readerProfile = cappedProfile('reader', readerCaps)
const analystProfile = cappedProfile('analyst', analystCaps)

function cappedProfile(name: string, { limits, fixed }: Caps): string {
  const constraints = [
    ...Object.entries(limits).map(
      ([key, max]) => `<${key}>${element('min', 1)}${element('max', max)}</${key}>`,
    ),
    ...Object.keys(fixed).map((key) => `<${key}><readonly/></${key}>`),
  ]
  return `<${name}>${settings({ ...limits, ...fixed })}<constraints>${constraints.join('')}</constraints></${name}>`
}

function projectUserXml(one: ProjectUser, database: string): string {
  const filter = `project = ${literal(one.project)}`
  const filters = projectTables.map((table) => `<${table}>${element('filter', filter)}</${table}>`).join('')
  return userXml(
    one.user,
    one.password,
    'analyst',
    [...projectTables, ...projectViews].map(
      (table) => `GRANT SELECT ON ${identifier(database)}.${identifier(table)}`,
    ),
    `<databases><${database}>${filters}</${database}></databases>`,
  )
}

function userXml(
  name: string,
  password: string,
  profile: string,
  grants: readonly string[],
  more = '',
): string {
  return [
    `<${name}>`,
    // Only the hash of a password stands in the file; `default` has none; see bootProfile.
    name === 'default' ? '<password/>' : element('password_sha256_hex', sha256(password)),
    '<networks><ip>::1</ip><ip>127.0.0.1</ip></networks>',
    element('profile', profile),
    element('quota', 'default'),
    `<grants>${grants.map((grant) => element('query', grant)).join('')}</grants>`,
    more,
    `</${name}>`,
  ].join('')
}

function shardXml(shard: Shard): string {
  const replicas = shard.replicas.map((replica) => {
    const fields = Object.entries(replica).map(([name, value]) => element(name, value))
    return `<replica>${fields.join('')}</replica>`
  })
  return `<shard>${element('internal_replication', String(shard.internalReplication))}${replicas.join('')}</shard>`
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function document(...parts: string[]): string {
  return `<clickhouse>\n${parts.join('\n')}\n</clickhouse>\n`
}

function settings(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => element(key, value))
    .join('')
}

function element(name: string, value: string | number): string {
  return `<${name}>${escapeXml(String(value))}</${name}>`
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

function identifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}

function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
