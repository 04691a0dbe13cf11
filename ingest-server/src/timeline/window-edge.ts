/** Where a window of a large timeline ends: the time so many events away. A guess, for the window itself is cut by occurred_at. */
import { queryRows, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { conditionsOf, type RowsWanted } from '../touchpoints/rows.js'
import type { Scope } from '../touchpoints/scope.js'
import type { Listing, TimelineQuery } from './listing.js'
import { edgeInTables } from './table-summary.js'

export interface Reading<Item> {
  reader: Reader
  scope: Scope
  query: TimelineQuery
  listing: Listing<Item>
  wanted: RowsWanted
}

// A visit has several events, so a page of touchpoints needs more of them than it lists.
export const eventsPerItem = 4

export interface EdgeWanted {
  isDescending: boolean
  begin: number
  events: number
}

// So many subjects are asked one by one, each in key order and only as far as needed; more are scanned.
const subjectsOneByOne = 8

/** The time that lies `events` events from `begin` on; undefined where there are fewer. */
export async function edgeOf<Item>(
  { reader, scope, query, listing, wanted }: Reading<Item>,
  edge: EdgeWanted,
): Promise<number | undefined> {
  const isInTables = listing.summaryOf !== undefined && query.asOf === undefined && !query.withBots
  if (isInTables && wanted.subjects.length > subjectsOneByOne) {
    const touchpoints = Math.ceil(edge.events / eventsPerItem)
    const found = await edgeInTables(reader, scope, { ...edge, touchpoints })
    if (found !== undefined) return found
  }
  const times =
    wanted.subjects.length <= subjectsOneByOne
      ? await Promise.all(wanted.subjects.map((subject) => edgeOfSubject(reader, subject, wanted, edge)))
      : [await scannedEdge(reader, wanted, edge)]
  const known = times.filter((time) => time !== undefined)
  if (known.length === 0) return undefined
  return edge.isDescending ? Math.max(...known) : Math.min(...known)
}

/**
 * By client_time, the key's own order: what counts is occurred_at, which differs by how wrong a clock was. So
 * this is a good guess only; the window itself is cut by occurred_at.
 */
async function edgeOfSubject(
  reader: Reader,
  subject: string,
  { withBots, receivedUntil }: RowsWanted,
  { isDescending, begin, events }: EdgeWanted,
): Promise<number | undefined> {
  const { sql, params } = conditionsOf({ withBots, receivedUntil })
  const past = isDescending ? '<' : '>='
  const bound = Number.isFinite(begin) ? ` AND client_time ${past} {begin: DateTime64(3, 'UTC')}` : ''
  const named: NamedQuery = {
    name: 'window-edge-of-subject',
    sql: `SELECT toUnixTimestamp64Milli(occurred_at) FROM events
     WHERE project = {project: String} AND subject = {subject: String}${bound}${sql}
     ORDER BY client_time ${isDescending ? 'DESC' : 'ASC'} LIMIT 1 OFFSET {events: UInt32}`,
  }
  const [row] = await queryRows(reader, named, {
    ...params,
    subject,
    events,
    ...(bound === '' ? {} : { begin: new Date(begin) }),
  })
  const time = row && Number(row[0])
  if (time === undefined || (isDescending ? time < begin : time > begin)) return time
  // A clock that was wrong by more than the window: look at the times themselves.
  return scannedEdge(
    reader,
    { subjects: [subject], withBots, receivedUntil, limit: 1 },
    { isDescending, begin, events },
  )
}

/** Exact, by reading one narrow column of everything there is of these subjects. */
async function scannedEdge(
  reader: Reader,
  wanted: RowsWanted,
  { isDescending, begin, events }: EdgeWanted,
): Promise<number | undefined> {
  const side = isDescending ? { to: begin } : { from: begin }
  const { sql, params } = conditionsOf({ ...wanted, ...(Number.isFinite(begin) ? side : {}) })
  // The nearest times of each part of the subjects; the one looked for is among them.
  const rows = await queryRows<[number]>(
    reader,
    {
      name: 'window-edge',
      splitBy: 'subjects',
      sql: `SELECT toUnixTimestamp64Milli(occurred_at) AS at FROM events
     WHERE project = {project: String} AND subject IN {subjects: Array(String)}${sql}
     ORDER BY occurred_at ${isDescending ? 'DESC' : 'ASC'} LIMIT {most: UInt32}`,
    },
    { ...params, subjects: wanted.subjects, most: events + 1 },
  )
  const times = rows.map(([at]) => at).sort((a, b) => (isDescending ? b - a : a - b))
  return times[events]
}
