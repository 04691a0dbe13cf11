import { readFile, readdir } from 'node:fs/promises'
import { afterEach, expect, test } from 'vitest'
import { moreAcknowledged, rounds, settle, startLedger } from '../support/ledger.js'
import { type TestServer, startServer, until } from '../support/server.js'

const kills = rounds(6, 50)
let server: TestServer | undefined

afterEach(() => server?.stop())

test(`an embedded ClickHouse killed ${kills} times under load loses nothing acknowledged and shows nothing twice`, async () => {
  const running = (server = await startServer())
  const ledger = startLedger({ urls: [running.url], writeKey: running.writeKey })
  for (let kill = 0; kill < kills; kill += 1) {
    const engine = await until(() => engineOf(running.pid), { what: 'the embedded ClickHouse process' })
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
  console.log(`ClickHouse killed ${kills} times:`, result, `requests sent again: ${ledger.retries}`)
  expect(result).toEqual({ acknowledged: ledger.acknowledged.size, lost: 0, twice: 0 })
}, 600_000)

/** The child of `parent` that runs the engine, by /proc. */
async function engineOf(parent: number): Promise<number | undefined> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const [status, command] = await Promise.all([
      readFile(`/proc/${entry}/status`, 'utf8').catch(() => ''),
      readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => ''),
    ])
    if (status.includes(`\nPPid:\t${parent}\n`) && command.includes('engine-child')) return Number(entry)
  }
  return undefined
}
