/**
 * One project looked at: rows are derived anew for some subjects or everybody, then new transitions and hand-offs are
 * emitted.
 */
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
import type { HeavySubjects } from './heavy-subjects.js'
import type { Merges } from './handoffs/merges.js'
import { readHistories } from './histories.js'
import { keepScores, type HotSubjects } from './scores/plain-scores.js'
import { deriveScores, readHot } from './scores/values.js'
import { moveOn } from './segments/due.js'
import { emit, type Waiting } from './segments/emission.js'
import { deriveMemberships, type Segment } from './segments/memberships.js'
import { mostPending, pendingOf, readPending, type Pending } from './segments/pending.js'
import { changedMemberships } from './segments/plain-memberships.js'
import type { Unsaid } from './segments/unsaid.js'
import { dueScores, dueSegments, readDueSubjects } from './due-subjects.js'

export interface Looking {
  project: ProjectNow
  /** Milliseconds; never before a time that anything was known at (known-time.ts). */
  now: number
  app: ClickHouseClient
  log: EventLog
  metrics: Pick<Metrics, 'engage'>
  versions: Versions
  waiting: Waiting
  /** Subjects whose rows are written and whose transitions may not be emitted yet. */
  unsaid: Unsaid
  merges: Merges
  heavySubjects: HeavySubjects
  /** At most so many touches are held in memory. */
  touchesAtOnce: number | undefined
  /** Of this project; undefined: nobody was erased. */
  judge: Judge | undefined
  /** Whether this process may emit something about the subject; asked just before it does. */
  mayWrite: (subject: string) => boolean
}

export interface Looked {
  /** Subjects that were looked at. */
  subjects: number
  /** Number of emitted entries and leaves. */
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
  const { project, now } = looking
  if (segments.length === 0) return 0
  let said = 0
  for (;;) {
    const pending = await readPending(project.source, segments, { now, only })
    const more = await say(looking, segments, pending)
    said += more
    if (pending.length < mostPending || more === 0) return said
  }
}

async function say(
  looking: Looking,
  segments: readonly Segment[],
  pending: readonly Pending[],
): Promise<number> {
  const { project, now, app, log, mayWrite, waiting, unsaid, metrics, judge } = looking
  const { source } = project
  const left = await withoutErased(source, judge, pending)
  const said = await emit(segments, left, { source, app, log, now, mayWrite, waiting })
  unsaid.end(source.project, subjectsOf(left))
  // A new subject may come later under the id of an erased one; then these are emitted.
  const kept = new Set(left)
  unsaid.add(source.project, subjectsOf(pending.filter((one) => !kept.has(one))))
  metrics.engage.transitions.inc(said)
  return said
}

const subjectsOf = (rows: readonly { subject: string }[]) => rows.map(({ subject }) => subject)

/** Derives one score in ClickHouse, for these subjects or everybody, and hands off who crossed it. */
async function lookAtScore(looking: Looking, score: Score, only?: readonly string[]): Promise<number> {
  const { project, now, versions } = looking
  const { source, all } = project
  const version = await versions.next()
  await deriveScores(source, score, { all, asOf: now, version, ...(only && { only }) })
  return handOff(looking, [{ score, subjects: await readHot(source, score, only) }])
}

async function handOff(looking: Looking, hot: readonly HotSubjects[]): Promise<number> {
  const { project, now, app, log, merges, mayWrite, metrics, judge } = looking
  const { source } = project
  const left = new Set(await notErased(source, judge, [...new Set(hot.flatMap((one) => one.subjects))]))
  const mine = hot.map((one) => ({ ...one, subjects: one.subjects.filter((subject) => left.has(subject)) }))
  const mergedAt = merges.of(source.project)
  const handedOff = await handOffCrossed(mine, { app, log, project, now, mayWrite, mergedAt })
  metrics.engage.handoffs.inc(handedOff)
  return handedOff
}

/** These subjects of one kind, through all segments and scores about them. */
async function lookAtSubjects(looking: Looking, subject: Subject, only: readonly string[]): Promise<Looked> {
  const { project, heavySubjects } = looking
  const { segments, scores, others } = project.plain[subject]
  const { looked, heavy } = await heavySubjects.eachLight(project.source.project, only, (some) =>
    lookPlainly(looking, subject, some),
  )
  const own = {
    segments: segments.map(({ segment }) => segment),
    scores: scores.map(({ score }) => score),
  }
  const ofHeavy = await lookByStatements(looking, subject, own, heavy)
  const ofOthers = await lookByStatements(looking, subject, others, only)
  return [...looked, { ...ofHeavy, subjects: heavy.length }, ofOthers].reduce(together, nothing)
}

