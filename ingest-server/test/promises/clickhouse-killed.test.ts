import { afterEach, test } from 'vitest'
import { engineOf, someEngineOf } from '../../../test-support/faults/engine.js'
import { moreAcknowledged, rounds } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, startServer, until } from '../../../test-support/server.js'

const kills = rounds(6, 50)
let server: TestServer | undefined

afterEach(() => server?.stop())

test(`an embedded ClickHouse killed ${kills} times under load loses nothing acknowledged and shows nothing twice`, async () => {
  const running = (server = await startServer())
  const promise = openPromise({ collects: [running] })
  for (let kill = 0; kill < kills; kill += 1) {
    const engine = await someEngineOf(running.pid)
    await until(async () => ((await running.sql('SELECT 1').catch(() => undefined)) ? true : undefined), {
      what: 'ClickHouse to answer',
    })
    await moreAcknowledged(promise.ledger, 10 + ((kill * 53) % 300))
    process.kill(engine, 'SIGKILL')
    await until(async () => ((await engineOf(running.pid)) === engine ? undefined : true), {
      what: 'the kill',
    })
    // Every other kill comes while the one before is still being caught up with.
    if (kill % 2 === 1) await promise.recover()
  }
  await promise.kept(`ClickHouse killed ${kills} times`)
}, 600_000)
