import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type TestClickHouse, startTestClickHouse } from '../../../test-support/clickhouse.js'
import { createGate, type Gate } from '../../../test-support/faults/gate.js'
import { moreAcknowledged } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, freePort, startServer, until } from '../../../test-support/server.js'

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
  const promise = openPromise({ collects: [running] })
  await moreAcknowledged(promise.ledger, 200)
  expect(await running.get('/v1/people/nobody')).toMatchObject({
    status: 503,
    body: { code: 'STORE_UNAVAILABLE' },
  })
  expect((await fetch(`${running.url}/health/ready`)).status).toBe(503)
  await promise.recover({ by: () => gate.open() })
  await until(async () => ((await fetch(`${running.url}/health/ready`)).ok ? true : undefined), {
    what: 'the server to be ready',
  })
  await promise.kept('ClickHouse away at the start')
}, 180_000)

test('a ClickHouse that cuts and refuses connections under load costs time and no event', async () => {
  const running = (server = await startServer({ env: env() }))
  const promise = openPromise({ collects: [running] })
  const refusals = 3
  for (let refusal = 0; refusal < refusals; refusal += 1) {
    await moreAcknowledged(promise.ledger, 50 + refusal * 70)
    await gate.close()
    await moreAcknowledged(promise.ledger, 100)
    await promise.recover({ by: () => gate.open() })
  }
  await promise.kept(`ClickHouse refusing connections ${refusals} times`)
}, 180_000)
