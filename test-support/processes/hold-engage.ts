/**
 * Keeps segments and scores until it is killed: `tsx hold-engage.ts <JSON of HoldEngageOptions>`. The log is a file of lines
 * that a store of its own carries, as role store would.
 */
import { createClient } from '@clickhouse/client'
import { startEngage } from '../../ingest-server/src/engagement/engage.js'
import { openEmbeddedLog } from '../../ingest-server/src/log/embedded/embedded-log.js'
import { createMetrics } from '../../ingest-server/src/metrics.js'
import { startStore } from '../../ingest-server/src/store/store.js'
import { silentLogger } from '../clickhouse.js'

export interface HoldEngageOptions {
  url: string
  password: string
  database: string
  logDir: string
}

const { url, password, database, logDir } = JSON.parse(process.argv[2] ?? '{}') as HoldEngageOptions
const app = createClient({ url, username: 'app', password, database })
const log = await openEmbeddedLog({ dir: logDir, clock: Date.now, logger: silentLogger })
const metrics = createMetrics()
startStore({ log, clickhouse: { app } as never, metrics, logger: silentLogger })
startEngage({
  clickhouse: { app },
  log,
  clock: Date.now,
  metrics,
  logger: silentLogger,
  isAlone: true,
  intervalMs: 20,
})
process.stdout.write('keeping\n')
