/** Looking on at the topics on a real broker. test/live-of-all.long.test.ts has the whole server around it. */
import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { numbered, numbersOf, startReading } from '../../../test/log-contract.js'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { startKafka, whyNoKafka, type TestKafka } from '../../../../test-support/kafka.js'
import type { EventLog, LogRecord, Place, PlacedRecord } from '../log.js'
import { watchLog, type LogWatcher } from '../watched-log.js'
import { openKafkaLog } from './kafka-log.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: looking on at Kafka is not tested: ${reason}`)

const sessionTimeoutMs = process.env.KAFKA_BROKERS === undefined ? 2_000 : 6_000
const patient = { timeout: 60_000, interval: 20 }

describe.skipIf(reason !== undefined)('looking on', () => {
  let kafka: TestKafka
  beforeAll(async () => {
    kafka = await startKafka()
  }, 120_000)
  afterAll(() => kafka.stop())

  const open = (name: string) =>
    openKafkaLog({
      ...{ brokers: kafka.brokers, topicPrefix: `${name}.`, groupId: name, partitions: 2 },
      ...{ sessionTimeoutMs, clock: Date.now, logger: silentLogger },
    })

  function lookOn(log: EventLog) {
    const appended: PlacedRecord[] = []
    let marks: readonly Place[] = []
    const watcher: LogWatcher = {
      appended: (records: readonly (LogRecord | PlacedRecord)[]) =>
        appended.push(...(records as PlacedRecord[])),
      handled: () => undefined,
      handledBefore: (places) => (marks = places),
    }
    const watching = watchLog(log).watch(watcher)
    const isHandled = ({ place }: PlacedRecord) =>
      marks.some(({ part, offset }) => part === place.part && offset > place.offset)
    return { appended, watching, unhandled: () => appended.filter((one) => !isHandled(one)) }
  }

  async function withAdmin<T>(ask: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    const admin = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    try {
      return await ask(admin)
    } finally {
      await admin.disconnect()
    }
  }
  const groups = (name: string) =>
    withAdmin(async (admin) =>
      (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(name)),
    )

  async function partitionsWithLeader(admin: kafkajs.Admin, topic: string): Promise<number> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.flatMap(({ partitions }) => partitions.filter(({ leader }) => leader >= 0)).length
  }

  test('what others append is told once each, from the call on, and handled once the group that stores has committed it', async () => {
    const name = randomUUID()
    const [writer, other, looker] = [await open(name), await open(name), await open(name)]
    await writer.append([numbered(0)])
    const seen = lookOn(looker)
    await seen.watching.caughtUp()
    const numbers = Array.from({ length: 60 }, (_, n) => n + 1)
    for (const n of numbers) await (n % 2 ? writer : other).append([numbered(n)])
    // Its own come the same way, and no second time.
    await looker.append([numbered(61)])
    await vi.waitUntil(() => numbersOf(seen.appended).length >= 61, patient)
    expect(numbersOf(seen.appended)).toEqual([...numbers, 61])
    expect(seen.unhandled()).toHaveLength(seen.appended.length)

    const reader = startReading(writer)
    await vi.waitUntil(() => seen.unhandled().length === 0, patient)
    expect(numbersOf(reader.handled)).toContain(61)
    expect((await writer.lag()).records).toBe(0)
    for (const log of [writer, other, looker]) await log.close()
  })

  test('nobody reads while nobody looks on, and no group of theirs is left', async () => {
    const name = randomUUID()
    const log = await open(name)
    expect(await groups(`${name}-live-`)).toEqual([])
    const watched = watchLog(log)
    const watcher: LogWatcher = { appended: () => {}, handled: () => {}, handledBefore: () => {} }
    const [one, two] = [watched.watch(watcher), watched.watch({ ...watcher })]
    await vi.waitUntil(async () => (await groups(`${name}-live-`)).length === 1, patient)
    one.stop()
    await two.caughtUp()
    expect(await groups(`${name}-live-`)).toHaveLength(1)
    two.stop()
    await vi.waitUntil(async () => (await groups(`${name}-live-`)).length === 0, patient)
    await log.close()
  })

  test('a message that its producer sent twice is told once', async () => {
    const name = randomUUID()
    const log = await open(name)
    const seen = lookOn(log)
    await seen.watching.caughtUp()
    const producer = new kafkajs.Kafka({
      brokers: kafka.brokers,
      logLevel: kafkajs.logLevel.NOTHING,
    }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    const value = '{"project":"a","n":1}\n'
    for (const partition of [0, 1, 1])
      await producer.send({
        topic: `${name}.events`,
        messages: [{ value, partition, headers: { id: 'one' } }],
      })
    await producer.send({ topic: `${name}.events`, messages: [{ value: '{"project":"a","n":2}' }] })
    await producer.disconnect()
    await vi.waitUntil(() => numbersOf(seen.appended).includes(2), patient)
    await seen.watching.caughtUp()
    expect(numbersOf(seen.appended)).toEqual([1, 2])
    await log.close()
  })

  test('partitions that are added while somebody looks on are read from their beginning', async () => {
    const name = randomUUID()
    const log = await open(name)
    const seen = lookOn(log)
    await seen.watching.caughtUp()
    await log.append([numbered(0)])
    await vi.waitUntil(() => numbersOf(seen.appended).length === 1, patient)
    const topic = `${name}.events`
    await withAdmin(async (admin) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      // A broker answers before a new partition has its leader; a producer that asks earlier knows two for minutes.
      await vi.waitUntil(async () => (await partitionsWithLeader(admin, topic)) === 3, patient)
    })
    const later = await open(name)
    for (let n = 1; n <= 9; n += 1) await later.append([numbered(n)])
    await vi.waitUntil(() => numbersOf(seen.appended).length >= 10, patient)
    expect(new Set(seen.appended.map(({ place }) => place.part)).size).toBe(3)
    expect(numbersOf(seen.appended)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (const one of [log, later]) await one.close()
  }, 90_000)

  test('a broker that dies is said to be away, and what is appended once it is back is told, none twice', async (context) => {
    const [node] = kafka.nodes
    if (node === undefined) return context.skip('KAFKA_BROKERS names a cluster that is not ours to kill')
    const name = randomUUID()
    const [writer, looker] = [await open(name), await open(name)]
    const seen = lookOn(looker)
    await seen.watching.caughtUp()
    for (let n = 1; n <= 5; n += 1) await writer.append([numbered(n)])
    await vi.waitUntil(() => numbersOf(seen.appended).length === 5, patient)
    await node.kill()
    await vi.waitUntil(() => seen.watching.isAway(), patient)
    await seen.watching.caughtUp()
    await node.restart()
    await vi.waitUntil(
      () =>
        writer.append([numbered(6)]).then(
          () => true,
          () => false,
        ),
      patient,
    )
    await vi.waitUntil(() => numbersOf(seen.appended).includes(6) && !seen.watching.isAway(), patient)
    expect([...new Set(numbersOf(seen.appended))]).toEqual([1, 2, 3, 4, 5, 6])
    expect(numbersOf(seen.appended).slice(0, 5)).toEqual([1, 2, 3, 4, 5])
    for (const log of [writer, looker]) await log.close()
  }, 120_000)
})
