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

export const silentLogger = { info: () => undefined, warn: () => undefined, error: () => undefined }

export interface TestClickHouse extends OpenedClickHouse {
  readonly dataDir: string
}

/** Options override ports, users, grants and the rest. Close it in `afterAll`. */
export async function startTestClickHouse(options: Partial<ClickHouseOptions> = {}): Promise<TestClickHouse> {
  const clickhouse = await openTestClickHouse(options)
  try {
    await migrate(clickhouse.app, { logger: silentLogger })
    return clickhouse
  } catch (error) {
    await clickhouse.close()
    throw error
  }
}

/** The same without tables. */
export async function openTestClickHouse(options: Partial<ClickHouseOptions> = {}): Promise<TestClickHouse> {
  const dataDir = mkdtempSync(join(tmpdir(), 'touchline-clickhouse-'))
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  try {
    const clickhouse = await openClickHouse({ logger: silentLogger, dataDir, ...options })
    const close = () => clickhouse.close().finally(remove)
    return { ...clickhouse, dataDir, close }
  } catch (error) {
    remove()
    throw error
  }
}
