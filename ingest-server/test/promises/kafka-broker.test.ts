import { afterEach, describe, expect, test } from 'vitest'
import { type TestKafka, startKafka, whyNoKafka } from '../../../test-support/kafka.js'
import { moreAcknowledged, rounds } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, startServer } from '../../../test-support/server.js'

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
    return { nodes: kafka.nodes, server, promise: openPromise({ collects: [server] }) }
  }

  test('a broker that is killed and comes back costs time and no event', async () => {
    const { nodes, promise } = await start(1)
    const kills = rounds(2, 10)
    for (let kill = 0; kill < kills; kill += 1) {
      await moreAcknowledged(promise.ledger, 50)
      await nodes[0]?.kill()
      await promise.recover({ by: () => nodes[0]?.restart() })
    }
    await promise.kept(`broker killed ${kills} times`)
  }, 600_000)

  test('a broker that freezes is answered with 503 and costs no event', async () => {
    const { nodes, server, promise } = await start(1)
    const freezes = rounds(1, 5)
    for (let freeze = 0; freeze < freezes; freeze += 1) {
      await moreAcknowledged(promise.ledger, 50)
      await nodes[0]?.pause()
      const { status, body } = await server.post('/v1/track', { anonymousId: 'frozen', event: 'Frozen' })
      expect({ status, code: body.code }).toEqual({ status: 503, code: 'LOG_UNAVAILABLE' })
      await promise.recover({ by: () => nodes[0]?.resume() })
    }
    await promise.kept(`broker frozen ${freezes === 1 ? 'once' : `${freezes} times`}`, {
      unconfirmedBesides: freezes,
    })
  }, 600_000)

  test('all three brokers of a replicated topic, killed in turn, lose nothing', async () => {
    const { nodes, promise } = await start(3, { KAFKA_REPLICATION: '3' })
    for (let round = 0; round < rounds(1, 3); round += 1) {
      for (const node of nodes) {
        await moreAcknowledged(promise.ledger, 50)
        await node.kill()
        // Nobody has to do anything: the other two take over.
        await promise.recover()
        await node.restart()
        await moreAcknowledged(promise.ledger, 50)
      }
    }
    const times = rounds(1, 3) === 1 ? '' : `, ${rounds(1, 3)} times`
    await promise.kept(`each of three brokers killed in turn${times}`)
  }, 900_000)
})
