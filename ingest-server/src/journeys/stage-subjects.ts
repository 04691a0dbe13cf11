/** Who is behind a number of the stages, and the stages of one subject. */
import { type Stage, type Subject, type stageStates } from '@touchline/schemas/api'
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { asOfParam } from '../definitions/bag.js'
import { compileTouches } from '../definitions/compile-touch.js'
import { namesOf } from '../definitions/subject-names.js'
import { touchesOf, touchSettings } from '../definitions/touches.js'
import { touchesAt } from '../definitions/walk.js'
import type { StageList } from './stage-list.js'
import { subjectsSql } from './stages.js'

export type StageState = (typeof stageStates)[number]

const states: Record<StageState, string> = {
  current: 'current = {stage: Int16}',
  reached: 'furthest >= {stage: Int16}',
  entered: 'arrayExists(x -> x.1 = {stage: Int16}, entries)',
  skipped: 'furthest > {stage: Int16} AND NOT arrayExists(x -> x.1 = {stage: Int16}, entries)',
  open: 'furthest = {stage: Int16} AND NOT is_silent',
  dropped: 'furthest = {stage: Int16} AND is_silent',
}

export interface StageSubject {
  key: string
  id: string
  /** Place of the stage that it is in; −1: in none. */
  current: number
  sinceMs: number
  /** 0: it never was in the stage that is asked for. */
  enteredMs: number
  lastTouchMs: number
}

interface Wanted {
  stage: number
  state: StageState
  asOf: number
  limit: number
  /** The key of the last one of the page before. */
  after?: string | undefined
}

/** In the order of keys, which names nothing and never changes. */
export async function readStageSubjects(
  reader: Reader,
  list: StageList,
  { stage, state, asOf, limit, after }: Wanted,
): Promise<{ total: number; rows: StageSubject[]; next: string | undefined }> {
  const { sql, params, settings } = subjectsSql(list, asOf)
  const named: NamedQuery = {
    name: 'stage-subjects',
    sql: `
SELECT toString(k) AS key, current, sinceMs, enteredMs, lastTouchMs, total FROM (
  SELECT key AS k, current, if(current < 0, 0, entries[-1].2) AS sinceMs,
    arrayFirst(x -> x.1 = {stage: Int16}, entries).2 AS enteredMs,
    last_touch AS lastTouchMs, count() OVER () AS total
  FROM (${sql}) WHERE ${states[state]}
)
WHERE k > {after: UInt64}
ORDER BY k LIMIT {limit: UInt32}`,
    settings,
  }
  const found = await query<StageSubject & { total: number }>(reader, named, {
    ...params,
    stage,
    after: after ?? '0',
    limit: limit + 1,
  })
  const rows = found.slice(0, limit)
  const names = await namesOf(
    reader,
    list.body.subject,
    rows.map(({ key }) => key),
  )
  const total =
    found[0]?.total ?? (after === undefined ? 0 : await countOf(reader, list, { stage, state, asOf }))
  return {
    total,
    rows: rows.map((row) => ({ ...row, id: names.get(row.key) ?? row.key })),
    next: found.length > limit ? rows.at(-1)?.key : undefined,
  }
}

async function countOf(
  reader: Reader,
  list: StageList,
  { stage, state, asOf }: Pick<Wanted, 'stage' | 'state' | 'asOf'>,
): Promise<number> {
  const { sql, params, settings } = subjectsSql(list, asOf)
  const named = {
    name: 'count-stage-subjects',
    sql: `SELECT count() AS n FROM (${sql}) WHERE ${states[state]}`,
    settings,
  }
  const [row] = await query<{ n: number }>(reader, named, { ...params, stage })
  return row?.n ?? 0
}

export interface Entry {
  stage: Stage
  atMs: number
  leftMs: number | undefined
  because: string | undefined
}

/** Of one subject, oldest first. */
export async function readEntries(
  reader: Reader,
  list: StageList,
  id: string,
  asOf: number,
): Promise<{ entries: Entry[]; current: Stage | undefined; furthest: Stage | undefined }> {
  const { sql, params, settings } = subjectsSql(list, asOf, [id])
  const named: NamedQuery = {
    name: 'stages-of-subject',
    sql: `SELECT entries, current, furthest FROM (${sql}) `,
    settings,
  }
  interface Row {
    entries: [number, number, number][]
    current: number
    furthest: number
  }
  const [row] = await query<Row>(reader, named, params)
  const { stages } = list.body
  const entries = await Promise.all(
    (row?.entries ?? []).flatMap(([place, atMs, leftMs]) => {
      const stage = stages[place]
      return stage === undefined
        ? []
        : [entryOf(reader, list.body.subject, id, { stage, atMs, leftMs, asOf })]
    }),
  )
  const stageAt = (place: number | undefined) => (place === undefined ? undefined : stages[place])
  return { entries, current: stageAt(row?.current), furthest: stageAt(row?.furthest) }
}

async function entryOf(
  reader: Reader,
  subject: Subject,
  id: string,
  { stage, atMs, leftMs, asOf }: { stage: Stage; atMs: number; leftMs: number; asOf: number },
): Promise<Entry> {
  const because = await becauseOf(reader, subject, id, { stage, atMs, asOf })
  return { stage, atMs, leftMs: leftMs === 0 ? undefined : leftMs, because }
}

const traitTables: Record<Subject, { table: string; column: string }> = {
  person: { table: 'traits', column: 'identifier' },
  account: { table: 'account_traits', column: 'account' },
}

/** The touch of that moment that the condition asks for, else any, else what was said of the subject then. */
async function becauseOf(
  reader: Reader,
  subject: Subject,
  id: string,
  { stage, atMs, asOf }: { stage: Stage; atMs: number; asOf: number },
): Promise<string | undefined> {
  const touches = touchesAt(stage.enter).map(({ node }) => node)
  const { sql, params } = compileTouches(touches, { prefix: 'b' })
  const matches = sql.length === 0 ? 'false' : sql.join(' OR ')
  const { table, column } = traitTables[subject]
  const named: NamedQuery = {
    name: 'why-stage',
    sql: `
SELECT because FROM (
  SELECT message_id AS because, if(${matches}, 0, 1) AS rank FROM ${touchesOf(subject, true)}
  WHERE at = fromUnixTimestamp64Milli({ms: Int64}, 'UTC')
  UNION ALL
  SELECT message_id AS because, 2 AS rank FROM ${table}
  WHERE project = {project: String} AND ${column} IN {only: Array(String)} AND at = fromUnixTimestamp64Milli({ms: Int64}, 'UTC')
)
ORDER BY rank, because LIMIT 1`,
    settings: touchSettings,
  }
  const [row] = await query<{ because: string }>(reader, named, {
    ...params,
    ...asOfParam(asOf),
    only: [id],
    ms: atMs,
  })
  return row?.because
}
