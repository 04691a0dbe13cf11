/**
 * Events for forming touchpoints of many people at once: every copy that is stored, by the primary key alone and
 * without FINAL, which costs seven times as much; the scope keeps the first received copy of each. Robots too: which
 * copy counts is decided before they are left out.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows } from '../clickhouse/query.js'
import { narrowNames, narrowSql, toObject, type Row } from './row.js'

export type CopyRow = Row & { properties: string }

// An amount stands in the properties; without such a word in them they stay where they are.
const moneySql = `if(kind != '' OR type = 'track', if(multiSearchAny(properties, ['"revenue"', '"value"', '"total"', '"amount"']), properties, ''), '')`

const names = [...narrowNames, 'properties']

const copiesSql = `
SELECT ${narrowSql}, ${moneySql}
FROM events
PREWHERE project = {project: String} AND subject IN {subjects: Array(String)}
LIMIT {limit: UInt32}`

export async function readCopies(
  source: { client: ClickHouseClient; project: string },
  { subjects, limit }: { subjects: readonly string[]; limit: number },
): Promise<CopyRow[]> {
  const named = { name: 'touchpoints-events', splitBy: 'subjects', sql: copiesSql }
  const rows = await queryRows(source, named, { subjects, limit })
  return rows.map((values) => toObject(names, values) as CopyRow)
}
