/**
 * Rows by account without a row by person. An account's rows are written first and only the person's are
 * compared, so a crash between the two leaves them to the next comparison; where the facts changed meanwhile, it does
 * not know of them. So after a failure the rows written since are looked at, and all of them by the pass over everybody.
 *
 * Runs only between two writes of this process: in the middle of a write the newest rows have no row by person yet.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows } from '../../clickhouse/query.js'
import { writeAccounts } from './tables.js'

const keys = 'project, account_key, at, touch'

/** Live rows among `candidates` (a SELECT of their keys) that name no touchpoint of the person, or not this account. */
const orphansSql = (candidates: string) => `
WITH candidates AS (${candidates}),
rows AS (
  SELECT project, account_key, at, touch, any(account) AS account, any(person) AS person, any(person_key) AS person_key,
    max(version) AS newest, argMax(is_deleted, version) AS is_gone
  FROM touchpoints_of_accounts
  WHERE (${keys}) IN (SELECT ${keys} FROM candidates)
  GROUP BY ${keys}
  HAVING is_gone = 0
)
SELECT project, account, toUnixTimestamp64Milli(at), toString(touch), person, toString(newest)
FROM rows
WHERE (project, person_key, at, touch, account) NOT IN (
  SELECT project, person_key, at, touch, arrayJoin(argMax(accounts, version))
  FROM touchpoints_of_people
  WHERE (project, person_key, at, touch) IN (SELECT project, person_key, at, touch FROM rows)
  GROUP BY project, person_key, at, touch
  HAVING argMax(is_deleted, version) = 0)`

type Orphan = [project: string, account: string, at: number, touch: string, person: string, newest: string]
type IsMine = (project: string, person: string) => boolean

// Copies of a row that are not merged yet come too: without DISTINCT the rows are read in the order of the key, and no
// more of them than are wanted.
const pageSql = `
SELECT ${keys} FROM touchpoints_of_accounts
WHERE version >= {since: UInt64}
  AND project >= {project: String} AND (project > {project: String} OR account_key >= {account: UInt64})
  AND (${keys}) > ({project: String}, {account: UInt64}, fromUnixTimestamp64Milli({at: Int64}, 'UTC'), {touch: UInt64})
ORDER BY ${keys}
LIMIT {limit: UInt32}`
const lastSql = `
SELECT project, toString(account_key), toString(toUnixTimestamp64Milli(at)), toString(touch), count() OVER () = {limit: UInt32}
FROM (${pageSql}) ORDER BY ${keys} DESC LIMIT 1`

/** Where a walk over the rows by account is, in the order of their key; empty: at the beginning. */
type Place = readonly string[]

interface Page {
  after: Place
  /** Only rows of this version or a later one. */
  since: bigint
  limit: number
}

/** Of the next rows; answers where the page after them begins, undefined after the last. */
async function removeOrphansOfPage(
  client: ClickHouseClient,
  { after, since, limit }: Page,
  isMine: IsMine,
): Promise<{ removed: number; next: Place | undefined }> {
  const [project = '', account = '0', at = beforeAll, touch = '0'] = after
  const params = { project, account, at, touch, limit, since: since.toString() }
  const [last] = await queryRows<[...place: string[], isFull: number]>(
    { client },
    { name: 'touchpoints-orphans-page', sql: lastSql },
    params,
  )
  if (!last) return { removed: 0, next: undefined }
  const named = { name: 'touchpoints-orphans', sql: orphansSql(pageSql) }
  const removed = await remove(client, await queryRows<Orphan>({ client }, named, params), isMine)
  const [, , , , isFull] = last
  return { removed, next: isFull === 1 ? (last.slice(0, 4) as string[]) : undefined }
}
// Before any time that a column holds.
const beforeAll = '-2208988800000'

async function remove(client: ClickHouseClient, orphans: readonly Orphan[], isMine: IsMine): Promise<number> {
  const mine = orphans.filter(([project, , , , person]) => isMine(project, person))
  const accounts = mine.map(([project, account, at, touch, person, newest]) => {
    // Newer than the row itself, older than any that is still to be written.
    const version = (BigInt(newest) + 1n).toString()
    const row = { project, account, at: new Date(at).toISOString(), touch, person, version, is_deleted: 1 }
    return `${JSON.stringify(row)}\n`
  })
  await writeAccounts(client, { people: [], accounts })
  return mine.length
}

export interface Orphans {
  /** Notes that a process may have ended in the middle of a write since everything was settled. */
  mayBeThere: () => void
  /** A pass: what it writes is looked at if it, or one before it, failed. */
  watch: <Result extends { written: number }>(pass: () => Promise<Result>) => Promise<Result>
  /** The next rows of all, at most so many; answers how many were taken away. */
  sweep: (limit: number) => Promise<number>
}

interface OrphansDeps {
  client: ClickHouseClient
  isMine: IsMine
  settledUntil: () => string
  rowsAtOnce?: number | undefined
}

/** After a failure one page is all there is to look at; after a rebuild or a day without a process there are hundreds. */
const usualRowsAtOnce = 10_000
/** Of the time, so that what comes in meanwhile waits for one page at most. */
const pausesAPage = 4

export function openOrphans(deps: OrphansDeps): Orphans {
  const { client, isMine, settledUntil, rowsAtOnce = usualRowsAtOnce } = deps
  let recent: { since: bigint; after: Place; dueAt: number } | undefined
  let swept: Place = []
  const mayBeThere = () => {
    const settled = BigInt(Date.parse(settledUntil())) * 1_000n
    const since = recent !== undefined && recent.since < settled ? recent.since : settled
    recent = { since, after: [], dueAt: 0 }
  }

  async function removeRecent(): Promise<number> {
    const startedAt = performance.now()
    if (recent === undefined || startedAt < recent.dueAt) return 0
    const { since, after } = recent
    const { removed, next } = await removeOrphansOfPage(client, { since, after, limit: rowsAtOnce }, isMine)
    const now = performance.now()
    recent = next && { since, after: next, dueAt: now + pausesAPage * (now - startedAt) }
    return removed
  }

  return {
    mayBeThere,
    async watch(pass) {
      try {
        const result = await pass()
        const removed = await removeRecent()
        return { ...result, written: result.written + removed }
      } catch (error) {
        mayBeThere()
        throw error
      }
    },
    async sweep(limit) {
      const { removed, next } = await removeOrphansOfPage(client, { after: swept, since: 0n, limit }, isMine)
      swept = next ?? []
      return removed
    },
  }
}