/**
 * By the definitions that follow from the subjects' own touches: those are read once for all of them. Undefined where they
 * are too many.
 */
async function lookPlainly(
  looking: Looking,
  subject: Subject,
  only: readonly string[],
): Promise<Looked | undefined> {
  const { project, now, versions, unsaid, touchesAtOnce } = looking
  const { source } = project
  const set = project.plain[subject]
  if (set.segments.length + set.scores.length === 0) return { ...nothing, subjects: only.length }
  const keeping = { source, asOf: now, version: await versions.next(), only, touchesAtOnce }
  const histories = await readHistories(source, subject, set, keeping)
  if (histories === undefined) return undefined
  let said = 0
  if (set.segments.length > 0) {
    const { changed, write } = await changedMemberships(set, histories, keeping)
    // Once the rows are written, nothing else tells that these transitions are not emitted yet.
    unsaid.add(source.project, subjectsOf(changed))
    await write()
    const pending = await pendingOf(source, changed)
    unsaid.end(source.project, subjectsOf(changed))
    unsaid.add(source.project, subjectsOf(pending))
    said = await say(looking, project.segments, pending)
  }
  const handedOff = await handOff(looking, await keepScores(set, histories, keeping))
  return { subjects: only.length, said, handedOff }
}

/** By definitions that ClickHouse works out. */
async function lookByStatements(
  looking: Looking,
  subject: Subject,
  { segments, scores }: Pick<ProjectNow, 'segments' | 'scores'>,
  only: readonly string[],
): Promise<Looked> {
  const { project, now, versions } = looking
  if (only.length === 0) return nothing
  let said = 0
  if (segments.length > 0) {
    const deriving = { all: project.all, asOf: now, version: await versions.next(), only }
    await deriveMemberships(project.source, subject, segments, deriving)
    said = await sayPending(looking, segments, only)
  }
  let handedOff = 0
  for (const score of scores) handedOff += await lookAtScore(looking, score, only)
  return { ...nothing, said, handedOff }
}

export async function lookAtChanged(looking: Looking, changes: readonly Change[]): Promise<Looked> {
  const { project, now, merges, mayWrite } = looking
  const concerned = await concernedBy(project.source, changes, project.all)
  // Before the scores of the people who were merged are derived anew.
  await merges.note(project.source, changes, now)
  let looked = nothing
  for (const kind of kinds)
    looked = together(looked, await lookAtSubjects(looking, kind, concerned[kind].filter(mayWrite)))
  return looked
}

/** Subjects of whose windows or conditions the time has come (due-subjects.ts). */
export async function lookAtDue(looking: Looking): Promise<Looked> {
  const { project, now, versions, mayWrite } = looking
  const { source, segments, scores } = project
  const due = (await readDueSubjects(source, dueSegments, now)).filter(mayWrite)
  let said = 0
  if (due.length > 0) {
    said += await sayPending(looking, segments, due)
    await moveOn(source, { only: due, now, version: await versions.next() })
  }
  let handedOff = 0
  const ofScores = scores.length === 0 ? [] : (await readDueSubjects(source, dueScores, now)).filter(mayWrite)
  if (ofScores.length > 0)
    for (const score of scores) handedOff += await lookAtScore(looking, score, ofScores)
  return { subjects: 0, said, handedOff }
}

/**
 * Subjects that wait for their owner's touchpoints (segments/emission.ts), and subjects whose transitions an earlier
 * pass could not emit.
 */
export async function lookAtWaiting(looking: Looking): Promise<Looked> {
  const { project, waiting, unsaid, mayWrite } = looking
  const { project: id } = project.source
  const left = unsaid.of(id)
  const wanted = [...new Set([...waiting.of(id), ...left])].filter(mayWrite)
  if (wanted.length === 0) return nothing
  unsaid.end(id, left)
  try {
    return { ...nothing, said: await sayPending(looking, project.segments, wanted) }
  } catch (error) {
    unsaid.add(id, left)
    throw error
  }
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
