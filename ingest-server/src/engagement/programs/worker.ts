/** One process's share of programs and deliveries: what it holds in memory, and one pass over it. */
import { openLeases } from '../../projections/leases.js'
import { openVersions, type Versions } from '../../projections/versions.js'
import type { Reader } from '../../clickhouse/query.js'
import { attemptsRecord } from '../deliveries/delivery.js'
import { touchOf } from '../deliveries/outbound.js'
import { readReplayed, readWaiting, type Waiting } from '../deliveries/read.js'
import { openSender, toWaiting, type Sender } from '../deliveries/sender.js'
import { openEndpoints } from '../endpoints/endpoints.js'
import { rangesOf } from '../endpoints/address-guard.js'
import { openPoster } from '../endpoints/post.js'
import { openEntrances } from './entering/entrances.js'
import { openFeeds } from '../feeds/feeds.js'
import { openSequencer } from '../feeds/sequencer.js'
import { programSlots } from '../slots.js'
import { keep } from '../keep.js'
import { readPrograms } from './programs.js'
import type { ProgramsDeps, StepperDeps } from './deps.js'
import { openRunStore, type RunStore } from './waiting-runs.js'
import { stepRuns } from './stepper.js'
import { openTakingOver } from './taking-over.js'
import { openWatch } from './watch.js'
import type { Run } from './run.js'

export interface Worker {
  pass: () => Promise<{ hasMore: boolean }>
  renew: () => Promise<void>
  release: () => Promise<void>
  /** What takes long ends soon. */
  beginStop: () => void
  sender: Sender
  runs: RunStore
  /** Slots that this process works on now. */
  held: () => number[]
}

/** Runs that are looked at together; each costs a few bytes of a query's list of ids. */
const together = 1_000
const adoptEveryMs = 1_000

/** The parts of a worker. */
function openParts(deps: ProgramsDeps) {
  const { clickhouse, log, clock, logger, metrics } = deps
  const { app } = clickhouse
  const leases = openLeases({
    client: app,
    projection: 'programs',
    slots: programSlots,
    isAlone: deps.isAlone,
    ...(deps.leaseMs !== undefined && { leaseMs: deps.leaseMs }),
  })
  const runs = openRunStore()
  const programsOf = (project: string) => readPrograms(app, project)
  const versions = openRisingVersions(openVersions(app, 'program_facts'))
  // A slot is worked on once what was written for it before can be read.
  const ready = new Set<number>()
  const works = (slot: number) => ready.has(slot) && leases.holds(slot)
  const projectOf = (id: string) => deps.projects.all().find((project) => project.id === id)
  const readerOf = (id: string): Reader => {
    const project = projectOf(id)
    return {
      ...{ client: app, project: id, signedOnly: project?.identify === 'signed-only' },
      domains: project?.domains,
    }
  }
  const endpoints = openEndpoints({ client: app, readSecret: deps.readSecret })
  const poster = openPoster({ allowed: rangesOf(deps.allowed) })
  const sender = openSender({
    ...{ poster, endpointOf: endpoints.get, mayWork: works, clock, logger },
    count: (what, project, n) => metrics.deliveries[what].inc({ project }, n),
    async record(attempts, taken) {
      const touches = deps.touchesRecord(taken.flatMap((delivery) => touchOf(delivery, clock())))
      await keep({ log, app }, [attemptsRecord(attempts), ...(touches === undefined ? [] : [touches])])
    },
  })
  const { judgeOf } = deps
  const zoneOf = (project: string) => projectOf(project)?.timezone ?? deps.zone
  const common = { app, log, clock, readerOf, zoneOf, judgeOf, version: versions.next }
  const stepper: StepperDeps = {
    ...{ ...common, logger, acts: deps.acts, mayAct: works },
    send: (decided) => sender.add(decided.map(toWaiting)),
    count: (what, project, n) => metrics.programs[what].inc({ project }, n),
  }
  const entrances = openEntrances({
    ...{ ...stepper, programsOf, projects: deps.projects, works },
    adopt: (run) => runs.put(run),
  })
  const sequencer = openSequencer({ ...common, works })
  const feeds = openFeeds({ ...common, works, send: stepper.send })
  const watch = openWatch({ clock, runs, programsOf, readerOf })
  return {
    ...{ deps, app, leases, runs, programsOf, versions, ready, works, poster, sender, stepper },
    ...{ entrances, sequencer, feeds, watch, stopping: new AbortController() },
    progress: () => ({
      settledUntil: [entrances.settledUntil(), sequencer.settledUntil()].sort()[0] ?? null,
      sweep: '',
    }),
  }
}

