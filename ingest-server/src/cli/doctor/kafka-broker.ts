/** Whether what listens at an address of KAFKA_BROKERS is a Kafka broker that takes us, and else why not. */
import { connect } from 'node:net'
import type { Config } from '../../config.js'
import { createKafkaClient } from '../../log/kafka/kafka-client.js'
import { withAdmin } from '../../log/kafka/kafka-topics.js'
import { saslOf } from '../../log/open-log.js'
import type { Logger } from '../../logger.js'
import { pause } from '../../loop.js'

const connectTimeoutMs = 3_000
/** Longer than the client's own tries, which end by themselves. */
const askTimeoutMs = 15_000

/** Asks it as the server would, with the same TLS and the same name. Undefined where all is well. */
export async function problemOfBroker(config: Config, broker: string): Promise<string | undefined> {
  const colon = broker.lastIndexOf(':')
  const host = broker.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  if (!(await takesConnections(host, Number(broker.slice(colon + 1)))))
    return 'takes no connection; is it up, is the port open from here?'
  // What the client tells of each try says more than its last word, which is how often it tried.
  const reasons: string[] = []
  const keep: Logger['warn'] = (fields, message) =>
    void reasons.push(
      'reason' in fields && typeof fields.reason === 'string' && fields.reason !== ''
        ? fields.reason
        : (message ?? ''),
    )
  const logger: Logger = { info: () => undefined, warn: keep, error: keep }
  const kafka = createKafkaClient({ brokers: [broker], ssl: config.KAFKA_TLS, sasl: saslOf(config), logger })
  const timeout = new AbortController()
  try {
    await Promise.race([
      withAdmin(kafka, (admin) => admin.describeCluster()),
      pause(askTimeoutMs, timeout.signal).then(() => Promise.reject(new Error('no answer'))),
    ])
    return undefined
  } catch (error) {
    const why = reasons[0] ?? (error instanceof Error ? error.message : String(error))
    const tls = config.KAFKA_TLS ? 'with TLS (KAFKA_TLS)' : 'without TLS (KAFKA_TLS is not set)'
    return `takes connections, but does not answer as Kafka ${tls}: ${why}`
  } finally {
    timeout.abort()
  }
}

export function takesConnections(host: string, port: number): Promise<boolean> {
  const isAny = host === '0.0.0.0' || host === '::'
  return new Promise((resolve) => {
    const socket = connect({ host: isAny ? 'localhost' : host, port })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.setTimeout(connectTimeoutMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
