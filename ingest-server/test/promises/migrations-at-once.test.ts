import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMigrations } from '../../src/clickhouse/migrate.js'
import { openClickHouse, type OpenedClickHouse } from '../../src/clickhouse/open-clickhouse.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../support/clickhouse.js'
import { report, settle, startLedger, moreAcknowledged } from '../support/ledger.js'
import { type TestServer, startServer } from '../support/server.js'

let dataDir: string
let clickhouse: OpenedClickHouse
const servers: TestServer[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-migrations-'))
  clickhouse = await openClickHouse({ logger: silentLogger, dataDir })
})
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  await clickhouse.close()
  await rm(dataDir, { recursive: true, force: true })
})

test('servers that start at once on one empty ClickHouse make its tables once, one of them killed half-way', async () => {
  const env = {
    CLICKHOUSE_URL: clickhouse.analyst.url,
    CLICKHOUSE_USER: 'app',
    CLICKHOUSE_PASSWORD: clickhouse.embedded?.appPassword ?? '',
  }
  // The first one is killed as soon as it answers, wherever it is in the migrations then.
  const killed = await startServer({ env, until: 'live' })
  servers.push(killed)
  await killed.kill()
  const started = await Promise.all(Array.from({ length: 3 }, () => startServer({ env })))
  servers.push(...started)

  const answer = await clickhouse.app.query({
    query: 'SELECT DISTINCT name FROM schema_migrations ORDER BY name',
    format: 'JSONEachRow',
  })
  const applied = (await answer.json<{ name: string }>()).map(({ name }) => name)
  expect(applied).toEqual(readMigrations().map(({ name }) => name))

  const [first] = started
  if (first === undefined) throw new Error('no server')
  const ledger = startLedger({ urls: started.map(({ url }) => url), writeKey: first.writeKey })
  await moreAcknowledged(ledger, 200)
  await ledger.stop()
  const result = await settle(first, ledger)
  report('three servers migrating at once, a fourth killed', result)
  expect(result).toEqual({ acknowledged: ledger.acknowledged.size, lost: 0, twice: 0 })
}, 180_000)
