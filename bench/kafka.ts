/**
 * Kafka: collecting over HTTP, answered after acks=all, beside a bare Fastify; two collecting processes on one port
 * beside one; appending lines, beside Kafka's own producer-side limit as kafkajs reaches it with whole messages,
 * and the store from Kafka, beside ClickHouse inserting the same bytes itself. Targets: 0.55
 * (batches 0.4), 1.7 where cores allow (here load, broker and processes share them), 0.7 and 0.7.
 * A real broker: the one that KAFKA_BROKERS names, else one started here (mvn, Java 17).
 */
import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import kafkajs from 'kafkajs'
import { openKafkaLog } from '../ingest-server/src/log/kafka/kafka-log.js'
import { silentLogger } from '../test-support/clickhouse.js'
import { startKafka, whyNoKafka, type TestKafka } from '../test-support/kafka.js'
import {
  measure,
  optionsOf,
  printCollect,
  run as runCollect,
  writeKey,
  type CollectResult,
} from './collect/index.js'
import { startServer } from '../test-support/server.js'
import { printTable, ratio, rounded } from './report.js'
import { printStore, run as runStore, type StoreResult } from './store.js'

const rowBytes = 540
const appenders = 256
const seconds = 5

export interface KafkaResult {
  appendsPerSecond: number
  wholeMessagesPerSecond: number
  store: StoreResult
  collect: CollectResult[]
  /** Single events a second with one and with two processes on the port. */
  workers: readonly [number, number]
}

export async function run(): Promise<KafkaResult> {
  const kafka = await startKafka()
  try {
    const wholeMessagesPerSecond = await sendWholeMessages(kafka)
    const appendsPerSecond = await appendSingleRows(kafka)
    const store = await runStore({ rows: 200_000, openLog: () => openLog(kafka) })
    const collect = await runCollect({
      only: ['collect'],
      ...optionsOf(process.argv.slice(2)),
      brokers: kafka.brokers,
    })
    const workers = [await perSecondWith(1, kafka), await perSecondWith(2, kafka)] as const
    return { appendsPerSecond, wholeMessagesPerSecond, store, collect, workers }
  } finally {
    await kafka.stop()
  }
}

/** The real server with so many collecting processes. */
async function perSecondWith(workers: number, kafka: TestKafka): Promise<number> {
  const server = await startServer({
    env: {
      ROLES: 'collect',
      COLLECT_WORKERS: String(workers),
      KAFKA_BROKERS: kafka.brokers.join(),
      KAFKA_TOPIC_PREFIX: `${randomUUID()}.`,
      TOUCHLINE_WRITE_KEY: writeKey,
    },
  })
  try {
    await measure(server.url, 0, 2)
    return (await measure(server.url, 0, seconds)).perSecond
  } finally {
    await server.stop()
  }
}

function openLog(kafka: TestKafka) {
  const name = randomUUID()
  const prefix = { topicPrefix: `${name}.`, groupId: name, partitions: 4 }
  return openKafkaLog({ brokers: kafka.brokers, ...prefix, clock: Date.now, logger: silentLogger })
}

const row = Buffer.from(`${JSON.stringify({ project: 'bench', filler: 'x'.repeat(rowBytes - 34) })}\n`)

/** Rows a second of 256 appenders with one row each: what collect does with single events. */
async function appendSingleRows(kafka: TestKafka): Promise<number> {
  const log = await openLog(kafka)
  const endsAt = performance.now() + seconds * 1_000
  let appended = 0
  const appendUntilTheEnd = async () => {
    while (performance.now() < endsAt) {
      await log.append([{ table: 'events', rows: { bench: 1 }, lines: row }])
      appended += 1
    }
  }
  await Promise.all(Array.from({ length: appenders }, appendUntilTheEnd))
  await log.close()
  return appended / seconds
}

/** The yardstick: kafkajs alone, one message of as many rows at a time, made beforehand. */
async function sendWholeMessages(kafka: TestKafka): Promise<number> {
  const client = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING })
  const topic = `bench-${randomUUID()}`
  const admin = client.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true })
  await admin.disconnect()
  const producer = client.producer()
  await producer.connect()
  const value = Buffer.concat(Array.from({ length: appenders }, () => row))
  const endsAt = performance.now() + seconds * 1_000
  let sent = 0
  for (let turn = 0; performance.now() < endsAt; turn += 1) {
    await producer.send({ topic, acks: -1, messages: [{ value, partition: turn % 4 }] })
    sent += appenders
  }
  await producer.disconnect()
  return sent / seconds
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = await whyNoKafka()
  if (reason === undefined) {
    const result = await run()
    printTable(`Append: rows of ${rowBytes} B, ${appenders} appenders, acks=all`, [
      {
        what: `kafkajs, messages of ${appenders} rows made beforehand`,
        'rows/s': rounded(result.wholeMessagesPerSecond),
        ratio: '1.00',
      },
      {
        what: 'log.append, one row a call',
        'rows/s': rounded(result.appendsPerSecond),
        ratio: ratio(result.appendsPerSecond, result.wholeMessagesPerSecond),
        target: '0.70',
      },
    ])
    printStore('Store from Kafka', result.store)
    printCollect('Kafka (acks=all)', result.collect)
    const [one, two] = result.workers
    printTable(`Processes on one port, on ${availableParallelism()} cores with load and broker beside them`, [
      { COLLECT_WORKERS: 1, 'events/s': rounded(one), ratio: '1.00' },
      { COLLECT_WORKERS: 2, 'events/s': rounded(two), ratio: ratio(two, one), target: '1.70' },
    ])
  } else {
    console.log(`SKIPPED: ${reason}`)
  }
}
