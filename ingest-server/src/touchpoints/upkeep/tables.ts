/**
 * The two tables of touchpoints: reading the present rows, and writing those that differ. The table of people decides:
 * present rows are read from it alone, and it is written last, so that after a crash between the two the comparison
 * comes out as before and both are written again.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { insertLines } from '../../clickhouse/insert-lines.js'
import { queryRows } from '../../clickhouse/query.js'
import type { TouchpointRow } from '../stored-row.js'

/** A present row, as far as comparing needs it. */
export interface PresentTouchpoint {
  person: string
  at: number
  touch: string
  digest: string
  accounts: readonly string[]
}

export const personKeys = '(SELECT cityHash64(arrayJoin({people: Array(String)})))'

// Without FINAL, which costs four times as much for the few rows of a window: the newest version counts, below.
const presentQuery = (isWindow: boolean) => ({
  name: 'touchpoints-present',
  splitBy: 'people',
  sql: `
SELECT person, toUnixTimestamp64Milli(at), toString(touch), toString(digest), accounts, version, is_deleted
FROM touchpoints_of_people
WHERE project = {project: String} AND person_key IN ${personKeys}${isWindow ? " AND at >= {from: DateTime64(3, 'UTC')}" : ''}`,
})

type PresentRow = [
  ...[person: string, at: number, touch: string, digest: string, accounts: string[]],
  ...[version: number, isDeleted: number],
]

/** By person, those from `from` (milliseconds) on; somebody without touchpoints is left out. */
export async function readPresent(
  source: { client: ClickHouseClient; project: string },
  people: readonly string[],
  from?: number,
): Promise<Map<string, PresentTouchpoint[]>> {
  const params = { people, ...(from !== undefined && { from: new Date(from) }) }
  const rows = await queryRows<PresentRow>(source, presentQuery(from !== undefined), params)
  const newest = new Map<string, PresentRow>()
  for (const row of rows) {
    const [person, at, touch, , , version] = row
    const key = `${at} ${touch} ${person}`
    const known = newest.get(key)
    if (known === undefined || known[5] <= version) newest.set(key, row)
  }
  const present = new Map<string, PresentTouchpoint[]>()
  for (const [person, at, touch, digest, accounts, , isDeleted] of newest.values()) {
    if (isDeleted === 1) continue
    const one = { person, at, touch, digest, accounts }
    const list = present.get(person)
    if (list) list.push(one)
    else present.set(person, [one])
  }
  return present
}

/** Lines of JSON for the two tables. */
export interface Changed {
  people: string[]
  accounts: string[]
}

interface Difference {
  project: string
  version: bigint
  formed: readonly TouchpointRow[]
  present: readonly PresentTouchpoint[]
}

const keyOf = ({ at, touch }: { at: number; touch: string }) => `${at} ${touch}`

/** What has to be written so that `present` becomes `formed`. */
export function differences({ project, version, formed, present }: Difference): Changed {
  const common = { project, version: version.toString() }
  const changed: Changed = { people: [], accounts: [] }
  const gone = new Map(present.map((one) => [keyOf(one), one]))
  for (const row of formed) {
    const there = gone.get(keyOf(row))
    gone.delete(keyOf(row))
    if (there?.digest === row.digest) continue
    const { person, touch, said, digest, accounts } = row
    const key = { ...common, at: new Date(row.at).toISOString(), touch, person }
    changed.people.push(lineOf({ ...key, digest, accounts, ...said }))
    for (const account of accounts) changed.accounts.push(lineOf({ ...key, account, ...ofAccount(said) }))
    for (const account of there?.accounts ?? [])
      if (!accounts.includes(account)) changed.accounts.push(lineOf({ ...key, account, is_deleted: 1 }))
  }
  for (const { person, at, touch, accounts } of gone.values()) {
    const key = { ...common, at: new Date(at).toISOString(), touch, person, is_deleted: 1 }
    changed.people.push(lineOf(key))
    for (const account of accounts) changed.accounts.push(lineOf({ ...key, account }))
  }
  return changed
}

const lineOf = (row: object) => `${JSON.stringify(row)}\n`

const accountColumns = [
  'kind',
  'name',
  'channel',
  'source',
  'medium',
  'campaign',
  'host',
  'path',
  'paths',
  'referrer_host',
  'value',
  'currency',
  'direction',
  'same_session',
  'anonymous',
] as const

const ofAccount = (said: TouchpointRow['said']) => ({
  ...Object.fromEntries(accountColumns.map((column) => [column, said[column]])),
  message_id: (said.message_ids as readonly string[])[0] ?? '',
})

export async function writeAccounts(client: ClickHouseClient, { accounts }: Changed): Promise<void> {
  await write(client, 'touchpoints_of_accounts', accounts)
}

export async function writePeople(client: ClickHouseClient, { people }: Changed): Promise<void> {
  await write(client, 'touchpoints_of_people', people)
}

async function write(client: ClickHouseClient, table: string, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await insertLines(client, table, Buffer.from(lines.join('')))
}
