/** Accounts and people as lists: sorted, filtered, a page at a time; each with what a screen shows of it. */
import type { Condition, Subject } from '@touchline/schemas/api'
import { query, type NamedQuery, type Params, type Reader } from '../clickhouse/query.js'
import { asOfMsSql, asOfParam } from '../definitions/bag.js'
import { compileCondition } from '../definitions/compile.js'
import { loadReferences } from '../definitions/references.js'
import { namesOf } from '../definitions/subject-names.js'
import { touchesOf, touchSettings } from '../definitions/touches.js'
import { universeOf } from '../definitions/universe.js'
import { totalsSql, type ListedScore } from './listed-scores.js'
import type { StageList } from './stage-list.js'
import { subjectsSql } from './stages.js'

export const listSorts = [
  'lastTouch',
  'silence',
  'touches30d',
  'firstSeen',
  'touches',
  'people',
  'score',
] as const
export type ListSort = (typeof listSorts)[number]
export const sparklineWeeks = 26

/** Falls: the first of the list has the largest. Who has no touch comes last. */
const sortValues: Record<ListSort, string> = {
  lastTouch: 'last_ms',
  silence: `if(touches = 0, -1, ${asOfMsSql} - last_ms)`,
  touches30d: 'recent',
  firstSeen: 'first_ms',
  touches: 'touches',
  people: 'people',
  // Cursors hold whole numbers.
  score: 'round(score * 1000)',
}

export interface ListWanted {
  subject: Subject
  asOf: number
  sort: ListSort
  order: 'asc' | 'desc'
  limit: number
  after?: { value: number; key: string } | undefined
  channel?: string | undefined
  condition?: Condition | undefined
  /** What sort=score goes by. */
  score?: ListedScore | undefined
}

export interface ListedSubject {
  id: string
  touches: number
  recent: number
  people: number
  firstMs: number
  lastMs: number
  firstChannel: string
  lastChannel: string
}

interface Row extends Omit<ListedSubject, 'id'> {
  key: string
  value: number
}

const rowsSql = (subject: Subject, having: string) => `
SELECT key, countIf(kind != '') AS touches,
  countIf(kind != '' AND at > fromUnixTimestamp64Milli(${asOfMsSql} - 2592000000, 'UTC')) AS recent,
  uniqExactIf(person_key, kind != '') AS people,
  minIf(toUnixTimestamp64Milli(at), kind != '') AS first_ms,
  maxIf(toUnixTimestamp64Milli(at), kind != '') AS last_ms,
  argMinIf(channel, (at, touch), kind != '') AS first_channel,
  argMaxIf(channel, (at, touch), kind != '') AS last_channel
FROM ${universeOf(subject)}
GROUP BY key${having === '' ? '' : ` HAVING ${having}`}`

/** `next` is where the following page begins. */
export async function listSubjects(
  reader: Reader,
  wanted: ListWanted,
): Promise<{ rows: ListedSubject[]; next: { value: number; key: string } | undefined }> {
  const { subject, asOf, sort, order, limit, after } = wanted
  const { having, params } = await filtersOf(reader, wanted)
  const totals = sort === 'score' && wanted.score ? totalsSql(wanted.score, asOf) : undefined
  const source =
    totals === undefined
      ? `(${rowsSql(subject, having)})`
      : `(SELECT r.*, t.score AS score FROM (${rowsSql(subject, having)}) AS r LEFT JOIN (${totals.sql}) AS t ON t.key = r.key)`
  const [sign, direction] = order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC']
  const page =
    after === undefined ? '' : `WHERE (value, key) ${sign} ({afterValue: Int64}, {afterKey: UInt64})`
  const named: NamedQuery = {
    name: `list-of-${subject}-subjects`,
    sql: `
SELECT toString(k) AS key, value, touches, recent, people, first_ms AS firstMs, last_ms AS lastMs,
  first_channel AS firstChannel, last_channel AS lastChannel
FROM (
  SELECT *, key AS k FROM (SELECT *, toInt64(${sortValues[sort]}) AS value FROM ${source})
  ${page}
  ORDER BY value ${direction}, key ${direction} LIMIT {limit: UInt32}
)
ORDER BY value ${direction}, k ${direction}`,
    settings: { ...touchSettings, join_use_nulls: 0 },
  }
  const found = await query<Row>(reader, named, {
    ...params,
    ...totals?.params,
    ...asOfParam(asOf),
    limit: limit + 1,
    ...(after && { afterValue: after.value, afterKey: after.key }),
  })
  const rows = found.slice(0, limit)
  const names = await namesOf(
    reader,
    subject,
    rows.map(({ key }) => key),
  )
  const last = rows.at(-1)
  return {
    rows: rows.map(({ key, ...row }) => ({ ...row, id: names.get(key) ?? key })),
    next: found.length > limit && last !== undefined ? { value: last.value, key: last.key } : undefined,
  }
}

