/**
 * Subjects to be handed off: at or above `on`, and either never handed off, or below `off` at some time since. A hand-off
 * under another id of the same person counts, so that a merge hands off once.
 */
import { chunksOf, query, type NamedQuery } from '../../clickhouse/query.js'
import { compileLowest } from '../../definitions/compile.js'
import { referencesFrom, type References } from '../../definitions/documents/references.js'
import { conditionsOfBody } from '../../definitions/walk.js'
import type { ProjectNow, Score } from '../definitions-now.js'
import { readHeld } from '../people-now.js'
import { record } from '../record.js'
import { explainScores } from '../scores/explain.js'
import type { HotSubjects } from '../scores/plain-scores.js'
import { pairOf } from '../segments/membership.js'
import type { EngageSource, RecordDeps } from '../source.js'
import { handoffIdOf, readStandings, toHandoffRow } from './record.js'

interface LastHandoff {
  /** Milliseconds since 1970. */
  at: number
  n: number
}

/** By pairOf. */
async function readLastHandoffs(
  source: EngageSource,
  scores: readonly string[],
  subjects: readonly string[],
): Promise<Map<string, LastHandoff>> {
  const named: NamedQuery = {
    name: 'last-handoffs',
    splitBy: 'subjects',
    sql: `
SELECT score, subject, toUnixTimestamp64Milli(max(handoff_records.at)) AS ms, max(n) AS last
FROM handoff_records
WHERE project = {project: String} AND score IN {scores: Array(String)} AND subject IN {subjects: Array(String)} AND because = 'crossed'
GROUP BY score, subject`,
  }
  type Row = { score: string; subject: string; ms: number; last: number }
  const rows = await query<Row>(source, named, { scores, subjects })
  return new Map(rows.map(({ score, subject, ms, last }) => [pairOf(score, subject), { at: ms, n: last }]))
}

/** Subject → its least total since the time given with it. */
async function readLowest(
  source: EngageSource,
  { body }: Score,
  since: ReadonlyMap<string, number>,
  { asOf, references }: { asOf: number; references: References },
): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const only of chunksOf([...since.keys()])) {
    const times = only.map((subject) => since.get(subject) ?? 0)
    const place = '{since: Array(Int64)}[indexOf(arrayMap(x -> cityHash64(x), {only: Array(String)}), key)]'
    const { sql, params, settings } = compileLowest(body, place, { asOf, references, only })
    const named: NamedQuery = {
      name: 'lowest-since-handoff',
      sql: `
SELECT listed.subject AS subject, lowest FROM (${sql}) AS found
INNER JOIN (SELECT arrayJoin({only: Array(String)}) AS subject) AS listed ON cityHash64(listed.subject) = found.key`,
      settings,
    }
    const rows = await query<{ subject: string; lowest: number }>(source, named, { ...params, since: times })
    for (const { subject, lowest } of rows) found.set(subject, lowest)
  }
  return found
}

export interface DetectDeps extends Pick<RecordDeps, 'app' | 'log'> {
  project: ProjectNow
  /** Milliseconds; never before a time that anything was known at. */
  now: number
  mayWrite: (subject: string) => boolean
  /** Subject → when it was last merged with another, in milliseconds. */
  mergedAt: ReadonlyMap<string, number>
}

/** A merge explains a crossing for as long. */
const mergeExplainsMs = 3_600_000

/**
 * Hands off those of these subjects that crossed a score; all scores are about one kind of subject. Resolves with how
 * many.
 */
