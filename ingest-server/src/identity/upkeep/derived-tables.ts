/**
 * The tables that stitch derives: reading the present rows, and writing those that differ. A row is written only if
 * its content changed and nobody who had read more facts wrote it; ClickHouse settles the rest, for of several
 * rows the one with the highest version is read.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import type { DomainMeaning } from '../rules/accounts.js'
import type { AccountPersonRow, Derived, IdentityRow, PersonRow } from './derive.js'
import { queryRows, type NamedQuery } from '../../clickhouse/query.js'
import { withFewThreads } from '../facts/facts.js'

export interface RowOf {
  identity_map: IdentityRow
  people: PersonRow
  account_people: AccountPersonRow
  domains: DomainRow
}
export type Table = keyof RowOf

export interface DomainRow {
  domain: string
  account: string
  state: '' | 'contested'
  claims: DomainMeaning['claims']
}

/** A present row: its content as text, and its version. */
export interface Present<Row> {
  row: Row
  text: string
  version: bigint
}
export type PresentRows<T extends Table> = Map<string, Present<RowOf[T]>>

interface Shape<T extends Table> {
  /** Columns after `project`, in the order of the row's properties. */
  columns: readonly (keyof RowOf[T] & string)[]
  keyColumns: readonly string[]
  /** The condition on {keys}, or on what `params` makes of them. */
  where: string
  params?: (keys: readonly string[]) => Record<string, unknown>
  /** Columns that make the key, and what an absent row is written with. */
  key: (row: RowOf[T]) => string
  empty: (key: string) => RowOf[T]
}

const shapes: { [T in Table]: Shape<T> } = {
  identity_map: {
    columns: ['identifier', 'owners', 'state', 'contested'],
    keyColumns: ['identifier'],
    where: 'identifier IN {keys: Array(String)}',
    key: ({ identifier }) => identifier,
    empty: (identifier) => ({ identifier, owners: [], state: '', contested: [] }),
  },
  people: {
    columns: ['person', 'identifiers', 'accounts'],
    keyColumns: ['person'],
    where: 'person IN {keys: Array(String)}',
    key: ({ person }) => person,
    empty: (person) => ({ person, identifiers: [], accounts: [] }),
  },
  account_people: {
    columns: ['account', 'person', 'how', 'periods', 'verified'],
    keyColumns: ['account', 'person'],
    // More pairs than were asked for; of those few rows are present.
    where: 'account IN {accounts: Array(String)} AND person IN {people: Array(String)}',
    params: (keys) => {
      const pairs = keys.map((key) => JSON.parse(key) as [account: string, person: string])
      return {
        accounts: [...new Set(pairs.map(([account]) => account))],
        people: [...new Set(pairs.map(([, person]) => person))],
      }
    },
    key: accountPersonKey,
    empty: (key) => {
      const [account = '', person = ''] = JSON.parse(key) as string[]
      return { account, person, how: 'group', periods: [], verified: false }
    },
  },
  domains: {
    columns: ['domain', 'account', 'state', 'claims'],
    keyColumns: ['domain'],
    where: 'domain IN {keys: Array(String)}',
    key: ({ domain }) => domain,
    empty: (domain) => ({ domain, account: '', state: '', claims: [] }),
  },
}

export function accountPersonKey({ account, person }: { account: string; person: string }): string {
  return JSON.stringify([account, person])
}

/** Reads and writes one project's rows. */
export interface DerivedTables {
  present: <T extends Table>(table: T, keys: Iterable<string>) => Promise<PresentRows<T>>
  /** The highest version that any row of a key has, one that is deleted too. */
  versions: (table: Table, keys: Iterable<string>) => Promise<ReadonlyMap<string, bigint>>
  write: <T extends Table>(table: T, lines: readonly Line<T>[]) => Promise<void>
}

