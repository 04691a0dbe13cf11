/** Moments that may start a program, found among what changed: transitions of segments, touches, conditions that became true. */
import type { Condition, Subject } from '@touchline/schemas/api'
import { query, queryRows, type Reader } from '../../../clickhouse/query.js'
import { asOfParam } from '../../../definitions/sql/bag.js'
import { compileCondition, compileFirstTrue } from '../../../definitions/compile.js'
import { compileTouch } from '../../../definitions/sql/compile-touch.js'
import { loadReferences } from '../../../definitions/documents/references.js'
import { namesOf } from '../../../definitions/sql/subject-names.js'
import { touchSettings, touchesOf } from '../../../definitions/sql/touches.js'
import { lateAfterMs, type Moment } from './enter.js'
import { holdsFor, isPlainTouch } from '../holds.js'
import type { Program } from '../programs.js'

/** A row of the feed of segments. */
export interface Transition {
  project: string
  segment: string
  subjectKind: string
  subject: string
  change: string
  validAt: number
  knownAt: number
  id: string
  /** definition: it was so when the segment was looked at first. */
  cause: string
}

/** How a program is entered: by a segment, by each touch of a kind, or when anything else becomes true. */
export function wayOf(enter: Condition): { segment: string } | 'touch' | 'condition' {
  if ('segment' in enter) return { segment: enter.segment }
  return isPlainTouch(enter) ? 'touch' : 'condition'
}

export function momentsOfTransitions(rows: readonly Transition[], programs: Iterable<Program>): Moment[] {
  const moments: Moment[] = []
  for (const { id: program, latest } of programs) {
    const way = latest === undefined ? undefined : wayOf(latest.body.enter)
    if (latest === undefined || typeof way !== 'object') continue
    for (const { segment, subjectKind, subject, change, validAt, knownAt, id, cause } of rows)
      if (change === 'enter' && segment === way.segment && subjectKind === latest.body.subject)
        moments.push({
          program,
          subject,
          way: 'segment',
          trigger: id,
          at: validAt,
          knownAt: cause === 'definition' ? validAt : knownAt,
        })
  }
  return moments
}

interface Among {
  subject: Subject
  ids: readonly string[]
  now: number
}

/** `ids` are those of whom something changed. */
export async function momentsAmong(
  reader: Reader,
  program: Program,
  { ids, now }: Omit<Among, 'subject'>,
): Promise<Moment[]> {
  const { latest } = program
  if (latest === undefined || ids.length === 0) return []
  const { enter, subject, imports } = latest.body
  const way = wayOf(enter)
  if (way === 'touch')
    return touchMoments(reader, enter, {
      ...{ subject, ids, now, program: program.id },
      since: imports === true ? 0 : now - lateAfterMs,
      knownSince: program.since,
    })
  return way === 'condition'
    ? conditionMoments(reader, enter, { subject, ids, now, program: program.id })
    : []
}

interface TouchesWanted extends Among {
  program: string
  since: number
  knownSince: number
}

// When it became known is when the event that tells it first was received.
const touchMomentsSql = (subject: Subject, condition: string) => `
WITH
matching AS (
  SELECT subject AS who, person_key, at, touch, message_id FROM ${touchesOf(subject, true)}
  WHERE (${condition}) AND toUnixTimestamp64Milli(at) > {since: Int64}
),
shown AS (
  SELECT person_key, at, touch, subject, client_time, message_ids[1] AS shown_id FROM touchpoints_of_people FINAL
  WHERE project = {project: String} AND (person_key, at, touch) IN (SELECT person_key, at, touch FROM matching)
),
told AS (
  SELECT subject, client_time, message_id, min(received_at) AS received FROM events
  WHERE project = {project: String} AND (subject, client_time, message_id) IN (SELECT subject, client_time, shown_id FROM shown)
  GROUP BY subject, client_time, message_id
)
SELECT m.who AS subject, m.message_id AS trigger, toUnixTimestamp64Milli(m.at) AS at, toUnixTimestamp64Milli(t.received) AS knownAt
FROM matching AS m
INNER JOIN shown AS s ON s.person_key = m.person_key AND s.at = m.at AND s.touch = m.touch
INNER JOIN told AS t ON t.subject = s.subject AND t.client_time = s.client_time AND t.message_id = s.shown_id
WHERE toUnixTimestamp64Milli(t.received) >= {knownSince: Int64}
ORDER BY at, trigger`

async function touchMoments(reader: Reader, enter: Condition, wanted: TouchesWanted): Promise<Moment[]> {
  if (!('touch' in enter)) return []
  const { subject, ids, now, program, since, knownSince } = wanted
  const { sql, params } = compileTouch(enter.touch)
  const named = {
    name: 'program-touches',
    splitBy: 'only',
    sql: touchMomentsSql(subject, sql),
    settings: touchSettings,
  }
  const all = { ...params, ...asOfParam(now), only: ids, since, knownSince }
  const rows = await query<Pick<Moment, 'subject' | 'trigger' | 'at' | 'knownAt'>>(reader, named, all)
  return rows.map((row) => ({ ...row, program, way: 'touch' }))
}

async function conditionMoments(
  reader: Reader,
  enter: Condition,
  { subject, ids, now, program }: Among & { program: string },
): Promise<Moment[]> {
  const holding = [...(await holdsFor(reader, enter, { subject, ids, asOf: now }))]
  if (holding.length === 0) return []
  const references = await loadReferences(reader, [enter], { subject })
  const compiled = compileFirstTrue(enter, { subject, asOf: now, references, only: holding })
  const named = {
    name: 'program-condition-since',
    splitBy: 'only',
    sql: `
SELECT w.id, toUnixTimestamp64Milli(f.at)
FROM (SELECT DISTINCT arrayJoin({only: Array(String)}) AS id) AS w
INNER JOIN (${compiled.sql}) AS f ON f.key = cityHash64(w.id)`,
    settings: compiled.settings,
  }
  const rows = await queryRows<[string, number]>(reader, named, { ...compiled.params, only: holding })
  return rows.map(([id, at]) => momentOf(program, id, at, now))
}

const momentOf = (program: string, subject: string, at: number, now: number): Moment => ({
  ...{ program, subject, at },
  way: 'condition',
  trigger: `since:${at}`,
  knownAt: now,
})

/** What time alone made true: among everybody, for programs that are entered by a condition. */
export async function momentsOfTime(reader: Reader, program: Program, now: number): Promise<Moment[]> {
  const { latest } = program
  if (latest === undefined || wayOf(latest.body.enter) !== 'condition') return []
  const { enter, subject } = latest.body
  const references = await loadReferences(reader, [enter], { subject })
  const holds = compileCondition(enter, { subject, asOf: now, references, prefix: 'h' })
  const first = compileFirstTrue(enter, { subject, asOf: now, references, prefix: 'f' })
  const named = {
    name: 'program-condition-of-time',
    sql: `
SELECT toString(key), toUnixTimestamp64Milli(at) FROM (${first.sql})
WHERE toUnixTimestamp64Milli(at) > {since: Int64} AND key IN (${holds.sql})
ORDER BY at LIMIT 10000`,
    settings: first.settings,
  }
  const params = { ...first.params, ...holds.params, since: now - lateAfterMs }
  const rows = await queryRows<[string, number]>(reader, named, params)
  const names = await namesOf(
    reader,
    subject,
    rows.map(([key]) => key),
  )
  return rows.flatMap(([key, at]) => {
    const id = names.get(key)
    return id === undefined ? [] : [momentOf(program.id, id, at, now)]
  })
}
