/**
 * A page of a timeline that is too large to be read whole. Events are read for a window of time that begins
 * where the page before ended; the window grows until the page is full. Narrow columns, by primary key, and
 * granules outside the window are skipped by the index on occurred_at.
 */
import { askRows, type Reader } from './ask.js'
import { isListed, type Listing, type TimelineQuery } from './listing.js'
import { conditionsOf, readRows, type RowsWanted } from './rows.js'
import type { Scope } from './scope.js'

// A visit has several events, so a page of touchpoints needs more of them than it lists.
const eventsPerItem = 4
const growth = 4
const mostEvents = 40_000
const mostRows = 100_000

/** Enough for the page and one more, oldest first; all there is where that is less. */
export async function readWindowed<Item>(
  reader: Reader,
  scope: Scope,
  query: TimelineQuery,
  listing: Listing<Item>,
): Promise<Item[]> {
  const { from = -Infinity, to = Infinity, order, after, limit } = query
  const wanted: RowsWanted = {
    subjects: scope.subjects,
    receivedUntil: query.asOf,
    withBots: query.withBots,
    limit: mostRows,
  }
  const isDescending = order === 'desc'
  // A cursor's own instant belongs to the next page too: its key decides.
  const first = isDescending
    ? Math.min(to, (after?.at ?? Infinity) + 1)
    : Math.max(from, after?.at ?? -Infinity)
  const found: Item[] = []
  let begin = first
  for (let events = (limit + 1) * eventsPerItem; ; events = Math.min(events * growth, mostEvents)) {
    const edge = await edgeOf(reader, wanted, { isDescending, begin, events })
    const low = isDescending ? Math.max(edge ?? -Infinity, from) : begin
    const high = isDescending ? begin : Math.min(edge ?? Infinity, to)
    const items = await readBetween(reader, { scope, wanted, listing, query, low, high })
    if (isDescending) found.unshift(...items)
    else found.push(...items)
    if (found.length > limit || edge === undefined || edge <= from || edge >= to) return found
    begin = edge
  }
}

interface Between<Item> {
  scope: Scope
  wanted: RowsWanted
  listing: Listing<Item>
  query: TimelineQuery
  low: number
  high: number
}

/** What begins in [low, high). */
async function readBetween<Item>(
  reader: Reader,
  { scope, wanted, listing, query, low, high }: Between<Item>,
): Promise<Item[]> {
  const { reachMs, itemsOf, positionOf, settle } = listing
  const rows = await readRows(reader, { ...wanted, from: low - reachMs, to: high + reachMs })
  const items = itemsOf(scope.placed(rows)).filter((item) => {
    const { at } = positionOf(item)
    return at >= low && at < high && isListed(item, query, listing)
  })
  return settle(reader, wanted, items)
}

interface EdgeWanted {
  isDescending: boolean
  begin: number
  events: number
}

// So many subjects are asked one by one, each in key order and only as far as needed; more are scanned.
const subjectsOneByOne = 8

/** The time that lies `events` events from `begin` on; undefined where there are fewer. */
async function edgeOf(reader: Reader, wanted: RowsWanted, edge: EdgeWanted): Promise<number | undefined> {
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
  const [row] = await askRows(
    reader,
    `SELECT toUnixTimestamp64Milli(occurred_at) FROM events
     WHERE project = {project: String} AND subject = {subject: String}${bound}${sql}
     ORDER BY client_time ${isDescending ? 'DESC' : 'ASC'} LIMIT 1 OFFSET {events: UInt32}`,
    { ...params, subject, events, ...(bound === '' ? {} : { begin: new Date(begin) }) },
  )
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
  const [row] = await askRows(
    reader,
    `SELECT toUnixTimestamp64Milli(occurred_at) FROM events
     WHERE project = {project: String} AND subject IN {subjects: Array(String)}${sql}
     ORDER BY occurred_at ${isDescending ? 'DESC' : 'ASC'} LIMIT 1 OFFSET {events: UInt32}`,
    { ...params, subjects: wanted.subjects, events },
  )
  return row && Number(row[0])
}
