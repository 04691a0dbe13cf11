/** Keeps touchpoints until it is killed: `tsx hold-touchpoints.ts <JSON of HoldOptions>`; says when it begins. */
import { createClient } from '@clickhouse/client'
import { createMetrics } from '../../ingest-server/src/metrics.js'
import { startTouchpoints } from '../../ingest-server/src/touchpoints/upkeep/upkeep.js'
import { silentLogger } from '../clickhouse.js'

export interface HoldOptions {
  url: string
  password: string
  database: string
  isAlone: boolean
  leaseMs: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as HoldOptions
const { url, password, database, isAlone, leaseMs } = options
startTouchpoints({
  clickhouse: { app: createClient({ url, username: 'app', password, database }) },
  metrics: createMetrics(),
  logger: silentLogger,
  isAlone,
  leaseMs,
  intervalMs: 10,
  busyIntervalMs: 10,
  // Nothing is repaired by the pass over everybody: what a look shows must be enough.
  sweepIntervalMs: 2 ** 30,
})
process.stdout.write('keeping\n')
