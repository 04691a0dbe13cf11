/**
 * The Kafka log on a real broker, and what it does while brokers freeze, die and come back. The long forms,
 * with the whole server around it, are under test/promises.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { logContract, numbered, numbersOf, readUntil, startReading } from '../../../test/log-contract.js'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { startKafka, whyNoKafka, type TestKafka } from '../../../../test-support/kafka.js'
import { openKafkaLog, type KafkaLogOptions } from './kafka-log.js'
import type { EventLog } from '../log.js'

const reason = await whyNoKafka()
if (reason !== undefined) console.warn(`SKIPPED: the Kafka log is not tested: ${reason}`)

/** Short, so that deaths are noticed in test time; only a broker that is ours allows it. */
const sessionTimeoutMs = process.env.KAFKA_BROKERS === undefined ? 2_000 : 6_000
const patient = { timeout: 40_000, interval: 20 }

describe.skipIf(reason !== undefined)('on a real broker', () => {
  let kafka: TestKafka
  beforeAll(async () => {
    kafka = await startKafka()
  }, 120_000)
  afterAll(() => kafka.stop())

  const open = (name: string, more: Partial<KafkaLogOptions> = {}) =>
    openKafkaLog({
      brokers: kafka.brokers,
      topicPrefix: `${name}.`,
      groupId: name,
      partitions: 2,
      sessionTimeoutMs,
      clock: Date.now,
      logger: silentLogger,
      ...more,
    })

  logContract('Kafka', () => {
    const name = randomUUID()
    return Promise.resolve({
      open: (limits) => open(name, limits),
      remove: () => Promise.resolve(),
    })
  })

  test('readers of one group share the records and miss none', async () => {
    const name = randomUUID()
    const logs = [await open(name, { partitions: 4 }), await open(name, { partitions: 4 })]
    const readers = logs.map((log) => startReading(log))
    const numbers = Array.from({ length: 200 }, (_, n) => n)
    for (const n of numbers) await (logs[n % 2] as EventLog).append([numbered(n)])
    const handled = () => readers.flatMap((reader) => reader.handled)
    await vi.waitUntil(() => new Set(numbersOf(handled())).size === numbers.length, patient)
    for (const log of logs) await log.close()
    expect([...new Set(numbersOf(handled()))]).toEqual(numbers)
  })

  test('a handler that takes longer than the session keeps its membership, and its records come once', async () => {
    const log = await open(randomUUID())
    await log.append([numbered(1)])
    let takesMs = 2 * sessionTimeoutMs
    const reader = startReading(log, async () => {
      await new Promise((resolve) => setTimeout(resolve, takesMs))
      takesMs = 0
    })
    await vi.waitUntil(() => reader.handled.length > 0, patient)
    await log.append([numbered(2)])
    await vi.waitUntil(() => numbersOf(reader.handled).includes(2), patient)
    await reader.stop()
    expect(numbersOf(reader.seen)).toEqual([1, 2])
    await log.close()
  })

  test('messages of another producer are read: lines without a header, without a last line feed, without a value', async () => {
    const name = randomUUID()
    const log = await open(name, { partitions: 1 })
    const { Kafka, logLevel } = await import('kafkajs')
    const producer = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).producer()
    await producer.connect()
    await producer.send({
      topic: `${name}.events`,
      messages: [
        { value: '{"project":"a","n":1}\n{"project":"b","n":2}' },
        { value: null },
        { value: '{"project":"a","n":3}\n', headers: { rows: 'not JSON' } },
      ],
    })
    await producer.disconnect()
    const seen = await readUntil(log, (read) => numbersOf(read).length >= 3)
    expect(numbersOf(seen)).toEqual([1, 2, 3])
    expect(seen.map(({ rows }) => rows)).toEqual([{ a: 1, b: 1 }, { a: 1 }])
    expect(seen.map(({ position }) => position)).toEqual([`${name}.events/0/0`, `${name}.events/0/2`])
    expect((await log.lag()).records).toBe(0)
    await log.close()
  })

  test('while the broker is frozen or dead appends are refused in bounded time; afterwards they are taken, by the same log', async (context) => {
    const [node] = kafka.nodes
    if (node === undefined) return context.skip('KAFKA_BROKERS names a cluster that is not ours to kill')
    const log = await open(randomUUID(), { appendTimeoutMs: 1_000 })
    const reader = startReading(log)
    const refused = { code: 'LOG_UNAVAILABLE', retryAfterSeconds: 1 }
    const acknowledged: number[] = []
    const untilTaken = (n: number) =>
      vi.waitUntil(async () => {
        const isTaken = await log.append([numbered(n)]).then(
          () => true,
          () => false,
        )
        if (isTaken) acknowledged.push(n)
        return isTaken
      }, patient)

    await untilTaken(1)
    await node.pause()
    await expect(log.append([numbered(2)])).rejects.toMatchObject(refused)
    node.resume()
    await untilTaken(3)
    await node.kill()
    await expect(log.append([numbered(4)])).rejects.toMatchObject(refused)
    await expect(log.lag()).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    await node.restart()
    await untilTaken(5)
    await vi.waitUntil(() => acknowledged.every((n) => numbersOf(reader.handled).includes(n)), patient)
    expect(acknowledged).toEqual([1, 3, 5])
    await log.close()
  }, 120_000)

  test('a log opened while Kafka is away refuses appends, and takes them once Kafka is there', async (context) => {
    const [node] = kafka.nodes
    if (node === undefined) return context.skip('KAFKA_BROKERS names a cluster that is not ours to kill')
    await node.kill()
    const log = await open(randomUUID(), { appendTimeoutMs: 500 })
    const reader = startReading(log)
    await expect(log.append([numbered(1)])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    await node.restart()
    await vi.waitUntil(
      () =>
        log.append([numbered(2)]).then(
          () => true,
          () => false,
        ),
      patient,
    )
    await vi.waitUntil(() => numbersOf(reader.handled).includes(2), patient)
    await log.close()
  }, 120_000)
})
