/** The figures of a timeline with more events than are worth forming into touchpoints one by one. */
import { queryRows, type Reader } from '../clickhouse/query.js'
import type { TimelineQuery } from './listing.js'
import { conditionsOf } from '../touchpoints/rows.js'
import type { Scope } from '../touchpoints/scope.js'
import { wholeDays, type Summary } from './summary.js'

// Narrow columns in one pass. A session without an id counts once for each half hour that it touches; a touchpoint
// that two sources reported counts twice; an event counts with its own channel and not its visit's.
const roughSql = `
WITH
  kind = '' AND (session_id != '' OR type IN ('page', 'screen') OR (type = 'track' AND origin = 'web')) AS browses,
  kind IN ('offline', 'email', 'ad', 'crm') OR (kind = '' AND type = 'track') AS tells,
  uniqExactIf((session_id, if(session_id = '', anonymous_id, ''), if(session_id = '', toStartOfInterval(occurred_at, INTERVAL 30 MINUTE), NULL)), browses) AS visits,
  arraySort(groupUniqArray(toUnixTimestamp(toStartOfHour(occurred_at)))) AS hours
SELECT
  visits + countIf(tells)
    + uniqExactIf((user_id, if(user_id = '', email, '')), kind = '' AND type = 'identify' AND (user_id != '' OR email != ''))
    + uniqExactIf(group_id, kind = '' AND type = 'group'),
  groupUniqArrayIf(channel, channel != ''),
  visits,
  toUnixTimestamp64Milli(min(occurred_at)),
  toUnixTimestamp64Milli(max(occurred_at)),
  hours,
  countIf(tells AND startsWith(subject, 'anon:')),
  groupUniqArray(subject)
FROM events FINAL
WHERE project = {project: String} AND subject IN {subjects: Array(String)}`

export async function roughSummary(reader: Reader, scope: Scope, query: TimelineQuery): Promise<Summary> {
  const { from, to, asOf, withBots, channels, kinds } = query
  const { sql, params } = conditionsOf({ from, to, receivedUntil: asOf, withBots })
  const filters =
    (channels ? ' AND channel IN {channels: Array(String)}' : '') +
    (kinds ? ` AND if(kind = '', if(type = 'track', 'action', 'visit'), kind) IN {kinds: Array(String)}` : '')
  const named = { name: 'rough-summary', splitBy: 'subjects', sql: `${roughSql}${sql}${filters}` }
  const parts = await queryRows<RoughPart>(reader, named, {
    ...params,
    subjects: scope.subjects,
    ...(channels && { channels }),
    ...(kinds && { kinds }),
  })
  const some = parts.filter(([touchpoints]) => touchpoints > 0)
  const sum = (of: (part: RoughPart) => number) => some.reduce((total, part) => total + of(part), 0)
  const all = <Value>(of: (part: RoughPart) => readonly Value[]) => new Set(some.flatMap((part) => of(part)))
  const last = Math.max(...some.map((part) => part[4]))
  const first = Math.min(...some.map((part) => part[3]))
  const people = [...all((part) => part[7])].map(
    (subject) => scope.place({ subject, at: last, type: '', groupId: '' })?.person,
  )
  return {
    exact: false,
    touchpoints: sum((part) => part[0]),
    channels: all((part) => part[1]).size,
    sessions: sum((part) => part[2]),
    people: new Set(people.filter((person) => person !== undefined)).size,
    firstAt: new Date(first).toISOString(),
    lastAt: new Date(last).toISOString(),
    days: wholeDays(last - first),
    longestGapDays: wholeDays(longestGapMs([...all((part) => part[5])])),
    anonymousTouchpoints: sum((part) => part[6]),
  }
}

/** Of one part of the subjects. Times in milliseconds, `hours` in seconds since 1970. */
type RoughPart = [
  touchpoints: number,
  channels: string[],
  sessions: number,
  first: number,
  last: number,
  hours: number[],
  anonymous: number,
  subjects: string[],
]

function longestGapMs(hours: number[]): number {
  const sorted = hours.sort((a, b) => a - b)
  return 1_000 * sorted.reduce((longest, hour, at) => Math.max(longest, hour - (sorted[at - 1] ?? hour)), 0)
}
