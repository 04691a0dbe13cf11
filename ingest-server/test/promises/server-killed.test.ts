import { afterEach, expect, test } from 'vitest'
import { moreAcknowledged, rounds } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, startServer } from '../../../test-support/server.js'

const kills = rounds(6, 50)
let server: TestServer | undefined

afterEach(() => server?.stop())

test(`a server killed ${kills} times under load loses nothing acknowledged and shows nothing twice`, async () => {
  const running = (server = await startServer())
  const promise = openPromise({ collects: [running] })
  for (let kill = 0; kill < kills; kill += 1) {
    // Killed at a different point of its work each time: after 10, 47, 84, … more acknowledged events.
    await moreAcknowledged(promise.ledger, 10 + ((kill * 37) % 300))
    await running.kill()
    // Every other kill comes while the one before is still being caught up with.
    if (kill % 2 === 0) await running.restart()
    else await promise.recover({ by: () => running.restart() })
  }
  await promise.kept(`server killed ${kills} times`, { countersLost: true })
  expect(promise.ledger.retries).toBeGreaterThan(0)
}, 600_000)
