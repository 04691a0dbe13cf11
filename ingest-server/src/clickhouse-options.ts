/** From the settings to how ClickHouse is opened; the server and `touchline` open the same one. */
import { join } from 'node:path'
import { engineGroupOf, kafkaGrants, type KafkaEngineOptions } from './clickhouse/kafka-engine.js'
import type { ClickHouseOptions } from './clickhouse/open-clickhouse.js'
import type { Config } from './config.js'
import type { Logger } from './logger.js'

/** Next to the server's own 8484, and not ClickHouse's 8123, where another may come to listen. */
const preferredHttpPort = 8485

export const clusterOf = ({ CLICKHOUSE_CLUSTER: name }: Config) => (name === undefined ? undefined : { name })

export function clickhouseOptions(
  config: Config,
  analystPassword: string,
  logger: Logger,
): ClickHouseOptions {
  return {
    logger,
    database: config.CLICKHOUSE_DATABASE,
    url: config.CLICKHOUSE_URL,
    user: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    readerUser: config.CLICKHOUSE_READER_USER,
    readerPassword: config.CLICKHOUSE_READER_PASSWORD,
    analystUser: config.ANALYST_PASSWORD === undefined ? undefined : config.CLICKHOUSE_ANALYST_USER,
    cluster: clusterOf(config),
    dataDir: join(config.DATA_DIR, 'clickhouse'),
    httpPort: config.CLICKHOUSE_HTTP_PORT,
    ...(config.CLICKHOUSE_HTTP_PORT === undefined && {
      steadyHttpPort: { file: join(config.DATA_DIR, 'clickhouse-port'), preferred: preferredHttpPort },
    }),
    tcpPort: config.CLICKHOUSE_TCP_PORT,
    analystPassword,
    ...(config.KAFKA_ENGINE && { extraAppGrants: kafkaGrants }),
  }
}

/** For ClickHouse's own Kafka tables; undefined where the store role reads the log. */
export function kafkaEngineOptions(config: Config): KafkaEngineOptions | undefined {
  const { KAFKA_TLS: hasTls, KAFKA_SASL_MECHANISM: mechanism } = config
  if (!config.KAFKA_ENGINE || config.KAFKA_BROKERS === undefined) return undefined
  return {
    brokers: config.KAFKA_BROKERS,
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    group: engineGroup(config),
    cluster: clusterOf(config),
    ...((hasTls || mechanism !== undefined) && {
      security: {
        protocol: `${mechanism === undefined ? '' : 'sasl_'}${hasTls ? 'ssl' : 'plaintext'}`,
        mechanism: mechanism?.toUpperCase(),
        username: config.KAFKA_USERNAME,
        password: config.KAFKA_PASSWORD,
      },
    }),
  }
}

/** Which group handles a table's topic, where that is ClickHouse's and not the store role's. */
export const handledBy = (config: Config) =>
  config.KAFKA_ENGINE ? (table: string) => engineGroupOf(table, engineGroup(config)) : undefined

const engineGroup = ({ KAFKA_GROUP }: Config) => `${KAFKA_GROUP}.clickhouse`
