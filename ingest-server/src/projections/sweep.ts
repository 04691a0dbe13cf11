/**
 * Everything there is, page by page in key order: for the slow rolling pass that repairs what a look missed, and
 * for a rebuild. The derived tables are swept too, so that a row that no fact supports any longer goes.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows } from '../clickhouse/query.js'

export interface SweepPage {
  rows: SweepRow[]
  /** Where the next page begins; undefined after the last. */
  next: SweepPosition | undefined
}

export interface SweepRow {
  project: string
  /** An identifier, or `account:…`. */
  identifier: string
  /** An account of which the person may have a row. */
  account: string
}

/** Which table, and after which key. */
export interface SweepPosition {
  source: number
  after: [project: string, first: string, second: string]
}

export const sweepStart: SweepPosition = { source: 0, after: ['', '', ''] }

interface Source {
  table: string
  /** Key columns after `project`. */
  first: string
  second: string
  identifier: string
  account: string
  /** Only those without links: the rest came by with `links` already. */
  isRest: boolean
}

const none = `''`
const sources: readonly Source[] = [
  { table: 'links', first: 'identifier', second: none, identifier: 'first', account: none, isRest: false },
  {
    table: 'memberships',
    first: 'identifier',
    second: none,
    identifier: 'first',
    account: none,
    isRest: true,
  },
  {
    table: 'email_hosts',
    first: 'host',
    second: 'email',
    identifier: `concat('email:', second)`,
    account: none,
    isRest: true,
  },
  {
    table: 'account_hosts',
    first: 'host',
    second: 'account',
    identifier: `concat('account:', second)`,
    account: none,
    isRest: false,
  },
  {
    table: 'identity_map',
    first: 'identifier',
    second: none,
    identifier: 'first',
    account: none,
    isRest: true,
  },
  { table: 'people', first: 'person', second: none, identifier: 'first', account: none, isRest: true },
  {
    table: 'account_people',
    first: 'account',
    second: 'person',
    identifier: 'second',
    account: 'first',
    isRest: false,
  },
]

export async function readSweepPage(
  client: ClickHouseClient,
  position: SweepPosition,
  limit: number,
): Promise<SweepPage> {
  const source = sources[position.source]
  if (!source) return { rows: [], next: undefined }
  const [project, first, second] = position.after
  const named = { name: `sweep-${source.table}`, sql: pageSql(source) }
  const found = await queryRows<PageRow>({ client }, named, { project, first, second, limit })
  const rows = found
    .filter(([, , , , , isWanted]) => isWanted)
    .map(([of, , , identifier, account]) => ({ project: of, identifier, account }))
  const last = found.at(-1)
  if (last && found.length === limit)
    return { rows, next: { source: position.source, after: [last[0], last[1], last[2]] } }
  const hasMore = position.source + 1 < sources.length
  return { rows, next: hasMore ? { source: position.source + 1, after: ['', '', ''] } : undefined }
}

type PageRow = [
  project: string,
  first: string,
  second: string,
  identifier: string,
  account: string,
  isWanted: boolean,
]

function pageSql({ table, first, second, identifier, account, isRest }: Source): string {
  const page = `
    SELECT DISTINCT project, ${first} AS first, ${second} AS second
    FROM ${table}
    WHERE project >= {project: String} AND (project > {project: String} OR ${first} >= {first: String})
      AND (project, ${first}, ${second}) > ({project: String}, {first: String}, {second: String})
    ORDER BY project, first, second
    LIMIT {limit: UInt32}`
  const linked = `
    SELECT DISTINCT project, identifier FROM links
    WHERE (project, identifier) IN (SELECT project, ${identifier} FROM (${page}))`
  return `
    SELECT project, first, second, ${identifier} AS identifier, ${account} AS account,
      ${isRest ? `(project, identifier) NOT IN (${linked})` : 'true'} AS is_wanted
    FROM (${page})
    ORDER BY project, first, second`
}
