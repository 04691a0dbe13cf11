import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { startKafka, whyNoKafka, type TestKafka } from '../../../test-support/kafka.js'
import { logTables } from '../log-tables.js'
import { installKafkaEngine, kafkaEngineStatements, removeKafkaEngine } from './kafka-engine.js'

const columns = [
  { name: 'project', type: 'LowCardinality(String)', default_expression: '' },
  { name: 'properties', type: 'String', default_expression: "'{}'" },
  { name: 'version', type: 'UInt64', default_expression: 'toUInt64(received_at)' },
]

test('what ClickHouse computes is not read from the topic, an absent text gets its default', () => {
  const [topic, , rows] = kafkaEngineStatements('events', columns, {
    brokers: ['k1:9092', 'k2:9092'],
    topicPrefix: "o'brien.",
    security: { protocol: 'sasl_ssl', mechanism: 'SCRAM-SHA-512', username: 'u', password: "p'w" },
  })
  expect(topic).not.toContain('version')
  expect(topic).toContain("kafka_broker_list = 'k1:9092,k2:9092'")
  expect(topic).toContain("kafka_topic_list = 'o\\'brien.events'")
  expect(topic).toContain("kafka_sasl_password = 'p\\'w'")
  expect(rows).toContain(
    "TO events AS\nSELECT project, if(empty(properties), '{}', properties) AS properties\n",
  )
})

test('reading begins when everything behind it stands', () => {
  const statements = kafkaEngineStatements('events', columns, { brokers: ['k1:9092'], topicPrefix: '' })
  const onTopic = statements.filter((statement) => /FROM events_kafka$/.test(statement))
  expect(onTopic).toEqual(statements.slice(-1))
})

test('on a cluster every node reads', () => {
  const statements = kafkaEngineStatements('events', columns, {
    brokers: ['k1:9092'],
    topicPrefix: '',
    cluster: { name: 'main' },
  })
  for (const statement of statements) expect(statement).toContain(' ON CLUSTER `main`')
})

const why = await whyNoKafka()
if (why !== undefined) process.stderr.write(`SKIPPED: ClickHouse's own Kafka tables are not tested: ${why}\n`)

