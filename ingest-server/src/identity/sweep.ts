/**
 * Everything there is, page by page in key order: for the slow rolling pass that heals what a look missed, and
 * for a rebuild. The derived tables are swept too, so that a row that no fact supports any longer goes.
 */
import type { ClickHouseClient } from '@clickhouse/client'

export interface SweepPage {
  /** Identifiers (`account:…` for accounts) by project. */
  byProject: Map<string, string[]>
  /** Where the next page begins; undefined after the last. */
  next: SweepPosition | undefined
}

/** Which table, and after which key. */
export interface SweepPosition {
  source: number
  after: [project: string, first: string, second: string]
}

export const sweepStart: SweepPosition = { source: 0, after: ['', '', ''] }

interface Source {
  table: string
  first: string
  second: string
  identifier: string
}

const sources: readonly Source[] = [
  { table: 'links', first: 'identifier', second: `''`, identifier: 'identifier' },
  { table: 'memberships', first: 'identifier', second: `''`, identifier: 'identifier' },
  { table: 'email_hosts', first: 'host', second: 'email', identifier: `concat('email:', email)` },
  { table: 'account_hosts', first: 'host', second: 'account', identifier: `concat('account:', account)` },
  { table: 'identity_map', first: 'identifier', second: `''`, identifier: 'identifier' },
  { table: 'people', first: 'person', second: `''`, identifier: 'person' },
]

export async function readSweepPage(
  client: ClickHouseClient,
  position: SweepPosition,
  limit: number,
): Promise<SweepPage> {
  const source = sources[position.source]
  if (!source) return { byProject: new Map(), next: undefined }
  const [project, first, second] = position.after
  const answer = await client.query({
    query: pageSql(source),
    query_params: { project, first, second, limit },
    format: 'JSONCompactEachRow',
    use_multipart_params: true,
  })
  const rows = await answer.json<[project: string, first: string, second: string, identifier: string]>()
  const byProject = new Map<string, string[]>()
  for (const [of, , , identifier] of rows) {
    const list = byProject.get(of)
    if (list) list.push(identifier)
    else byProject.set(of, [identifier])
  }
  const last = rows.at(-1)
  if (last && rows.length === limit)
    return { byProject, next: { source: position.source, after: [last[0], last[1], last[2]] } }
  const hasMore = position.source + 1 < sources.length
  return { byProject, next: hasMore ? { source: position.source + 1, after: ['', '', ''] } : undefined }
}

const pageSql = ({ table, first, second, identifier }: Source) => `
SELECT DISTINCT project, ${first}, ${second}, ${identifier}
FROM ${table}
WHERE (project, ${first}, ${second}) > ({project: String}, {first: String}, {second: String})
ORDER BY project, ${first}, ${second}
LIMIT {limit: UInt32}`
