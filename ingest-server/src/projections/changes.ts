/**
 * What changed since the last look. `stored_at` is ClickHouse's time, one for each block of rows, and a block
 * can be seen a little after its own time; so each look goes back over an overlap and compares how many rows
 * each instant has with how many were worked in. With nothing new a look is one query of no rows.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryRows, type NamedQuery } from '../clickhouse/query.js'

export interface Change {
  project: string
  kind: string
  identifier: string
  other: string
  verified: boolean
  at: string
  messageId: string
}

export interface Look {
  /** Instants with rows that were not worked in, oldest first. */
  fresh: { storedAt: string; rows: number }[]
  /** Age of the oldest of `fresh` by ClickHouse's clock, 0 without any. */
  lagSeconds: number
  /** Once `fresh` is worked in, everything up to here is: the time of the look, or less where it was full. */
  until: string
}

export interface Changes {
  look: () => Promise<Look>
  /** The rows of these instants, in pages. */
  pages: (fresh: Look['fresh']) => AsyncGenerator<Change[]>
  /** They are worked in; the next look begins after them, less the overlap. */
  settle: (look: Look) => Promise<void>
}

/** More than an overlap has milliseconds, or a full look would see the same instants again for ever. */
const maxInstants = 20_000
const pageRows = 20_000
const saveEveryMs = 1_000

export function openChanges(client: ClickHouseClient, { overlapMs }: { overlapMs: number }): Changes {
  const settled = new Map<string, number>()
  let until: string | undefined
  let savedAt = 0

  const source = { client }

  return {
    async look() {
      until ??= (await queryRows<[string]>(source, progressQuery))[0]?.[0] ?? '1970-01-01T00:00:00.000Z'
      const since = earlier(until, overlapMs)
      const [answer] = await queryRows<[now: string, instants: [string, number][]]>(source, lookQuery, {
        since,
      })
      const [now = until, instants = []] = answer ?? []
      const fresh = instants
        .filter(([storedAt, rows]) => settled.get(storedAt) !== rows)
        .map(([storedAt, rows]) => ({ storedAt, rows }))
      const look: Look = {
        fresh,
        lagSeconds: Math.max(0, Date.parse(now) - Date.parse(fresh[0]?.storedAt ?? now)) / 1_000,
        until: (instants.length < maxInstants ? undefined : instants.at(-1)?.[0]) ?? now,
      }
      if (fresh.length === 0) until = look.until
      return look
    },
    async *pages(fresh) {
      for (const instants of togetherUpTo(pageRows, fresh)) {
        const rows = instants.reduce((sum, instant) => sum + instant.rows, 0)
        for (let offset = 0; offset < rows; offset += pageRows) {
          const found = await queryRows<ChangeRow>(source, pageQuery, {
            first: instants[0]?.storedAt,
            last: instants.at(-1)?.storedAt,
            instants: instants.map(({ storedAt }) => Date.parse(storedAt)),
            offset,
          })
          yield found.map(([project, kind, identifier, other, verified, at, messageId]) => {
            return { project, kind, identifier, other, verified, at, messageId }
          })
        }
      }
    },
    async settle(look) {
      for (const { storedAt, rows } of look.fresh) settled.set(storedAt, rows)
      until = look.until
      const forgotten = earlier(until, 2 * overlapMs)
      for (const storedAt of settled.keys()) if (storedAt < forgotten) settled.delete(storedAt)
      if (Date.parse(until) - savedAt < saveEveryMs) return
      savedAt = Date.parse(until)
      await client.insert({
        table: 'stitch_progress',
        format: 'JSONEachRow',
        values: [{ name: 'changes', at: until }],
        clickhouse_settings: { date_time_input_format: 'best_effort', insert_deduplicate: 0 },
      })
    },
  }
}

type ChangeRow = [
  project: string,
  kind: string,
  identifier: string,
  other: string,
  verified: boolean,
  at: string,
  messageId: string,
]

const progressQuery: NamedQuery = {
  name: 'changes-progress',
  sql: `SELECT max(at) FROM stitch_progress WHERE name = 'changes' HAVING count() > 0`,
}

const lookQuery: NamedQuery = {
  name: 'changes-look',
  sql: `
SELECT now64(3, 'UTC'), groupArray((stored_at, rows))
FROM (
  SELECT stored_at, count() AS rows
  FROM identity_changes_seen
  WHERE stored_at >= parseDateTime64BestEffort({since: String}, 3, 'UTC')
  GROUP BY stored_at
  ORDER BY stored_at
  LIMIT ${maxInstants}
)`,
}

const pageQuery: NamedQuery = {
  name: 'changes-page',
  sql: `
SELECT project, kind, identifier, other, verified, at, message_id
FROM identity_changes_seen
WHERE stored_at >= parseDateTime64BestEffort({first: String}, 3, 'UTC')
  AND stored_at <= parseDateTime64BestEffort({last: String}, 3, 'UTC')
  AND toUnixTimestamp64Milli(stored_at) IN {instants: Array(Int64)}
ORDER BY stored_at, project, identifier, other, kind, message_id
LIMIT ${pageRows} OFFSET {offset: UInt64}`,
}

const earlier = (time: string, ms: number) => new Date(Math.max(0, Date.parse(time) - ms)).toISOString()

/** Neighbouring instants joined while their rows fit into one page. */
function* togetherUpTo(maxRows: number, fresh: Look['fresh']): Generator<Look['fresh']> {
  let group: Look['fresh'] = []
  let rows = 0
  for (const instant of fresh) {
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
