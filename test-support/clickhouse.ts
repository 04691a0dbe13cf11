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
  const dataDir = mkdtempSync(join(tmpdir(), 'touchline-clickhouse-'))
  try {
    const clickhouse = await openClickHouse({ logger: silentLogger, dataDir, ...options })
    await migrate(clickhouse.app, { logger: silentLogger, cluster: options.cluster })
    return {
      ...clickhouse,
      dataDir,
      async close() {
        await clickhouse.close()
        rmSync(dataDir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  }
}
