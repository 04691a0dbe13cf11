/**
 * One page of a timeline: reads the events of a scope, forms what is listed, cuts out the page.
 *
 *     up to 2,000 events     everything in one question, wide columns included
 *     up to 50,000 events    the first page reads all of them, narrow, for the summary is of all of them
 *     a widely spread account, whose events stand in so many places: a window, and the summary from the table
 *     else, and every later page of what has more than 2,000: a window of time around the page (window.ts)
 */
import type { Reader } from '../clickhouse/query.js'
import type { Position } from './cursor.js'
import { isListed, type Listing, type TimelineQuery } from './listing.js'
import { roughSummary } from './rough-summary.js'
import {
  byRowKey,
  countRows,
  readRows,
  readWide,
  readWideRows,
  readWideRowsNamed,
  type Row,
  type WideRow,
} from '../touchpoints/rows.js'
import type { Scope } from '../touchpoints/scope.js'
import type { Summary } from './summary.js'
import { tableSummary } from './table-summary.js'
import { readWindowed, type Windowed } from './window.js'

export interface Page<Item> {
  items: readonly Item[]
  /** The wide columns of the shown events, by `rowKey`. */
  wide: ReadonlyMap<string, WideRow>
  next: Position | undefined
  /** False where there is no event at all, whatever the filters say. */
  hasEvents: boolean
  /** Of touchpoints, with the first page. */
  summary: Summary | undefined
}

export interface Sizes {
  /** Up to here the wide columns come along. It covers nearly every person. */
  few: number
  /** Up to here a first page reads everything: half a second, for a large account. Robots have more. */
  many: number
}
const usualSizes: Sizes = { few: 2_000, many: 50_000 }

interface PageOptions {
  sizes?: Sizes
  /** The scope's events, where somebody already asked for them: `readEarly`. */
  early?: Promise<WideRow[]> | undefined
}

/**
 * Asks for a person's events while it is still being found out who that is, which is the person so named nearly
 * always. What is stitched in the same instant may be missing, as if it had been asked an instant earlier.
 */
export function readEarly(reader: Reader, names: readonly string[], query: TimelineQuery) {
  if (query.asOf !== undefined || query.after?.windowMs !== undefined) return undefined
  const rows = readWideRowsNamed(reader, names, { limit: usualSizes.few + 1 })
  // Where it turns out to be of no use nobody waits for it, nor for its failure.
  rows.catch(() => undefined)
  return rows
}

/**
 * One page of a timeline, `query.limit` items at most, in `query.order`. A scope of up to `sizes.many` events is
 * read whole; a larger one by windows of time (window.ts), with a summary from the table of touchpoints or a rough one.
 *
 * Times (`from`, `to`, `asOf`, `after.at`) are milliseconds since 1970. `next` is the cursor of the following page,
 * undefined on the last; the summary comes with the first page only (`after` undefined). Rejects with what
 * readWindowed and clickhouse/query throw.
 */
export async function readPage<Item>(
  reader: Reader,
  scope: Scope,
  query: TimelineQuery,
  listing: Listing<Item>,
  { sizes = usualSizes, early }: PageOptions = {},
): Promise<Page<Item>> {
  // Robots too: which copy of a re-sent event counts is decided before they are left out.
  const wanted = { subjects: scope.subjects, receivedUntil: query.asOf }
  if (query.after?.windowMs !== undefined) return readLargePage(reader, scope, query, listing)
  const isWidelySpread = scope.subjects.length > spreadSubjects
  if (!isWidelySpread) {
    const few = (await early) ?? (await readWideRows(reader, { ...wanted, limit: sizes.few + 1 }))
    if (few.length <= sizes.few) {
      return { ...pageOfAll(scope, few, { query, listing }), wide: byRowKey(few) }
    }
  }
  const isTooMuch = !isWidelySpread && (await countRows(reader, wanted)) > sizes.many
  if (isTooMuch || listing.summaryOf === undefined) return readLargePage(reader, scope, query, listing)
  if (isWidelySpread) {
    // Asked for side by side; where the tables know nothing yet the window is of no use.
    const windowed = readWindowed(reader, scope, query, listing)
    windowed.catch(() => undefined)
    const known = await tableSummary(reader, scope, query)
    if (known) return readLargePage(reader, scope, query, listing, { known, windowed })
  }
  const rows = await readRows(reader, { ...wanted, limit: sizes.many + 1 })
  if (rows.length > sizes.many) return readLargePage(reader, scope, query, listing)
  const page = pageOfAll(scope, rows, { query, listing })
  return {
    ...page,
    next: page.next && { ...page.next, windowMs: lengthOf(page.items, listing) },
    wide: await wideOf(reader, page.items, listing),
  }
}

// So many subjects cost the most by themselves, a granule each: they are read once, not tried first.
const spreadSubjects = 100

/** From the first to the last that is listed: a guess at how long the next page is. */
function lengthOf<Item>(items: readonly Item[], { positionOf }: Listing<Item>): number {
  const times = items.map((item) => positionOf(item).at)
  return Math.max(60_000, Math.abs((times[0] ?? 0) - (times.at(-1) ?? 0)))
}

function pageOfAll<Item>(
  scope: Scope,
  rows: readonly Row[],
  { query, listing }: { query: TimelineQuery; listing: Listing<Item> },
) {
  const events = scope.placed(rows).filter(({ row }) => query.withBots || !row.isBot)
  const all = listing
    .itemsOf(events)
    .filter((item) => scope.isShown(listing.accountsOf(item)) && isListed(item, query, listing))
  return {
    ...cut(all, query, listing),
    summary: query.after ? undefined : listing.summaryOf?.(all),
    hasEvents: events.some(({ accounts }) => scope.isShown(accounts)),
  }
}

interface Asked<Item> {
  known?: Summary
  windowed?: Promise<Windowed<Item>>
}

async function readLargePage<Item>(
  reader: Reader,
  scope: Scope,
  query: TimelineQuery,
  listing: Listing<Item>,
  { known, windowed }: Asked<Item> = {},
): Promise<Page<Item>> {
  const summarise = async () =>
    known ?? (await tableSummary(reader, scope, query)) ?? (await roughSummary(reader, scope, query))
  const [{ items, wide, windowMs }, summary] = await Promise.all([
    windowed ?? readWindowed(reader, scope, query, listing),
    listing.summaryOf && !query.after ? summarise() : undefined,
  ])
  const page = cut(items, query, listing)
  return {
    items: page.items,
    next: page.next && { ...page.next, windowMs },
    summary,
    wide: wide ?? (await wideOf(reader, page.items, listing)),
    hasEvents: true,
  }
}

const wideOf = <Item>(reader: Reader, items: readonly Item[], { rowsOf }: Listing<Item>) =>
  readWide(reader, items.flatMap(rowsOf))

/** The first of these in the asked order. `ascending` is oldest first. */
function cut<Item>(
  ascending: readonly Item[],
  { order, limit }: TimelineQuery,
  { positionOf }: Listing<Item>,
): { items: Item[]; next: Position | undefined } {
  const items = order === 'asc' ? ascending.slice(0, limit) : ascending.slice(-limit).reverse()
  const last = items.at(-1)
  return { items, next: last === undefined || ascending.length <= limit ? undefined : positionOf(last) }
}
