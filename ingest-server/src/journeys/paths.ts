/** What follows what: the most walked paths, and the steps between any two. */
import type { Touch } from '@touchline/schemas/api'
import { queryRows, type Reader } from '../clickhouse/query.js'
import { compileTouch } from '../definitions/compile-touch.js'
import { touchesOf } from '../definitions/touches.js'
import { conversionsOf, usedGoals, type Goal, type UsedDefinition } from './goals.js'
import { touchWords } from './summary.js'
import {
  baseParams,
  fragment,
  ofSubjects,
  orderOfTies,
  paramsOf,
  settings,
  within,
  type Fragment,
  type Question,
} from './question.js'

export const pathKeys = ['channel', 'name', 'kind'] as const

export interface PathsAsk extends Question {
  /** Undefined: nothing is a conversion. */
  goal: Goal | undefined
  by: (typeof pathKeys)[number]
  /** Steps of a path, from its first; what comes after is `further`. */
  depth: number
  /** A step that repeats the one before is not another step. */
  collapse: boolean
  touch?: Touch | undefined
  limit: number
}

/** Where every path begins and ends. */
export const nodes = {
  start: '(start)',
  conversion: '(conversion)',
  end: '(end)',
  further: '(further)',
} as const

export interface WalkedPath {
  steps: string[]
  subjects: number
  converted: number
  rate: number | null
  /** From the first touch to the conversion, of those that converted. */
  medianDays: number | null
}

export interface PathEdge {
  from: string
  to: string
  count: number
  subjects: number
}

export interface Paths {
  subjects: number
  converted: number
  paths: WalkedPath[]
  /** All paths that are not among the `limit` most walked. */
  other: { paths: number; subjects: number; converted: number }
  edges: PathEdge[]
  definitions: UsedDefinition[]
  touchFilter: string
}

/** WITH walks: of each subject the steps of its touches in [from, to), up to and including its conversion. */
async function walksSql(reader: Reader, ask: PathsAsk): Promise<Fragment> {
  const { goal, by, subject } = ask
  const won = goal ? await conversionsOf(reader, goal, ask, { prefix: 'goal' }) : undefined
  const subjects = await ofSubjects(reader, ask)
  const touch = compileTouch(ask.touch ?? {}, { prefix: 'touch' })
  const window = within(ask, 'at')
  const ends = won
    ? `(SELECT key, min((toUnixTimestamp64Milli(at), end_id, end_touch)) AS end FROM (${won.sql}) GROUP BY key)`
    : `(SELECT toUInt64(0) AS key, (toInt64(0), '', toUInt64(0)) AS end WHERE 0)`
  const steps = 'arrayMap(x -> x.3, upTo)'
  return {
    sql: `
WITH walked AS (
  SELECT key, any(subject) AS subject,
    arraySort(groupArray((toUnixTimestamp64Milli(at), ${orderOfTies}, toString(${by})))) AS touches
  FROM ${touchesOf(subject)}
  WHERE ${touch.sql} AND ${window.sql} AND ${subjects.sql} AND ${by} != ''
  GROUP BY key
),
walks AS (
  SELECT walked.key AS key, subject, ends.key != 0 AS converted, end.1 - touches[1].1 AS tookMs,
    if(converted, arrayFilter(x -> x.1 <= end.1, touches), touches) AS upTo,
    ${ask.collapse ? `arrayCompact(${steps})` : steps} AS whole,
    arraySlice(whole, 1, {depth: UInt32}) AS steps,
    arrayConcat(['${nodes.start}'], steps, [multiIf(length(whole) > {depth: UInt32}, '${nodes.further}', converted, '${nodes.conversion}', '${nodes.end}')]) AS visited
  FROM walked LEFT JOIN ${ends} AS ends ON ends.key = walked.key
  WHERE notEmpty(upTo) AND NOT (converted AND (${within(ask, "fromUnixTimestamp64Milli(end.1, 'UTC')").sql}) = 0)
)`,
    params: paramsOf(
      fragment('', { ...baseParams(ask), depth: ask.depth }),
      ...(won ? [won] : []),
      subjects,
      touch,
      window,
    ),
  }
}

export async function findPaths(reader: Reader, ask: PathsAsk): Promise<Paths> {
  const { sql, params } = await walksSql(reader, ask)
  const paths = queryRows<[string[], number, number, number | null, number, number, number]>(
    reader,
    {
      name: 'paths',
      sql: `${sql}
SELECT steps, count() AS n, countIf(converted) AS won, quantileExactInclusiveOrNullIf(0.5)(tookMs / 86400000, converted),
  count() OVER (), sum(n) OVER (), sum(won) OVER ()
FROM walks GROUP BY steps ORDER BY n DESC, won DESC, steps LIMIT {limit: UInt32}`,
      settings,
    },
    { ...params, limit: ask.limit },
  )
  const edges = queryRows<[string, string, number, number]>(
    reader,
    {
      name: 'path-edges',
      sql: `${sql}
SELECT step.1, step.2, count() AS n, uniqExact(key)
FROM (SELECT key, arrayJoin(arrayZip(arrayPopBack(visited), arrayPopFront(visited))) AS step FROM walks)
GROUP BY step ORDER BY n DESC, step LIMIT 5000`,
      settings,
    },
    params,
  )
  const rows = await paths
  const [all = 0, subjects = 0, converted = 0] = (rows[0]?.slice(4) as number[] | undefined) ?? []
  const walked = rows.map(([steps, n, won, medianDays]) => ({
    steps,
    subjects: n,
    converted: won,
    rate: won / n,
    medianDays,
  }))
  return {
    subjects,
    converted,
    paths: walked,
    other: {
      paths: all - walked.length,
      subjects: subjects - walked.reduce((sum, path) => sum + path.subjects, 0),
      converted: converted - walked.reduce((sum, path) => sum + path.converted, 0),
    },
    edges: (await edges).map(([from, to, count, who]) => ({ from, to, count, subjects: who })),
    definitions: usedGoals(ask.goal),
    touchFilter: `${touchWords(ask.touch)}, ${ask.by} is not empty`,
  }
}

/** Whose path it is, or who went from one step to the next. */
export async function subjectsOfPath(
  reader: Reader,
  ask: PathsAsk,
  row: { steps: readonly string[] } | { from: string; to: string },
): Promise<{ total: number; rows: { subject: string; converted: boolean }[] }> {
  const { sql, params } = await walksSql(reader, ask)
  const [condition, of] =
    'steps' in row
      ? ['steps = {steps: Array(String)}', { steps: row.steps }]
      : [
          'has(arrayZip(arrayPopBack(visited), arrayPopFront(visited)), ({a: String}, {b: String}))',
          { a: row.from, b: row.to },
        ]
  const rows = await queryRows<[string, number, number]>(
    reader,
    {
      name: 'path-subjects',
      sql: `${sql} SELECT subject, converted, count() OVER () FROM walks WHERE ${condition} ORDER BY subject LIMIT {limit: UInt32}`,
      settings,
    },
    { ...params, ...of, limit: ask.limit },
  )
  return {
    total: rows[0]?.[2] ?? 0,
    rows: rows.map(([subject, converted]) => ({ subject, converted: converted === 1 })),
  }
}
