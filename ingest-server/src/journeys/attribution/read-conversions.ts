/** Conversions with their paths, as ClickHouse has them: a row a conversion, read in parts where there are many. */
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { conversionsOf, isPlainTouch, maybeConvertedKeys, type Goal } from '../goals.js'
import { inPart, ofSubjects, paramsOf, partParams, settings, within, type Fragment } from '../question.js'
import { amongKeys, touchesOf } from '../../definitions/sql/touches.js'
import { creditedTouches, keyOf, type AttributionQuestion } from './attribution-question.js'
import { milestoneNames, type MilestoneName } from './credit.js'
import type { Conversion } from './share.js'

/** More keys than these make more queries than reading everybody in parts does. */
const mostKeys = 8_000
/** An answer of ClickHouse has 200,000 rows at most (clickhouse/caps.ts). */
const mostPerPart = 50_000

/** All conversions of the question's window, by time. */
export async function readConversions(reader: Reader, ask: AttributionQuestion): Promise<Conversion[]> {
  const keys = await readKeys(reader, ask)
  if (keys.length === 0) return []
  const rows = keys.length > mostKeys ? await readInParts(reader, ask) : await readAmong(reader, ask, keys)
  const isTouch = isPlainTouch(ask.goal.body.when)
  return rows
    .map((row) => toConversion(row, isTouch))
    .sort((a, b) => a.conversionAt - b.conversionAt || compare(a.subject, b.subject))
}

/** Keys of subjects that may have a conversion in the window, at most one more than `mostKeys`. */
async function readKeys(reader: Reader, ask: AttributionQuestion): Promise<string[]> {
  const converted = await maybeConvertedKeys(reader, ask.goal, ask, 'goal')
  const window = within(ask, 'at')
  const subjects = await ofSubjects(reader, ask)
  const rows = await queryRows<[string]>(
    reader,
    {
      name: 'attribution-keys-of-goal',
      sql: `SELECT DISTINCT toString(key) FROM (${converted.sql}) WHERE ${window.sql} AND ${subjects.sql} LIMIT ${mostKeys + 1}`,
      settings,
    },
    paramsOf(converted, window, subjects),
  )
  return rows.map(([key]) => key)
}

async function readAmong(
  reader: Reader,
  ask: AttributionQuestion,
  keys: readonly string[],
): Promise<PathRow[]> {
  const { sql, params } = await pathsSql(reader, ask, `key ${amongKeys}`)
  return queryRows<PathRow>(
    reader,
    { name: 'attribution-paths', sql, settings, splitBy: 'keys' },
    { ...params, keys },
  )
}