type Parts = ReturnType<typeof openParts>

/** Each higher than the one before, and after `begin` than all that stand in the table. */
function openRisingVersions(versions: Versions) {
  let version = 0n
  return {
    next: () => (version += 1n),
    async begin(): Promise<void> {
      versions.forget()
      const base = await versions.next()
      version = base > version ? base : version
    },
  }
}

function watchWaiting({ deps: { metrics, projects }, sender, runs }: Parts): void {
  metrics.whenScraped(async () => {
    for (const { id: project } of projects.all())
      metrics.deliveries.waiting.set({ project }, sender.waiting().get(project) ?? 0)
    metrics.programs.waiting.set(runs.size())
    return Promise.resolve()
  })
}

/** What others wrote for this process to do: entries by hand, deliveries to be sent again. */
function openAdoption({ app, entrances, leases, works, runs, sender }: Parts): () => Promise<void> {
  let adoptedAt = -Infinity
  return async () => {
    if (performance.now() - adoptedAt < adoptEveryMs) return
    adoptedAt = performance.now()
    const mine = leases.held().filter(works)
    for (const run of await entrances.readByHand(mine)) if (!runs.has(run.run, run.project)) runs.put(run)
    const replayed = await readReplayed(app)
    if (replayed.length === 0) return
    const ids = replayed.map(({ id }) => id)
    for await (const page of readWaiting(app, mine, ids)) sender.add(page)
  }
}

/** Drops the runs and deliveries of erased subjects. */
function openErasedDrop({ deps, runs, sender }: Parts): () => void {
  const judges = new Map<string, unknown>()
  return () => {
    for (const { id: project } of deps.projects.all()) {
      const judge = deps.judgeOf(project)
      if (judge === undefined || judges.get(project) === judge) continue
      judges.set(project, judge)
      const isErased = (run: Run) =>
        run.project === project && run.subjectKind === 'person' && judge.isErased(run.subject, run.enteredAt)
      for (const run of [...runs.all()]) if (isErased(run)) runs.remove(run)
      sender.drop(
        (one: Waiting) =>
          one.project === project && one.subjects.some((name) => judge.isErased(name, one.decidedAt)),
      )
    }
  }
}

async function step({ deps: { clock }, runs, watch, works, stepper, programsOf }: Parts): Promise<boolean> {
  const now = clock()
  const wanted = [...new Set([...runs.due(now, together), ...(await watch.take(together))])].filter(
    ({ slot }) => works(slot),
  )
  const byProject = new Map<string, typeof wanted>()
  for (const run of wanted) byProject.set(run.project, [...(byProject.get(run.project) ?? []), run])
  let stepped = 0
  for (const [project, of] of byProject) {
    const { runs: after, gone } = await stepRuns(stepper, project, await programsOf(project), of)
    for (const run of after) runs.put(toRun(run))
    for (const run of gone) runs.remove(run)
    stepped += after.filter(({ dueAt }) => dueAt <= now).length
  }
  return stepped > 0
}

export function openWorker(deps: ProgramsDeps): Worker {
  const parts = openParts(deps)
  const { leases, ready, works, sender, runs, entrances, watch, feeds, sequencer, progress } = parts
  watchWaiting(parts)
  const keepLeases = openTakingOver(parts)
  const adopt = openAdoption(parts)
  const dropErased = openErasedDrop(parts)
  return {
    sender,
    runs,
    held: () => leases.held().filter(works),
    renew: () => leases.renew(progress),
    beginStop: () => parts.stopping.abort(),
    async pass() {
      await keepLeases()
      if (ready.size === 0) return { hasMore: false }
      dropErased()
      await adopt()
      const { changed } = await entrances.pass()
      await watch.changed(changed)
      const hasMore = await step(parts)
      await feeds.pass(
        await sequencer.pass(),
        deps.projects.all().map(({ id }) => id),
      )
      sender.turn()
      return { hasMore }
    },
    async release() {
      await leases.release(progress)
      ready.clear()
      parts.poster.close()
    },
  }
}

/** The fields of a run, without those of a fact. */
function toRun(run: Parameters<RunStore['put']>[0]): Parameters<RunStore['put']>[0] {
  const { project, program, programVersion, subjectKind, subject, entry, way, trigger, slot } = run
  const { n, step, state, dueAt, enteredAt, because } = run
  const key = run.run
  return {
    ...{ project, program, programVersion, run: key, subjectKind, subject, entry, way, trigger, slot },
    ...{ n, step, state, dueAt, enteredAt, because },
  }
}
