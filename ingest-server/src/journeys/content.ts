/**
 * Content mapping: which stage a touch is content for, by ordered rules of which the first that matches decides, beside
 * the stage that its subject was in. The two differ: a customer may read content for beginners.
 */
import type { Touch, TouchRulesBody } from '@touchline/schemas/api'
import { queryRows, type Reader } from '../clickhouse/query.js'
import { compileTouch, compileTouches } from '../definitions/sql/compile-touch.js'
import { touchesOf } from '../definitions/sql/touches.js'
import type { UsedDefinition } from './goals.js'
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
import { stageAt, stageParams, type StagesInTime } from './silence.js'
import { touchWords } from './summary.js'

export interface ContentAsk extends Question {
  rules: TouchRulesBody
  used: UsedDefinition[]
  stages: StagesInTime | undefined
  touch?: Touch | undefined
}

export interface ContentRow {
  touches: number
  subjects: number
  share: number | null
  whileIn: { stage: string | null; touches: number }[]
}

export interface Content {
  touches: number
  subjects: number
  rows: ({ stage: string } & ContentRow)[]
  unmapped: ContentRow
  definitions: UsedDefinition[]
  touchFilter: string
}

/** Name of the row of touches that no rule matches; it can be opened. */
export const unmappedRow = 'unmapped'

/** In the order of the rules; several rules may name one stage. */
export const contentStages = ({ rules }: TouchRulesBody): string[] => [
  ...new Set(rules.map(({ stage }) => stage)),
]

/** FROM expression: key, subject, ms and content, the place of the touch's content stage from 1 or 0 for none. */
async function mappedSql(reader: Reader, ask: ContentAsk): Promise<Fragment> {
  const stages = contentStages(ask.rules)
  const rules = compileTouches(
    ask.rules.rules.map(({ touch }) => touch),
    { prefix: 'rule' },
  )
  const cases = ask.rules.rules.map(({ stage }, at) => `${rules.sql[at] ?? ''}, ${stages.indexOf(stage) + 1}`)
  const subjects = await ofSubjects(reader, ask)
  const touch = compileTouch(ask.touch ?? {}, { prefix: 'touch' })
  const window = within(ask, 'at')
  return {
    sql: `(
SELECT key, subject, toUnixTimestamp64Milli(at) AS ms, toUInt16(multiIf(${cases.join(', ')}, 0)) AS content
FROM ${touchesOf(ask.subject)} WHERE ${touch.sql} AND ${window.sql} AND ${subjects.sql})`,
    params: paramsOf(fragment('', { ...baseParams(ask), ...rules.params }), subjects, touch, window),
  }
}

/** Touches by content stage and by the stage of their subject at the time; the row with neither (−1) is the total. */
export async function mapContent(reader: Reader, ask: ContentAsk): Promise<Content> {
  const mapped = await mappedSql(reader, ask)
  const { stages } = ask
  const held = stages ? stageAt('staged.entries', 'mapped.ms') : "''"
  const join = stages ? `LEFT JOIN (${stages.entries.sql}) AS staged ON staged.key = mapped.key` : ''
  const rows = await queryRows<[number, string, number, number, number]>(
    reader,
    {
      name: 'content-mapping',
      sql: `
SELECT if(grouping(content) = 1, -1, toInt32(content)), stage, count(), uniqExact(key), grouping(stage)
FROM (SELECT mapped.key AS key, mapped.content AS content, ${held} AS stage FROM ${mapped.sql} AS mapped ${join})
GROUP BY GROUPING SETS ((), (content), (content, stage))`,
      settings,
    },
    {
      ...mapped.params,
      ...(stages && { ...stages.entries.params, ...stageParams(stages) }),
    },
  )
  const all = rows.find(([content]) => content === -1)
  const touches = all?.[2] ?? 0
  const order = stages?.body.stages.map(({ id }) => id) ?? []
  const rowOf = (content: number): ContentRow => {
    const mine = rows.filter((row) => row[0] === content)
    const whole = mine.find((row) => row[4] === 1)
    const n = whole?.[2] ?? 0
    const whileIn = mine
      .filter((row) => row[4] === 0)
      .map(([, stage, count]) => ({ stage: stage === '' ? null : stage, touches: count }))
      .sort((a, b) => order.indexOf(a.stage ?? '') - order.indexOf(b.stage ?? ''))
    return { touches: n, subjects: whole?.[3] ?? 0, share: touches === 0 ? null : n / touches, whileIn }
  }
  return {
    touches,
    subjects: touches === 0 ? 0 : (all?.[3] ?? 0),
    rows: contentStages(ask.rules).map((stage, place) => ({ stage, ...rowOf(place + 1) })),
    unmapped: rowOf(0),
    definitions: [...ask.used, ...(stages?.used ?? [])],
    touchFilter: touchWords(ask.touch),
  }
}

/** Subjects with touches that are content for a stage, or for none (`unmapped`): as many as the row's `subjects`. */
export async function subjectsOfContent(
  reader: Reader,
  ask: ContentAsk,
  { row, limit }: { row: string; limit: number },
): Promise<{ total: number; rows: { subject: string; touches: number; first: string; last: string }[] }> {
  const mapped = await mappedSql(reader, ask)
  const place = row === unmappedRow ? 0 : contentStages(ask.rules).indexOf(row) + 1
  const rows = await queryRows<[string, number, string, string, number]>(
    reader,
    {
      name: 'content-subjects',
      sql: `
SELECT any(subject) AS id, count() AS n, fromUnixTimestamp64Milli(min(ms), 'UTC'), fromUnixTimestamp64Milli(max(ms), 'UTC'), count() OVER ()
FROM ${mapped.sql} WHERE content = {place: UInt16} GROUP BY key ORDER BY n DESC, id LIMIT {limit: UInt32}`,
      settings,
    },
    { ...mapped.params, place, limit },
  )
  return {
    total: rows[0]?.[4] ?? 0,
    rows: rows.map(([subject, touches, first, last]) => ({ subject, touches, first, last })),
  }
}
