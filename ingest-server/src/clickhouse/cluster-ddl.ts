/**
 * Turns a migration's statements into their form for a cluster. One text serves both: a table `x` becomes the
 * replicated `x_local` on every node and the `Distributed` table `x` before it, so every insert, query and view
 * keeps its names.
 *
 * Where rows live, and why:
 *
 * - Events are sharded by (project, subject), so what one identifier did is on one shard, and a person's
 *   timeline asks the shards of the person's identifiers and no other (`optimize_skip_unused_shards`).
 * - The views that unfold an event run where the event is stored. Facts about the event's own subject (traits)
 *   belong on that same shard and are written there. Other facts are about somebody else: a link is stored
 *   under both of its identifiers, a membership under its member, an account's traits under the account. They
 *   go through the `Distributed` table to the shard of their own key, for only if equal keys meet on one shard
 *   does `ReplacingMergeTree` make one row of them.
 * - Views that hang on those tables fire on the shard where the fact ended up. What changed lately is only read
 *   as a whole, so it stays there.
 * - Touchpoints are sharded by person, those of accounts by account, so that what is grouped by either is grouped on
 *   its shard. What changed lately stays where the events are.
 * - Memberships and scores are sharded by their subject, as its touchpoints are.
 * - Who is who (`identity_map`, `people`, `account_people`, `domains`) is small, and every query joins events with it:
 *   each node holds all of it, as one replicated table without shards, so that a shard can join on its own.
 *
 * `insert_deduplicate` is off: identical blocks are ours to repeat, and the tables are idempotent by key.
 */
import { identifier, literal } from './sql-quoting.js'

export interface Cluster {
  name: string
}

/**
 * `shardBy`: where a row lives; with `staysWhereMade` that is where the view runs that makes it.
 * `everywhere`: every node holds every row.
 */
type Placement = { shardBy: string; staysWhereMade?: true } | 'everywhere'

/** Every table stands here; one that does not stops the migration, because nobody thought about its place. */
const placements: Readonly<Record<string, Placement>> = {
  events: { shardBy: 'cityHash64(project, subject)' },
  links: { shardBy: 'cityHash64(project, identifier)' },
  identity_changes_seen: { shardBy: 'rand()', staysWhereMade: true },
  traits: { shardBy: 'cityHash64(project, identifier)', staysWhereMade: true },
  account_traits: { shardBy: 'cityHash64(project, account)' },
  memberships: { shardBy: 'cityHash64(project, identifier)' },
  account_subjects: { shardBy: 'cityHash64(project, account)' },
  email_hosts: { shardBy: 'cityHash64(project, host)' },
  account_hosts: { shardBy: 'cityHash64(project, host)' },
  identity_map: 'everywhere',
  people: 'everywhere',
  account_people: 'everywhere',
  domains: 'everywhere',
  touchpoints_of_people: { shardBy: 'cityHash64(project, person_key)' },
  touchpoints_of_accounts: { shardBy: 'cityHash64(project, account_key)' },
  touchpoint_changes: { shardBy: 'rand()', staysWhereMade: true },
  projection_leases: 'everywhere',
  kept_stage_entries: 'everywhere',
  stage_fillings: 'everywhere',
  identity_epochs: 'everywhere',
  rejected_events: { shardBy: 'cityHash64(project, message_id)' },
  dead_letters: { shardBy: 'rand()' },
  // Made and dropped by migrations.
  stitch_progress: 'everywhere',
  segment_memberships: { shardBy: 'cityHash64(project, subject_key)' },
  segment_transitions: { shardBy: 'cityHash64(project, subject)' },
  segment_transition_feed: { shardBy: 'rand()', staysWhereMade: true },
  segment_additions: 'everywhere',
  score_values: { shardBy: 'cityHash64(project, subject_key)' },
  handoff_records: 'everywhere',
  engage_changes: { shardBy: 'rand()', staysWhereMade: true },
  definitions: 'everywhere',
  costs: 'everywhere',
  program_facts: { shardBy: 'cityHash64(project, run)' },
  program_runs_now: { shardBy: 'cityHash64(project, run)', staysWhereMade: true },
  deliveries_decided: { shardBy: 'cityHash64(project, id)' },
  delivery_attempts: { shardBy: 'cityHash64(project, id)' },
  delivery_states: { shardBy: 'cityHash64(project, id)', staysWhereMade: true },
  change_records: 'everywhere',
  changes_seen: { shardBy: 'rand()', staysWhereMade: true },
  imports: 'everywhere',
  erasures: 'everywhere',
  erasure_progress: 'everywhere',
  schema_migrations: 'everywhere',
}

