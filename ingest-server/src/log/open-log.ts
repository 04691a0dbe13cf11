/** The log that the settings name: Kafka when they name brokers, else the embedded one. */
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import type { Config } from '../config.js'
import type { Logger } from '../logger.js'
import { openEmbeddedLog } from './embedded/embedded-log.js'
import { openKafkaLog, type KafkaLogOptions } from './kafka/kafka-log.js'
import type { EventLog } from './log.js'

interface Shared {
  clock: Clock
  logger: Logger
  /** See KafkaLogOptions. */
  handledBy?: KafkaLogOptions['handledBy']
}

export async function openLog(config: Config, shared: Shared): Promise<EventLog> {
  if (config.KAFKA_BROKERS === undefined) {
    return openEmbeddedLog({ ...shared, dir: join(config.DATA_DIR, 'log'), maxBytes: config.LOG_MAX_BYTES })
  }
  return openKafkaLog({
    ...shared,
    brokers: config.KAFKA_BROKERS,
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    partitions: config.KAFKA_PARTITIONS,
    replication: config.KAFKA_REPLICATION,
    groupId: config.KAFKA_GROUP,
    compression: config.KAFKA_COMPRESSION,
    ssl: config.KAFKA_TLS,
    sasl: saslOf(config),
  })
}

/** How to name oneself to the brokers; undefined where they ask nobody. */
export function saslOf({
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_USERNAME: username,
  KAFKA_PASSWORD: password,
}: Config) {
  return mechanism && username && password ? { mechanism, username, password } : undefined
}