describe.skipIf(why !== undefined)('ClickHouse reading the log itself', () => {
  const topicPrefix = `engine-${Date.now()}.`
  const at = '2026-01-01T00:00:00.000Z'
  let kafka: TestKafka
  let clickhouse: TestClickHouse
  let producer: kafkajs.Producer

  beforeAll(async () => {
    const engineGrants = [
      'GRANT TABLE ENGINE ON Kafka',
      'GRANT TABLE ENGINE ON Null',
      'GRANT READ, WRITE ON KAFKA',
    ]
    ;[kafka, clickhouse] = await Promise.all([
      startKafka(),
      startTestClickHouse({ extraAppGrants: engineGrants }),
    ])
    const client = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING })
    const admin = client.admin()
    await admin.connect()
    await admin.createTopics({
      waitForLeaders: true,
      topics: logTables.map((table) => ({
        topic: `${topicPrefix}${table}`,
        numPartitions: 2,
      })),
    })
    await admin.disconnect()
    producer = client.producer()
    await producer.connect()
    await installKafkaEngine(clickhouse.app, { brokers: kafka.brokers, topicPrefix })
  }, 300_000)

  afterAll(async () => {
    await producer.disconnect()
    await clickhouse.close()
    await kafka.stop()
  })

  test('rows arrive as store would have inserted them, many lines a message', async () => {
    await send('events', lines('first', 50))
    await arrives('events FINAL', "startsWith(message_id, 'first')", 50)
    const [row] = await rows(
      `SELECT properties, context, version = toUInt64(18446744073709551615 - toUnixTimestamp64Milli(received_at)) AS computed
       FROM events FINAL WHERE message_id = 'first-7'`,
    )
    expect(row).toMatchObject({ properties: '{"n":7,"deep":{"a":[1]}}', context: '{}' })
    expect(Boolean(row?.['computed'])).toBe(true)
    await arrives('links FINAL', "startsWith(message_id, 'first')", 100)
  })

  test('what collect refused arrives too', async () => {
    await send('rejected_events', [
      { project: 'p', received_at: at, message_id: 'r1', code: 'EVENT_NO_ID', original: '{}' },
    ])
    await arrives('rejected_events', "message_id = 'r1'", 1)
  })

  test('a message that cannot be read is kept with its reason, and the rest goes on', async () => {
    const text = '{"message_id":"poison","client_time":"nonsense"}\n'
    await producer.send({ topic: `${topicPrefix}events`, acks: -1, messages: [{ value: text }] })
    await send('events', lines('after', 5))
    await arrives('events FINAL', "startsWith(message_id, 'after')", 5)
    await vi.waitUntil(async () => (await rows('SELECT * FROM dead_letters')).length === 1, {
      timeout: 30_000,
    })
    const [dead] = await rows('SELECT target, reason, position, original FROM dead_letters')
    expect(dead?.['original']).toBe(text)
    expect(dead?.['reason']).toContain('client_time')
    expect(dead?.['position']).toMatch(new RegExp(`^${topicPrefix}events/\\d+/\\d+$`))
  })

  test('nothing is lost or twice when the server is killed while it reads', async () => {
    const messages = Array.from({ length: 30 }, (_, i) => lines(`killed-${i}`, 100))
    for (const [i, message] of messages.entries()) {
      await send('events', message)
      if (i % 15 === 4) process.kill(clickhouse.embedded?.pid() ?? 0, 'SIGKILL')
    }
    await vi.waitUntil(() => clickhouse.isReady(), { timeout: 20_000 })
    await arrives('events FINAL', "startsWith(message_id, 'killed')", 3_000)
    const [twice] = await rows(
      "SELECT count() = uniqExact(message_id) AS once FROM events FINAL WHERE startsWith(message_id, 'killed')",
    )
    expect(Boolean(twice?.['once'])).toBe(true)
  }, 150_000)

  test('removed, it reads no more, and installed again it goes on where it was', async () => {
    await removeKafkaEngine(clickhouse.app)
    await send('events', lines('between', 3))
    await installKafkaEngine(clickhouse.app, { brokers: kafka.brokers, topicPrefix })
    await arrives('events FINAL', "startsWith(message_id, 'between')", 3)
  }, 150_000)

  function lines(name: string, count: number) {
    return Array.from({ length: count }, (_, n) => {
      const link = { kind: 'claim', identifier: `user:${n}`, other: `anon:${n}`, verified: false, at }
      const ids = { project: 'p', subject: `user:${n}`, message_id: `${name}-${n}` }
      return { ...ids, client_time: at, received_at: at, properties: { n, deep: { a: [1] } }, links: [link] }
    })
  }

  async function send(table: string, lineObjects: readonly object[]): Promise<void> {
    const value = lineObjects.map((line) => `${JSON.stringify(line)}\n`).join('')
    await producer.send({ topic: `${topicPrefix}${table}`, acks: -1, messages: [{ value }] })
  }

  async function rows(query: string): Promise<Record<string, unknown>[]> {
    const answer = await clickhouse.app.query({ query, format: 'JSONEachRow' })
    return answer.json()
  }

  /** Waits for as long as a group needs to notice that a killed reader is gone. */
  async function arrives(table: string, where: string, count: number): Promise<void> {
    let seen = -1
    await vi.waitUntil(
      async () => {
        const counted = await rows(`SELECT count() AS n FROM ${table} WHERE ${where}`).catch(() => [])
        seen = Number(counted[0]?.['n'] ?? -1)
        return seen >= count
      },
      { timeout: 90_000, interval: 100 },
    )
    expect(seen).toBe(count)
  }
})
