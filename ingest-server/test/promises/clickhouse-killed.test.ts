import { afterEach, expect, test } from 'vitest'
import { engineOf, someEngineOf } from '../support/engine.js'
import { countersBalance, moreAcknowledged, report, rounds, settle, startLedger } from '../support/ledger.js'
import { type TestServer, startServer, until } from '../support/server.js'

const kills = rounds(6, 50)
let server: TestServer | undefined

afterEach(() => server?.stop())

test(`an embedded ClickHouse killed ${kills} times under load loses nothing acknowledged and shows nothing twice`, async () => {
  const running = (server = await startServer())
  const ledger = startLedger({ urls: [running.url], writeKey: running.writeKey })
  for (let kill = 0; kill < kills; kill += 1) {
    const engine = await someEngineOf(running.pid)
    await until(async () => ((await running.sql('SELECT 1').catch(() => undefined)) ? true : undefined), {
      what: 'ClickHouse to answer',
    })
    await moreAcknowledged(ledger, 10 + ((kill * 53) % 300))
    process.kill(engine, 'SIGKILL')
    await until(async () => ((await engineOf(running.pid)) === engine ? undefined : true), {
      what: 'the kill',
    })
  }
  await ledger.stop()
  const result = await settle(running, ledger)
  report(`ClickHouse killed ${kills} times`, result)
  expect(result).toEqual({ acknowledged: ledger.acknowledged.size, lost: 0, twice: 0 })
  await countersBalance(server)
}, 600_000)
