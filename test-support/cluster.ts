/**
 * Two ClickHouse servers, each with a shard of every table, as far as that goes without a Keeper: the engine that runs
 * embedded starts no replication and no `ON CLUSTER`, so these are taken out of the statements that a cluster gets.
 */
import { forCluster, type Cluster } from '../ingest-server/src/clickhouse/cluster-ddl.js'
import { migrate, readMigrations, type Migration } from '../ingest-server/src/clickhouse/migrate.js'
import { openTestClickHouse, silentLogger, type TestClickHouse } from './clickhouse.js'
import { freePort } from './server.js'

export const testCluster: Cluster = { name: 'main' }
/** Its nodes are replicas of one shard that ClickHouse writes to one by one: what every node holds goes by it. */
const everywhere = `${testCluster.name}_everywhere`

export async function startTestCluster(): Promise<TestClickHouse[]> {
  const appPassword = 'known-to-both'
  const ports = await Promise.all([freePort(), freePort()])
  const replicas = ports.map((port) => ({ host: '127.0.0.1', port, user: 'app', password: appPassword }))
  const clusters = {
    [testCluster.name]: replicas.map((replica) => ({ internalReplication: true, replicas: [replica] })),
    [everywhere]: [{ internalReplication: false, replicas }],
  }
  return Promise.all(
    ports.map(async (tcpPort) => {
      const node = await openTestClickHouse({
        tcpPort,
        appPassword,
        clusters,
        cluster: testCluster,
        // One that is there: a new one is made `ON CLUSTER`.
        database: 'default',
        extraAppGrants: ['GRANT TABLE ENGINE ON Distributed'],
      })
      await migrateNode(node)
      return node
    }),
  )
}

/** Each node is migrated by itself and keeps its own ledger. */
export const migrateNode = (node: TestClickHouse) =>
  migrate(node.app, { logger: silentLogger, migrations: migrationsWithoutKeeper() })

function migrationsWithoutKeeper(): Migration[] {
  const replicated = readMigrations().map(({ name, statements }) => ({
    name,
    statements: forCluster(statements, testCluster),
  }))
  const whole = new Set(replicated.flatMap(({ statements }) => statements.flatMap(tableOfAllNodes)))
  return replicated.map(({ name, statements }) => ({
    name,
    statements: statements.flatMap((statement) => withoutKeeper(statement, whole)),
  }))
}

const tableOfAllNodes = (statement: string): string[] =>
  statement.includes("MergeTree('/clickhouse/tables/all/") ? [tableOf(statement)] : []

const tableOf = (statement: string): string =>
  /^(?:CREATE TABLE IF NOT EXISTS|ALTER TABLE|DROP TABLE IF EXISTS) (\w+)/.exec(statement)?.[1] ?? ''

/** `whole`: tables that every node holds. Without a Keeper they are `x_local` behind a `Distributed` table `x`. */
function withoutKeeper(statement: string, whole: ReadonlySet<string>): string[] {
  const plain = statement
    .replace(` ON CLUSTER \`${testCluster.name}\``, '')
    .replace(/ENGINE = Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?/, 'ENGINE = $1(')
    .replace(/\nSETTINGS replicated_deduplication_window = 0(?!,)/, '')
    .replace('replicated_deduplication_window = 0, ', '')
  if (plain.startsWith('CREATE MATERIALIZED VIEW'))
    return [
      plain.replace(/\bFROM (\w+)/g, (from, table: string) => (whole.has(table) ? `${from}_local` : from)),
    ]
  const table = tableOf(plain)
  if (!whole.has(table)) return [plain]
  const local = plain.replace(table, `${table}_local`)
  if (plain.startsWith('CREATE')) {
    const storage = `ENGINE = Distributed('${everywhere}', currentDatabase(), '${table}_local', 1)`
    return [local, `CREATE TABLE IF NOT EXISTS ${table} AS ${table}_local ${storage}${commentOf(plain)}`]
  }
  return plain.startsWith('DROP') || /^ALTER TABLE \w+\s+\w+ COLUMN\b/.test(plain) ? [local, plain] : [local]
}

const commentOf = (statement: string): string =>
  / *\sCOMMENT '(?:[^'\\]|''|\\.)*'\s*$/.exec(statement)?.[0] ?? ''
