import kafkajs from 'kafkajs'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestKafka, startKafka, whyNoKafka } from '../../../test-support/kafka.js'
import { countersOf } from '../../../test-support/faults/counters.js'
import { moreAcknowledged } from '../../../test-support/faults/ledger.js'
import { openPromise } from '../../../test-support/faults/promise.js'
import { type TestServer, startServer, until } from '../../../test-support/server.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: ${reason}`)

describe.skipIf(reason !== undefined)('rows that ClickHouse refuses', () => {
  const topicPrefix = `poison-${randomUUID().slice(0, 8)}.`
  let kafka: TestKafka
  let server: TestServer
  let producer: kafkajs.Producer

  beforeAll(async () => {
    kafka = await startKafka()
    server = await startServer({
      env: {
        KAFKA_BROKERS: kafka.brokers.join(),
        KAFKA_TOPIC_PREFIX: topicPrefix,
        KAFKA_GROUP: topicPrefix,
      },
    })
    const client = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING })
    producer = client.producer()
    await producer.connect()
  }, 180_000)
  afterAll(async () => {
    await producer?.disconnect()
    await server?.stop()
    await kafka?.stop()
  })

  const row = (messageId: string) => {
    const at = new Date().toISOString()
    const ids = { project: 'default', subject: 'user:ledger-user-0', user_id: 'ledger-user-0' }
    const times = { client_time: at, occurred_at: at, received_at: at }
    return JSON.stringify({ ...ids, ...times, message_id: messageId, type: 'track', name: 'Neighbour' })
  }
  const poison = [
    'not JSON at all',
    '{"project":"default","message_id":"poison-time","client_time":"nonsense"}',
    '{"project":"default","message_id":"poison-half',
  ]

  test('become dead letters with their reason, and their neighbours are stored', async () => {
    const promise = openPromise({ collects: [server] })
    await moreAcknowledged(promise.ledger, 50)
    const neighbours = poison.flatMap((_, at) => [`before-${at}`, `after-${at}`])
    for (const [at, line] of poison.entries()) {
      const value = [row(`before-${at}`), line, row(`after-${at}`), ''].join('\n')
      const batch = { topic: `${topicPrefix}events`, acks: -1, messages: [{ value }] }
      await promise.recover({ by: () => producer.send(batch) })
      await moreAcknowledged(promise.ledger, 50)
    }
    await promise.kept(`${poison.length} poison rows in the middle of batches`, {
      also: neighbours,
      // Written past collect, which therefore did not count them as appended.
      unconfirmedBesides: neighbours.length + poison.length,
    })

    const letters = await until(
      async () => {
        const found = await server.sql<{ original: string; reason: string; position: string }>(
          'SELECT original, reason, position FROM dead_letters ORDER BY original',
        )
        return found.length >= poison.length ? found : undefined
      },
      { what: 'the dead letters' },
    )
    expect(letters.map(({ original }) => original.trim())).toEqual([...poison].sort())
    for (const { reason, position } of letters) {
      expect(reason).not.toBe('')
      expect(position).toMatch(new RegExp(`^${topicPrefix}events/\\d+/\\d+$`))
    }
    const { deadLettered } = await countersOf({ processes: [server] })
    expect(deadLettered).toBe(poison.length)
  }, 180_000)
})
