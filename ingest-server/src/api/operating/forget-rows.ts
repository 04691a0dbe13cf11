/** Rows that were replayed are no longer among those that wait for it. */
import { mutableTable } from '../../clickhouse/cluster-ddl.js'
import type { TimelineDeps } from '../context.js'

/** Resolves when they are gone. `idOf`: SQL of what `rows` bear as `id`. */
export async function forget(
  { clickhouse, cluster }: TimelineDeps,
  table: 'rejected_events' | 'dead_letters',
  idOf: string,
  rows: readonly { id: string }[],
): Promise<void> {
  await clickhouse.app.command({
    query: `ALTER TABLE ${mutableTable(table, cluster)} DELETE WHERE has({ids: Array(String)}, toString(${idOf}))`,
    query_params: { ids: rows.map(({ id }) => id) },
    clickhouse_settings: { mutations_sync: '1' },
  })
}
