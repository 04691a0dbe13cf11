/**
 * A page of a timeline that is too large to be read whole. Events are read for a window of time that begins
 * where the page before ended; the window grows until the page is full. By primary key, and granules outside
 * the window are skipped by the index on occurred_at. A later page knows from its cursor how long a window is
 * likely to fill it, so it usually takes one question.
 */
import { TouchlineError } from '../errors.js'
import { queryRows, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { isListed, type Listing, type TimelineQuery } from './listing.js'
import { edgeInTables } from './table-summary.js'
import {
  byRowKey,
  conditionsOf,
  readRows,
  readRowsOf,
  readRepeated,
  readWideRows,
  type Row,
  type RowsWanted,
  type WideRow,
} from '../touchpoints/rows.js'
import type { Scope } from '../touchpoints/scope.js'

// A visit has several events, so a page of touchpoints needs more of them than it lists.
const eventsPerItem = 4
const growth = 4
const mostEvents = 40_000
const mostRows = 100_000
// So many rows may bring their wide columns along.
const fewRows = 3_000
// The next page is read for a little longer than this one took, and rarely needs a second look.
const spare = 1.3

export interface Windowed<Item> {
  /** Enough for the page and one more, oldest first; all there is where that is less. */
  items: Item[]
  /** The wide columns, where they came along. */
  wide: Map<string, WideRow> | undefined
  /** How long a window would have been enough, for the next cursor. */
  windowMs: number
}

interface Window {
  low: number
  high: number
}

interface Reading<Item> {
  reader: Reader
  scope: Scope
  query: TimelineQuery
  listing: Listing<Item>
  wanted: RowsWanted
}

/**
 * The items of one page and at least one more, where there is one, so that the caller knows whether a page follows.
 *
 * `items` are oldest first whatever `query.order` is, and may be more than asked for: the caller cuts. Times and
 * `windowMs` are milliseconds. A window with 100,000 events or more is halved. Rejects with OVERLOADED where so
 * many have the same millisecond, and with what clickhouse/query throws.
 */
export async function readWindowed<Item>(
  reader: Reader,
  scope: Scope,
  query: TimelineQuery,
  listing: Listing<Item>,
): Promise<Windowed<Item>> {
  const { from = -Infinity, to = Infinity, order, after, limit } = query
  const wanted: RowsWanted = {
    subjects: scope.subjects,
    receivedUntil: query.asOf,
    withBots: query.withBots,
    limit: mostRows,
  }
  const reading = { reader, scope, query, listing, wanted }
  const isDescending = order === 'desc'
  // A cursor's own instant belongs to the next page too: its key decides.
  const first = isDescending
    ? Math.min(to, (after?.at ?? Infinity) + 1)
    : Math.max(from, after?.at ?? -Infinity)
  const windowTo = (edge: number | undefined, begin: number): Window =>
    isDescending
      ? { low: Math.max(edge ?? -Infinity, from), high: begin }
      : { low: begin, high: Math.min(edge ?? Infinity, to) }

  let found: Item[] = []
  const add = (items: readonly Item[]) => {
    found = isDescending ? [...items, ...found] : [...found, ...items]
  }
  let begin = first
  const guessed = after?.windowMs && windowTo(first + (isDescending ? -1 : 1) * after.windowMs, first)
  if (guessed) {
    const read = await readGuessed(reading, guessed)
    if (read) {
      add(read.items)
      begin = isDescending ? guessed.low : guessed.high
      if (found.length > limit || begin <= from || begin >= to)
        return {
          items: found,
          wide: read.wide,
          windowMs: windowFor(found.length, Math.abs(begin - first), limit),
        }
    }
  }
  for (let events = (limit + 1) * eventsPerItem; ; events = Math.min(events * growth, mostEvents)) {
    const edge = await edgeOf(reading, { isDescending, begin, events })
    add(await readBetween(reading, windowTo(edge, begin)))
    if (found.length > limit || edge === undefined || edge <= from || edge >= to) {
      const end = edge ?? begin
      return {
        items: found,
        wide: undefined,
        windowMs: windowFor(found.length, Math.abs(end - first), limit),
      }
    }
    begin = edge
  }
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

function windowFor(found: number, coveredMs: number, limit: number): number {
  // The first page may begin at no time at all.
  if (!Number.isFinite(coveredMs) || coveredMs === 0 || found === 0) return dayMs
  return Math.max(minuteMs, Math.round((coveredMs / found) * limit * spare))
}

/** Undefined where there is too much in the window for one question. */
async function readGuessed<Item>(reading: Reading<Item>, window: Window) {
  const { reader, wanted, listing } = reading
  const rows = await readWideRows(reader, { ...wanted, ...reach(window, listing), limit: fewRows + 1 })
  if (rows.length > fewRows) return undefined
  return { items: await beginningIn(reading, window, rows), wide: byRowKey(rows) }
}

/** What begins in [low, high). */
async function readBetween<Item>(reading: Reading<Item>, window: Window): Promise<Item[]> {
  const { reader, wanted, listing } = reading
  const rows = await readRows(reader, { ...wanted, ...reach(window, listing) })
  if (rows.length < mostRows) return beginningIn(reading, window, rows)
  const middle = Math.floor((window.low + window.high) / 2)
  if (!Number.isFinite(middle) || middle === window.low)
    throw new TouchlineError('OVERLOADED', 'Too much happened at one time. Ask with `from` and `to`.')
  const before = await readBetween(reading, { low: window.low, high: middle })
  return [...before, ...(await readBetween(reading, { low: middle, high: window.high }))]
}

const reach = ({ low, high }: Window, { reachMs }: { reachMs: number }) => ({
  from: low - reachMs,
  to: high + reachMs,
})

async function beginningIn<Item>(
  reading: Reading<Item>,
  { low, high }: Window,
  rows: readonly Row[],
): Promise<Item[]> {
  const { reader, scope, query, listing, wanted } = reading
  const all = await withEarlierCopies(reading, { low, high }, rows)
  const events = scope.placed(all).filter(({ row }) => query.withBots || !row.isBot)
  const items = listing.itemsOf(events).filter((item) => {
    const { at } = listing.positionOf(item)
    const isShown = scope.isShown(listing.accountsOf(item))
    return at >= low && at < high && isShown && isListed(item, query, listing)
  })
  return listing.settle(reader, wanted, items)
}

/** The first received copy of a re-sent event counts, and may lie outside the window: then it takes the others' place. */
async function withEarlierCopies<Item>(
  { reader, listing, wanted }: Reading<Item>,
  window: Window,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  if (rows.length === 0) return rows
  const repeated = await readRepeated(reader, { ...wanted, ...reach(window, listing) }, rows)
  if (repeated.size === 0) return rows
  const copies = await readRowsOf(reader, wanted, [...repeated])
  return [...rows.filter(({ messageId }) => !repeated.has(messageId)), ...copies]
}

interface EdgeWanted {
  isDescending: boolean
  begin: number
  events: number
}

// So many subjects are asked one by one, each in key order and only as far as needed; more are scanned.
const subjectsOneByOne = 8

/** The time that lies `events` events from `begin` on; undefined where there are fewer. */
async function edgeOf<Item>(
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
