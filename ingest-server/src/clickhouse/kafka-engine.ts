/**
 * ClickHouse reads the log itself: its own `Kafka` tables over the topics that collect writes, and views that
 * move rows on into the tables that store would insert into. For the largest installations; the `store` role
 * is then not run. Same rows, same guarantees: offsets are committed after the block is stored, so a crash
 * repeats rows, and every table is idempotent by its key.
 *
 * A message is one record, many lines. A message with a line that cannot be read goes as a whole, with the
 * reason, to `dead_letters`; replaying it sorts the good lines from the bad.
 *
 * Two nodes may read in one group. On a cluster set `group_instance_id` per node in the server's `<kafka>`, so
 * that a restarted node reads on at once instead of after the session timeout.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { logTables } from '../log-tables.js'
import { query, type NamedQuery } from './query.js'
import { onCluster, type Cluster } from './cluster-ddl.js'
import { literal, settingValue } from './sql-quoting.js'

export interface KafkaEngineOptions {
  /** `host:port` of each broker, as ClickHouse reaches them. */
  brokers: readonly string[]
  /** Topics are `<prefix>events`, `<prefix>rejected_events`, `<prefix>erasures`, `<prefix>definitions` and the like. */
  topicPrefix: string
  /**
   * Consumer groups are `<group>.events` and so on; other ones than the `store` role's, which must not run at the
   * same time. `touchline-clickhouse` when absent.
   */
  group?: string | undefined
  /** Readers per node and topic; more than its share of partitions is useless. */
  consumers?: number
  security?:
    | {
        protocol: string
        mechanism?: string | undefined
        username?: string | undefined
        password?: string | undefined
      }
    | undefined
  cluster?: Cluster | undefined
}

export interface Column {
  name: string
  type: string
  default_expression: string
}

/** What the embedded server's `app` needs beyond its usual rights. */
export const kafkaGrants = [
  'GRANT TABLE ENGINE ON Kafka',
  'GRANT TABLE ENGINE ON Null',
  'GRANT READ, WRITE ON KAFKA',
]

/** Makes the tables and views; reading starts at once. Safe to run again; changed options need `removeKafkaEngine` first. */
export async function installKafkaEngine(app: ClickHouseClient, options: KafkaEngineOptions): Promise<void> {
  for (const table of logTables) {
    const columns = await columnsOf(app, table)
    for (const query of kafkaEngineStatements(table, columns, options)) await app.command({ query })
  }
}

/** Reading stops; what was committed to the group stays, so installing again goes on there. */
export async function removeKafkaEngine(app: ClickHouseClient, cluster?: Cluster): Promise<void> {
  const everywhere = cluster === undefined ? '' : onCluster(cluster)
  for (const table of logTables) {
    const { topic, reading, arrived, rows, errors } = namesOf(table)
    for (const name of [reading, rows, errors]) {
      await app.command({ query: `DROP VIEW IF EXISTS ${name}${everywhere} SYNC` })
    }
    for (const name of [topic, arrived]) {
      await app.command({ query: `DROP TABLE IF EXISTS ${name}${everywhere} SYNC` })
    }
  }
}

/**
 *     topic ──reading──▶ arrived ──┬──rows────▶ table
 *                        (keeps    └──errors──▶ dead_letters
 *                         nothing)
 *
 * ClickHouse reads and commits as soon as one view hangs on a Kafka table, so that view is made last: with two
 * on it, what came between the making of the first and of the second would be lost to the second.
 */