async function filtersOf(
  reader: Reader,
  { subject, asOf, channel, condition }: ListWanted,
): Promise<{ having: string; params: Params }> {
  const having: string[] = []
  let params: Params = {}
  if (channel !== undefined) {
    having.push("countIf(kind != '' AND channel = {channel: String}) > 0")
    params = { ...params, channel }
  }
  if (condition !== undefined) {
    const references = await loadReferences(reader, [condition], { subject, asOf })
    const compiled = compileCondition(condition, { subject, asOf, references, prefix: 'w' })
    having.push(`key IN (${compiled.sql})`)
    params = { ...params, ...compiled.params }
  }
  return { having: having.join(' AND '), params }
}

const weeksSql = (subject: Subject) => `
SELECT id, arrayMap(week -> countEqual(weeks, week), reverse(range({weeks: UInt16}))) AS touches
FROM (
  SELECT subject AS id, groupArray(toUInt16(intDiv(${asOfMsSql} - toUnixTimestamp64Milli(at), 604800000))) AS weeks
  FROM ${touchesOf(subject, true)}
  WHERE at > fromUnixTimestamp64Milli(${asOfMsSql} - 604800000 * {weeks: UInt16}, 'UTC')
  GROUP BY id
)`

/** Touches in each of the last 26 weeks, the oldest first, by id; who had none is left out. */
export async function readSparklines(
  reader: Reader,
  subject: Subject,
  ids: readonly string[],
  asOf: number,
): Promise<Map<string, number[]>> {
  const named: NamedQuery = {
    name: `sparklines-of-${subject}-subjects`,
    splitBy: 'only',
    sql: weeksSql(subject),
    settings: touchSettings,
  }
  const rows = await query<{ id: string; touches: number[] }>(reader, named, {
    ...asOfParam(asOf),
    only: ids,
    weeks: sparklineWeeks,
  })
  return new Map(rows.map(({ id, touches }) => [id, touches]))
}

/** The stage that each of these is in and since when, by id. */
export async function readCurrentStages(
  reader: Reader,
  list: StageList,
  ids: readonly string[],
  asOf: number,
): Promise<Map<string, { stage: string; sinceMs: number }>> {
  if (ids.length === 0) return new Map()
  const { sql, params, settings } = subjectsSql(list, asOf, ids)
  const named: NamedQuery = {
    name: 'current-stages',
    sql: `SELECT toString(key) AS key, current, entries[-1].2 AS sinceMs FROM (${sql}) WHERE current >= 0`,
    settings,
  }
  const rows = await query<{ key: string; current: number; sinceMs: number }>(reader, named, params)
  const names = await namesOf(
    reader,
    list.body.subject,
    rows.map(({ key }) => key),
  )
  return new Map(
    rows.flatMap(({ key, current, sinceMs }) => {
      const stage = list.body.stages[current]?.id
      const id = names.get(key)
      return stage === undefined || id === undefined ? [] : [[id, { stage, sinceMs }] as const]
    }),
  )
}
