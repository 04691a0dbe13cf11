/** One page of a timeline: reads the events of a scope, forms touchpoints, cuts out the page. */
import type { Reader } from './ask.js'
import type { Position } from './cursor.js'
import { readRows, readWide, readWideRows, type Row, type WideRow } from './rows.js'
import type { Placed, Scope } from './scope.js'
import { summaryOf, type Summary } from './summary.js'
import { keyOf, touchesFrom, type PlacedRow, type Touch } from './touches.js'

export interface TimelineQuery {
  from?: number | undefined
  to?: number | undefined
  asOf?: number | undefined
  channels?: readonly string[] | undefined
  kinds?: readonly string[] | undefined
  withBots: boolean
  order: 'asc' | 'desc'
  limit: number
  after?: Position | undefined
}

export interface Page<Item> {
  items: Item[]
  /** The wide columns of the shown events, by message id. */
  wide: ReadonlyMap<string, WideRow>
  next: Position | undefined
  /** False where there is no event at all, whatever the filters say. */
  hasEvents: boolean
}

export type TouchPage = Page<Touch> & { summary: Summary | undefined }
export interface PlacedEvent extends Placed {
  row: Row
}

// Below this the wide columns come along in one question; it covers nearly every person.
const fewRows = 2_000
// The reader's own cap on rows is 200,000.
const manyRows = 150_000

interface Loaded {
  events: PlacedRow[]
  wide: Map<string, WideRow> | undefined
}

async function load(reader: Reader, scope: Scope, query: TimelineQuery): Promise<Loaded> {
  const wanted = { subjects: scope.subjects, receivedUntil: query.asOf, withBots: query.withBots }
  const few = await readWideRows(reader, { ...wanted, limit: fewRows + 1 })
  if (few.length <= fewRows)
    return { events: place(scope, few), wide: new Map(few.map((row) => [row.messageId, row])) }
  return { events: place(scope, await readRows(reader, { ...wanted, limit: manyRows })), wide: undefined }
}

function place(scope: Scope, rows: readonly Row[]): PlacedRow[] {
  const events: PlacedRow[] = []
  for (const row of rows) {
    const placed = scope.place(row)
    if (placed) events.push({ ...placed, row })
  }
  return events
}

export async function readTouchPage(reader: Reader, scope: Scope, query: TimelineQuery): Promise<TouchPage> {
  const { events, wide } = await load(reader, scope, query)
  const touches = touchesFrom(events).filter((touch) => isWanted(touch, query))
  const { items, next } = cut(touches, (touch) => ({ at: touch.at, key: keyOf(touch) }), query)
  return {
    items,
    next,
    summary: query.after ? undefined : summaryOf(touches),
    wide:
      wide ??
      (await readWide(
        reader,
        items.map(({ lead }) => lead),
      )),
    hasEvents: events.length > 0,
  }
}

export async function readEventPage(
  reader: Reader,
  scope: Scope,
  query: TimelineQuery,
): Promise<Page<PlacedEvent>> {
  const { events, wide } = await load(reader, scope, query)
  const wanted = events.filter(({ row }) => isWithin(row.at, query) && isOfChannel(row.channel, query))
  const position = ({ row }: PlacedEvent) => ({ at: row.at, key: row.messageId })
  const ascending = wanted.sort((a, b) => inOrder(position(a), position(b)))
  const { items, next } = cut(ascending, position, query)
  return {
    items,
    next,
    wide:
      wide ??
      (await readWide(
        reader,
        items.map(({ row }) => row),
      )),
    hasEvents: events.length > 0,
  }
}

const isWithin = (at: number, { from, to }: TimelineQuery) =>
  (from === undefined || at >= from) && (to === undefined || at < to)
const isOfChannel = (channel: string, { channels }: TimelineQuery) =>
  channels === undefined || channels.includes(channel)

function isWanted({ at, kind, origin }: Touch, query: TimelineQuery): boolean {
  return (
    isWithin(at, query) &&
    isOfChannel(origin.channel, query) &&
    (query.kinds === undefined || query.kinds.includes(kind))
  )
}

const inOrder = (a: Position, b: Position) => a.at - b.at || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/** The page after the cursor's position, in the asked order. `ascending` is sorted by `inOrder`. */
function cut<Item>(
  ascending: readonly Item[],
  positionOf: (item: Item) => Position,
  { order, limit, after }: TimelineQuery,
): { items: Item[]; next: Position | undefined } {
  const direction = order === 'asc' ? 1 : -1
  const ordered = order === 'asc' ? ascending : [...ascending].reverse()
  const start = after ? ordered.findIndex((item) => direction * inOrder(positionOf(item), after) > 0) : 0
  if (start === -1) return { items: [], next: undefined }
  const items = ordered.slice(start, start + limit)
  const last = items.at(-1)
  const isLast = start + limit >= ordered.length
  return { items, next: isLast || last === undefined ? undefined : positionOf(last) }
}
