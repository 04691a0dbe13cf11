/** Stitches until it is killed: `tsx hold-stitch.ts <url> <user> <password> <database> [alone]`; says when it begins. */
import { createClient } from '@clickhouse/client'
import { createMetrics } from '../../ingest-server/src/metrics.js'
import { startStitch } from '../../ingest-server/src/identity/upkeep/stitch.js'
import { silentLogger } from '../clickhouse.js'

const [url = '', username = '', password = '', database = '', alone] = process.argv.slice(2)
const app = createClient({ url, username, password, database })
startStitch({
  clickhouse: { app },
  metrics: createMetrics(),
  logger: silentLogger,
  intervalMs: 20,
  isAlone: alone === 'alone',
  leaseMs: 3_000,
})
process.stdout.write('stitching\n')
