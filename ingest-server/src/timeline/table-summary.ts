/** The figures of a large timeline, from the table of touchpoints: exact, as of the time until which that is up to date. */
import { queryRows, type NamedQuery, type Reader } from '../clickhouse/query.js'
import type { Scope } from '../touchpoints/scope.js'
import type { TimelineQuery } from './listing.js'
import { wholeDays, type Summary } from './summary.js'

const figures = `
  count(),
  uniqExactIf(channel, channel != ''),
  countIf(kind = 'visit' AND NOT same_session),
  uniqExact(person_key),
  toUnixTimestamp64Milli(min(at)),
  toUnixTimestamp64Milli(max(at)),
  arrayMax(arrayDifference(arraySort(groupArray(toUnixTimestamp64Milli(at))))),
  countIf(anonymous)`

type Figures = [
  touchpoints: number,
  channels: number,
  sessions: number,
  people: number,
  first: number,
  last: number,
  gap: number,
  anonymous: number,
]

/** Where the touchpoints of a scope stand, and by which key. */
function tableOf({ about }: Scope): { from: string; who: string } {
  const of = (table: string, key: string) =>
    `FROM ${table} FINAL WHERE project = {project: String} AND ${key} = cityHash64({who: String})`
  return 'person' in about
    ? { from: of('touchpoints_of_people', 'person_key'), who: about.person }
    : { from: of('touchpoints_of_accounts', 'account_key'), who: about.account }
}

// Of each part of the work what its last holder wrote down; nothing where nobody keeps the tables.
const asOfQuery: NamedQuery = {
  name: 'touchpoints-as-of',
  sql: `
SELECT min(settled), min(rounds)
FROM (
  SELECT argMax(settled_until, (term, beat)) AS settled, argMax(JSONExtractUInt(sweep, 'rounds'), (term, beat)) AS rounds
  FROM projection_leases
  WHERE name = 'touchpoints' AND slot != 65535
  GROUP BY slot
)
HAVING count() > 0`,
}

/** Until when the tables hold everything; undefined while they are filled, or where nobody keeps them. */
async function tablesAsOf(reader: Reader): Promise<string | undefined> {
  const [row] = await queryRows<[settled: string | null, rounds: number]>(reader, asOfQuery)
  return row !== undefined && row[0] !== null && row[1] > 0 ? row[0] : undefined
}

/** Undefined where the tables cannot say: as of an earlier time, with robots, or before they are filled. */
export async function tableSummary(
  reader: Reader,
  scope: Scope,
  query: TimelineQuery,
): Promise<Summary | undefined> {
  if (query.asOf !== undefined || query.withBots) return undefined
  const { sql, params } = conditionsOf(query)
  const { from, who } = tableOf(scope)
  const named: NamedQuery = { name: 'touchpoints-summary', sql: `SELECT ${figures} ${from}${sql}` }
  const [asOf, [row]] = await Promise.all([
    tablesAsOf(reader),
    queryRows<Figures>(reader, named, { ...params, who }),
  ])
  if (asOf === undefined || row === undefined) return undefined
  const [touchpoints, channels, sessions, people, first, last, gap, anonymous] = row
  const isEmpty = touchpoints === 0
  return {
    exact: true,
    asOf,
    touchpoints,
    channels,
    sessions,
    people,
    firstAt: isEmpty ? null : new Date(first).toISOString(),
    lastAt: isEmpty ? null : new Date(last).toISOString(),
    days: isEmpty ? 0 : wholeDays(last - first),
    longestGapDays: isEmpty ? 0 : wholeDays(gap),
    anonymousTouchpoints: anonymous,
  }
}

function conditionsOf({ from, to, channels, kinds }: TimelineQuery) {
  const conditions = ['']
  if (from !== undefined) conditions.push("at >= {from: DateTime64(3, 'UTC')}")
  if (to !== undefined) conditions.push("at < {to: DateTime64(3, 'UTC')}")
  if (channels !== undefined) conditions.push('channel IN {channels: Array(String)}')
  if (kinds !== undefined) conditions.push('kind IN {kinds: Array(String)}')
  return {
    sql: conditions.join(' AND '),
    params: {
      ...(from !== undefined && { from: new Date(from) }),
      ...(to !== undefined && { to: new Date(to) }),
      ...(channels && { channels }),
      ...(kinds && { kinds }),
    },
  }
}

/**
 * The time of the touchpoint that lies so many from `begin` on: where to read the events of a widely spread account,
 * whose own keys are in no order. A guess, for the table may be a moment behind.
 */
export async function edgeInTables(
  reader: Reader,
  scope: Scope,
  { isDescending, begin, touchpoints }: { isDescending: boolean; begin: number; touchpoints: number },
): Promise<number | undefined> {
  const { from, who } = tableOf(scope)
  const past = isDescending ? '<' : '>='
  const bound = Number.isFinite(begin) ? ` AND at ${past} {begin: DateTime64(3, 'UTC')}` : ''
  const order = isDescending ? 'DESC' : 'ASC'
  const named: NamedQuery = {
    name: 'touchpoints-edge',
    sql: `SELECT toUnixTimestamp64Milli(at) ${from}${bound} ORDER BY at ${order} LIMIT 1 OFFSET {touchpoints: UInt32}`,
  }
  const params = { who, touchpoints, ...(bound !== '' && { begin: new Date(begin) }) }
  const [row] = await queryRows<[number]>(reader, named, params)
  return row?.[0]
}
