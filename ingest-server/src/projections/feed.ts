/**
 * What changed since the last look, from a table that materialized views fill. `stored_at` is ClickHouse's time, one
 * for each block of rows, and a block can be seen a little after its own time; so each look goes back over an overlap
 * and compares how many rows each instant has with how many were worked in. With nothing new a look is one query of
 * no rows. Should ClickHouse's clock go back, the next look begins before where it went to.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows } from '../clickhouse/query.js'

export interface Instant {
  storedAt: string
  rows: number
}

export interface Look {
  /** ClickHouse's time. */
  now: string
  /** Instants with rows that were not worked in, oldest first. */
  fresh: Instant[]
  /** Age of the oldest of `fresh` by ClickHouse's clock, 0 without any. */
  lagSeconds: number
  /** Once all of `fresh` is worked in, everything up to here is: the time of the look, or less where it was full. */
  until: string
  /** How often the feed had gone back when it looked. */
  round: number
}

export interface Feed<Row> {
  /**
   * Whatever was stored from `until` on is looked at again. Null: from the beginning. A look that is being worked in then
   * settles nothing any more: what it skipped may be what the feed goes back for.
   */
  goBackTo: (until: string | null) => void
  look: () => Promise<Look>
  /** The rows of these instants, in pages. */
  pages: (instants: readonly Instant[]) => AsyncGenerator<Row[]>
  /** `done`, some of the look's instants, are worked in. */
  settle: (look: Look, done: readonly Instant[]) => void
  /** Everything stored until then is worked in. */
  settledUntil: () => string
}

export interface FeedSource<Row> {
  client: ClickHouseClient
  table: string
  /** Of the table, besides `stored_at`; together they say in which order pages come. */
  columns: readonly string[]
  toRow: (values: readonly unknown[]) => Row
  overlapMs: number
  pageRows?: number
}

/** More than an overlap has milliseconds, or a full look would see the same instants again for ever. */
const maxInstants = 20_000
const beginning = '1970-01-01T00:00:00.000Z'

export function openFeed<Row>(source: FeedSource<Row>): Feed<Row> {
  const { client, table, overlapMs } = source
  const settled = new Map<string, number>()
  let until: string | undefined
  let round = 0
  // Undefined where another process looked before.
  let lookedAt: number | undefined

  const instantsSince = (since: string) => readInstants(client, table, since)

  return {
    goBackTo(time) {
      const back = time ?? beginning
      until = until === undefined || back < until ? back : until
      settled.clear()
      lookedAt = undefined
      round += 1
    },
    async look() {
      const startedAt = performance.now()
      let { now, instants } = await instantsSince(earlier((until ??= beginning), overlapMs))
      if (now < until) {
        // The clock went back since the last look: what came meanwhile may bear a time from before that.
        const known = lookedAt === undefined ? undefined : performance.now() - lookedAt
        until = earlier(now, known ?? (now < earlier(until, overlapMs) ? Infinity : 0))
        ;({ now, instants } = await instantsSince(earlier(until, overlapMs)))
      }
      lookedAt = startedAt
      const fresh = instants
        .filter(([storedAt, rows]) => settled.get(storedAt) !== rows)
        .map(([storedAt, rows]) => ({ storedAt, rows }))
      const look: Look = {
        now,
        fresh,
        lagSeconds: Math.max(0, Date.parse(now) - Date.parse(fresh[0]?.storedAt ?? now)) / 1_000,
        until: (instants.length < maxInstants ? undefined : instants.at(-1)?.[0]) ?? now,
        round,
      }
      if (fresh.length === 0) until = look.until
      return look
    },
    pages: (wanted) => pagesOf(source, wanted),
    settle(look, done) {
      if (look.round !== round) return
      for (const { storedAt, rows } of done) settled.set(storedAt, rows)
      const open = look.fresh.find(({ storedAt, rows }) => settled.get(storedAt) !== rows)
      until = open ? earlierOf(open.storedAt, until ?? open.storedAt) : look.until
      const forgotten = earlier(until, 2 * overlapMs)
      for (const storedAt of settled.keys()) if (storedAt < forgotten) settled.delete(storedAt)
    },
    settledUntil: () => until ?? beginning,
  }
}

async function* pagesOf<Row>(source: FeedSource<Row>, wanted: readonly Instant[]): AsyncGenerator<Row[]> {
  const { client, table, columns, toRow, pageRows = 20_000 } = source
  const named = { name: `${table}-page`, sql: pageSql(table, columns, pageRows) }
  for (const instants of togetherUpTo(pageRows, wanted)) {
    const rows = instants.reduce((sum, instant) => sum + instant.rows, 0)
    for (let offset = 0; offset < rows; offset += pageRows) {
      const found = await queryRows({ client }, named, {
        first: instants[0]?.storedAt,
        last: instants.at(-1)?.storedAt,
        instants: instants.map(({ storedAt }) => Date.parse(storedAt)),
        offset,
      })
      yield found.map(toRow)
    }
  }
}

async function readInstants(client: ClickHouseClient, table: string, since: string) {
  const named = { name: `${table}-look`, sql: lookSql(table) }
  const [row] = await queryRows<[now: string, instants: [string, number][]]>({ client }, named, { since })
  return { now: row?.[0] ?? since, instants: row?.[1] ?? [] }
}

const lookSql = (table: string) => `
SELECT now64(3, 'UTC'), groupArray((stored_at, rows))
FROM (
  SELECT stored_at, count() AS rows
  FROM ${table}
  WHERE stored_at >= parseDateTime64BestEffort({since: String}, 3, 'UTC')
  GROUP BY stored_at
  ORDER BY stored_at
  LIMIT ${maxInstants}
)`

const pageSql = (table: string, columns: readonly string[], pageRows: number) => `
SELECT ${columns.join(', ')}
FROM ${table}
WHERE stored_at >= parseDateTime64BestEffort({first: String}, 3, 'UTC')
  AND stored_at <= parseDateTime64BestEffort({last: String}, 3, 'UTC')
  AND toUnixTimestamp64Milli(stored_at) IN {instants: Array(Int64)}
ORDER BY stored_at, ${columns.join(', ')}
LIMIT ${pageRows} OFFSET {offset: UInt64}`

const earlier = (time: string, ms: number) => new Date(Math.max(0, Date.parse(time) - ms)).toISOString()
const earlierOf = (a: string, b: string) => (a < b ? a : b)

/** Neighbouring instants joined while their rows fit into one page. */
function* togetherUpTo(maxRows: number, wanted: readonly Instant[]): Generator<Instant[]> {
  let group: Instant[] = []
  let rows = 0
  for (const instant of wanted) {
    if (group.length > 0 && rows + instant.rows > maxRows) {
      yield group
      group = []
      rows = 0
    }
    group.push(instant)
    rows += instant.rows
  }
  if (group.length > 0) yield group
}
