/**
 * Removes from ClickHouse what tombstones cover, and checks what is left. Each step may be repeated, by a retry
 * after a crash or by two processes at once: what is gone stays gone.
 */
import { createBreather } from '../breathe.js'
import type { ClickHouseClient } from '@clickhouse/client'
import { mutableTable, type Cluster } from '../clickhouse/cluster-ddl.js'
import { insertLines } from '../clickhouse/insert-lines.js'
import { chunksBy, chunksOf, query, queryStream, type NamedQuery } from '../clickhouse/query.js'
import {
  accountMessages,
  changesSeen,
  derived,
  engagement,
  erasedEvents,
  eventsThatMention,
  eventsToRemove,
  facts,
  programs,
  renameAccountFacts,
  renamedAccountFacts,
  repeatNewEvents,
  sharedIdentifiers,
  sqlParams,
  touchpoints,
  touchpointsToFormAnew,
  type ErasedRows,
} from './erasure-sql.js'
import { scrub, verdictOfRow, type StoredRow } from '../log/scrub.js'
import { countDefinitions, scrubDefinitions } from './erased-definitions.js'
import { countWords, removeWords, tablesOfWords } from './erased-texts.js'
import { isAboutErased, judgeBy, type Judge, type Tombstones } from '../log/tombstones.js'
import { countWideAddresses, removeWideAddresses } from './wide-addresses.js'

export interface RemoveDeps {
  app: ClickHouseClient
  cluster?: Cluster | undefined
}

type SqlParams = ReturnType<typeof sqlParams>
type Params = SqlParams & { ids?: readonly string[] }

/** Resolves when one pass is through. `epoch` is the time of the pass; what was derived before it is stale. */
export async function removeErased(
  deps: RemoveDeps,
  project: string,
  tombstones: Tombstones,
  epoch: number,
): Promise<void> {
  const judge = judgeBy(tombstones)
  if (judge === undefined) return
  const parts = partsOf(tombstones).map((part) => sqlParams(project, part, epoch))
  for (const params of parts) await removeEvents(deps, params, judge)
  // Judged by all parts at once, and where the events that bring traits along are clean already.
  const [first] = parts
  if (first)
    await removeWideAddresses(deps.app, { params: first, judge }, (rows, ofRows) =>
      remove(deps, rows, ofRows),
    )
  await scrubDefinitions(deps.app, { project, judge }, (rows, ofRows) => remove(deps, rows, ofRows))
  for (const rows of facts) for (const params of parts) await remove(deps, rows, params)
  for (const table of ['rejected_events', 'dead_letters'] as const)
    await removeRefused(deps, table, project, judge)
  // From here on stitch writes newer rows than any it wrote from the facts that are gone.
  await deps.app.insert({
    table: 'identity_epochs',
    format: 'JSONEachRow',
    values: [{ project, epoch }],
  })
  for (const params of parts) await run(deps, sharedIdentifiers, params)
  // To one part an identifier of theirs that another part holds looks like somebody else's.
  if (parts.length > 1) for (const params of parts) await remove(deps, changesSeen, params)
  for (const rows of derived) for (const params of parts) await remove(deps, rows, params)
  for (const params of parts) await run(deps, touchpointsToFormAnew, params)
  for (const rows of [...touchpoints, ...engagement, ...programs])
    for (const params of parts) await remove(deps, rows, params)
  await removeWords(deps.app, { parts, judge }, (rows, ofRows) => remove(deps, rows, ofRows))
  for (const params of parts) await run(deps, repeatNewEvents, params)
}

async function removeEvents(deps: RemoveDeps, params: SqlParams, judge: Judge): Promise<void> {
  await scrubEvents(deps, params, judge)
  const lists = chunksOf(await accountMessagesOf(deps, params))
  // Before the events are removed, because only an event says who the author of an account trait is: a crash in between
  // loses nothing. Once more afterwards, for traits that a late copy of an event wrote meanwhile.
  for (const ids of lists) await renameAccounts(deps, params, ids)
  for (const ids of lists.length === 0 ? [[]] : lists) await remove(deps, eventsToRemove, { ...params, ids })
  for (const ids of lists) await renameAccounts(deps, params, ids)
}

