/**
 * One process migrates while others wait. ClickHouse has no locks; making a table that must not exist is
 * atomic, and its rows are the holder's sign of life. A holder that died is overruled after a while. The
 * lock saves work and is no more: migrations are idempotent, so two holders would do no harm either.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Logger } from '../logger.js'
import { query, type NamedQuery } from './query.js'

const signOfLifeEveryMs = 2_000
/** Ten signs of life missed. By the server's clock at both ends. */
const defaultStaleSeconds = 20
const tableAlreadyExists = '57'

export async function withMigrationLock(
  app: ClickHouseClient,
  logger: Logger,
  work: () => Promise<void>,
  staleAfterSeconds = defaultStaleSeconds,
): Promise<void> {
  while (!(await take(app))) {
    logger.info({}, 'Waiting for another process to finish the migrations')
    await delay(500)
    if (await isStale(app, staleAfterSeconds)) await release(app)
  }
  const signs = setInterval(() => void signOfLife(app).catch(() => undefined), signOfLifeEveryMs)
  try {
    await work()
  } finally {
    clearInterval(signs)
    await release(app)
  }
}

async function take(app: ClickHouseClient): Promise<boolean> {
  try {
    await app.command({
      query: `CREATE TABLE migration_lock (alive_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'Sign of life of the process that migrates')
        ENGINE = MergeTree ORDER BY alive_at COMMENT 'Exists while a process applies migrations'`,
    })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === tableAlreadyExists) return false
    throw error
  }
  // Its making was a sign already; the interval tries again.
  await signOfLife(app).catch(() => undefined)
  return true
}

async function signOfLife(app: ClickHouseClient): Promise<void> {
  await app.command({ query: 'INSERT INTO migration_lock VALUES (now64(3))' })
}

const staleQuery: NamedQuery = {
  name: 'migration-lock',
  sql: `SELECT countIf(made) > 0 AND max(modified) < now() - {seconds: UInt32} AS stale FROM
    (SELECT true AS made, metadata_modification_time AS modified FROM system.tables
     WHERE database = currentDatabase() AND name = 'migration_lock'
     UNION ALL
     SELECT false, max(modification_time) FROM system.parts
     WHERE database = currentDatabase() AND table = 'migration_lock' AND active)`,
}

/**
 * The table's own making counts as a sign of life, so a holder that has written none yet is not overruled. A lock
 * that is not there is not stale: the next process that takes it must not lose it to one that looked in between.
 */
async function isStale(app: ClickHouseClient, staleAfterSeconds: number): Promise<boolean> {
  const rows = await query<{ stale: boolean | number }>({ client: app }, staleQuery, {
    seconds: staleAfterSeconds,
  })
  return Boolean(rows[0]?.stale)
}

async function release(app: ClickHouseClient): Promise<void> {
  await app.command({ query: 'DROP TABLE IF EXISTS migration_lock SYNC' })
}
