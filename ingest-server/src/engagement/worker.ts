/**
 * Keeps segments and scores up to date, and says outward what is new and true. It looks at who changed, derives their rows
 * anew, and then says what the rows and the records of what was said differ in. Level-triggered: late, twice or after
 * a crash at any point it says the same. Any number of processes divide the subjects (projections/leases.ts).
 *
 *     who changed                     their rows, with the look that shows them
 *     whom a window has moved past    by what their rows say comes next (segments/due.ts)
 *     a definition changed            everybody, one definition a pass
 *     every ten minutes               everybody, one definition after the other: what a look missed is made good
 */
import type { Subject } from '@touchline/schemas/api'
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import type { Clock } from '../clock.js'
import type { EventLog } from '../log/log.js'
import type { Logger } from '../logger.js'
import type { Metrics } from '../metrics.js'
import { openLeases, slotOf } from '../projections/leases.js'
import { openShare, type Place } from '../projections/share.js'
import { openVersions } from '../projections/versions.js'
import { concernedBy, openChanges, type Change, type Concerned } from './changes.js'
import { openDefinitions, type ProjectNow, type Score } from './definitions-now.js'
import { openKnownTime } from './known-time.js'
import { openPasses } from './passes.js'
import { handOffCrossed } from './handoffs/detect.js'
import { mergesOf } from './handoffs/merges.js'
import { deriveScores, forgetOtherScores, readDueScores, readHot } from './scores/values.js'
import { emit, openWaiting } from './segments/emission.js'
import { moveOn, readDue } from './segments/due.js'
import { deriveMemberships, forgetOtherSegments, type Segment } from './segments/memberships.js'
import { mostPending, readPending } from './segments/pending.js'

export interface WorkerDeps {
  clickhouse: Pick<ClickHouse, 'app'>
  log: EventLog
  clock: Clock
  metrics: Pick<Metrics, 'engage'>
  logger: Logger
  /** No other process can work on this database. */
  isAlone?: boolean | undefined
  slots?: number
  leaseMs?: number
  /** How far each look goes back, for rows that became visible after their own time. */
  overlapMs?: number
  /** Between two passes over everybody. */
  healEveryMs?: number
}

export interface PassResult {
  /** Subjects that were looked at. */
  subjects: number
  /** Entries and leaves that were said. */
  said: number
  handedOff: number
  hasMore: boolean
}

const subjects: readonly Subject[] = ['person', 'account']
const start: Place = { source: 0, after: [] }
const usualSlots = 64

