/** The figures of a timeline with more events than are worth forming into touchpoints one by one. */
import { askRows, type Reader } from '../clickhouse/query.js'
import type { TimelineQuery } from './listing.js'
import { conditionsOf } from '../touchpoints/rows.js'
import type { Scope } from '../touchpoints/scope.js'
import { wholeDays, type Summary } from './summary.js'

// Narrow columns in one pass. A session without an id counts once for each half hour that it touches; a touchpoint
// that two sources told counts twice; an event counts with its own channel and not its visit's.
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
  uniqExactIf(channel, channel != ''),
  visits,
  toUnixTimestamp64Milli(min(occurred_at)),
  toUnixTimestamp64Milli(max(occurred_at)),
  arrayMax(arrayDifference(hours)) * 1000,
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
  const [row] = await askRows(reader, `${roughSql}${sql}${filters}`, {
    ...params,
    subjects: scope.subjects,
    ...(channels && { channels }),
    ...(kinds && { kinds }),
  })
  const [touchpoints, channelCount, sessions, first, last, gap, anonymous, subjects] = row as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    string[],
  ]
  const people = subjects.map((subject) => scope.place({ subject, at: last, type: '', groupId: '' })?.person)
  return {
    exact: false,
    touchpoints,
    channels: channelCount,
    sessions,
    people: new Set(people.filter((person) => person !== undefined)).size,
    firstAt: new Date(first).toISOString(),
    lastAt: new Date(last).toISOString(),
    days: wholeDays(last - first),
    longestGapDays: wholeDays(gap),
    anonymousTouchpoints: anonymous,
  }
}