/** Tombstones in sets whose lists fit into a request each, however many identifiers a person had. */
const partsOf = ({ salt, list }: Tombstones): Tombstones[] =>
  chunksBy(list, ({ hash }) => [hash]).map((part) => ({ salt, list: part }))

/** What the tables still hold, by table; nothing when it is done. */
export async function findErased(
  { app }: RemoveDeps,
  project: string,
  tombstones: Tombstones,
): Promise<Record<string, number>> {
  const judge = judgeBy(tombstones)
  if (judge === undefined) return {}
  // What stitch wrote since the last pass stands on facts that may be there.
  const epochSql = 'SELECT max(epoch) AS rows FROM identity_epochs WHERE project = {project: String}'
  const epoch = await count(app, epochSql, { project })
  const parts = partsOf(tombstones).map((part) => sqlParams(project, part, epoch))
  const found: Record<string, number> = {}
  for (const { table, condition, remaining = condition } of erased) {
    let rows = 0
    for (const params of parts)
      rows += await count(app, `SELECT count() AS rows FROM ${table} WHERE ${remaining}`, params)
    if (rows > 0) found[table] = rows
  }
  const [first] = parts
  const wide = first ? await countWideAddresses(app, first, judge) : {}
  for (const [table, rows] of Object.entries(wide)) if (rows > 0) found[table] = (found[table] ?? 0) + rows
  for (const table of ['rejected_events', 'dead_letters'] as const) {
    const ids = await refusedAboutErased(app, table, project, judge)
    if (ids.length > 0) found[table] = ids.length
  }
  for (const [table, rows] of Object.entries(await countWords(app, parts, judge)))
    found[table] = (found[table] ?? 0) + rows
  const definitions = await countDefinitions(app, project, judge)
  if (definitions > 0) found.definitions = definitions
  return found
}

/** Whether rows stored since `sinceMs` are covered: what a replay of the log brings back. */
export async function cameBack(
  { app }: RemoveDeps,
  project: string,
  tombstones: Tombstones,
  sinceMs: number,
): Promise<boolean> {
  const query = `SELECT count() AS rows FROM events WHERE toUnixTimestamp64Milli(stored_at) >= {since: Int64} AND (${erasedEvents.condition})`
  for (const part of partsOf(tombstones))
    if ((await count(app, query, { ...sqlParams(project, part, 0), since: sinceMs })) > 0) return true
  const judge = judgeBy(tombstones)
  return judge !== undefined && (await countDefinitions(app, project, judge)) > 0
}

const erased = [erasedEvents, ...facts, ...derived, ...touchpoints, ...engagement, ...programs]
export const erasedTables: readonly string[] = [
  ...new Set([...erased.map(({ table }) => table), ...tablesOfWords]),
]

/**
 * Files of parts that were replaced until `untilMs` and not yet removed from disk. ClickHouse keeps them for a
 * while (old_parts_lifetime); until they are gone, what was deleted can still be found in the folder.
 */
export async function countOldParts({ app }: RemoveDeps, untilMs: number): Promise<number> {
  const tables = [...erasedTables, 'rejected_events', 'dead_letters', 'definitions'].flatMap((table) => [
    table,
    `${table}_local`,
  ])
  return count(
    app,
    `SELECT count() AS rows FROM system.parts
WHERE database = currentDatabase() AND table IN {tables: Array(String)} AND NOT active AND remove_time <= fromUnixTimestamp64Milli({until: Int64}, 'UTC')`,
    { tables, until: untilMs },
  )
}

async function count(client: ClickHouseClient, sql: string, params: object): Promise<number> {
  const [first] = await query<{ rows: string | number }>(
    { client },
    { name: 'count-erased', sql },
    { ...params },
  )
  return Number(first?.rows ?? 0)
}

