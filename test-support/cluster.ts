/** Two ClickHouse servers, each with a shard of every table, as far as that goes without a Keeper. */
import type { Cluster } from '../ingest-server/src/clickhouse/cluster-ddl.js'
import { startTestClickHouse, type TestClickHouse } from './clickhouse.js'
import { freePort } from './server.js'

export const withoutKeeper: Cluster = { name: 'main', replicated: false }

export async function startTestCluster(): Promise<TestClickHouse[]> {
  const appPassword = 'known-to-both'
  const ports = await Promise.all([freePort(), freePort()])
  const replicas = ports.map((port) => ({ host: '127.0.0.1', port, user: 'app', password: appPassword }))
  const clusters = {
    main: replicas.map((replica) => ({ internalReplication: true, replicas: [replica] })),
    main_everywhere: [{ internalReplication: false, replicas }],
  }
  return Promise.all(
    ports.map((tcpPort) =>
      startTestClickHouse({
        tcpPort,
        appPassword,
        clusters,
        cluster: withoutKeeper,
        extraAppGrants: ['GRANT TABLE ENGINE ON Distributed'],
      }),
    ),
  )
}
