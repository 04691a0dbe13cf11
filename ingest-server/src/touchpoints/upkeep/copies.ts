/**
 * Events for forming touchpoints of many people at once: every copy that is stored, by the primary key alone and
 * without FINAL, which costs seven times as much; the scope keeps the first received copy of each. Robots too: which
 * copy counts is decided before they are left out.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows } from '../../clickhouse/query.js'
import { narrowNames, narrowSql, toObject, type Row } from '../row.js'

export type CopyRow = Row & { properties: string }

// An amount stands in the properties, which are read only where they hold one of these words.
const moneySql = `if(kind != '' OR type = 'track', if(multiSearchAny(properties, ['"revenue"', '"value"', '"total"', '"amount"']), properties, ''), '')`

const names = [...narrowNames, 'properties']

const ofSubjects = 'project = {project: String} AND subject IN {subjects: Array(String)}'
const since = "occurred_at >= {since: DateTime64(3, 'UTC')}"
const before = "occurred_at < {since: DateTime64(3, 'UTC')}"

const copiesSql = (condition: string) => `
SELECT ${narrowSql}, ${moneySql}
FROM events
PREWHERE ${ofSubjects}${condition}
LIMIT {limit: UInt32}`

type Source = { client: ClickHouseClient; project: string }

export interface CopiesWanted {
  subjects: readonly string[]
  /** Only events from this time on, in milliseconds, so that old granules are not unpacked. */
  from?: number | undefined
  limit: number
}

export async function readCopies(
  source: Source,
  { subjects, from, limit }: CopiesWanted,
): Promise<CopyRow[]> {
  const sql = copiesSql(from === undefined ? '' : ` AND ${since}`)
  const named = { name: 'touchpoints-events', splitBy: 'subjects', sql }
  const params = { subjects, limit, ...(from !== undefined && { since: new Date(from) }) }
  const rows = await queryRows(source, named, params)
  return rows.map((values) => toObject(names, values) as CopyRow)
}

/** An event from before a window that belongs together with one in it, however far apart. */
export interface EarlierTie {
  subject: string
  /** Empty where the event is no copy of a message in the window. */
  messageId: string
  /** Its own, in the window or not. */
  sessionId: string
  at: number
}

const recent = (column: string) => `(SELECT ${column} FROM events PREWHERE ${ofSubjects} AND ${since})`
const earlierTiesSql = `
SELECT subject, if(message_id IN ${recent('message_id')}, message_id, '') AS copy, session_id,
  toUnixTimestamp64Milli(min(occurred_at))
FROM events
PREWHERE ${ofSubjects} AND ${before}
WHERE message_id IN ${recent('message_id')} OR (session_id != '' AND session_id IN ${recent('session_id')})
GROUP BY subject, copy, session_id
LIMIT {limit: UInt32}`

/** Copies of messages and events of sessions that these subjects have both before and after `from`. */
export async function readEarlierTies(source: Source, { subjects, from, limit }: WindowWanted) {
  const named = { name: 'touchpoints-earlier-ties', sql: earlierTiesSql }
  const rows = await queryRows<[string, string, string, number]>(source, named, {
    subjects,
    limit,
    since: new Date(from),
  })
  return rows.map(([subject, messageId, sessionId, at]): EarlierTie => ({
    subject,
    messageId,
    sessionId,
    at,
  }))
}

export type WindowWanted = Omit<CopiesWanted, 'from'> & { from: number }

const earlierOnceEachSql = `
SELECT ${narrowSql}, ''
FROM events
PREWHERE ${ofSubjects} AND ${before}
WHERE message_id IN (SELECT message_id FROM events PREWHERE ${ofSubjects} AND type IN ('identify', 'group'))
LIMIT {limit: UInt32}`

/** Every copy before `from` of a message by which these subjects identified themselves or joined an account. */
export async function readEarlierOnceEach(source: Source, { subjects, from, limit }: WindowWanted) {
  const named = { name: 'touchpoints-earlier-firsts', splitBy: 'subjects', sql: earlierOnceEachSql }
  const rows = await queryRows(source, named, { subjects, limit, since: new Date(from) })
  return rows.map((values) => toObject(names, values) as CopyRow)
}

const mostPageRows = 50_000
const pageSql = `
SELECT ${narrowSql}, ${moneySql}
FROM events
PREWHERE project = {project: String} AND subject = {subject: String}
  AND (client_time, message_id) > (parseDateTime64BestEffort({time: String}, 3, 'UTC'), {message: String})
ORDER BY client_time, message_id
LIMIT {limit: UInt32} WITH TIES`

/**
 * All of somebody who has more events than are read at once, in the order of the key. A text that comes again and again
 * (a path, a channel) is kept once: a million events take some 400 MB.
 */
export async function readAllCopies(
  source: Source,
  { subjects, limit: most }: { subjects: readonly string[]; limit: number },
): Promise<CopyRow[]> {
  const limit = Math.min(most, mostPageRows)
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
      const params = { subject, time, message: after?.messageId ?? '', limit }
      const page = await queryRows(source, { name: 'touchpoints-events-page', sql: pageSql }, params)
      for (const values of page) all.push(toObject(names, values.map(once)) as CopyRow)
      after = all.at(-1)
      if (page.length < limit) break
    }
  }
  return all
}
const maxKnown = 100_000