async function remove(
  { app, cluster }: RemoveDeps,
  { table, condition }: ErasedRows,
  params: Record<string, unknown>,
) {
  const statement = `ALTER TABLE ${mutableTable(table, cluster)} DELETE WHERE ${condition}`
  await app.command({ query: statement, query_params: params, clickhouse_settings: { mutations_sync: '2' } })
}

async function run({ app }: RemoveDeps, statement: string, params: Params): Promise<void> {
  await app.command({
    query: statement,
    query_params: params,
    clickhouse_settings: { async_insert: 0, insert_deduplicate: 0 },
  })
}

/** Somebody else's events are written anew without the name, under the same key; then the deletion takes the old copy. */
async function scrubEvents({ app }: RemoveDeps, params: Params, judge: Judge): Promise<void> {
  const named: NamedQuery = {
    name: 'events-that-mention-erased',
    sql: `SELECT * EXCEPT (version, stored_at) FROM events FINAL WHERE ${eventsThatMention}`,
  }
  const breather = createBreather()
  for await (const batch of queryStream<StoredRow>({ client: app }, named, params)) {
    const lines: string[] = []
    for (const row of batch) {
      lines.push(`${JSON.stringify(scrubbed(row, judge))}\n`)
      if (breather.isDue()) await breather.rest()
    }
    if (lines.length > 0) await insertLines(app, 'events', Buffer.from(lines.join('')))
  }
}

function scrubbed(row: StoredRow, judge: Judge): StoredRow {
  const clean = scrub(row, judge)
  // The deletion that follows would take it, and it is somebody else's.
  if (verdictOfRow(clean, judge) === 'mentions')
    throw new Error("An erased person's name cannot be taken out of somebody else's event.")
  return clean
}

/** Hashes of the messages in which they said something about an account. */
async function accountMessagesOf({ app }: RemoveDeps, params: Params): Promise<string[]> {
  const named: NamedQuery = { name: 'account-messages-of-erased', sql: accountMessages }
  return (await query<{ id: string }>({ client: app }, named, params)).map(({ id }) => id)
}

async function renameAccounts(deps: RemoveDeps, params: Params, ids: readonly string[]): Promise<void> {
  await run(deps, renameAccountFacts, { ...params, ids })
  await remove(deps, renamedAccountFacts, { ...params, ids })
}

/** Refused events are kept as they were sent; who they are about is found out here, not in SQL. */
async function refusedAboutErased(
  app: ClickHouseClient,
  table: 'rejected_events' | 'dead_letters',
  project: string,
  judge: Judge,
): Promise<string[]> {
  const time = table === 'rejected_events' ? 'received_at' : 'stored_at'
  // A line whose project could not be read may be anybody's.
  const where =
    table === 'dead_letters' ? "project IN ({project: String}, '')" : 'project = {project: String}'
  const named: NamedQuery = {
    name: `${table}-of-project`,
    sql: `SELECT toString(cityHash64(original)) AS id, original, toUnixTimestamp64Milli(${time}) AS at FROM ${table} WHERE ${where}`,
  }
  const ids = new Set<string>()
  const breather = createBreather()
  const rows = queryStream<{ id: string; original: string; at: number }>({ client: app, project }, named)
  for await (const batch of rows) {
    for (const { id, original, at } of batch) {
      if (isAboutErased(original, at, judge)) ids.add(id)
      if (breather.isDue()) await breather.rest()
    }
  }
  return [...ids]
}

async function removeRefused(
  { app, cluster }: RemoveDeps,
  table: 'rejected_events' | 'dead_letters',
  project: string,
  judge: Judge,
): Promise<void> {
  const statement = `ALTER TABLE ${mutableTable(table, cluster)} DELETE WHERE has({ids: Array(String)}, toString(cityHash64(original)))`
  for (const ids of chunksOf(await refusedAboutErased(app, table, project, judge)))
    await app.command({
      query: statement,
      query_params: { ids },
      clickhouse_settings: { mutations_sync: '2' },
    })
}