/** The statements of one migration for a cluster, in order. */
export function forCluster(statements: readonly string[], cluster: Cluster): string[] {
  return statements.flatMap((statement) => statementForCluster(statement, cluster))
}

/** What a mutation (`ALTER TABLE … DELETE`) must name, for a `Distributed` table takes none: `ALTER TABLE ${…} DELETE …`. */
export function mutableTable(table: string, cluster: Cluster | undefined): string {
  if (cluster === undefined) return table
  return `${localName(table)}${onCluster(cluster)}`
}

/** Settings that make the `Distributed` tables behave as the plain ones do. */
export const clusterSettings = {
  // Acknowledged means stored on the shards, not queued on the node that was asked.
  distributed_foreground_insert: 1,
  insert_deduplicate: 0,
  // A table inside IN or JOIN is asked once and sent to the shards, which is what the query means.
  distributed_product_mode: 'global',
  prefer_global_in_and_join: 1,
  optimize_skip_unused_shards: 1,
} as const

function statementForCluster(statement: string, cluster: Cluster): string[] {
  for (const { form, write } of forms) {
    const match = form.exec(statement)
    if (match?.groups) return write(match.groups, cluster)
  }
  throw new Error(`There is no cluster form for: ${statement.slice(0, 120)}`)
}

/** The statements migrations are made of. Groups of a form are what its writer needs. */
const forms: readonly {
  form: RegExp
  write: (part: Record<string, string>, cluster: Cluster) => string[]
}[] = [
  {
    form: /^CREATE TABLE IF NOT EXISTS (?<table>\w+)\s*(?<columns>\([^]*\))\s*ENGINE = (?<engine>\w*MergeTree)(?:\((?<args>[^)]*)\))?(?<rest>[^]*)$/,
    write: createTable,
  },
  {
    form: /^CREATE MATERIALIZED VIEW IF NOT EXISTS (?<view>\w+) TO (?<target>\w+)\s+AS\s(?<query>[^]*)$/,
    write: createMaterializedView,
  },
  {
    form: /^(?<verb>CREATE (?:OR REPLACE )?VIEW(?: IF NOT EXISTS)?) (?<view>\w+)(?<rest>\s[^]*)$/,
    write: ({ verb, view, rest }, cluster) => [`${verb} ${view}${onCluster(cluster)}${rest}`],
  },
  {
    form: /^ALTER TABLE (?<view>\w+) MODIFY QUERY\s(?<query>[^]*)$/,
    write: ({ view, query = '' }, cluster) => [
      `ALTER TABLE ${view}${onCluster(cluster)} MODIFY QUERY ${fromLocal(query)}`,
    ],
  },
  {
    form: /^ALTER TABLE (?<table>\w+)\s(?<change>[^]*)$/,
    write: alterTable,
  },
  {
    form: /^DROP VIEW IF EXISTS (?<view>\w+)$/,
    write: ({ view }, cluster) => [`DROP VIEW IF EXISTS ${view}${onCluster(cluster)} SYNC`],
  },
  {
    form: /^DROP TABLE IF EXISTS (?<table>\w+)$/,
    write: ({ table = '' }, cluster) =>
      [...new Set([table, localName(table)])].map(
        (name) => `DROP TABLE IF EXISTS ${name}${onCluster(cluster)} SYNC`,
      ),
  },
  { form: /^(?<insert>INSERT INTO [^]*)$/, write: ({ insert = '' }) => [insert] },
]

