/**
 * Keeps segments and scores up to date, and emits transitions and hand-offs. It looks at the subjects that changed, derives
 * their rows anew, and then emits what the rows and the records differ in. Level-triggered: late, twice or after a crash
 * at any point it emits the same. Any number of processes divide the subjects (projections/leases.ts).
 *
 *     a subject changed               its rows, with the look that shows the change
 *     the time of a window has come   by `next_at` of the rows (due-subjects.ts)
 *     a definition changed            everybody, one definition a pass
 *     every ten minutes               everybody, one definition after the other: what a look missed is made good
 */
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import type { Clock } from '../clock.js'
import type { EventLog } from '../log/log.js'
import type { Judge } from '../log/tombstones.js'
import type { Logger } from '../logger.js'
import type { Metrics } from '../metrics.js'
import { openLeases, slotOf } from '../projections/leases.js'
import { openShare, type Place } from '../projections/share.js'
import { openVersions } from '../projections/versions.js'
import { openChanges } from './changes.js'
import { openDefinitions, type ProjectNow } from './definitions-now.js'
import { openMerges } from './handoffs/merges.js'
import { openHeavySubjects } from './heavy-subjects.js'
import { openKnownTime } from './known-time.js'
import {
  lookAtChanged,
  lookAtDue,
  lookAtEverybody,
  lookAtWaiting,
  nothing,
  together,
  type Looked,
  type Looking,
} from './looks.js'
import { openPasses } from './passes.js'
import { forgetOtherScores } from './scores/values.js'
import { openWaiting } from './segments/emission.js'
import { forgetOtherSegments } from './segments/memberships.js'
import { openUnsaid } from './segments/unsaid.js'

export interface WorkerDeps {
  clickhouse: Pick<ClickHouse, 'app'>
  log: EventLog
  clock: Clock
  metrics: Pick<Metrics, 'engage'>
  logger: Logger
  /** Undefined: nobody of the project was erased. */
  judgeOf?: ((project: string) => Judge | undefined) | undefined
  /** No other process can work on this database. */
  isAlone?: boolean | undefined
  slots?: number
  leaseMs?: number
  /** How far each look goes back, for rows that became visible after their own time. */
  overlapMs?: number
  /** Between two passes over everybody. */
  repairEveryMs?: number
  /** At most so many touches are held in memory; subjects with more are worked out by ClickHouse. */
  touchesAtOnce?: number
}

export interface PassResult extends Looked {
  /** Definitions by which everybody is still to be looked at. */
  hasMore: boolean
}

const start: Place = { source: 0, after: [] }
const usualSlots = 64

/** State that lasts from one pass to the next. */
function openMemory(deps: WorkerDeps) {
  const { overlapMs = 3_000, slots = usualSlots, repairEveryMs = 600_000 } = deps
  const { app } = deps.clickhouse
  const versions = openVersions(app, 'segment_memberships')
  const knownTime = openKnownTime(app, deps.clock)
  const passes = openPasses(repairEveryMs)
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
      // The process that held them may have ended between deriving and emitting.
      passes.repeat()
      deps.logger.info(held, 'Takes part in keeping segments and scores up to date')
    },
  })
  return {
    ...{ deps, slots, versions, knownTime, passes, leases, feed, share },
    ...{ waiting: openWaiting(), unsaid: openUnsaid(), merges: openMerges() },
    definitions: openDefinitions(app),
    heavySubjects: openHeavySubjects(),
    dueLooks: openDueLooks(),
  }
}

type Memory = ReturnType<typeof openMemory>

/** While others are looked at, a look at whom the clock has moved past may take so much of the time, and waits no longer than this. */
const dueShare = 20
const dueAtLeastEveryMs = 2_000

function openDueLooks() {
  const lookedAt = new Map<string, { at: number; tookMs: number }>()
  return {
    isTime(project: string): boolean {
      const last = lookedAt.get(project)
      const pause = Math.min(dueAtLeastEveryMs, dueShare * (last?.tookMs ?? 0))
      return last === undefined || performance.now() - last.at >= pause
    },
    done: (project: string, startedAt: number) =>
      void lookedAt.set(project, { at: performance.now(), tookMs: performance.now() - startedAt }),
  }
}

async function lookingAt(memory: Memory, project: ProjectNow): Promise<Looking> {
  const { deps, slots, share, knownTime, versions, waiting, unsaid, merges, heavySubjects } = memory
  const { project: id } = project.source
  const { log, metrics } = deps
  return {
    ...{ project, app: deps.clickhouse.app, log, metrics, versions, waiting, unsaid, merges },
    ...{ heavySubjects, touchesAtOnce: deps.touchesAtOnce },
    now: await knownTime.now(id),
    mayWrite: (subject) => share.isMine(slotOf(`${id}\n${subject}`, slots)),
    judge: deps.judgeOf?.(id),
  }
}

async function lookAtFeed(memory: Memory, projects: readonly ProjectNow[]): Promise<Looked> {
  const { share, feed, deps } = memory
  let looked = nothing
  const seen = await share.look()
  deps.metrics.engage.lagSeconds.set(seen.lagSeconds)
  for await (const page of feed.pages(seen.fresh)) {
    await share.keep()
    for (const project of projects) {
      const changes = page.filter((one) => one.project === project.source.project)
      if (changes.length > 0)
        looked = together(looked, await lookAtChanged(await lookingAt(memory, project), changes))
    }
  }
  share.settle(seen, seen.fresh)
  return looked
}

/** What comes of time alone, and what was put off. */
async function lookAtTime(memory: Memory, project: ProjectNow, isBusy: boolean): Promise<Looked> {
  const looking = await lookingAt(memory, project)
  const waited = await lookAtWaiting(looking)
  const { project: id } = project.source
  if (isBusy && !memory.dueLooks.isTime(id)) return waited
  const startedAt = performance.now()
  const due = await lookAtDue(looking)
  memory.dueLooks.done(id, startedAt)
  return together(waited, due)
}

async function passOverEverybody(memory: Memory, projects: readonly ProjectNow[]): Promise<Looked> {
  const { passes, versions, share } = memory
  const next = passes.next(projects)
  if (next === undefined) return nothing
  const { project, key } = next
  const { source, segments, scores } = project
  let looked = nothing
  if (key === 'forget') {
    await forgetOtherSegments(source, segments, await versions.next())
    await forgetOtherScores(source, scores, await versions.next())
  } else looked = await lookAtEverybody(await lookingAt(memory, project), key)
  if (!share.hasLapsed()) passes.done(next)
  return looked
}

/** The work without the loop; one pass at a time. */
export function openWorker(deps: WorkerDeps) {
  const memory = openMemory(deps)
  const { share, leases, definitions, passes } = memory
  const { engage } = deps.metrics
  return {
    async pass(): Promise<PassResult> {
      await share.keep()
      engage.slots.set(leases.held().length)
      if (!share.holdsAny()) return { ...nothing, hasMore: false }
      const projects = await definitions()
      passes.follow(projects)
      const took = engage.passSeconds.startTimer()
      let looked = await lookAtFeed(memory, projects)
      const isBusy = looked.subjects > 0
      for (const project of projects) looked = together(looked, await lookAtTime(memory, project, isBusy))
      took()
      engage.subjects.inc(looked.subjects)
      const all = together(looked, await passOverEverybody(memory, projects))
      return { ...all, hasMore: passes.hasMore() }
    },
    /** For a timer: a pass may take longer than a lease lasts. */
    renew: () => share.renew(),
    release: () => share.release(),
  }
}
