/**
 * A page of a timeline that is too large to be read whole. Events are read for a window of time that begins
 * where the page before ended; the window grows until the page is full. By primary key, and granules outside
 * the window are skipped by the index on occurred_at. A later page knows from its cursor how long a window is
 * likely to fill it, so it usually takes one question.
 */
import { TouchlineError } from '../errors.js'
import type { Reader } from '../clickhouse/query.js'
import { isListed, type Listing, type TimelineQuery } from './listing.js'
import { edgeOf, eventsPerItem, type Reading } from './window-edge.js'
import {
  byRowKey,
  readRows,
  readRowsOf,
  readRepeated,
  readWideRows,
  type Row,
  type RowsWanted,
  type WideRow,
} from '../touchpoints/rows.js'
import type { Scope } from '../touchpoints/scope.js'
import { minuteMs, dayMs } from '../units.js'

const growth = 4
const manySubjects = 100
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
    const window = windowTo(edge, begin)
    // Events that stand in so many places cost as much to find as to read: their wide columns come along.
    const isFirst = found.length === 0
    const whole = scope.subjects.length > manySubjects ? await readGuessed(reading, window) : undefined
    add(whole?.items ?? (await readBetween(reading, window)))
    if (found.length > limit || edge === undefined || edge <= from || edge >= to) {
      const end = edge ?? begin
      return {
        items: found,
        wide: isFirst ? whole?.wide : undefined,
        windowMs: windowFor(found.length, Math.abs(end - first), limit),
      }
    }
    begin = edge
  }
}

function windowFor(found: number, coveredMs: number, limit: number): number {
  // The first page may begin at no time at all.
  if (!Number.isFinite(coveredMs) || coveredMs === 0 || found === 0) return dayMs
  return Math.max(minuteMs, Math.round((coveredMs / found) * limit * spare))
}

/** Undefined where there is too much in the window for one question. */
async function readGuessed<Item>(reading: Reading<Item>, window: Window) {
  const { reader, wanted, listing } = reading
  const asked = readWideRows(reader, { ...wanted, ...reach(window, listing), limit: fewRows + 1 })
  const repeated = askRepeated(reading, window, asked)
  const rows = await asked
  if (rows.length > fewRows) return undefined
  const items = await beginningIn(reading, window, { rows, repeated })
  // The copy that counts may lie outside the window.
  return { items, wide: (await repeated).size === 0 ? byRowKey(rows) : undefined }
}

/** What begins in [low, high). */
async function readBetween<Item>(reading: Reading<Item>, window: Window): Promise<Item[]> {
  const { reader, wanted, listing } = reading
  const asked = readRows(reader, { ...wanted, ...reach(window, listing) })
  const repeated = askRepeated(reading, window, asked)
  const rows = await asked
  if (rows.length < mostRows) return beginningIn(reading, window, { rows, repeated })
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

interface ReadRows {
  rows: readonly Row[]
  repeated: Promise<Set<string>>
}

/** Which messages have several rows: asked for beside the window's rows, not after them. */
function askRepeated<Item>(
  { reader, wanted, listing }: Reading<Item>,
  window: Window,
  rows: Promise<readonly Row[]>,
): Promise<Set<string>> {
  const repeated = readRepeated(reader, { ...wanted, ...reach(window, listing) }, rows)
  // Where the window turns out to be too large nobody waits for it.
  repeated.catch(() => undefined)
  return repeated
}

async function beginningIn<Item>(
  reading: Reading<Item>,
  { low, high }: Window,
  read: ReadRows,
): Promise<Item[]> {
  const { reader, scope, query, listing, wanted } = reading
  const all = await withEarlierCopies(reading, read)
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
  { reader, wanted }: Reading<Item>,
  read: ReadRows,
): Promise<readonly Row[]> {
  const { rows } = read
  const repeated = await read.repeated
  if (repeated.size === 0) return rows
  const copies = await readRowsOf(reader, wanted, [...repeated])
  return [...rows.filter(({ messageId }) => !repeated.has(messageId)), ...copies]
}
