/**
 * Rows by account that no row by person stands behind. An account's rows are written first and only the person's are
 * compared, so a crash between the two leaves them to the next comparison; where the facts changed meanwhile, it does
 * not know of them. So after a failure the rows written since are looked at, and all of them by the pass over everybody.
 *
 * Only between two writes of one's own: in the middle of one the newest rows have nobody behind them yet.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows } from '../../clickhouse/query.js'
import { finalByPartition, writeAccounts } from './tables.js'

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
  SELECT project, person_key, at, touch, arrayJoin(accounts)
  FROM touchpoints_of_people FINAL
  WHERE (project, person_key, at, touch) IN (SELECT project, person_key, at, touch FROM rows))`

const writtenSinceSql = orphansSql(
  `SELECT DISTINCT ${keys} FROM touchpoints_of_accounts WHERE version >= {since: UInt64}`,
)

type Orphan = [project: string, account: string, at: number, touch: string, person: string, newest: string]
type IsMine = (project: string, person: string) => boolean

/** `since`: a version. Answers how many there were. */
async function removeOrphansSince(client: ClickHouseClient, since: bigint, isMine: IsMine): Promise<number> {
  const named = { name: 'touchpoints-orphans', sql: writtenSinceSql, settings: finalByPartition }
  return remove(client, await queryRows<Orphan>({ client }, named, { since: since.toString() }), isMine)
}

const pageSql = `
SELECT DISTINCT ${keys} FROM touchpoints_of_accounts
WHERE project >= {project: String}
  AND (${keys}) > ({project: String}, {account: UInt64}, fromUnixTimestamp64Milli({at: Int64}, 'UTC'), {touch: UInt64})
ORDER BY ${keys}
LIMIT {limit: UInt32}`
const lastSql = `SELECT project, toString(account_key), toString(toUnixTimestamp64Milli(at)), toString(touch) FROM (${pageSql}) ORDER BY ${keys} DESC LIMIT 1`

/** Of the next rows in the order of the key; answers where the page after them begins, undefined after the last. */
async function removeOrphansOfPage(
  client: ClickHouseClient,
  after: readonly string[],
  { limit, isMine }: { limit: number; isMine: IsMine },
): Promise<{ removed: number; last: string[] | undefined }> {
  const [project = '', account = '', at = '', touch = ''] = after
  const params = { project, account: account || '0', at: at || beforeAll, touch: touch || '0', limit }
  const [last] = await queryRows<string[]>(
    { client },
    { name: 'touchpoints-orphans-page', sql: lastSql },
    params,
  )
  if (!last) return { removed: 0, last }
  const named = { name: 'touchpoints-orphans', sql: orphansSql(pageSql), settings: finalByPartition }
  return { removed: await remove(client, await queryRows<Orphan>({ client }, named, params), isMine), last }
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
  /** Somebody's writes may have ended half-way since everything was settled. */
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
}

export function openOrphans({ client, isMine, settledUntil }: OrphansDeps): Orphans {
  let since: bigint | undefined
  let after: readonly string[] = []
  const mayBeThere = () => {
    const settled = BigInt(Date.parse(settledUntil())) * 1_000n
    if (since === undefined || settled < since) since = settled
  }
  return {
    mayBeThere,
    async watch(pass) {
      try {
        const result = await pass()
        if (since === undefined) return result
        const removed = await removeOrphansSince(client, since, isMine)
        since = undefined
        return { ...result, written: result.written + removed }
      } catch (error) {
        mayBeThere()
        throw error
      }
    },
    async sweep(limit) {
      const { removed, last } = await removeOrphansOfPage(client, after, { limit, isMine })
      after = last ?? []
      return removed
    },
  }
}
