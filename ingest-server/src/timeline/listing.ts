/** What a timeline can list, and what of it was asked for. */
import type { Reader } from '../clickhouse/query.js'
import type { Position } from './cursor.js'
import { keepFirstOccurrences } from '../touchpoints/first-occurrences.js'
import type { Row, RowsWanted } from '../touchpoints/rows.js'
import { summaryOf, type Summary } from './summary.js'
import { byTime, compareText, receiptKey } from '../touchpoints/event-order.js'
import type { PlacedRow, Touchpoint } from '../touchpoints/touchpoint.js'
import { keyOf, rowsOf, touchpointsFrom } from '../touchpoints/touchpoints.js'

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

/** What is listed: touchpoints, or the events themselves. */
export interface Listing<Item> {
  /** All items formed of these events, oldest first. */
  itemsOf: (events: readonly PlacedRow[]) => Item[]
  positionOf: (item: Item) => Position
  isWanted: (item: Item, query: TimelineQuery) => boolean
  accountsOf: (item: Item) => readonly string[]
  /** The events whose wide columns it needs to be shown. */
  rowsOf: (item: Item) => readonly Row[]
  summaryOf: ((items: readonly Item[]) => Summary) | undefined
  /** How far beyond a window events must be read to form what begins in it. */
  reachMs: number
  /** Takes out of a window what only a look at everything shows to be there already. */
  settle: (reader: Reader, wanted: RowsWanted, items: Item[]) => Promise<Item[]>
}

const isOfChannel = (channel: string, { channels }: TimelineQuery) =>
  channels === undefined || channels.includes(channel)

export const touchpoints: Listing<Touchpoint> = {
  itemsOf: touchpointsFrom,
  positionOf: (touchpoint) => ({ at: touchpoint.at, key: keyOf(touchpoint) }),
  isWanted: ({ kind, acquisition }, query) =>
    isOfChannel(acquisition.channel, query) && (query.kinds === undefined || query.kinds.includes(kind)),
  accountsOf: ({ accounts }) => accounts,
  rowsOf,
  summaryOf,
  // Of a longer visit in a very large timeline only this much is read.
  reachMs: 3 * 60 * 60_000,
  settle: keepFirstOccurrences,
}

export const plainEvents: Listing<PlacedRow> = {
  itemsOf: (events) => [...events].sort((a, b) => byTime(a.row, b.row)),
  positionOf: ({ row }) => ({ at: row.at, key: receiptKey(row) }),
  isWanted: ({ row }, query) => isOfChannel(row.channel, query),
  accountsOf: ({ accounts }) => accounts,
  rowsOf: ({ row }) => [row],
  summaryOf: undefined,
  reachMs: 0,
  settle: async (_reader, _wanted, events) => events,
}

const inOrder = (a: Position, b: Position) => a.at - b.at || compareText(a.key, b.key)

/** In the asked time, of the asked kind, and after the page before. */
export function isListed<Item>(
  item: Item,
  query: TimelineQuery,
  { isWanted, positionOf }: Listing<Item>,
): boolean {
  const position = positionOf(item)
  const { from = -Infinity, to = Infinity, order, after } = query
  if (position.at < from || position.at >= to || !isWanted(item, query)) return false
  return !after || (order === 'asc' ? 1 : -1) * inOrder(position, after) > 0
}
