/** A migrated ClickHouse server of its own for one test file, in a folder that goes when it is closed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../ingest-server/src/clickhouse/migrate.js'
import {
  openClickHouse,
  type ClickHouseOptions,
  type OpenedClickHouse,
} from '../ingest-server/src/clickhouse/open-clickhouse.js'
import { copyMigrated } from './migrated-folder.js'

export const silentLogger = { info: () => undefined, warn: () => undefined, error: () => undefined }

export interface TestClickHouse extends OpenedClickHouse {
  readonly dataDir: string
}

/** Options override ports, users, grants and the rest. Close it in `afterAll`. */
export async function startTestClickHouse(options: Partial<ClickHouseOptions> = {}): Promise<TestClickHouse> {
  const clickhouse = await openIn(copyMigrated, options)
  try {
    await migrate(clickhouse.app, { logger: silentLogger })
    return clickhouse
  } catch (error) {
    await clickhouse.close()
    throw error
  }
}

/** The same without tables, in an empty folder. */
export const openTestClickHouse = (options: Partial<ClickHouseOptions> = {}): Promise<TestClickHouse> =>
  openIn(async () => undefined, options)

/** `fill` makes the folder or leaves it to the server. */
async function openIn(
  fill: (folder: string) => Promise<void>,
  options: Partial<ClickHouseOptions>,
): Promise<TestClickHouse> {
  const parent = mkdtempSync(join(tmpdir(), 'touchline-clickhouse-'))
  const dataDir = join(parent, 'clickhouse')
  const remove = () => rmSync(parent, { recursive: true, force: true })
  try {
    await fill(dataDir)
    const clickhouse = await openClickHouse({ logger: silentLogger, dataDir, ...options })
    const close = () => clickhouse.close().finally(remove)
    return { ...clickhouse, dataDir, close }
  } catch (error) {
    remove()
    throw error
  }
}