export function kafkaEngineStatements(
  table: string,
  columns: readonly Column[],
  options: KafkaEngineOptions,
): string[] {
  const everywhere = options.cluster === undefined ? '' : onCluster(options.cluster)
  const { topic, reading, arrived, rows, errors } = namesOf(table)
  // Columns that ClickHouse computes stand in no line.
  const sent = columns.filter(({ default_expression: value }) => value === '' || isLiteral(value))
  const declared = sent.map(({ name, type }) => `    ${name} ${type}`)
  const about = [
    '_topic LowCardinality(String)',
    '_partition UInt64',
    '_offset UInt64',
    '_raw_message String',
    '_error String',
  ]
  const makeTable = (name: string, lines: readonly string[], engine: string, comment: string) =>
    `CREATE TABLE IF NOT EXISTS ${name}${everywhere}\n(\n${lines.join(',\n')}\n)\nENGINE = ${engine}\nCOMMENT ${literal(comment)}`
  const makeView = (name: string, target: string, query: string) =>
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${name}${everywhere} TO ${target} AS\n${query}`
  const source = `${options.topicPrefix}${table}`
  return [
    makeTable(
      topic,
      declared,
      `Kafka\nSETTINGS ${settingsOf(table, options)}`,
      `Topic ${source}, read by ClickHouse itself`,
    ),
    makeTable(
      arrived,
      [...declared, ...about.map((column) => `    ${column}`)],
      'Null',
      `What was read from ${source}, on its way`,
    ),
    makeView(rows, table, `SELECT ${sent.map(valueOf).join(', ')}\nFROM ${arrived}\nWHERE _error = ''`),
    makeView(
      errors,
      'dead_letters',
      `SELECT '${table}' AS target, now64(3, 'UTC') AS stored_at, '' AS project, toInt32(0) AS code, _error AS reason,\n` +
        `    concat(_topic, '/', toString(_partition), '/', toString(_offset)) AS position, _raw_message AS original\n` +
        `FROM ${arrived}\nWHERE _error != ''`,
    ),
    makeView(
      reading,
      arrived,
      `SELECT ${sent.map(({ name }) => name).join(', ')}, _topic, _partition, _offset, _raw_message, _error\nFROM ${topic}`,
    ),
  ]
}

function namesOf(table: string) {
  return {
    topic: `${table}_kafka`,
    reading: `${table}_kafka_reading`,
    arrived: `${table}_kafka_arrived`,
    rows: `${table}_kafka_rows`,
    errors: `${table}_kafka_errors`,
  }
}

/** A Kafka table takes no defaults, so an absent value arrives as an empty one. */
function valueOf({ name, default_expression: value }: Column): string {
  return value === '' ? name : `if(empty(${name}), ${value}, ${name}) AS ${name}`
}

const isLiteral = (expression: string) => /^'(?:[^'\\]|\\.)*'$/.test(expression)

function settingsOf(table: string, options: KafkaEngineOptions): string {
  const { security } = options
  const settings: Record<string, string | number | undefined> = {
    kafka_broker_list: options.brokers.join(','),
    kafka_topic_list: `${options.topicPrefix}${table}`,
    // A group per topic: readers of different topics in one group make each other wait.
    kafka_group_name: engineGroupOf(table, options.group),
    kafka_format: 'JSONEachRow',
    kafka_num_consumers: options.consumers ?? 1,
    kafka_thread_per_consumer: 1,
    // What stands between a 2xx and the timeline when little comes.
    kafka_flush_interval_ms: 500,
    kafka_handle_error_mode: 'stream',
    kafka_security_protocol: security?.protocol,
    kafka_sasl_mechanism: security?.mechanism,
    kafka_sasl_username: security?.username,
    kafka_sasl_password: security?.password,
    // How store reads lines (insert-lines.ts).
    date_time_input_format: 'best_effort',
    input_format_skip_unknown_fields: 1,
    input_format_json_read_objects_as_strings: 1,
    input_format_json_read_numbers_as_strings: 1,
    input_format_json_read_bools_as_strings: 1,
    input_format_json_read_arrays_as_strings: 1,
  }
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${settingValue(value ?? '')}`)
    .join(', ')
}

/** The group whose offsets say how far ClickHouse has read a table's topic. */
export const engineGroupOf = (table: string, group = 'touchline-clickhouse'): string => `${group}.${table}`

const columnsQuery: NamedQuery = {
  name: 'columns-of-table',
  sql: `SELECT name, type, default_expression FROM system.columns
    WHERE database = currentDatabase() AND table = {table: String} ORDER BY position`,
}

async function columnsOf(app: ClickHouseClient, table: string): Promise<Column[]> {
  return query<Column>({ client: app }, columnsQuery, { table })
}
