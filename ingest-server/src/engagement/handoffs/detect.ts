/**
 * Who is to be handed off: at or above `on`, and either never handed off, or below `off` at some time since. What was handed
 * off under another id of the same person counts, so that a merge hands off once.
 */
import { chunksOf, query, type NamedQuery } from '../../clickhouse/query.js'
import { compileLowest } from '../../definitions/compile.js'
import { referencesFrom, type References } from '../../definitions/references.js'
import { conditionsOfBody } from '../../definitions/walk.js'
import type { ProjectNow, Score } from '../definitions-now.js'
import { readHeld } from '../people-now.js'
import { record } from '../record.js'
import { explainScores } from '../scores/explain.js'
import type { EngageSource, RecordDeps } from '../source.js'
import { handoffIdOf, readStandings, toHandoffRow } from './record.js'

interface LastHandoff {
  /** Milliseconds since 1970. */
  at: number
  n: number
}

async function readLastHandoffs(
  source: EngageSource,
  score: string,
  subjects: readonly string[],
): Promise<Map<string, LastHandoff>> {
  const named: NamedQuery = {
    name: 'last-handoffs',
    splitBy: 'subjects',
    sql: `
SELECT subject, toUnixTimestamp64Milli(max(handoff_records.at)) AS ms, max(n) AS last
FROM handoff_records
WHERE project = {project: String} AND score = {score: String} AND subject IN {subjects: Array(String)} AND because = 'crossed'
GROUP BY subject`,
  }
  const rows = await query<{ subject: string; ms: number; last: number }>(source, named, { score, subjects })
  return new Map(rows.map(({ subject, ms, last }) => [subject, { at: ms, n: last }]))
}

/** Of these the least total since the time beside each. */
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
  /** By subject when others were last found to be the same person, in milliseconds. */
  mergedAt: ReadonlyMap<string, number>
}

/** A merge explains a crossing for as long. */
const mergeExplainsMs = 3_600_000

/** Hands off whom of these it is time for; resolves with how many. */
export async function handOffCrossed(
  score: Score,
  hot: readonly string[],
  deps: DetectDeps,
): Promise<number> {
  const mine = hot.filter(deps.mayWrite)
  if (mine.length === 0) return 0
  const { source, all } = deps.project
  const conditions = conditionsOfBody('scores', score.body).map(({ condition }) => condition)
  const references = referencesFrom(all, conditions, { subject: score.body.subject })
  const crossed = await crossedOf(score, mine, references, deps)
  let handedOff = 0
  for (const part of chunksOf([...crossed.keys()])) {
    const explained = await explainScores(source, part, { score, references, asOf: deps.now })
    const isOfPerson = score.body.subject === 'person'
    const standings = isOfPerson ? await readStandings(source, part) : new Map<string, never>()
    const rows = [...explained.values()]
      // By the rows it was; a touch that went meanwhile makes another number.
      .filter(({ subject, total }) => total >= score.body.on && deps.mayWrite(subject))
      .map((one) => {
        const n = (crossed.get(one.subject) ?? 0) + 1
        const merge = deps.mergedAt.get(one.subject)
        const last = Math.max(0, ...one.touches.map(({ at }) => at))
        const merged = merge !== undefined && deps.now - merge < mergeExplainsMs && last <= merge
        return toHandoffRow(source.project, {
          ...{ explained: one, subjectKind: score.body.subject, standing: standings.get(one.subject) },
          ...{ n, id: handoffIdOf(source.project, score.id, one.subject, n) },
          ...{ merged, because: 'crossed', at: deps.now },
        })
      })
    await record(deps, 'handoff_records', rows)
    handedOff += rows.length
  }
  return handedOff
}

/** Whom it is time for, with how often they were handed off before. */
async function crossedOf(
  score: Score,
  subjects: readonly string[],
  references: References,
  { project: { source }, now }: DetectDeps,
): Promise<Map<string, number>> {
  const held =
    score.body.subject === 'person' ? await readHeld(source, subjects) : new Map<string, string[]>()
  const ids = [...new Set([...subjects, ...[...held.values()].flat()])]
  const last = await readLastHandoffs(source, score.id, ids)
  const crossed = new Map<string, number>()
  const since = new Map<string, number>()
  for (const subject of subjects) {
    const times = [subject, ...(held.get(subject) ?? [])].flatMap((id) => last.get(id)?.at ?? [])
    if (times.length === 0) crossed.set(subject, 0)
    else since.set(subject, Math.max(...times))
  }
  const lowest = await readLowest(source, score, since, { asOf: now, references })
  for (const [subject, least] of lowest)
    if (least < score.body.off) crossed.set(subject, last.get(subject)?.n ?? 0)
  return crossed
}
