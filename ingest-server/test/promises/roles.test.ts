import { afterEach, describe, test } from 'vitest'
import { whyNoKafka } from '../../../test-support/kafka.js'
import { moreAcknowledged, rounds } from '../../../test-support/faults/ledger.js'
import { type Line, startLine } from '../../../test-support/line.js'
import { type PromiseUnderFault, openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, until } from '../../../test-support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

describe.skipIf(reason !== undefined)('roles in separate processes', () => {
  let line: Line | undefined
  afterEach(() => line?.stop())

  test('a store killed at any point, two of them taking turns, loses nothing and shows nothing twice', async () => {
    const { running, promise } = await start({ store: 2 })
    const kills = rounds(3, 20)
    await killInTurn(promise, running.of('store'), kills)
    await promise.kept(`one of two stores killed, ${kills} times`, { countersLost: true, timeoutMs: 120_000 })
  }, 900_000)

  test('a stitch killed half-way, with another at its side, leaves everybody whole', async () => {
    const { running, promise } = await start({ stitch: 2 })
    const [collect] = running.of('collect')
    const [timeline] = running.of('timeline')
    let visitors = 0
    const anotherIsStitched = async () => {
      const visitor = `half-way-${(visitors += 1)}`
      await collect?.post('/v1/track', { anonymousId: visitor, event: 'Before' })
      await collect?.post('/v1/identify', { anonymousId: visitor, userId: `${visitor}-user` })
      await until(
        async () => {
          const { body } = (await timeline?.get(`/v1/users/user%3A${visitor}-user/timeline`)) ?? {}
          return JSON.stringify(body).includes('"Before"') ? true : undefined
        },
        { what: 'the visitor to be stitched to the user', timeoutMs: 240_000 },
      )
    }
    const kills = rounds(2, 20)
    await killInTurn(promise, running.of('stitch'), kills, anotherIsStitched)
    await promise.kept(`one of two stitches killed, ${kills} times`, { timeoutMs: 120_000 })
  }, 900_000)

  test('a collect killed under load loses nothing that it acknowledged', async () => {
    const { running, promise } = await start({ collect: 2 })
    const kills = rounds(3, 20)
    await killInTurn(promise, running.of('collect'), kills)
    await promise.kept(`one of two collects killed, ${kills} times`, {
      countersLost: true,
      timeoutMs: 120_000,
    })
  }, 900_000)

  async function start(counts: Parameters<typeof startLine>[0]) {
    const running = (line = await startLine(counts))
    const [reader] = running.of('timeline')
    if (reader === undefined) throw new Error('no timeline process')
    const counting = { processes: [...running.of('collect'), ...running.of('store')] }
    return { running, promise: openPromise({ collects: running.of('collect'), reader, counting }) }
  }
})

/** Kills one process after the other at different points of its work, and starts it again. */
async function killInTurn(
  { ledger, recover }: PromiseUnderFault,
  servers: readonly TestServer[],
  kills: number,
  seen?: () => Promise<unknown>,
): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    await moreAcknowledged(ledger, 20 + ((kill * 41) % 200))
    const server = servers[kill % servers.length]
    await server?.kill()
    await recover({ by: () => server?.restart(), ...(seen && { seen }) })
  }
}
