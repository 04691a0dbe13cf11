/** Makes config.xml of the embedded server. */
import type { ProjectUser } from './project-users.js'
import { document, element, settings, within } from './xml.js'
import { mebibyte } from '../../units.js'

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
  /** False: each insert is written to every replica. True: the replicas copy from each other. */
  internalReplication: boolean
  replicas: readonly { host: string; port: number; user: string; password: string }[]
}

/**
 * Queries that run at the same time. People are refused first, then the HTTP API, so that slots are left for those
 * who store and stitch, whatever anybody asks and for however long.
 */
export const queriesAtOnce = { all: 64, whileReading: 48, whileAnalysing: 24 }

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
    element('max_concurrent_queries', queriesAtOnce.all),
    // Acknowledged means on disk: the log forgets a record once its insert is acknowledged.
    within(
      'merge_tree',
      settings({
        fsync_after_insert: 1,
        fsync_part_directory: 1,
        // Replaced parts go within seconds instead of minutes: what was erased must not stay in files.
        cleanup_delay_period: 1,
        max_cleanup_delay_period: 5,
        cleanup_delay_period_random_add: 0,
      }),
    ),
    within(
      'access_control_improvements',
      element('users_without_row_policies_can_read_rows', 'true'),
      element('select_from_system_db_requires_grant', 'true'),
      element('select_from_information_schema_requires_grant', 'true'),
    ),
    // Kafka engine tables: after a restart the group gives the old reader up this soon; the default is 30 s and more.
    within('kafka', element('session_timeout_ms', 6_000)),
    within(
      'remote_servers',
      ...Object.entries(config.clusters ?? {}).map(([name, shards]) => within(name, ...shards.map(shardXml))),
    ),
  )
}

function shardXml(shard: Shard): string {
  return within(
    'shard',
    element('internal_replication', String(shard.internalReplication)),
    ...shard.replicas.map((replica) => within('replica', settings(replica))),
  )
}
