import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type TestClickHouse, startTestClickHouse } from '../support/clickhouse.js'
import { createGate, type Gate } from '../support/gate.js'
import { countersBalance, moreAcknowledged, report, settle, startLedger } from '../support/ledger.js'
import { type TestServer, freePort, startServer, until } from '../support/server.js'

let clickhouse: TestClickHouse
let gate: Gate
let server: TestServer | undefined

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  gate = createGate(await freePort(), clickhouse.analyst.url)
})
afterEach(() => server?.stop())
afterAll(async () => {
  await gate.close()
  await clickhouse.close()
})

const env = () => ({
  CLICKHOUSE_URL: gate.url,
  CLICKHOUSE_USER: 'app',
  CLICKHOUSE_PASSWORD: clickhouse.embedded?.appPassword ?? '',
})

test('a server that starts while ClickHouse refuses collects at once, and does the rest when it may', async () => {
  const running = (server = await startServer({ env: env(), until: 'live' }))
  const ledger = startLedger({ urls: [running.url], writeKey: running.writeKey })
  await moreAcknowledged(ledger, 200)
  expect(await running.get('/v1/people/nobody')).toMatchObject({
    status: 503,
    body: { code: 'STORE_UNAVAILABLE' },
  })
  expect((await fetch(`${running.url}/health/ready`)).status).toBe(503)
  await gate.open()
  const openedAt = performance.now()
  await until(async () => ((await fetch(`${running.url}/health/ready`)).ok ? true : undefined), {
    what: 'the server to be ready',
  })
  const recoveredAfter = (performance.now() - openedAt) / 1000
  await ledger.stop()
  const result = await settle(running, ledger)
  report('ClickHouse away at the start', result, [recoveredAfter])
  expect(result).toEqual({ acknowledged: ledger.acknowledged.size, lost: 0, twice: 0 })
  await countersBalance(running)
}, 180_000)

test('a ClickHouse that cuts and refuses connections under load costs time and no event', async () => {
  const running = (server = await startServer({ env: env() }))
  const ledger = startLedger({ urls: [running.url], writeKey: running.writeKey })
  for (let refusal = 0; refusal < 3; refusal += 1) {
    await moreAcknowledged(ledger, 50 + refusal * 70)
    await gate.close()
    await moreAcknowledged(ledger, 100)
    await gate.open()
  }
  await ledger.stop()
  const result = await settle(running, ledger)
  report('ClickHouse refusing connections', result)
  expect(result).toEqual({ acknowledged: ledger.acknowledged.size, lost: 0, twice: 0 })
  await countersBalance(running)
}, 180_000)
