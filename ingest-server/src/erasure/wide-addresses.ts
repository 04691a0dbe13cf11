/**
 * Addresses that are not all ASCII, in what others sent: ClickHouse has no IDNA, so it only finds the rows that may hold
 * one, and they are judged and written anew here.
 */
import { createBreather } from '../breathe.js'
import type { ClickHouseClient } from '@clickhouse/client'
import { emailIdentifier } from '@touchline/schemas'
import { insertLines } from '../clickhouse/insert-lines.js'
import { chunksOf, query, queryStream, type NamedQuery } from '../clickhouse/query.js'
import { addressesIn } from '../log/addresses-in-text.js'
import { scrub, verdictOfRow, type StoredRow } from '../log/scrub.js'
import { hashIdentifier, type Judge } from '../log/tombstones.js'
import {
  eventsToReadOn,
  replacedEvents,
  traitsOfValues,
  traitsToReadOn,
  traitTables,
  type ErasedRows,
  type sqlParams,
} from './erasure-sql.js'

type Params = ReturnType<typeof sqlParams>
type Remove = (rows: ErasedRows, params: Record<string, unknown>) => Promise<void>

const eventsQuery: NamedQuery = {
  name: 'events-that-may-hold-addresses',
  sql: `SELECT * EXCEPT (version, stored_at) FROM events FINAL WHERE ${eventsToReadOn}`,
}
type TraitTable = (typeof traitTables)[number]
const traitsQuery = (table: TraitTable): NamedQuery => ({
  name: `${table}-that-may-hold-addresses`,
  sql: `
SELECT toString(cityHash64(name, value)) AS id, concat(name, ' ', value) AS text, toUnixTimestamp64Milli(at) AS at, toUnixTimestamp64Milli(received_at) AS received
FROM ${table} WHERE ${traitsToReadOn}`,
})
const timeQuery: NamedQuery = { name: 'server-time', sql: 'SELECT toUnixTimestamp64Milli(now64(3)) AS ms' }

/** Takes the address out of others' events, and their traits that hold it away. `remove` deletes by a condition. */
export async function removeWideAddresses(
  app: ClickHouseClient,
  { params, judge }: { params: Params; judge: Judge },
  remove: Remove,
): Promise<void> {
  const ids: string[] = []
  const [now] = await query<{ ms: string }>({ client: app }, timeQuery)
  const before = Number(now?.ms)
  for await (const rows of mentioning(app, params, judge)) {
    const lines = rows.map((row) => `${JSON.stringify(scrub(row, judge))}\n`)
    await insertLines(app, 'events', Buffer.from(lines.join('')))
    for (const { message_id } of rows) ids.push(hashIdentifier(params.salt, message_id ?? ''))
  }
  for (const some of chunksOf(ids)) await remove(replacedEvents, { ...params, ids: some, before })
  for (const table of traitTables)
    for (const some of chunksOf([...new Set(await traitsHolding(app, { table, params, judge }))]))
      await remove(traitsOfValues(table), { ...params, ids: some })
}

/** How many events and traits of others still hold it, by table. */
export async function countWideAddresses(
  app: ClickHouseClient,
  params: Params,
  judge: Judge,
): Promise<Record<string, number>> {
  let events = 0
  for await (const rows of mentioning(app, params, judge)) events += rows.length
  const found: Record<string, number> = { events }
  for (const table of traitTables) found[table] = (await traitsHolding(app, { table, params, judge })).length
  return found
}

async function* mentioning(app: ClickHouseClient, params: Params, judge: Judge): AsyncGenerator<StoredRow[]> {
  const breather = createBreather()
  for await (const batch of queryStream<StoredRow>({ client: app }, eventsQuery, params)) {
    const rows: StoredRow[] = []
    for (const row of batch) {
      if (verdictOfRow(row, judge) === 'mentions') rows.push(row)
      if (breather.isDue()) await breather.rest()
    }
    if (rows.length > 0) yield rows
  }
}

async function traitsHolding(
  app: ClickHouseClient,
  { table, params, judge }: { table: TraitTable; params: Params; judge: Judge },
): Promise<string[]> {
  const ids: string[] = []
  const stream = queryStream<{ id: string; text: string; at: string; received: string }>(
    { client: app },
    traitsQuery(table),
    params,
  )
  for await (const batch of stream)
    for (const { id, text, at, received } of batch)
      if (addressesIn(text).some((one) => judge.isErased(emailIdentifier(one), Number(at), Number(received))))
        ids.push(id)
  return ids
}
