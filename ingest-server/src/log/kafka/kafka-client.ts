/** One kafkajs client, with retries and timeouts said outright: its defaults differ in tests, and hang. */
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import type { ConnectionOptions } from 'node:tls'
import type { Logger } from '../../logger.js'
import { registerSnappy } from './kafka-snappy.js'

export interface KafkaConnection {
  brokers: readonly string[]
  ssl?: ConnectionOptions | boolean | undefined
  sasl?: SASLOptions | undefined
  /** Names this process in the broker's logs and quotas. */
  instance?: string | undefined
  logger: Logger
}

/** A frozen broker is noticed after this long; a dead one at once. */
export const requestTimeoutMs = 3_000
export const connectionTimeoutMs = 2_000

export function createKafkaClient({ brokers, ssl, sasl, instance, logger }: KafkaConnection): Kafka {
  registerSnappy()
  return new Kafka({
    brokers: [...brokers],
    clientId: instance === undefined ? 'touchline' : `touchline-${instance}`,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: connectionTimeoutMs,
    authenticationTimeout: 5_000,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 3 },
    logLevel: logLevel.WARN,
    // kafkajs calls an error what it goes on to retry; what matters reaches our callers as a rejection.
    logCreator: () => (entry) => {
      logger.warn({ kafka: entry.namespace, reason: String(entry.log.error ?? '') }, entry.log.message)
    },
  })
}

/** Kafka's name of an error (`MESSAGE_TOO_LARGE`), which kafkajs wraps once or twice. */
export function errorTypeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('type' in cause && typeof cause.type === 'string') return cause.type
  return undefined
}
