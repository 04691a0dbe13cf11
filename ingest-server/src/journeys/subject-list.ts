/** Accounts and people as lists: sorted, filtered, a page at a time; each with what a screen shows of it. */
import type { Condition, Subject } from '@touchline/schemas/api'
import { query, type NamedQuery, type Params, type Reader } from '../clickhouse/query.js'
import { asOfMsSql, asOfParam, asOfSql } from '../definitions/sql/bag.js'
import { compileCondition } from '../definitions/compile.js'
import { loadReferences } from '../definitions/documents/references.js'
import { namesOf } from '../definitions/sql/subject-names.js'
import { amongKeys, touchesOf, touchpointTables, touchSettings } from '../definitions/sql/touches.js'
import { universeOf } from '../definitions/sql/universe.js'
import { totalsSql, type ListedScore } from './listed-scores.js'
import { listOfStage, type StageList } from './stage-list.js'
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

const isTouch = "kind != ''"
const recent = `${isTouch} AND at > fromUnixTimestamp64Milli(${asOfMsSql} - 2592000000, 'UTC')`
const firstMs = `minIf(toUnixTimestamp64Milli(at), ${isTouch})`
const lastMs = `maxIf(toUnixTimestamp64Milli(at), ${isTouch})`

/** In falling order; subjects without a touch come last. */
const sortValues: Record<Exclude<ListSort, 'score'>, string> = {
  lastTouch: lastMs,
  silence: `if(countIf(${isTouch}) = 0, -1, ${asOfMsSql} - ${lastMs})`,
  touches30d: `countIf(${recent})`,
  firstSeen: firstMs,
  touches: `countIf(${isTouch})`,
  people: `uniqExactIf(person_key, ${isTouch})`,
}

export interface ListWanted {
  subject: Subject
  asOf: number
  sort: ListSort
  order: 'asc' | 'desc'
  limit: number
  after?: { value: number; key: string } | undefined
  /** True: subjects that came later than asOf are not listed. */
  isPast?: boolean
  channel?: string | undefined
  /** Who is in it now, as the rows say. */
  stage?: string | undefined
  /** Ids of the subjects that are listed, 250 at most; absent: everybody. */
  among?: readonly string[] | undefined
  condition?: Condition | undefined
  /** The score that sort=score sorts by. */
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
}

/** The columns that a page shows: expensive ones, read for the few subjects of the page. */
const detailsSql = (subject: Subject) => `
SELECT toString(key) AS key, countIf(${isTouch}) AS touches, countIf(${recent}) AS recent, uniqExactIf(person_key, ${isTouch}) AS people,
  ${firstMs} AS firstMs, ${lastMs} AS lastMs,
  argMinIf(channel, (at, message_id, touch), ${isTouch}) AS firstChannel,
  argMaxIf(channel, (at, message_id, touch), ${isTouch}) AS lastChannel
FROM ${touchesOf(subject)} WHERE key ${amongKeys}
GROUP BY key`

const untouched = {
  touches: 0,
  recent: 0,
  people: 0,
  firstMs: 0,
  lastMs: 0,
  firstChannel: '',
  lastChannel: '',
}

async function readDetails(
  reader: Reader,
  subject: Subject,
  keys: readonly string[],
  asOf: number,
): Promise<Map<string, Omit<Row, 'key'>>> {
  const named: NamedQuery = {
    name: `details-of-${subject}-subjects`,
    splitBy: 'keys',
    sql: detailsSql(subject),
    settings: touchSettings,
  }
  const rows = await query<Row>(reader, named, { ...asOfParam(asOf), keys })
  return new Map(rows.map(({ key, ...row }) => [key, row]))
}

