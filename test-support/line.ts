/** The line in separate processes, as in production: one Kafka, one ClickHouse server, one process a role. */
import { randomUUID } from 'node:crypto'
import type { Role } from '../ingest-server/src/config.js'
import { type TestClickHouse, startTestClickHouse } from './clickhouse.js'
import { type TestKafka, startKafka } from './kafka.js'
import { type TestServer, startServer } from './server.js'

export interface Line {
  kafka: TestKafka
  clickhouse: TestClickHouse
  /** The processes that play a role, in the order in which they were asked for. */
  of(role: Role): readonly TestServer[]
  stop(): Promise<void>
}

/** Starts `counts` processes of each role (one where not said) on a broker and a ClickHouse of their own. */
export async function startLine(
  counts: Partial<Record<Role, number>> = {},
  env: Record<string, string> = {},
): Promise<Line> {
  const kafka = await startKafka()
  const clickhouse = await startTestClickHouse()
  const servers = new Map<Role, TestServer[]>()
  const stop = async () => {
    await Promise.all([...servers.values()].flat().map((server) => server.stop()))
    await clickhouse.close()
    await kafka.stop()
  }
  try {
    const shared = {
      KAFKA_BROKERS: kafka.brokers.join(','),
      // A cluster that KAFKA_BROKERS names keeps topics of earlier runs.
      KAFKA_TOPIC_PREFIX: `touchline-test-${randomUUID().slice(0, 8)}.`,
      CLICKHOUSE_URL: clickhouse.analyst.url,
      CLICKHOUSE_USER: 'app',
      CLICKHOUSE_PASSWORD: clickhouse.embedded?.appPassword ?? '',
      ...env,
    }
    for (const role of ['collect', 'store', 'stitch', 'timeline'] as const) {
      const processes = Array.from({ length: counts[role] ?? 1 }, () =>
        startServer({ env: { ...shared, ROLES: role } }),
      )
      servers.set(role, await Promise.all(processes))
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { kafka, clickhouse, of: (role) => servers.get(role) ?? [], stop }
}