/** The work without the loop; one pass at a time. */
export function openWorker(deps: WorkerDeps) {
  const { overlapMs = 3_000, slots = usualSlots, healEveryMs = 600_000 } = deps
  const { app } = deps.clickhouse
  const versions = openVersions(app, 'segment_memberships')
  const definitions = openDefinitions(app)
  const knownTime = openKnownTime(app, deps.clock)
  const passes = openPasses(healEveryMs)
  const waiting = openWaiting()
  const merges = mergesOf()
  const leases = openLeases({
    client: app,
    projection: 'engage',
    slots,
    isAlone: deps.isAlone === true,
    leaseMs: deps.leaseMs,
  })
  const feed = openChanges(app, overlapMs)
  const share = openShare({
    leases,
    feed,
    sweepStart: start,
    onGained(held) {
      versions.forget()
      knownTime.forget()
      // Whoever had them may have ended between deriving and saying.
      passes.repeat()
      deps.logger.info(held, 'Takes part in keeping segments and scores up to date')
    },
  })
  const mayWrite = (project: string) => (subject: string) =>
    share.isMine(slotOf(`${project}\n${subject}`, slots))

  async function sayPending(
    project: ProjectNow,
    segments: readonly Segment[],
    now: number,
    only?: readonly string[],
  ): Promise<number> {
    if (segments.length === 0) return 0
    let said = 0
    for (;;) {
      const pending = await readPending(project.source, segments, { now, only })
      const more = await emit(segments, pending, {
        source: project.source,
        app,
        log: deps.log,
        now,
        mayWrite: mayWrite(project.source.project),
        waiting,
      })
      said += more
      deps.metrics.engage.transitions.inc(more)
      if (pending.length < mostPending || more === 0) return said
    }
  }

  async function lookAtScore(project: ProjectNow, score: Score, now: number, only?: readonly string[]) {
    const { source, all } = project
    await deriveScores(source, score, {
      all,
      asOf: now,
      version: await versions.next(),
      ...(only && { only }),
    })
    const hot = await readHot(source, score, only)
    const mergedAt = merges.of(source.project)
    const write = mayWrite(source.project)
    const deciding = { app, log: deps.log, project, now, mayWrite: write, mergedAt }
    const handedOff = await handOffCrossed(score, hot, deciding)
    deps.metrics.engage.handoffs.inc(handedOff)
    return handedOff
  }

  /** These subjects of one kind, through all segments and scores about them. */
  async function look(project: ProjectNow, subject: Subject, ids: readonly string[], now: number) {
    const result = { said: 0, handedOff: 0 }
    if (ids.length === 0) return result
    const segments = project.segments.filter(({ body }) => body.subject === subject)
    if (segments.length > 0) {
      const version = await versions.next()
      const deriving = { all: project.all, asOf: now, version, only: ids }
      await deriveMemberships(project.source, subject, segments, deriving)
      result.said += await sayPending(project, segments, now, ids)
    }
    for (const score of project.scores)
      if (score.body.subject === subject) result.handedOff += await lookAtScore(project, score, now, ids)
    return result
  }

  async function lookAtChanged(project: ProjectNow, changes: readonly Change[], now: number) {
    const concerned: Concerned = await concernedBy(project.source, changes, project.all)
    await merges.note(project.source, changes, now)
    const isMine = mayWrite(project.source.project)
    const result = { subjects: 0, said: 0, handedOff: 0 }
    for (const subject of subjects) {
      const mine = concerned[subject].filter(isMine)
      result.subjects += mine.length
      const more = await look(project, subject, mine, now)
      result.said += more.said
      result.handedOff += more.handedOff
    }
    return result
  }

  async function lookAtDueScores(project: ProjectNow, now: number): Promise<number> {
    const isMine = mayWrite(project.source.project)
    const only = (await readDueScores(project.source, now)).filter(isMine)
    let handedOff = 0
    if (only.length > 0)
      for (const score of project.scores) handedOff += await lookAtScore(project, score, now, only)
    return handedOff
  }

  /** Who waits for the touchpoints of their owner (segments/emission.ts). */
  async function lookAtWaiting(project: ProjectNow, now: number): Promise<number> {
    const only = waiting.of(project.source.project).filter(mayWrite(project.source.project))
    return only.length === 0 ? 0 : sayPending(project, project.segments, now, only)
  }

  async function lookAtDue(project: ProjectNow, now: number): Promise<number> {
    const isMine = mayWrite(project.source.project)
    const only = (await readDue(project.source, now)).filter(isMine)
    if (only.length === 0) return 0
    const said = await sayPending(project, project.segments, now, only)
    await moveOn(project.source, { only, now, version: await versions.next() })
    return said
  }

  async function lookAtEverybody(project: ProjectNow, key: string, now: number) {
    const { all, source } = project
    const segment = project.segments.find(({ id }) => `segments/${id}` === key)
    if (segment !== undefined) {
      const version = await versions.next()
      await deriveMemberships(source, segment.body.subject, [segment], { all, asOf: now, version })
      return { said: await sayPending(project, [segment], now), handedOff: 0 }
    }
    const score = project.scores.find(({ id }) => `scores/${id}` === key)
    return { said: 0, handedOff: score === undefined ? 0 : await lookAtScore(project, score, now) }
  }

  async function passOverEverybody(projects: readonly ProjectNow[]) {
    const none = { said: 0, handedOff: 0 }
    const next = passes.next(projects)
    if (next === undefined) return none
    const { project, key } = next
    const now = await knownTime.now(project.source.project)
    if (key === 'forget') {
      await forgetOtherSegments(project.source, project.segments, await versions.next())
      await forgetOtherScores(project.source, project.scores, await versions.next())
      passes.done(next)
      return none
    }
    const result = await lookAtEverybody(project, key, now)
    if (!share.hasLapsed()) passes.done(next)
    return result
  }

  async function lookAtFeed(projects: readonly ProjectNow[]) {
    const result = { subjects: 0, said: 0, handedOff: 0 }
    const seen = await share.look()
    deps.metrics.engage.lagSeconds.set(seen.lagSeconds)
    for await (const page of feed.pages(seen.fresh)) {
      await share.keep()
      for (const project of projects) {
        const { project: id } = project.source
        const changes = page.filter((one) => one.project === id)
        if (changes.length === 0) continue
        const more = await lookAtChanged(project, changes, await knownTime.now(id))
        result.subjects += more.subjects
        result.said += more.said
        result.handedOff += more.handedOff
      }
    }
    share.settle(seen, seen.fresh)
    return result
  }

  return {
    async pass(): Promise<PassResult> {
      await share.keep()
      deps.metrics.engage.slots.set(leases.held().length)
      if (!share.holdsAny()) return { subjects: 0, said: 0, handedOff: 0, hasMore: false }
      const projects = await definitions()
      passes.follow(projects)
      const took = deps.metrics.engage.passSeconds.startTimer()
      const result = await lookAtFeed(projects)
      for (const project of projects) {
        const now = await knownTime.now(project.source.project)
        result.said += await lookAtWaiting(project, now)
        result.said += await lookAtDue(project, now)
        result.handedOff += await lookAtDueScores(project, now)
      }
      took()
      const ofEverybody = await passOverEverybody(projects)
      result.said += ofEverybody.said
      result.handedOff += ofEverybody.handedOff
      deps.metrics.engage.subjects.inc(result.subjects)
      return { ...result, hasMore: passes.hasMore() }
    },
    /** For a timer: a pass may take longer than a lease lasts. */
    renew: () => share.renew(),
    release: () => share.release(),
  }
}