/** `next` is where the following page begins. */
export async function listSubjects(
  reader: Reader,
  wanted: ListWanted,
): Promise<{ rows: ListedSubject[]; next: { value: number; key: string } | undefined }> {
  const { subject, asOf, order, limit, after } = wanted
  const { having, params } = await filtersOf(reader, wanted)
  const values = valuesSql(wanted, having)
  const [sign, direction] = order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC']
  const page = after === undefined ? '' : `WHERE (value, k) ${sign} ({afterValue: Int64}, {afterKey: UInt64})`
  const named: NamedQuery = {
    name: `list-of-${subject}-subjects`,
    sql: `
SELECT toString(k) AS key, value
FROM (${values.sql})
${page}
ORDER BY value ${direction}, k ${direction} LIMIT {limit: UInt32}`,
    settings: { ...touchSettings, join_use_nulls: 0 },
  }
  const found = await query<{ key: string; value: number }>(reader, named, {
    ...params,
    ...values.params,
    ...asOfParam(asOf),
    limit: limit + 1,
    ...(after && { afterValue: after.value, afterKey: after.key }),
  })
  const rows = found.slice(0, limit)
  const keys = rows.map(({ key }) => key)
  const [names, details] = await Promise.all([
    namesOf(reader, subject, keys),
    readDetails(reader, subject, keys, asOf),
  ])
  return {
    rows: keys.map((key) => ({ ...(details.get(key) ?? untouched), id: names.get(key) ?? key })),
    next: found.length > limit ? rows.at(-1) : undefined,
  }
}

/**
 * SELECT k, value: of every subject that passes the filters its sort value, as a whole number, since cursors hold
 * those.
 */
function valuesSql(
  { subject, asOf, sort, score }: ListWanted,
  having: string,
): { sql: string; params: Params } {
  const grouped = `FROM ${universeOf(subject)} GROUP BY key${having === '' ? '' : ` HAVING ${having}`}`
  if (sort !== 'score')
    return { sql: `SELECT key AS k, toInt64(${sortValues[sort]}) AS value ${grouped}`, params: {} }
  const totals = score && totalsSql(score, asOf)
  if (totals === undefined) return { sql: `SELECT key AS k, toInt64(0) AS value ${grouped}`, params: {} }
  return {
    sql: `
SELECT u.key AS k, toInt64(round(t.score * 1000)) AS value
FROM (SELECT key ${grouped}) AS u LEFT JOIN (${totals.sql}) AS t ON t.key = u.key`,
    params: totals.params,
  }
}

const hasLater = (subject: Subject) =>
  `key IN (SELECT ${subject}_key FROM ${touchpointTables[subject]} WHERE project = {project: String} AND at > ${asOfSql})`

/** Of whom nothing but facts is known the first touch says when they came; what was said of an account has a time. */
const cameBefore: Record<Subject, string> = {
  person: `(countIf(${isTouch}) > 0 OR NOT ${hasLater('person')})`,
  account: `(countIf(${isTouch}) > 0 OR NOT ${hasLater('account')}
  OR key IN (SELECT cityHash64(account) FROM account_traits WHERE project = {project: String} AND at <= ${asOfSql}))`,
}

async function filtersOf(
  reader: Reader,
  { subject, asOf, isPast = false, channel, stage, condition, among }: ListWanted,
): Promise<{ having: string; params: Params }> {
  const having: string[] = isPast ? [cameBefore[subject]] : []
  let params: Params = {}
  if (channel !== undefined) {
    having.push(`countIf(${isTouch} AND channel = {channel: String}) > 0`)
    params = { ...params, channel }
  }
  if (among !== undefined) {
    having.push('key IN (SELECT cityHash64(arrayJoin({among: Array(String)})))')
    params = { ...params, among }
  }
  if (stage !== undefined) {
    const list = await listOfStage(reader, stage, { subject, asOf })
    const subjects = subjectsSql(list, asOf)
    having.push(`key IN (SELECT key FROM (${subjects.sql}) WHERE current = {currentStage: Int16})`)
    const currentStage = list.body.stages.findIndex(({ id }) => id === stage)
    params = { ...params, ...subjects.params, currentStage }
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

/** Touches in each of the last 26 weeks, the oldest first, by id; a subject without any is left out. */
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
