import { afterEach, describe, expect, test } from 'vitest'
import { type TestKafka, startKafka, whyNoKafka } from '../support/kafka.js'
import {
  countersBalance,
  moreAcknowledged,
  report,
  rounds,
  secondsUntilAcknowledged,
  settle,
  startLedger,
} from '../support/ledger.js'
import { type TestServer, startServer } from '../support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)
// A cluster that KAFKA_BROKERS names is not ours to kill.
const isOurs = process.env.KAFKA_BROKERS === undefined

describe.skipIf(reason !== undefined || !isOurs)('with Kafka', () => {
  let kafka: TestKafka | undefined
  let server: TestServer | undefined

  afterEach(async () => {
    await server?.stop()
    await kafka?.stop()
  })

  async function start(brokers: number, env: Record<string, string> = {}) {
    kafka = await startKafka({ brokers })
    server = await startServer({ env: { KAFKA_BROKERS: kafka.brokers.join(','), ...env } })
    return {
      nodes: kafka.nodes,
      server,
      ledger: startLedger({ urls: [server.url], writeKey: server.writeKey }),
    }
  }

  test('a broker that is killed and comes back costs time and no event', async () => {
    const { nodes, server, ledger } = await start(1)
    const recoveries: number[] = []
    const kills = rounds(2, 10)
    for (let kill = 0; kill < kills; kill += 1) {
      await moreAcknowledged(ledger, 50)
      await nodes[0]?.kill()
      await nodes[0]?.restart()
      recoveries.push(await secondsUntilAcknowledged(ledger))
    }
    await ledger.stop()
    const result = await settle(server, ledger)
    report(`broker killed ${kills} times`, result, recoveries)
    expect(result).toMatchObject({ lost: 0, twice: 0 })
    await countersBalance(server, ledger)
  }, 600_000)

  test('a broker that freezes is answered with 503 and costs no event', async () => {
    const { nodes, server, ledger } = await start(1)
    const recoveries: number[] = []
    const freezes = rounds(1, 5)
    for (let freeze = 0; freeze < freezes; freeze += 1) {
      await moreAcknowledged(ledger, 50)
      await nodes[0]?.pause()
      const { status, body } = await server.post('/v1/track', { anonymousId: 'frozen', event: 'Frozen' })
      expect({ status, code: body.code }).toEqual({ status: 503, code: 'LOG_UNAVAILABLE' })
      nodes[0]?.resume()
      recoveries.push(await secondsUntilAcknowledged(ledger))
    }
    await ledger.stop()
    const result = await settle(server, ledger)
    report(`broker frozen ${freezes} times`, result, recoveries)
    expect(result).toMatchObject({ lost: 0, twice: 0 })
    await countersBalance(server, { unconfirmed: ledger.unconfirmed + freezes })
  }, 600_000)

  test('all three brokers of a replicated topic, killed in turn, lose nothing', async () => {
    const { nodes, server, ledger } = await start(3, { KAFKA_REPLICATION: '3' })
    const recoveries: number[] = []
    for (let round = 0; round < rounds(1, 3); round += 1) {
      for (const node of nodes) {
        await moreAcknowledged(ledger, 50)
        await node.kill()
        recoveries.push(await secondsUntilAcknowledged(ledger))
        await node.restart()
        await moreAcknowledged(ledger, 50)
      }
    }
    await ledger.stop()
    const result = await settle(server, ledger)
    report(`each of three brokers killed in turn, ${rounds(1, 3)} times`, result, recoveries)
    expect(result).toMatchObject({ lost: 0, twice: 0 })
    // Batches whose commit was lost with a broker are delivered again, and counted again as inserted.
    await countersBalance(server, { unconfirmed: Infinity })
  }, 900_000)
})
