import { afterEach, expect, test } from 'vitest'
import { moreAcknowledged, report, rounds, settle, startLedger } from '../support/ledger.js'
import { type TestServer, startServer } from '../support/server.js'

const kills = rounds(6, 50)
let server: TestServer | undefined

afterEach(() => server?.stop())

test(`a server killed ${kills} times under load loses nothing acknowledged and shows nothing twice`, async () => {
  server = await startServer()
  const ledger = startLedger({ urls: [server.url], writeKey: server.writeKey })
  for (let kill = 0; kill < kills; kill += 1) {
    // Killed at a different point of its work each time: after 10, 47, 84, … more acknowledged events.
    await moreAcknowledged(ledger, 10 + ((kill * 37) % 300))
    await server.kill()
    await server.restart()
  }
  await ledger.stop()
  const result = await settle(server, ledger)
  report(`server killed ${kills} times`, result)
  expect(result).toEqual({ acknowledged: ledger.acknowledged.size, lost: 0, twice: 0 })
  expect(ledger.retries).toBeGreaterThan(0)
}, 600_000)
