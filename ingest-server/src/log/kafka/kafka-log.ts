/**
 * The log on Kafka, for many machines.
 *
 *     append ─▶ group commit (append-queue) ─▶ one message of lines a table ─▶ acks=all ─▶ answer
 *     read   ◀─ consumer group; offsets committed after `handle`
 *     tail   ◀─ a group of its own from the end on, while somebody looks on
 *
 * A topic is a table: `<prefix>events`, `<prefix>rejected_events`; its messages are ClickHouse's JSONEachRow.
 */
import type { SASLOptions } from 'kafkajs'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../../clock.js'
import { TouchlineError } from '../../errors.js'
import type { Logger } from '../../logger.js'
import { createAppendQueue } from '../append-queue.js'
import { joinRecords } from '../join-records.js'
import { createKafkaClient } from './kafka-client.js'
import { noteEnds, queryLag } from './kafka-lag.js'
import { readFromKafka } from './kafka-reader.js'
import { replayFromKafka } from './kafka-replay.js'
import { logTables } from '../../log-tables.js'
import { tailKafka } from './kafka-tail.js'
import { topicOf, untilTopicsExist } from './kafka-topics.js'
import { createKafkaWriter, type Compression } from './kafka-writer.js'
import type { EventLog, LogLag, LogRecord, LogTable, ReadRecord } from '../log.js'

export interface KafkaLogOptions {
  /** `host:port` of some brokers of the cluster; the rest are learned. */
  brokers: readonly string[]
  topicPrefix?: string
  /** Of topics that are made here; topics that are there stay as they are. */
  partitions?: number
  replication?: number
  ssl?: ConnectionOptions | boolean | undefined
  sasl?: SASLOptions | undefined
  /** gzip takes half as much network and disk, and halves the speed. */
  compression?: Compression
  /** Readers of one group share the partitions. */
  groupId?: string
  /** Who handles a table's records where `read` does not; its lag is reported instead. */
  handledBy?: ((table: LogTable) => string) | undefined
  /** After a broker's or a reader's death its partitions are read again when this is over. */
  sessionTimeoutMs?: number
  instance?: string | undefined
  appendTimeoutMs?: number
  maxInFlightBytes?: number
  /** Lines in one message at most; below the topic's max.message.bytes, which is 1 MiB unless changed. */
  maxMessageBytes?: number
  clock: Clock
  logger: Logger
}

const defaults = {
  topicPrefix: 'touchline.',
  partitions: 4,
  replication: 1,
  compression: 'snappy' as const,
  groupId: 'touchline-store',
  // The least that brokers allow unless told otherwise.
  sessionTimeoutMs: 6_000,
  appendTimeoutMs: 5_000,
  maxInFlightBytes: 64 * 1024 ** 2,
  maxMessageBytes: 900_000,
}

/**
 * Resolves at once, also while Kafka is away: appends are refused until it answers. Rejects only when Kafka
 * refuses the credentials.
 */
export async function openKafkaLog(given: KafkaLogOptions): Promise<EventLog> {
  const options = { ...defaults, ...given }
  const { topicPrefix, groupId, logger, maxMessageBytes } = options
  const kafka = createKafkaClient(options)
  const closing = new AbortController()
  const tableOf = new Map(logTables.map((table) => [topicOf(topicPrefix, table), table]))
  const groupOf = new Map(
    [...tableOf].map(([topic, table]) => [topic, options.handledBy?.(table) ?? groupId] as const),
  )
  const topicsExist = untilTopicsExist(kafka, options, logger, closing.signal)
  await Promise.race([topicsExist, oneAttempt()])

  const writer = createKafkaWriter({
    kafka,
    topicPrefix,
    compression: options.compression,
    timeoutMs: options.appendTimeoutMs,
    logger,
  })
  const queue = createAppendQueue({
    write,
    target: 'Kafka',
    maxGroupBytes: maxMessageBytes,
    maxInFlightBytes: options.maxInFlightBytes,
    timeoutMs: options.appendTimeoutMs,
  })
  let averageMessageBytes = 0
  let reading: Promise<void> | undefined
  const tails = new Set<Promise<void>>()

  async function write(group: readonly LogRecord[]): Promise<void> {
    await topicsExist
    const messages = joinRecords(group, maxMessageBytes)
    for (const table of logTables) {
      // One at a time: max.message.bytes counts all messages of a partition that travel together.
      for (const message of messages.filter((one) => one.table === table)) {
        await writer.send(message)
        averageMessageBytes = blend(averageMessageBytes, message.lines.length)
      }
    }
  }

  async function read(
    handle: (batch: readonly ReadRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    await topicsExist
    const stopping = AbortSignal.any([signal, closing.signal])
    const counted = async (batch: readonly ReadRecord[]) => {
      for (const record of batch) averageMessageBytes = blend(averageMessageBytes, record.lines.length)
      await handle(batch)
    }
    const { sessionTimeoutMs } = options
    await readFromKafka({
      kafka,
      groupId,
      sessionTimeoutMs,
      tableOf,
      handle: counted,
      signal: stopping,
      logger,
    })
  }

  return {
    append: queue.append,
    async read(handle, signal) {
      if (reading !== undefined)
        throw new Error('This log is being read already; open another for a second reader.')
      reading = read(handle, signal)
      try {
        await reading
      } finally {
        reading = undefined
      }
    },
    async lag(): Promise<LogLag> {
      return orUnavailable(() => queryLag({ kafka, groupOf, averageMessageBytes }))
    },
    tail(watcher) {
      const { sessionTimeoutMs } = options
      const only = (table: LogTable) => (topic: [string, unknown]) => topic[0] === topicOf(topicPrefix, table)
      const seen = [...tableOf].filter(([, table]) => table === 'events' || table === 'rejected_events')
      const tail = tailKafka({
        ...{ kafka, groupId, sessionTimeoutMs, watcher, logger, signal: closing.signal },
        tableOf: new Map(seen),
        groupOf: new Map([...groupOf].filter(only('events'))),
      })
      tails.add(tail.ended)
      void tail.ended.then(() => tails.delete(tail.ended))
      return tail
    },
    async noteEnd() {
      const isHandled = await orUnavailable(() => noteEnds({ kafka, groupOf }))
      return () => orUnavailable(isHandled)
    },
    async replay(handle, signal) {
      await topicsExist
      await replayFromKafka({ kafka, groupId, tableOf, handle, signal, logger })
    },
    async close() {
      await queue.close()
      closing.abort()
      await reading
      await Promise.all(tails)
      await writer.close()
    },
  }
}

async function orUnavailable<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (cause) {
    throw new TouchlineError('LOG_UNAVAILABLE', 'Kafka does not tell how far the store is behind.', { cause })
  }
}

/** Long enough for a Kafka that is there to answer. */
function oneAttempt(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 3_000).unref())
}

const blend = (average: number, value: number) => (average === 0 ? value : average * 0.95 + value * 0.05)
