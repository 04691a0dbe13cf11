/** What is asked of everybody's touchpoints, as journeys ask it, and how much of the yardsticks each may cost. */

export interface Question {
  what: string
  sql: string
  /** At most so many Y (a count over everybody's touchpoints) or F (SELECT 1). */
  target: { Y: number } | { F: number } | undefined
}

export const yardstick: Question = {
  what: "Y: count of everybody's touchpoints",
  sql: `SELECT count() FROM touchpoints_of_people FINAL WHERE project = 'default' AND NOT ignore(person_key, at, channel, name)`,
  target: undefined,
}

export const floor: Question = { what: 'F: SELECT 1', sql: 'SELECT 1', target: undefined }

const people = `touchpoints_of_people FINAL WHERE project = 'default'`
const accounts = `touchpoints_of_accounts FINAL WHERE project = 'default'`

/** Of each account that signed up the channels before it, in order. */
const wonChannels = `
SELECT account_key, arrayMap(t -> t.2, arraySort(groupArrayIf((at, channel), channel != ''))) AS channels
FROM ${accounts}
GROUP BY account_key
HAVING countIf(name = 'Signed Up') > 0 AND notEmpty(channels)`

export const questions: readonly Question[] = [
  {
    what: 'channels by first touch',
    sql: `SELECT first_channel, count() FROM (
      SELECT person_key, argMin(channel, at) AS first_channel FROM ${people} AND channel != '' GROUP BY person_key) GROUP BY first_channel`,
    target: { Y: 2 },
  },
  {
    what: 'four attribution models of accounts',
    sql: `SELECT one.1 AS channel, sum(one.2) AS first, sum(one.3) AS last, sum(one.4) AS linear, sum(one.5) AS u
      FROM (
        SELECT arrayJoin(arrayMap((channel, n) -> (channel, n = 1, n = length(channels), 1 / length(channels),
          if(length(channels) < 3, 1 / length(channels), if(n IN (1, length(channels)), 0.4, 0.2 / (length(channels) - 2)))),
          channels, arrayEnumerate(channels))) AS one
        FROM (${wonChannels}))
      GROUP BY channel`,
    target: { Y: 2 },
  },
  {
    what: 'funnel of accounts in 14 days',
    sql: `SELECT level, count() FROM (
      SELECT account_key, windowFunnel(1209600)(toUInt32(toUnixTimestamp(at)), kind = 'visit', name = 'Demo Requested', name = 'Signed Up') AS level
      FROM ${accounts} GROUP BY account_key) GROUP BY level`,
    target: { Y: 2 },
  },
  {
    what: 'list of accounts, the last active first',
    sql: `SELECT any(account), count() AS touches, uniq(person_key) AS persons, min(at) AS first_at, max(at) AS last_at, argMin(channel, at) AS came_by
      FROM ${accounts} GROUP BY account_key ORDER BY last_at DESC LIMIT 50`,
    target: { Y: 3 },
  },
  {
    what: 'top paths of accounts',
    sql: `SELECT path, count() AS accounts FROM (
      SELECT account_key, arraySlice(arrayCompact(arrayMap(t -> t.2, arraySort(groupArray((at, channel))))), 1, 5) AS path
      FROM ${accounts} AND channel != '' GROUP BY account_key) GROUP BY path ORDER BY accounts DESC LIMIT 20`,
    target: { Y: 3 },
  },
  {
    what: 'a segment over everybody',
    sql: `SELECT count() FROM (
      SELECT person_key FROM ${people} GROUP BY person_key
      HAVING countIf(kind = 'visit' AND channel = 'Paid Search') >= 1 AND countIf(name = 'Report Exported') >= 1
        AND maxIf(at, kind = 'visit') > toDateTime64('2026-06-01 00:00:00', 3, 'UTC') AND countIf(startsWith(path, '/4')) >= 1)`,
    target: { Y: 5 },
  },
  {
    what: 'a decaying score over everybody',
    sql: `SELECT person_key, sum(multiIf(name = 'Demo Requested', 20, name = 'Signed Up', 30, kind = 'visit', 5, 2)
        * exp2(-dateDiff('second', at, toDateTime64('2027-01-01 00:00:00', 3, 'UTC')) / 2592000)) AS score
      FROM ${people} GROUP BY person_key ORDER BY score DESC LIMIT 50`,
    target: { Y: 5 },
  },
  {
    what: 'Markov counts of channels',
    sql: `SELECT step.1 AS from, step.2 AS to, count() FROM (
      SELECT arrayJoin(arrayZip(arrayPushFront(channels, 'start'), arrayPushBack(channels, 'end'))) AS step FROM (
        SELECT person_key, arrayMap(t -> t.2, arraySort(groupArray((at, channel)))) AS channels
        FROM ${people} AND channel != '' GROUP BY person_key)) GROUP BY from, to`,
    target: { Y: 5 },
  },
  {
    what: 'map of 500 people',
    sql: `SELECT person_key, at, kind, name, channel, until FROM ${people}
      AND person_key IN (SELECT cityHash64(concat('user:u', toString(number))) FROM numbers(5, 500))`,
    target: { F: 8 },
  },
  {
    what: 'SQL view user_timeline',
    sql: `SELECT * FROM user_timeline(project = 'default', id = 'u4711') ORDER BY at DESC LIMIT 100`,
    target: { F: 30 },
  },
  {
    what: 'SQL view account_timeline, 500 people',
    sql: `SELECT * FROM account_timeline(project = 'default', id = 'big') ORDER BY at DESC LIMIT 100`,
    target: undefined,
  },
  { what: 'count of the view touchpoints', sql: 'SELECT count() FROM touchpoints', target: undefined },
  {
    what: 'silent accounts (docs/sql.md)',
    sql: `SELECT account, max(at) AS last_at, uniq(person) AS people FROM touchpoints ARRAY JOIN accounts AS account
      WHERE project = 'default' GROUP BY account HAVING last_at < now() - INTERVAL 30 DAY ORDER BY last_at LIMIT 100`,
    target: undefined,
  },
]
