/** One project looked at: rows are derived anew for some subjects or everybody, then what is new and true is said. */
import type { Subject } from '@touchline/schemas/api'
import type { ClickHouseClient } from '@clickhouse/client'
import type { EventLog } from '../log/log.js'
import type { Judge } from '../log/tombstones.js'
import type { Metrics } from '../metrics.js'
import type { Versions } from '../projections/versions.js'
import { concernedBy, type Change } from './changes.js'
import type { ProjectNow, Score } from './definitions-now.js'
import { notErased, withoutErased } from './erased-subjects.js'
import { handOffCrossed } from './handoffs/detect.js'
import type { Merges } from './handoffs/merges.js'
import { deriveScores, readDueScores, readHot } from './scores/values.js'
import { moveOn, readDue } from './segments/due.js'
import { emit, type Waiting } from './segments/emission.js'
import { deriveMemberships, type Segment } from './segments/memberships.js'
import { mostPending, readPending } from './segments/pending.js'

export interface Looking {
  project: ProjectNow
  /** Milliseconds; never before a time that anything was known at (known-time.ts). */
  now: number
  app: ClickHouseClient
  log: EventLog
  metrics: Pick<Metrics, 'engage'>
  versions: Versions
  waiting: Waiting
  merges: Merges
  /** Of this project; undefined: nobody was erased. */
  judge: Judge | undefined
  /** Whether this process may say something about the subject; asked just before it does. */
  mayWrite: (subject: string) => boolean
}

export interface Looked {
  /** Subjects that were looked at. */
  subjects: number
  /** Entries and leaves that were said. */
  said: number
  handedOff: number
}

export const nothing: Looked = { subjects: 0, said: 0, handedOff: 0 }

export const together = (a: Looked, b: Looked): Looked => ({
  subjects: a.subjects + b.subjects,
  said: a.said + b.said,
  handedOff: a.handedOff + b.handedOff,
})

const kinds: readonly Subject[] = ['person', 'account']

async function sayPending(
  looking: Looking,
  segments: readonly Segment[],
  only?: readonly string[],
): Promise<number> {
  const { project, now, app, log, mayWrite, waiting, metrics, judge } = looking
  if (segments.length === 0) return 0
  let said = 0
  for (;;) {
    const pending = await readPending(project.source, segments, { now, only })
    const emitting = { source: project.source, app, log, now, mayWrite, waiting }
    const more = await emit(segments, await withoutErased(project.source, judge, pending), emitting)
    said += more
    metrics.engage.transitions.inc(more)
    if (pending.length < mostPending || more === 0) return said
  }
}

async function lookAtScore(looking: Looking, score: Score, only?: readonly string[]): Promise<number> {
  const { project, now, app, log, versions, merges, mayWrite, metrics, judge } = looking
  const { source, all } = project
  const version = await versions.next()
  await deriveScores(source, score, { all, asOf: now, version, ...(only && { only }) })
  const hot = await notErased(source, judge, await readHot(source, score, only))
  const mergedAt = merges.of(source.project)
  const handedOff = await handOffCrossed(score, hot, { app, log, project, now, mayWrite, mergedAt })
  metrics.engage.handoffs.inc(handedOff)
  return handedOff
}

/** These subjects of one kind, through all segments and scores about them. */
async function lookAtSubjects(looking: Looking, subject: Subject, only: readonly string[]): Promise<Looked> {
  const { project, now, versions } = looking
  if (only.length === 0) return nothing
  const segments = project.segments.filter(({ body }) => body.subject === subject)
  let said = 0
  if (segments.length > 0) {
    const deriving = { all: project.all, asOf: now, version: await versions.next(), only }
    await deriveMemberships(project.source, subject, segments, deriving)
    said = await sayPending(looking, segments, only)
  }
  let handedOff = 0
  for (const score of project.scores)
    if (score.body.subject === subject) handedOff += await lookAtScore(looking, score, only)
  return { subjects: only.length, said, handedOff }
}

export async function lookAtChanged(looking: Looking, changes: readonly Change[]): Promise<Looked> {
  const { project, now, merges, mayWrite } = looking
  const concerned = await concernedBy(project.source, changes, project.all)
  // While the scores of those who were somebody else before still stand.
  await merges.note(project.source, changes, now)
  let looked = nothing
  for (const kind of kinds)
    looked = together(looked, await lookAtSubjects(looking, kind, concerned[kind].filter(mayWrite)))
  return looked
}

/** Whom the clock has moved past something, and who waits for the touchpoints of their owner (segments/emission.ts). */
export async function lookAtDue(looking: Looking): Promise<Looked> {
  const { project, now, versions, waiting, mayWrite } = looking
  const { source, segments, scores } = project
  const waits = waiting.of(source.project).filter(mayWrite)
  const due = (await readDue(source, now)).filter(mayWrite)
  let said = waits.length === 0 ? 0 : await sayPending(looking, segments, waits)
  if (due.length > 0) {
    said += await sayPending(looking, segments, due)
    await moveOn(source, { only: due, now, version: await versions.next() })
  }
  let handedOff = 0
  const dueScores = scores.length === 0 ? [] : (await readDueScores(source, now)).filter(mayWrite)
  if (dueScores.length > 0)
    for (const score of scores) handedOff += await lookAtScore(looking, score, dueScores)
  return { subjects: 0, said, handedOff }
}

/** Everybody, by one definition: `segments/hot`, `scores/lead`. */
export async function lookAtEverybody(looking: Looking, key: string): Promise<Looked> {
  const { project, now, versions } = looking
  const { all, source } = project
  const segment = project.segments.find(({ id }) => `segments/${id}` === key)
  if (segment !== undefined) {
    const version = await versions.next()
    await deriveMemberships(source, segment.body.subject, [segment], { all, asOf: now, version })
    return { ...nothing, said: await sayPending(looking, [segment]) }
  }
  const score = project.scores.find(({ id }) => `scores/${id}` === key)
  return score === undefined ? nothing : { ...nothing, handedOff: await lookAtScore(looking, score) }
}