export async function handOffCrossed(hot: readonly HotSubjects[], deps: DetectDeps): Promise<number> {
  const { source } = deps.project
  const mine = hot
    .map((one) => ({ ...one, subjects: one.subjects.filter(deps.mayWrite) }))
    .filter(({ subjects }) => subjects.length > 0)
  const [first] = mine
  if (first === undefined) return 0
  const subjects = [...new Set(mine.flatMap((one) => one.subjects))]
  const isOfPerson = first.score.body.subject === 'person'
  const held = isOfPerson ? await readHeld(source, subjects) : new Map<string, string[]>()
  const ids = [...new Set([...subjects, ...[...held.values()].flat()])]
  const last = await readLastHandoffs(
    source,
    mine.map(({ score }) => score.id),
    ids,
  )
  const crossed: Crossed[] = []
  for (const one of mine) {
    const references = referencesOfScore(one.score, deps.project)
    const before = await crossedOf(one, { held, last }, { references, deps })
    if (before.size > 0) crossed.push({ ...one, references, before })
  }
  const crossing = [...new Set(crossed.flatMap(({ before }) => [...before.keys()]))]
  const standings = isOfPerson ? await readStandings(source, crossing) : new Map<string, never>()
  const rows: object[] = []
  for (const one of crossed) rows.push(...(await rowsOf(one, standings, deps)))
  await record(deps, 'handoff_records', rows)
  return rows.length
}

const referencesOfScore = ({ body }: Score, { all }: ProjectNow): References =>
  referencesFrom(
    all,
    conditionsOfBody('scores', body).map(({ condition }) => condition),
    { subject: body.subject },
  )

interface Before {
  /** Person → the other identifiers that they hold or held. */
  held: ReadonlyMap<string, readonly string[]>
  last: ReadonlyMap<string, LastHandoff>
}

interface Crossed extends HotSubjects {
  references: References
  /** Whom it is time for, with how often they were handed off before. */
  before: ReadonlyMap<string, number>
}

async function rowsOf(
  { score, references, before, spansOf }: Crossed,
  standings: Awaited<ReturnType<typeof readStandings>>,
  { project: { source }, now, mayWrite, mergedAt }: DetectDeps,
): Promise<object[]> {
  const rows: object[] = []
  for (const part of chunksOf([...before.keys()])) {
    const explained = await explainScores(source, part, { score, references, asOf: now, spansOf })
    for (const one of explained.values()) {
      // By the rows it was; a touch that went meanwhile makes another number.
      if (one.total < score.body.on || !mayWrite(one.subject)) continue
      const n = (before.get(one.subject) ?? 0) + 1
      const merge = mergedAt.get(one.subject)
      const last = Math.max(0, ...one.touches.map(({ at }) => at))
      const merged = merge !== undefined && now - merge < mergeExplainsMs && last <= merge
      rows.push(
        toHandoffRow(source.project, {
          ...{ explained: one, subjectKind: score.body.subject, standing: standings.get(one.subject) },
          ...{ n, id: handoffIdOf(source.project, score.id, one.subject, n) },
          ...{ merged, because: 'crossed', at: now },
        }),
      )
    }
  }
  return rows
}

/** Whom it is time for, with how often they were handed off before. */
async function crossedOf(
  { score, subjects, lowestSince }: HotSubjects,
  { held, last }: Before,
  { references, deps: { project, now } }: { references: References; deps: DetectDeps },
): Promise<Map<string, number>> {
  const crossed = new Map<string, number>()
  const since = new Map<string, number>()
  const lowest = new Map<string, number>()
  for (const subject of subjects) {
    const names = [subject, ...(held.get(subject) ?? [])]
    const times = names.flatMap((id) => last.get(pairOf(score.id, id))?.at ?? [])
    const latest = Math.max(...times)
    if (times.length === 0) crossed.set(subject, 0)
    else {
      const known = lowestSince?.(subject, latest)
      if (known === undefined) since.set(subject, latest)
      else lowest.set(subject, known)
    }
  }
  const asked = await readLowest(project.source, score, since, { asOf: now, references })
  for (const [subject, least] of [...lowest, ...asked])
    if (least < score.body.off) crossed.set(subject, last.get(pairOf(score.id, subject))?.n ?? 0)
  return crossed
}
