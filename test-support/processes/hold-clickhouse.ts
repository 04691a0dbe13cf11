/** Holds an embedded ClickHouse until it is killed: `tsx hold-clickhouse.ts <folder>`; prints one line of JSON. */
import { openClickHouse } from '../../ingest-server/src/clickhouse/open-clickhouse.js'
import { silentLogger } from '../clickhouse.js'

const dataDir = process.argv[2]
if (dataDir === undefined) throw new Error('Name the folder.')
const clickhouse = await openClickHouse({ logger: silentLogger, dataDir })
process.stdout.write(
  `${JSON.stringify({
    childPid: clickhouse.embedded?.pid(),
    url: clickhouse.analyst.url,
    password: clickhouse.embedded?.appPassword,
  })}\n`,
)
