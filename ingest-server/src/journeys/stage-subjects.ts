/** The subjects behind a number of the stages, and the stages of one subject. */
import { type Stage, type Subject, type stageStates } from '@touchline/schemas/api'
import { query, queryRows, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { compileStages } from '../definitions/compile.js'
import { compileTouches } from '../definitions/sql/compile-touch.js'
import { namesOf } from '../definitions/sql/subject-names.js'
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
  /** 0: the subject was never in the stage that is asked for. */
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

/** In the order of keys, which are hashes and never change. */
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
  const { stages } = list.body
  const matching = matchingSql(stages)
  const touches = `groupArrayIf((toUnixTimestamp64Milli(at), message_id, [${matching.sql.join(', ')}]), kind != '')`
  const { sql, params, settings } = compileStages(
    list.body,
    { asOf, references: list.references, only: [id] },
    [touches],
  )
  const named: NamedQuery = {
    name: 'stages-of-subject',
    sql: `
SELECT entries, arraySort(arrayFilter(touch -> has(entries.2, touch.1), more0)) AS touches
FROM (${sql})`,
    settings,
  }
  type Row = [entries: [place: number, atMs: number, leftMs: number][], touches: TouchThen[]]
  const [[found, then] = [[], []]] = await queryRows<Row>(reader, named, { ...params, ...matching.params })
  const entries = await Promise.all(
    found.flatMap(([place, atMs, leftMs]) => {
      const stage = stages[place]
      if (stage === undefined) return []
      const because = becauseOf(place, atMs, then) ?? traitOf(reader, list.body.subject, id, atMs)
      return [entryOf({ stage, atMs, leftMs }, because)]
    }),
  )
  const last = entries.at(-1)
  return {
    entries,
    current: last?.leftMs === undefined ? last?.stage : undefined,
    furthest: stages[Math.max(...found.map(([place]) => place))],
  }
}

async function entryOf(
  { stage, atMs, leftMs }: { stage: Stage; atMs: number; leftMs: number },
  because: string | Promise<string | undefined>,
): Promise<Entry> {
  return { stage, atMs, leftMs: leftMs === 0 ? undefined : leftMs, because: await because }
}

/** A touch of the moment of an entry; of each stage whether it is one that its condition asks for. */
type TouchThen = [atMs: number, messageId: string, matches: (boolean | number)[]]

/** An expression a stage: the touch is one that its condition asks for. */
function matchingSql(stages: readonly Stage[]): { sql: string[]; params: Record<string, unknown> } {
  const touches = stages.map(({ enter }) => touchesAt(enter).map(({ node }) => node))
  const { sql, params } = compileTouches(touches.flat(), { prefix: 'b' })
  const ofStages = touches.map(({ length }) => sql.splice(0, length))
  return { sql: ofStages.map((any) => (any.length === 0 ? 'false' : `(${any.join(' OR ')})`)), params }
}

/** The touch of that moment that the stage's condition asks for, else any. `touches` in the order of their ids. */
function becauseOf(place: number, atMs: number, touches: readonly TouchThen[]): string | undefined {
  const then = touches.filter(([at]) => at === atMs)
  const [, id] = then.find(([, , matches]) => Boolean(matches[place])) ?? then[0] ?? []
  return id
}

const traitTables: Record<Subject, { table: string; column: string }> = {
  person: { table: 'traits', column: 'identifier' },
  account: { table: 'account_traits', column: 'account' },
}

/** The message of a trait that was set at that moment, for an entry without a touch. */
async function traitOf(
  reader: Reader,
  subject: Subject,
  id: string,
  atMs: number,
): Promise<string | undefined> {
  const { table, column } = traitTables[subject]
  const named: NamedQuery = {
    name: 'why-stage',
    sql: `
SELECT message_id AS because FROM ${table}
WHERE project = {project: String} AND ${column} = {id: String} AND at = fromUnixTimestamp64Milli({ms: Int64}, 'UTC')
ORDER BY because LIMIT 1`,
  }
  const [row] = await query<{ because: string }>(reader, named, { id, ms: atMs })
  return row?.because
}
