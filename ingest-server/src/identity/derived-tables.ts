/**
 * The tables that stitch derives: what stands there, and writing what is different. A row is written only if
 * its content changed and nobody who had read more facts wrote it; ClickHouse settles the rest, for of several
 * rows the one with the highest version is read.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import type { DomainMeaning } from './accounts.js'
import type { AccountPersonRow, Derived, IdentityRow, PersonRow } from './derive.js'
import { askByKeys } from './facts.js'

interface RowOf {
  identity_map: IdentityRow
  people: PersonRow
  account_people: AccountPersonRow
  domains: DomainRow
}
type Table = keyof RowOf

export interface DomainRow {
  domain: string
  account: string
  state: '' | 'contested'
  claims: DomainMeaning['claims']
}

/** What stands: the content as text, and the version. */
export interface Present<Row> {
  row: Row
  text: string
  version: bigint
}
export type PresentRows<T extends Table> = Map<string, Present<RowOf[T]>>

interface Shape<T extends Table> {
  /** Columns after `project`, in the order of the row's properties. */
  columns: readonly (keyof RowOf[T] & string)[]
  /** The condition on {keys}. */
  where: string
  /** Columns that make the key, and what an absent row is written with. */
  key: (row: RowOf[T]) => string
  empty: (key: string) => RowOf[T]
}

const shapes: { [T in Table]: Shape<T> } = {
  identity_map: {
    columns: ['identifier', 'owners', 'state', 'contested'],
    where: 'identifier IN {keys: Array(String)}',
    key: ({ identifier }) => identifier,
    empty: (identifier) => ({ identifier, owners: [], state: '', contested: [] }),
  },
  people: {
    columns: ['person', 'identifiers', 'accounts'],
    where: 'person IN {keys: Array(String)}',
    key: ({ person }) => person,
    empty: (person) => ({ person, identifiers: [], accounts: [] }),
  },
  account_people: {
    columns: ['account', 'person', 'how', 'periods'],
    where: `(account, person) IN arrayMap(k -> JSONExtract(k, 'Tuple(String, String)'), {keys: Array(String)})`,
    key: accountPersonKey,
    empty: (key) => {
      const [account = '', person = ''] = JSON.parse(key) as string[]
      return { account, person, how: 'group', periods: [] }
    },
  },
  domains: {
    columns: ['domain', 'account', 'state', 'claims'],
    where: 'domain IN {keys: Array(String)}',
    key: ({ domain }) => domain,
    empty: (domain) => ({ domain, account: '', state: '', claims: [] }),
  },
}

export function accountPersonKey({ account, person }: { account: string; person: string }): string {
  return JSON.stringify([account, person])
}

export async function readPresent<T extends Table>(
  client: ClickHouseClient,
  project: string,
  table: T,
  keys: Iterable<string>,
): Promise<PresentRows<T>> {
  const { columns, where, key } = shapes[table]
  const query = `SELECT ${columns.join(', ')}, toString(version) FROM ${table} FINAL WHERE project = {project: String} AND ${where}`
  const found = await askByKeys<unknown[]>(client, query, [...keys], { project })
  const rows: PresentRows<T> = new Map()
  for (const values of found) {
    const row = Object.fromEntries(columns.map((name, index) => [name, values[index]])) as unknown as RowOf[T]
    rows.set(key(row), { row, text: textOf(row), version: BigInt(String(values[columns.length])) })
  }
  return rows
}

export interface Wanted<T extends Table> {
  derived: Iterable<readonly [string, Derived<RowOf[T]>]>
  present: PresentRows<T>
  epoch: bigint
  /** Also where only the number of facts rose: then the version is what a rebuild would write. */
  refresh: boolean
}

/** Lines for `table`, one a row that is different from what stands. */
export type Line<T extends Table> = RowOf[T] & { version: string; is_deleted: 0 | 1 }

export function differences<T extends Table>(
  table: T,
  { derived, present, epoch, refresh }: Wanted<T>,
): Line<T>[] {
  const lines: Line<T>[] = []
  for (const [key, { row, weight }] of derived) {
    const version = (epoch << 64n) + BigInt(weight)
    const there = present.get(key)
    if (row === undefined && there === undefined) continue
    if (there !== undefined && version < there.version) continue
    const isSame = row !== undefined && there !== undefined && textOf(row) === there.text
    if (isSame && !(refresh && version > there.version)) continue
    lines.push({
      ...(row ?? shapes[table].empty(key)),
      version: version.toString(),
      is_deleted: row === undefined ? 1 : 0,
    })
  }
  return lines
}

export async function writeLines(
  client: ClickHouseClient,
  project: string,
  table: Table,
  lines: readonly object[],
): Promise<void> {
  if (lines.length === 0) return
  await client.insert({
    table,
    format: 'JSONEachRow',
    values: lines.map((line) => ({ project, ...line })),
    clickhouse_settings: { date_time_input_format: 'best_effort', insert_deduplicate: 0 },
  })
}

const textOf = (row: object) => JSON.stringify(row)
