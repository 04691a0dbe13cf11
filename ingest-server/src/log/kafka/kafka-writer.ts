/**
 * Sending to Kafka, acks=all, one message a send. Each attempt may take another partition, led by another
 * broker: order means nothing here, and so one dead or frozen broker of several need not refuse an append.
 *
 * kafkajs's own retries are off for the producer: with a partition chosen anew on each of them it would take
 * the answer of one broker for that of another.
 */
import { CompressionTypes, type Kafka, type Message, type PartitionMetadata, type Producer } from 'kafkajs'
import type { Logger } from '../../logger.js'
import { errorTypeOf, requestTimeoutMs } from './kafka-client.js'
import { toMessage } from './kafka-message.js'
import { topicOf } from './kafka-topics.js'
import type { LogRecord, LogTable } from '../log.js'
import { pause } from '../../loop.js'

export type Compression = 'none' | 'snappy' | 'gzip'

const compressionTypes: Record<Compression, CompressionTypes> = {
  none: CompressionTypes.None,
  snappy: CompressionTypes.Snappy,
  gzip: CompressionTypes.GZIP,
}

export interface KafkaWriterOptions {
  kafka: Kafka
  topicPrefix: string
  compression: Compression
  /** No attempt begins later than this after the first. */
  timeoutMs: number
  logger: Logger
}

/** How long a broker that failed a send is passed over while others lead partitions too. */
const avoidForMs = 5_000
const attemptEveryMs = 150
/** A producer that failed this often in a row is replaced: better a new connection than an odd state of an old one. */
const replaceAfterFailures = 8

export function createKafkaWriter({
  kafka,
  topicPrefix,
  compression,
  timeoutMs,
  logger,
}: KafkaWriterOptions) {
  const avoidUntil = new Map<number, number>()
  let turn = 0
  let failuresInARow = 0
  let producer: Promise<Producer> | undefined

  /** The next partition in turn whose leader is known and has not just failed; any known leader's failing that. */
  function choosePartition(partitions: readonly PartitionMetadata[]): PartitionMetadata {
    const known = partitions.filter((partition) => partition.leader >= 0)
    const now = performance.now()
    const good = known.filter((partition) => (avoidUntil.get(partition.leader) ?? 0) <= now)
    const candidates = [good, known, partitions].find((some) => some.length > 0) ?? []
    turn += 1
    const chosen = candidates[turn % candidates.length]
    if (chosen === undefined) throw new Error('The topic has no partition.')
    return chosen
  }

  async function connectProducer(onLeader: (nodeId: number) => void): Promise<Producer> {
    const made = kafka.producer({
      allowAutoTopicCreation: false,
      retry: { retries: 0 },
      createPartitioner:
        () =>
        ({ partitionMetadata }) => {
          const chosen = choosePartition(partitionMetadata)
          onLeader(chosen.leader)
          return chosen.partitionId
        },
    })
    await made.connect()
    return made
  }

  let lastLeader = -1
  async function attempt(table: LogTable, message: Message): Promise<void> {
    producer ??= connectProducer((nodeId) => (lastLeader = nodeId))
    try {
      await (
        await producer
      ).send({
        topic: topicOf(topicPrefix, table),
        acks: -1,
        timeout: requestTimeoutMs,
        compression: compressionTypes[compression],
        messages: [message],
      })
      failuresInARow = 0
    } catch (error) {
      failuresInARow += 1
      avoidUntil.set(lastLeader, performance.now() + avoidForMs)
      if (failuresInARow % replaceAfterFailures === 0 || (await hasFailed(producer))) await dropProducer()
      throw error
    }
  }

  async function dropProducer(): Promise<void> {
    const dropped = producer
    producer = undefined
    if (dropped === undefined || (await hasFailed(dropped))) return
    void (await dropped).disconnect().catch((error: unknown) => {
      logger.warn({ err: error }, 'A replaced Kafka producer did not disconnect')
    })
  }

  return {
    /** Resolves when all in-sync replicas have the record; rejects with the last reason when time is over. */
    async send(record: LogRecord): Promise<void> {
      const deadline = performance.now() + timeoutMs
      // One for all attempts: what arrives twice is then known by its id.
      const message = toMessage(record)
      for (;;) {
        try {
          await attempt(record.table, message)
          return
        } catch (error) {
          if (performance.now() + attemptEveryMs >= deadline || isHopeless(error)) throw error
          await pause(attemptEveryMs)
        }
      }
    },
    async close(): Promise<void> {
      const last = producer
      producer = undefined
      if (last !== undefined && !(await hasFailed(last))) await (await last).disconnect()
    },
  }
}

async function hasFailed(connecting: Promise<unknown>): Promise<boolean> {
  try {
    await connecting
    return false
  } catch {
    return true
  }
}

/** What another attempt cannot mend within the time of an append. */
function isHopeless(error: unknown): boolean {
  const type = errorTypeOf(error)
  return type === 'MESSAGE_TOO_LARGE' || type === 'TOPIC_AUTHORIZATION_FAILED'
}