export function openDerivedTables(client: ClickHouseClient, project: string): DerivedTables {
  const rowsOf = <Row extends unknown[]>(named: NamedQuery, keys: readonly string[]) =>
    queryRows<Row>({ client, project }, withFewThreads(named, keys), { keys })
  return {
    async present(table, keys) {
      const { columns, where, params } = shapes[table]
      const wanted = new Set(keys)
      const named: NamedQuery = {
        name: `derived-${table}`,
        splitBy: 'keys',
        along: (some) => params?.(some) ?? {},
        sql: `
        SELECT ${columns.join(', ')}, toString(version)
        FROM ${table} FINAL
        WHERE project = {project: String} AND ${where}`,
      }
      const found = await rowsOf(named, [...wanted])
      return toPresent(table, found, wanted)
    },
    async versions(table, keys) {
      const { keyColumns, where, params } = shapes[table]
      const named: NamedQuery = {
        name: `versions-of-${table}`,
        splitBy: 'keys',
        along: (some) => params?.(some) ?? {},
        sql: `
        SELECT toJSONString(tuple(${keyColumns.join(', ')})), toString(max(version))
        FROM ${table}
        WHERE project = {project: String} AND ${where}
        GROUP BY ${keyColumns.join(', ')}`,
      }
      const found = await rowsOf<[key: string, version: string]>(named, [...keys])
      return new Map(
        found.map(([key, version]) => {
          const parts = JSON.parse(key) as string[]
          return [parts.length === 1 ? (parts[0] ?? '') : JSON.stringify(parts), BigInt(version)]
        }),
      )
    },
    async write(table, lines) {
      if (lines.length === 0) return
      await client.insert({
        table,
        format: 'JSONEachRow',
        values: lines.map((line) => ({ project, ...line })),
        clickhouse_settings: { date_time_input_format: 'best_effort', insert_deduplicate: 0 },
      })
    },
  }
}

function toPresent<T extends Table>(
  table: T,
  found: readonly unknown[][],
  wanted: ReadonlySet<string>,
): PresentRows<T> {
  const { columns, key } = shapes[table]
  const rows: PresentRows<T> = new Map()
  for (const values of found) {
    const row = Object.fromEntries(columns.map((name, index) => [name, values[index]])) as unknown as RowOf[T]
    if (!wanted.has(key(row))) continue
    rows.set(key(row), { row, text: textOf(row), version: BigInt(String(values[columns.length])) })
  }
  return rows
}

export const keyOf = <T extends Table>(table: T, row: RowOf[T]): string => shapes[table].key(row)

export interface Wanted<T extends Table> {
  derived: Iterable<readonly [string, Derived<RowOf[T]>]>
  present: PresentRows<T>
  epoch: bigint
  /** Where given, a row that should not be is written as deleted even if none stands, above these. */
  versions?: ReadonlyMap<string, bigint>
  /** Also over a row of a higher version, by one still higher. */
  repair: boolean
}

export type Line<T extends Table> = RowOf[T] & { version: string; is_deleted: 0 | 1 }

/**
 * Lines for `table`, one a row that says something else or of which more is known. The latter matters: if a row
 * that comes out the same kept its old version, a stitcher that read less in between could still replace it.
 */
export function differences<T extends Table>(
  table: T,
  { derived, present, versions, epoch, repair }: Wanted<T>,
): Line<T>[] {
  const lines: Line<T>[] = []
  for (const [key, { row, weight }] of derived) {
    const there = present.get(key)
    const isSame = row !== undefined && there !== undefined && textOf(row) === there.text
    let version = (epoch << 64n) + weight
    if (row === undefined && there === undefined) {
      if (versions === undefined || (versions.get(key) ?? -1n) >= version) continue
    }
    if (there !== undefined && isSame && version <= there.version) continue
    if (there !== undefined && version < there.version) {
      if (!repair) continue
      version = there.version + 1n
    }
    lines.push({
      ...(row ?? shapes[table].empty(key)),
      version: version.toString(),
      is_deleted: row === undefined ? 1 : 0,
    })
  }
  return lines
}

const textOf = (row: object) => JSON.stringify(row)
