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

type Source = { client: ClickHouseClient; project: string }

export async function readCopies(
  source: Source,
  { subjects, limit }: { subjects: readonly string[]; limit: number },
): Promise<CopyRow[]> {
  const named = { name: 'touchpoints-events', splitBy: 'subjects', sql: copiesSql }
  const rows = await queryRows(source, named, { subjects, limit })
  return rows.map((values) => toObject(names, values) as CopyRow)
}

const pageRows = 50_000
const pageSql = `
SELECT ${narrowSql}, ${moneySql}
FROM events
PREWHERE project = {project: String} AND subject = {subject: String}
  AND (client_time, message_id) > (parseDateTime64BestEffort({time: String}, 3, 'UTC'), {message: String})
ORDER BY client_time, message_id
LIMIT ${pageRows} WITH TIES`

/**
 * All of somebody who has more events than are read at once, in the order of the key. A text that comes again and again
 * (a path, a channel) is kept once: a million events take some 400 MB.
 */
export async function readAllCopies(source: Source, subjects: readonly string[]): Promise<CopyRow[]> {
  const known = new Map<unknown, unknown>()
  const once = (value: unknown) => {
    if (typeof value !== 'string' || value === '') return value
    const same = known.get(value)
    if (same === undefined && known.size < maxKnown) known.set(value, value)
    return same ?? value
  }
  const all: CopyRow[] = []
  for (const subject of subjects) {
    for (let after: CopyRow | undefined; ;) {
      const time = after?.clientTime ?? '1900-01-01 00:00:00.000'
      const params = { subject, time, message: after?.messageId ?? '' }
      const page = await queryRows(source, { name: 'touchpoints-events-page', sql: pageSql }, params)
      for (const values of page) all.push(toObject(names, values.map(once)) as CopyRow)
      after = all.at(-1)
      if (page.length < pageRows) break
    }
  }
  return all
}
const maxKnown = 100_000
