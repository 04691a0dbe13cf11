/** The table of leases, as it is read and written; what its rows mean: leases.ts. */
import type { ClickHouseClient } from '@clickhouse/client'
import { query } from '../clickhouse/query.js'

/** How far a slot is; see projection_leases. */
export interface Progress {
  settledUntil: string | null
  sweep: string
}

export interface LeaseRow {
  slot: number
  term: number
  holder: string
  claimed_at: string
  beat: number
  is_released: boolean
  settled_until: string | null
  sweep: string
}

/** ClickHouse's. */
export async function databaseTime(client: ClickHouseClient): Promise<string> {
  const [row] = await query<{ time: string }>({ client }, timeQuery)
  return row?.time ?? ''
}

/** Records how far all slots are, for their next holders; only while no process holds one. */
export async function writeProgress(
  client: ClickHouseClient,
  projection: string,
  { slots, ...progress }: Progress & { slots: number },
): Promise<void> {
  await client.command({
    query: `
      INSERT INTO projection_leases (name, slot, term, holder, claimed_at, beat, is_released, settled_until, sweep)
      SELECT {projection: String}, s.number, t.term + 1, 'rebuild', now64(3, 'UTC'), 1, true,
        parseDateTime64BestEffort({settledUntil: String}, 3, 'UTC'), {sweep: String}
      FROM numbers({slots: UInt16}) AS s
      LEFT JOIN (
        SELECT slot, max(term) AS term FROM projection_leases WHERE name = {projection: String} GROUP BY slot
      ) AS t ON t.slot = s.number`,
    query_params: { projection, slots, ...progress },
    clickhouse_settings: { insert_deduplicate: 0, async_insert: 0 },
  })
}

const timeQuery = { name: 'lease-time', sql: "SELECT now64(3, 'UTC') AS time" }

// A slot has a row for every change of hands; the last few decide.
const leasesQuery = {
  name: 'leases',
  sql: `
SELECT slot, term, holder, claimed_at, beat, is_released, settled_until, sweep
FROM projection_leases FINAL
WHERE name = {projection: String}
ORDER BY slot, term DESC, claimed_at, holder
LIMIT 100 BY slot`,
}

/** Of each slot the claim that counts: the first of the highest term. Rows come in that order. */
export function winnersOf(rows: readonly LeaseRow[]): Map<number, LeaseRow> {
  const winners = new Map<number, LeaseRow>()
  for (const row of rows) if (!winners.has(row.slot)) winners.set(row.slot, row)
  return winners
}

export function openLeaseTable(
  client: ClickHouseClient,
  { projection, holder }: { projection: string; holder: string },
) {
  return {
    read: () => query<LeaseRow>({ client }, leasesQuery, { projection }),
    async write(rows: readonly Omit<LeaseRow, 'holder'>[]): Promise<void> {
      if (rows.length === 0) return
      await client.insert({
        table: 'projection_leases',
        format: 'JSONEachRow',
        values: rows.map((row) => ({ name: projection, holder, ...row })),
        clickhouse_settings: {
          date_time_input_format: 'best_effort',
          insert_deduplicate: 0,
          async_insert: 0,
        },
      })
    },
  }
}
