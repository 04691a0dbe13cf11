import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMigrations } from '../../src/clickhouse/migrate.js'
import { openClickHouse, type OpenedClickHouse } from '../../src/clickhouse/open-clickhouse.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../../test-support/clickhouse.js'
import { moreAcknowledged } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, startServer } from '../../../test-support/server.js'

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
  const startedAt = performance.now()
  const started = await Promise.all(Array.from({ length: 3 }, () => startServer({ env })))
  servers.push(...started)
  const promise = openPromise({ collects: started })
  await promise.recover({ since: startedAt })

  const answer = await clickhouse.app.query({
    query: 'SELECT DISTINCT name FROM schema_migrations ORDER BY name',
    format: 'JSONEachRow',
  })
  const applied = (await answer.json<{ name: string }>()).map(({ name }) => name)
  expect(applied).toEqual(readMigrations().map(({ name }) => name))

  await moreAcknowledged(promise.ledger, 200)
  await promise.kept('three servers migrating at once, a fourth killed')
}, 180_000)
