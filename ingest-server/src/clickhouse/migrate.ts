/**
 * Applies the numbered .sql files, in order, once. What was applied stands in `schema_migrations` with a
 * checksum of its statements. Every statement is idempotent (IF NOT EXISTS), so a crash half-way and several
 * processes starting at once are harmless; a lock only spares them doing the same work.
 */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ClickHouseClient } from '@clickhouse/client'
import { TouchlineError } from '../errors.js'
import { query, type NamedQuery } from './query.js'
import { forCluster, type Cluster } from './cluster-ddl.js'
import type { Logger } from '../logger.js'
import { splitStatements } from './split-statements.js'
import { withMigrationLock } from './migration-lock.js'

export interface Migration {
  name: string
  statements: readonly string[]
}

export interface MigrateOptions {
  logger: Logger
  /** Makes the tables of a cluster; see cluster-ddl.ts. */
  cluster?: Cluster | undefined
  migrations?: readonly Migration[]
  /** After how long without a sign of life another process's lock counts no more. */
  staleLockSeconds?: number | undefined
}

/** Resolves when every migration is applied, by this process or by another one that was faster. */
export async function migrate(app: ClickHouseClient, options: MigrateOptions): Promise<void> {
  const { cluster } = options
  const single = options.migrations ?? readMigrations()
  const migrations =
    cluster === undefined
      ? single
      : single.map(({ name, statements }) => ({ name, statements: forCluster(statements, cluster) }))
  const ledger = cluster === undefined ? [ledgerTable] : forCluster([ledgerTable], cluster)
  for (const statement of ledger) await app.command({ query: statement })
  if ((await pending(app, migrations)).length === 0) return
  await withMigrationLock(
    app,
    options.logger,
    async () => {
      for (const migration of await pending(app, migrations)) {
        await apply(app, migration)
        options.logger.info({ migration: migration.name }, 'Applied a migration')
      }
    },
    options.staleLockSeconds,
  )
}

async function apply(app: ClickHouseClient, migration: Migration): Promise<void> {
  for (const statement of migration.statements) await app.command({ query: statement })
  await app.insert({
    table: 'schema_migrations',
    format: 'JSONEachRow',
    values: [{ name: migration.name, checksum: checksum(migration) }],
  })
}

const ledgerTable = `CREATE TABLE IF NOT EXISTS schema_migrations
(
    name String COMMENT 'File name',
    checksum String COMMENT 'SHA-256 of its statements without comments',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When it was finished'
)
ENGINE = MergeTree
ORDER BY name
COMMENT 'Which migrations were applied'`

export function readMigrations(folder = new URL('./migrations/', import.meta.url)): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{3}_.*\.sql$/.test(name))
    .sort()
    .map((name) => ({
      name,
      statements: splitStatements(readFileSync(fileURLToPath(new URL(name, folder)), 'utf8')),
    }))
}

const appliedQuery: NamedQuery = {
  name: 'applied-migrations',
  sql: 'SELECT name, checksum FROM schema_migrations',
}

async function pending(app: ClickHouseClient, migrations: readonly Migration[]): Promise<Migration[]> {
  const rows = await query<{ name: string; checksum: string }>({ client: app }, appliedQuery)
  const applied = new Map(rows.map((row) => [row.name, row.checksum]))
  return migrations.filter((migration) => {
    const known = applied.get(migration.name)
    if (known !== undefined && known !== checksum(migration)) {
      throw new TouchlineError(
        'CONFIG_INVALID',
        `Migration ${migration.name} was changed after it was applied to this database. ` +
          'Restore the file (and CLICKHOUSE_CLUSTER as it was) and put the change into a new migration, or start with an empty database.',
      )
    }
    return known === undefined
  })
}

/** Of the statements with blanks folded, so that a comment or an indent may change. */
export function checksum(migration: Migration): string {
  const text = migration.statements.map((statement) => statement.replace(/\s+/g, ' ')).join(';\n')
  return createHash('sha256').update(text).digest('hex')
}
