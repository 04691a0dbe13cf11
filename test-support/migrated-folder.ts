/**
 * The folder of a ClickHouse whose migrations are done, to copy from: they take most of the time of a first start, and
 * hundreds of tests begin with one. What is tested about migrations, first starts and their faults begins from nothing.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { libchdbPath } from 'chdb/libchdb'
import { checksum, migrate, readMigrations } from '../ingest-server/src/clickhouse/migrate.js'
import { openClickHouse } from '../ingest-server/src/clickhouse/open-clickhouse.js'

const cache = fileURLToPath(new URL('../.cache/test-clickhouse/', import.meta.url))
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Makes `target`, which must not exist, a copy of it. */
export async function copyMigrated(target: string): Promise<void> {
  await cp(await migratedFolder(), target, { recursive: true, verbatimSymlinks: true })
}

/** Made by the first that asks after a migration or the engine changed; of two at once either's is kept. */
async function migratedFolder(): Promise<string> {
  const made = [libchdbPath(), ...readMigrations().map((one) => `${one.name} ${checksum(one)}`)]
  const folder = join(cache, createHash('sha256').update(made.join('\n')).digest('hex').slice(0, 16))
  if (existsSync(folder)) return folder
  const own = `${folder}.${process.pid}`
  await mkdir(dirname(own), { recursive: true })
  const clickhouse = await openClickHouse({ logger: silent, dataDir: own })
  try {
    await migrate(clickhouse.app, { logger: silent })
  } finally {
    await clickhouse.close()
  }
  await rename(own, folder).catch(() => rm(own, { recursive: true, force: true }))
  return folder
}
