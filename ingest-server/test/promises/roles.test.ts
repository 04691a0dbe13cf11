import { afterEach, describe, expect, test } from 'vitest'
import { whyNoKafka } from '../support/kafka.js'
import { type Ledger, moreAcknowledged, report, rounds, settle, startLedger } from '../support/ledger.js'
import { type Line, startLine } from '../support/line.js'
import { type TestServer, until } from '../support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

describe.skipIf(reason !== undefined)('roles in separate processes', () => {
  let line: Line | undefined
  afterEach(() => line?.stop())

  test('a store killed at any point, two of them taking turns, loses nothing and shows nothing twice', async () => {
    const { running, ledger } = await start({ store: 2 })
    const [first, second] = running.of('store')
    await killInTurn(ledger, [first, second], rounds(3, 20))
    await finish('one of two stores killed', running, ledger)
  }, 900_000)

  test('a stitch killed half-way, with another at its side, leaves everybody whole', async () => {
    const { running, ledger } = await start({ stitch: 2 })
    await killInTurn(ledger, running.of('stitch'), rounds(2, 20))
    const [collect] = running.of('collect')
    const [timeline] = running.of('timeline')
    await collect?.post('/v1/track', { anonymousId: 'half-way', event: 'Before' })
    await collect?.post('/v1/identify', { anonymousId: 'half-way', userId: 'half-way-user' })
    await until(
      async () => {
        const { body } = (await timeline?.get('/v1/users/user%3Ahalf-way-user/timeline')) ?? {}
        return JSON.stringify(body).includes('"Before"') ? true : undefined
      },
      { what: 'the visitor to be stitched to the user' },
    )
    await finish('one of two stitches killed', running, ledger)
  }, 900_000)

  test('a collect killed under load loses nothing that it acknowledged', async () => {
    const { running, ledger } = await start({ collect: 2 })
    await killInTurn(ledger, running.of('collect'), rounds(3, 20))
    await finish('one of two collects killed', running, ledger)
  }, 900_000)

  async function start(counts: Parameters<typeof startLine>[0]) {
    const running = (line = await startLine(counts))
    const [collect] = running.of('collect')
    const urls = running.of('collect').map((server) => server.url)
    return { running, ledger: startLedger({ urls, writeKey: collect?.writeKey ?? '' }) }
  }

  async function finish(fault: string, running: Line, ledger: Ledger): Promise<void> {
    await ledger.stop()
    const [timeline] = running.of('timeline')
    if (timeline === undefined) throw new Error('no timeline process')
    const result = await settle(timeline, ledger, 120_000)
    report(fault, result)
    expect(result).toMatchObject({ lost: 0, twice: 0 })
  }
})

/** Kills one process after the other at different points of its work, and starts it again. */
async function killInTurn(
  ledger: Ledger,
  servers: readonly (TestServer | undefined)[],
  kills: number,
): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    await moreAcknowledged(ledger, 20 + ((kill * 41) % 200))
    const server = servers[kill % servers.length]
    await server?.kill()
    await server?.restart()
  }
}
