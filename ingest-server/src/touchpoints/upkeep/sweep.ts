/**
 * All people, page by page, each once: those whom stitch knows, then subjects of events that belong to no other person,
 * then persons who only have touchpoints left. For the slow rolling pass that repairs what a look
 * missed, for the first filling of the table, and for a rebuild.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows } from '../../clickhouse/query.js'

/** Which source, and after which key of it. */
export interface SweepPosition {
  source: number
  after: [project: string, key: string]
}

export const sweepStart: SweepPosition = { source: 0, after: ['', ''] }

export interface SweepPage {
  people: { project: string; person: string }[]
  /** Where the next page begins; undefined after the last. */
  next: SweepPosition | undefined
}

interface Source {
  table: string
  /** What pages are ordered by, after the project, and what a position (text) is compared with. */
  key: string
  after: string
  person: string
  /** Only these of a page; the others came by with an earlier source. */
  isWanted: string
}

const sources: readonly Source[] = [
  { table: 'people', key: 'person', after: '{key: String}', person: 'person', isWanted: 'true' },
  {
    table: 'events',
    key: 'subject',
    after: '{key: String}',
    person: 'subject',
    isWanted: `(project, person) NOT IN (SELECT project, person FROM people FINAL WHERE (project, person) IN (SELECT project, person FROM page))
      AND (project, person) NOT IN (
        SELECT project, identifier FROM identity_map FINAL
        WHERE (project, identifier) IN (SELECT project, person FROM page)
          AND arrayExists(o -> isNull(o.from), owners) AND arrayExists(o -> isNull(o.to), owners))`,
  },
  {
    table: 'touchpoints_of_people',
    key: 'person_key',
    after: 'toUInt64OrZero({key: String})',
    person: 'person',
    isWanted: `(project, person) NOT IN (SELECT project, person FROM people WHERE (project, person) IN (SELECT project, person FROM page))
      AND (project, person) NOT IN (SELECT project, subject FROM events WHERE (project, subject) IN (SELECT project, person FROM page))`,
  },
]

export async function readSweepPage(
  client: ClickHouseClient,
  position: SweepPosition,
  limit: number,
): Promise<SweepPage> {
  const source = sources[position.source]
  if (!source) return { people: [], next: undefined }
  const [after, key] = position.after
  const named = { name: `touchpoints-sweep-${source.table}`, sql: pageSql(source) }
  const found = await queryRows<[project: string, key: string, person: string, isWanted: boolean]>(
    { client },
    named,
    { after, key, limit },
  )
  const people = found
    .filter(([, , , isWanted]) => isWanted)
    .map(([project, , person]) => ({ project, person }))
  const last = found.at(-1)
  if (last && found.length === limit)
    return { people, next: { source: position.source, after: [last[0], last[1]] } }
  const hasMore = position.source + 1 < sources.length
  return { people, next: hasMore ? { source: position.source + 1, after: ['', ''] } : undefined }
}

function pageSql({ table, key, after, person, isWanted }: Source): string {
  return `
WITH page AS (
  SELECT DISTINCT project, ${key} AS key, ${person} AS person
  FROM ${table}
  WHERE project >= {after: String} AND (project > {after: String} OR ${key} >= ${after})
    AND (project, ${key}) > ({after: String}, ${after})
  ORDER BY project, ${key}
  LIMIT {limit: UInt32}
)
SELECT project, toString(key), person, toBool(${isWanted})
FROM page
ORDER BY project, key`
}
