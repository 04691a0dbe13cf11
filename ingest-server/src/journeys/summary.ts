/** The journey row, "31 touches, 3.1 channels, 192 days", over the subjects that won, lost or are open. */
import type { Touch } from '@touchline/schemas/api'
import { query, queryRows, type Reader } from '../clickhouse/query.js'
import { compileTouch } from '../definitions/sql/compile-touch.js'
import { touchesOf } from '../definitions/sql/touches.js'
import { closedBy, convertedKeys, conversionsOf, usedGoals, type Goal, type UsedDefinition } from './goals.js'
import type { Spread } from './numbers/statistics.js'
import {
  baseParams,
  fragment,
  ofSubjects,
  paramsOf,
  settings,
  within,
  type Fragment,
  type Question,
} from './question.js'

export const outcomes = ['won', 'lost', 'open'] as const
export type Outcome = (typeof outcomes)[number]

export interface SummaryAsk extends Question {
  goal: Goal
  /** Undefined: there is no goal for lost, so every journey that is not won is open. */
  lost: Goal | undefined
  outcome: Outcome
  touch?: Touch | undefined
}

export interface JourneySummary {
  n: number
  touches: Spread
  channels: Spread
  people: Spread
  sessions: Spread
  days: Spread
  longestGapDays: Spread
  anonymousShare: number | null
  definitions: UsedDefinition[]
  touchFilter: string
}

export interface Journey {
  subject: string
  from: string
  to: string
  touches: number
  channels: number
  people: number
  sessions: number
  days: number
  longestGapDays: number
  anonymousTouches: number
}

const measures = ['touches', 'channels', 'people', 'sessions', 'days', 'longestGapDays'] as const

/**
 * WITH journeys: a row a subject of the outcome (closedBy in goals.ts). A journey ends with the first conversion in
 * [from, to), the first that is verified where one is; an open one with the last touch, which has to lie there.
 */
export async function journeysSql(reader: Reader, ask: SummaryAsk): Promise<Fragment> {
  const { goal, lost, outcome, subject } = ask
  // Closed journeys need the places of their conversions; of the others the keys are enough.
  const read = (one: Goal, prefix: string, isClosing: boolean) =>
    isClosing
      ? conversionsOf(reader, one, ask, { prefix, withProof: true })
      : convertedKeys(reader, one, ask, prefix)
  const won = await read(goal, 'won', outcome === 'won')
  const gone = lost
    ? await read(lost, 'lost', outcome === 'lost')
    : fragment('SELECT toUInt64(0) AS key WHERE 0')
  const subjects = await ofSubjects(reader, ask)
  const touch = compileTouch(ask.touch ?? {}, { prefix: 'touch' })
  const window = within(ask, 'ended')
  const closing = outcome === 'won' ? won : gone
  const others =
    outcome === 'open'
      ? fragment('key NOT IN (SELECT key FROM won) AND key NOT IN (SELECT key FROM gone)')
      : (await closedBy(reader, { goal, lost }, ask))[outcome]
  const closed = `ends AS (
  SELECT key, argMin(tuple(at, end_id, end_touch), (NOT verified, at, end_id, end_touch)) AS end
  FROM (SELECT * FROM (${closing.sql}) WHERE ${within(ask, 'at').sql}) GROUP BY key
),`
  const isOpen = outcome === 'open'
  return {
    sql: `
WITH won AS (${won.sql}),
gone AS (${gone.sql}),
${isOpen ? '' : closed}
journeys AS (
  SELECT key, min(at) AS began, max(at) AS ended,
    count() AS touches, length(arrayDistinct(groupArrayIf(cityHash64(channel), channel != ''))) AS channels, length(arrayDistinct(groupArray(person_key))) AS people,
    countIf(kind = 'visit' AND NOT same_session) AS sessions,
    dateDiff('millisecond', began, ended) / 86400000 AS days,
    arrayMax(arrayDifference(arraySort(groupArray(toUnixTimestamp64Milli(at))))) / 86400000 AS longestGapDays,
    countIf(anonymous) AS anonymousTouches
  FROM ${touchesOf(subject)} AS touched ${isOpen ? '' : 'INNER JOIN ends USING (key)'}
  WHERE ${touch.sql} AND ${subjects.sql} AND ${others.sql} ${isOpen ? '' : 'AND (at, message_id, touch) <= (end.1, end.2, end.3)'}
  GROUP BY key
  ${isOpen ? `HAVING ${window.sql}` : ''}
)`,
    params: paramsOf(fragment('', baseParams(ask)), won, gone, others, subjects, touch, window),
  }
}

export async function summarize(reader: Reader, ask: SummaryAsk): Promise<JourneySummary> {
  const { sql, params } = await journeysSql(reader, ask)
  const spreads = measures.map(
    (name) =>
      `[avg(${name}), ${[0.5, 0.25, 0.75, 0.9].map((level) => `quantileExactInclusive(${level})(${name})`).join(', ')}]`,
  )
  const [row] = await queryRows<[number, number, number, ...(number | null)[][]]>(
    reader,
    {
      name: 'journeys-summary',
      sql: `${sql} SELECT count(), sum(touches), sum(anonymousTouches), ${spreads.join(', ')} FROM journeys`,
      settings,
    },
    params,
  )
  const [n = 0, touches = 0, anonymous = 0, ...lists] = row ?? []
  const spread = (index: number): Spread => {
    const [mean, median, p25, p75, p90] = n === 0 ? [] : (lists[index] ?? [])
    return {
      mean: mean ?? null,
      median: median ?? null,
      p25: p25 ?? null,
      p75: p75 ?? null,
      p90: p90 ?? null,
    }
  }
  return {
    n,
    touches: spread(0),
    channels: spread(1),
    people: spread(2),
    sessions: spread(3),
    days: spread(4),
    longestGapDays: spread(5),
    anonymousShare: touches === 0 ? null : anonymous / touches,
    definitions: usedGoals(ask.goal, ask.lost),
    touchFilter: touchWords(ask.touch),
  }
}

export const touchWords = (touch: Touch | undefined): string =>
  touch === undefined ? 'every touch' : JSON.stringify(touch)

/** The journeys behind the row, the longest first. */
export async function listJourneys(
  reader: Reader,
  ask: SummaryAsk,
  { limit }: { limit: number },
): Promise<Journey[]> {
  const { sql, params } = await journeysSql(reader, ask)
  return query<Journey>(
    reader,
    {
      name: 'journeys-list',
      sql: `${sql}
SELECT named.subject AS subject, began AS from, ended AS to, touches, channels, people, sessions, days, longestGapDays, anonymousTouches
FROM journeys
INNER JOIN (SELECT key, any(subject) AS subject FROM ${touchesOf(ask.subject)} GROUP BY key) AS named ON named.key = journeys.key
ORDER BY days DESC, subject LIMIT {limit: UInt32}`,
      settings,
    },
    { ...params, limit },
  )
}
