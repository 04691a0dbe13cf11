/** The topics of the log: one a table, made when absent. */
import type { Admin, Kafka } from 'kafkajs'
import type { Logger } from '../../logger.js'
import { isKeptForEver, logTables, type LogTable } from '../../log-tables.js'
import { backOffMs, pause } from '../../loop.js'

export interface TopicSettings {
  topicPrefix: string
  partitions: number
  replication: number
}

export const topicOf = (topicPrefix: string, table: LogTable): string => `${topicPrefix}${table}`

const retryAfterMs = { first: 250, most: 2_000 }

/** Resolves when every topic is there; waits for Kafka as long as it takes. Rejects when it refuses the password. */
export async function untilTopicsExist(
  kafka: Kafka,
  settings: TopicSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await withAdmin(kafka, (admin) => makeTopics(admin, settings))
      return
    } catch (error) {
      if (error instanceof Error && error.name === 'KafkaJSSASLAuthenticationError') throw error
      logger.warn(
        { err: error, attempt },
        'KAFKA_BROKERS: Kafka does not answer yet; appends are refused until it does',
      )
      await pause(backOffMs(attempt + 1, retryAfterMs), signal)
    }
  }
}

/** Asks first: who may only write to topics that others made need no right to make them. */
async function makeTopics(
  admin: Admin,
  { topicPrefix, partitions, replication }: TopicSettings,
): Promise<void> {
  const present = new Set(await admin.listTopics())
  const missing = logTables.filter((table) => !present.has(topicOf(topicPrefix, table)))
  if (missing.length === 0) return
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map((table) => ({
      topic: topicOf(topicPrefix, table),
      numPartitions: partitions,
      replicationFactor: replication,
      configEntries: [
        // The broker's time: a client whose clock is wrong is neither refused nor kept too short or too long.
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        ...(isKeptForEver(table) ? [{ name: 'retention.ms', value: '-1' }] : []),
        // Of three copies two must have it before acks=all answers: then losing a broker loses nothing.
        ...(replication >= 3 ? [{ name: 'min.insync.replicas', value: '2' }] : []),
      ],
    })),
  })
}

/** A partition has no leader for a moment after its topic was made, and whenever a broker goes or comes. */
const changing = { attempts: 6, first: 100, most: 1_000 }

/**
 * Asks over a connection of its own. Where Kafka says that asking again helps, it does so over a new one, which knows the
 * leaders of then: up to six times within some three seconds.
 */
export async function withAdmin<T>(kafka: Kafka, ask: (admin: Admin) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const admin = kafka.admin()
    try {
      await admin.connect()
      return await ask(admin)
    } catch (error) {
      if (attempt === changing.attempts || !mayPass(error)) throw error
    } finally {
      await admin.disconnect()
    }
    await pause(backOffMs(attempt, changing))
  }
}

/** What Kafka itself answered; that it cannot be reached is another error, and kafkajs has tried again by then. */
const mayPass = (error: unknown) =>
  error instanceof Error &&
  error.name === 'KafkaJSProtocolError' &&
  'retriable' in error &&
  error.retriable === true
