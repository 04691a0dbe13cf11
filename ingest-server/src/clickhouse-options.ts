/** From the settings to how ClickHouse is opened; the server and `touchline` open the same one. */
import { join } from 'node:path'
import type { ClickHouseOptions } from './clickhouse/open-clickhouse.js'
import type { Config } from './config.js'
import type { Logger } from './logger.js'

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
    cluster: clusterOf(config),
    dataDir: join(config.DATA_DIR, 'clickhouse'),
    httpPort: config.CLICKHOUSE_HTTP_PORT,
    tcpPort: config.CLICKHOUSE_TCP_PORT,
    analystPassword,
  }
}