function createTable(part: Record<string, string>, cluster: Cluster): string[] {
  const { table = '', columns = '', engine = '', args = '', rest = '' } = part
  const placement = placementOf(table)
  const local = localName(table)
  const place = [...replicaPath(placement), args].filter(Boolean).join(', ')
  const storage = `Replicated${engine}(${place})${withoutDeduplication(rest)}`
  const makeLocal = `CREATE TABLE IF NOT EXISTS ${local}${onCluster(cluster)}\n${columns}\nENGINE = ${storage}`
  if (placement === 'everywhere') return [makeLocal]
  return [
    makeLocal,
    `CREATE TABLE IF NOT EXISTS ${table}${onCluster(cluster)} AS ${local}\n` +
      `ENGINE = Distributed(${literal(cluster.name)}, currentDatabase(), ${literal(local)}, ${placement.shardBy})\n${durableQueue}${commentOf(rest)}`,
  ]
}

/** Where an insert does not wait for the shards (ClickHouse's own Kafka tables), what waits in a node's queue is on its disk. */
const durableQueue = 'SETTINGS fsync_after_insert = 1, fsync_directories = 1'

function createMaterializedView(part: Record<string, string>, cluster: Cluster): string[] {
  const { view = '', target = '', query = '' } = part
  const placement = placementOf(target)
  const staysHere = placement !== 'everywhere' && placement.staysWhereMade === true
  const to = staysHere ? localName(target) : target
  return [
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${view}${onCluster(cluster)} TO ${to} AS ${fromLocal(query)}`,
  ]
}

/** A view fires where rows are stored, so it reads the local table. */
function fromLocal(query: string): string {
  return query.replace(/\bFROM (\w+)/, (whole, table: string) =>
    table in placements ? `FROM ${localName(table)}` : whole,
  )
}

/** Columns are of both tables; everything else (indexes, TTL, settings, mutations) is of the local one only. */
function alterTable(part: Record<string, string>, cluster: Cluster): string[] {
  const { table = '', change = '' } = part
  // A view is one on every node; only its comments are changed in place.
  if (!(table in placements) && /^\s*(COMMENT COLUMN|MODIFY COMMENT)\b/.test(change))
    return [`ALTER TABLE ${table}${onCluster(cluster)} ${change}`]
  const local = localName(table)
  const alter = (name: string) => `ALTER TABLE ${name}${onCluster(cluster)} ${change}`
  const isOfColumns = /^(ADD|DROP|MODIFY|COMMENT|RENAME) COLUMN\b/.test(change)
  return local !== table && isOfColumns ? [alter(local), alter(table)] : [alter(local)]
}

function placementOf(table: string): Placement {
  const placement = placements[table]
  if (placement === undefined) {
    throw new Error(`Table ${table} has no place in a cluster; decide it in cluster-ddl.ts (placements).`)
  }
  return placement
}

/** A replicated table that every node holds needs no `Distributed` one before it. */
const localName = (table: string): string => (placementOf(table) === 'everywhere' ? table : `${table}_local`)

/** `{shard}`, `{replica}` and so on are macros of the servers. */
function replicaPath(placement: Placement): string[] {
  return placement === 'everywhere'
    ? ["'/clickhouse/tables/all/{database}/{table}'", "'{shard}_{replica}'"]
    : ["'/clickhouse/tables/{shard}/{database}/{table}'", "'{replica}'"]
}

function withoutDeduplication(rest: string): string {
  const setting = 'replicated_deduplication_window = 0'
  if (rest.includes('SETTINGS ')) return rest.replace('SETTINGS ', `SETTINGS ${setting}, `)
  const comment = commentOf(rest)
  return `${comment === '' ? rest : rest.slice(0, -comment.length)}\nSETTINGS ${setting}${comment}`
}

const commentOf = (rest: string): string => /\sCOMMENT '(?:[^'\\]|''|\\.)*'\s*$/.exec(rest)?.[0] ?? ''

export const onCluster = (cluster: Cluster): string => ` ON CLUSTER ${identifier(cluster.name)}`
