/** What the upkeep of segments and scores works with, and the statements that derive their rows. */
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import type { Reader } from '../clickhouse/query.js'
import type { Clock } from '../clock.js'
import type { EventLog } from '../log/log.js'

/** One project, as the app user. */
export interface EngageSource extends Reader {
  readonly client: ClickHouseClient
}

/** For recording what is emitted: to the log, then to the table (record.ts). */
export interface RecordDeps {
  app: ClickHouseClient
  log: EventLog
  clock: Clock
}

/** An INSERT … SELECT: what it derives never leaves ClickHouse. */
export async function derive(
  { client, project }: EngageSource,
  sql: string,
  params: Readonly<Record<string, unknown>>,
  settings: ClickHouseSettings = {},
): Promise<void> {
  await client.command({
    query: sql,
    query_params: { ...params, project },
    clickhouse_settings: { ...settings, insert_deduplicate: 0, async_insert: 0, max_query_size: '4000000' },
  })
}