async function readInParts(reader: Reader, ask: AttributionQuestion): Promise<PathRow[]> {
  const asked = await askedConversions(reader, ask, undefined)
  const named = { name: 'attribution-count', sql: `${asked.sql} SELECT count() FROM asked`, settings }
  const [counted] = await queryRows<[number]>(reader, named, asked.params)
  const parts = Math.ceil((counted?.[0] ?? 0) / mostPerPart)
  const { sql, params } = await pathsSql(reader, ask, inPart)
  const all: PathRow[] = []
  for (let part = 0; part < parts; part += 1) {
    const rows = await queryRows<PathRow>(
      reader,
      { name: 'attribution-paths-part', sql, settings },
      { ...params, ...partParams(part, parts) },
    )
    for (const row of rows) all.push(row)
  }
  return all
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/**
 * WITH `every` conversion of the goal up to asOf, and those `asked` for: in [from, to), of the subjects that are meant.
 * `since` is where the path begins, exclusive, in milliseconds.
 */
export async function askedConversions(
  reader: Reader,
  ask: AttributionQuestion,
  among: string | undefined,
): Promise<Fragment> {
  const conversions = await conversionsOf(reader, ask.goal, ask, {
    ...{ prefix: 'goal', among, withWorth: true, withProof: true },
  })
  const window = within(ask, 'at')
  const subjects = await ofSubjects(reader, ask)
  const longAgo = 'toInt64(-9000000000000)'
  const lookback = ask.lookbackMs === undefined ? longAgo : 'ms - {lookback: Int64}'
  const since = ask.sinceLastConversion ? `greatest(${lookback}, before)` : lookback
  return {
    sql: `
WITH every AS (
  SELECT key, at, end_id, end_touch, verified, value, currency, toUnixTimestamp64Milli(at) AS ms,
    lagInFrame(toUnixTimestamp64Milli(at), 1, ${longAgo}) OVER (
      PARTITION BY key ORDER BY at, end_id, end_touch ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
  FROM (${conversions.sql})
),
asked AS (SELECT *, ${since} AS since FROM every WHERE ${window.sql} AND ${subjects.sql})`,
    params: {
      ...paramsOf(conversions, window, subjects),
      ...(ask.lookbackMs !== undefined && { lookback: ask.lookbackMs }),
    },
  }
}

type PathRow = [
  subject: string,
  ms: number,
  value: number | null,
  currency: string,
  isVerified: number | boolean,
  times: number[],
  keys: string[],
  channels: string[],
  ...milestones: (number | null)[],
]

/** SELECT with one row a conversion, of subjects for which the condition `among` holds. */
async function pathsSql(reader: Reader, ask: AttributionQuestion, among: string): Promise<Fragment> {
  const asked = await askedConversions(reader, ask, among)
  const credited = creditedTouches(ask).condition
  const milestones = await milestonesOf(reader, ask, among)
  const columns = milestones.map(
    ({ name }) => `arrayReduce('maxOrNull', arrayFilter(x -> x <= c.ms, ${name}.times)) AS ${name}_at`,
  )
  const joins = milestones.map(
    ({ name, sql }) =>
      `LEFT JOIN (SELECT key, groupArray(toUnixTimestamp64Milli(at)) AS times FROM (${sql}) GROUP BY key) AS ${name} ON ${name}.key = c.key`,
  )
  return {
    sql: `${asked.sql},
walked AS (
  SELECT key, any(subject) AS subject,
    arraySort(groupArrayIf((toUnixTimestamp64Milli(at), message_id, touch, ${keyOf(ask.by)}, toString(channel)), ${credited.sql})) AS touches
  FROM ${touchesOf(ask.subject)}
  WHERE ${among}
  GROUP BY key
)
SELECT
  if(t.subject = '', toString(c.key), t.subject) AS subject, c.ms, c.value, c.currency, c.verified,
  arrayMap(x -> x.1, arrayFilter(x -> x.1 > c.since AND (x.1, x.2, x.3) <= (c.ms, c.end_id, c.end_touch), t.touches) AS path) AS times,
  arrayMap(x -> x.4, path) AS keys,
  arrayMap(x -> x.5, path) AS channels
  ${columns.map((column) => `, ${column}`).join('')}
FROM asked AS c
LEFT JOIN walked AS t ON t.key = c.key
${joins.join('\n')}`,
    params: paramsOf(asked, credited, ...milestones),
  }
}

/** When each milestone was reached; without those that neither the request nor the definition names. */
async function milestonesOf(
  reader: Reader,
  ask: AttributionQuestion,
  among: string,
): Promise<(Fragment & { name: MilestoneName })[]> {
  const all: (Fragment & { name: MilestoneName })[] = []
  for (const name of milestoneNames) {
    const goal: Goal | undefined = ask.milestones[name]
    if (goal) all.push({ name, ...(await conversionsOf(reader, goal, ask, { prefix: name, among })) })
    else
      all.push({
        name,
        sql: "SELECT toUInt64(0) AS key, toDateTime64(0, 3, 'UTC') AS at WHERE 0",
        params: {},
      })
  }
  return all
}

function toConversion(
  [subject, ms, value, currency, isVerified, times, keys, channels, ...milestones]: PathRow,
  isTouch: boolean,
): Conversion {
  const reached: Partial<Record<MilestoneName, number>> = {}
  milestoneNames.forEach((name, index) => {
    const at = milestones[index]
    if (typeof at === 'number') reached[name] = at
  })
  return {
    subject,
    conversionAt: ms,
    // More than any money there is: a value that no sum can hold is none.
    value: value !== null && Math.abs(value) < 1e15 ? value : null,
    currency,
    ...(isTouch && { isVerified: Boolean(isVerified) }),
    touches: times.map((at, index) => ({ at, key: keys[index] ?? '', channel: channels[index] ?? '' })),
    milestones: reached,
  }
}
