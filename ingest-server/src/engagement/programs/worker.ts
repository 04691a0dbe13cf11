/** One process's share of programs and deliveries: what it holds in memory, and one pass over it. */
import { setTimeout as delay } from 'node:timers/promises'
import { openLeases } from '../../projections/leases.js'
import { openVersions } from '../../projections/versions.js'
import type { Reader } from '../../clickhouse/query.js'
import { attemptsRecord } from '../deliveries/delivery.js'
import { touchOf } from '../deliveries/outbound.js'
import { readReplayed, readWaiting, type Waiting } from '../deliveries/read.js'
import { openSender, toWaiting, type Sender } from '../deliveries/sender.js'
import { openEndpoints } from '../endpoints/endpoints.js'
import { rangesOf } from '../endpoints/address-guard.js'
import { openPoster } from '../endpoints/post.js'
import { openEntrances } from './entrances.js'
import { openFeeds } from '../feeds/feeds.js'
import { openSequencer } from '../feeds/sequencer.js'
import { programSlots } from './enter.js'
import { keep, readWaitingRuns } from './facts.js'
import { readPrograms } from './programs.js'
import type { ProgramsDeps, StepperDeps } from './deps.js'
import { openRunStore, type RunStore } from './waiting-runs.js'
import { stepRuns } from './stepper.js'
import { openWatch } from './watch.js'

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

export function openWorker(deps: ProgramsDeps): Worker {
  const { clickhouse, log, clock, logger, metrics } = deps
  const { app } = clickhouse
  const stopping = new AbortController()
  const leases = openLeases({
    client: app,
    projection: 'programs',
    slots: programSlots,
    isAlone: deps.isAlone,
    ...(deps.leaseMs !== undefined && { leaseMs: deps.leaseMs }),
  })
  const versions = openVersions(app, 'program_facts')
  const runs = openRunStore()
  const programsOf = (project: string) => readPrograms(app, project)
  const endpoints = openEndpoints({ client: app, readSecret: deps.readSecret })
  const poster = openPoster({ allowed: rangesOf(deps.allowed) })
  let version = 0n
  const nextVersion = () => (version += 1n)
  // A slot is worked on once what was written for it before can be read.
  const ready = new Set<number>()
  const works = (slot: number) => ready.has(slot) && leases.holds(slot)
  const readerOf = (project: string): Reader => ({ client: app, project, signedOnly: false })

  const sender = openSender({
    poster,
    endpointOf: endpoints.get,
    mayWork: works,
    clock,
    logger,
    count: (what, project, n) => metrics.deliveries[what].inc({ project }, n),
    async record(attempts, taken) {
      const touches = deps.touchesRecord(taken.flatMap((delivery) => touchOf(delivery, clock())))
      await keep({ log, app }, [attemptsRecord(attempts), ...(touches === undefined ? [] : [touches])])
    },
  })
  const stepper: StepperDeps = {
    ...{ app, log, clock, logger, readerOf },
    acts: deps.acts,
    judgeOf: deps.judgeOf,
    zoneOf: (project) => deps.projects.all().find(({ id }) => id === project)?.timezone ?? deps.zone,
    version: nextVersion,
    mayAct: works,
    send: (decided) => sender.add(decided.map(toWaiting)),
    count: (what, project, n) => metrics.programs[what].inc({ project }, n),
  }
  const entrances = openEntrances({
    ...stepper,
    programsOf,
    projects: deps.projects,
    works,
    adopt: (run) => runs.put(run),
  })
  const { zoneOf, judgeOf } = stepper
  const sequencerDeps = { ...{ app, log, clock, readerOf, works }, zoneOf, judgeOf, version: nextVersion }
  const sequencer = openSequencer(sequencerDeps)
  const feeds = openFeeds({ ...sequencerDeps, send: stepper.send })
  const watch = openWatch({ clock, runs, programsOf, readerOf })
  const progress = () => ({
    settledUntil: [entrances.settledUntil(), sequencer.settledUntil()].sort()[0] ?? null,
    sweep: '',
  })

  metrics.whenScraped(async () => {
    for (const { id: project } of deps.projects.all())
      metrics.deliveries.waiting.set({ project }, sender.waiting().get(project) ?? 0)
    metrics.programs.waiting.set(runs.size())
    return Promise.resolve()
  })

  /** Everything that was appended before now stands in the tables. */
  async function untilStored(): Promise<void> {
    const since = performance.now()
    const isStored = await log.noteEnd()
    for (let told = false; !stopping.signal.aborted && !(await isStored());) {
      if (!told && performance.now() - since > 10_000) {
        logger.warn({ lag: await log.lag() }, 'Programs wait until the log is stored')
        told = true
      }
      await delay(50)
    }
  }

  async function takeOver(gained: ReadonlyMap<number, { settledUntil: string | null }>): Promise<void> {
    await untilStored()
    if (stopping.signal.aborted) return
    versions.forget()
    const base = await versions.next()
    version = base > version ? base : version
    const slots = [...gained.keys()]
    for await (const page of readWaitingRuns(app, slots)) for (const run of page) runs.put(run)
    for await (const page of readWaiting(app, slots)) sender.add(page)
    for (const slot of slots) ready.add(slot)
    const times = [...gained.values()].map(({ settledUntil }) => settledUntil)
    entrances.goBackTo(times)
    sequencer.goBackTo(times)
    feeds.forget()
    watch.lookAtAll()
  }

  const taking = new Map<number, { settledUntil: string | null }>()
  async function keepLeases(): Promise<void> {
    const { gained, lost } = await leases.keep(progress)
    // What went with a renewal between two passes, too; and what comes back is read anew.
    const gone = new Set([...lost, ...gained.keys()])
    for (const slot of ready) if (!leases.holds(slot) && !leases.hasLapsed(slot)) gone.add(slot)
    if (gone.size > 0) {
      for (const slot of gone) ready.delete(slot)
      for (const slot of gone) taking.delete(slot)
      runs.keepSlots((slot) => !gone.has(slot))
      sender.drop(({ slot }) => gone.has(slot))
    }
    for (const [slot, was] of gained) taking.set(slot, was)
    if (taking.size === 0) return
    // Kept until it is done: where ClickHouse fails in between the next pass begins again.
    await takeOver(taking)
    taking.clear()
  }

  let adoptedAt = -Infinity
  /** What others wrote for this process to do: entries by hand, deliveries to be sent again. */
  async function adopt(): Promise<void> {
    if (performance.now() - adoptedAt < adoptEveryMs) return
    adoptedAt = performance.now()
    for (const run of await entrances.readByHand(leases.held().filter(works)))
      if (!runs.has(run.run, run.project)) runs.put(run)
    const replayed = await readReplayed(app)
    if (replayed.length === 0) return
    const ids = replayed.map(({ id }) => id)
    for await (const page of readWaiting(app, leases.held().filter(works), ids)) sender.add(page)
  }

  const judges = new Map<string, unknown>()
  /** Of who was erased nothing goes on. */
  function dropErased(): void {
    for (const { id: project } of deps.projects.all()) {
      const judge = deps.judgeOf(project)
      if (judge === undefined || judges.get(project) === judge) continue
      judges.set(project, judge)
      for (const run of [...runs.all()])
        if (
          run.project === project &&
          run.subjectKind === 'person' &&
          judge.isErased(run.subject, run.enteredAt)
        )
          runs.remove(run)
      sender.drop(
        (one: Waiting) =>
          one.project === project && one.subjects.some((name) => judge.isErased(name, one.decidedAt)),
      )
    }
  }

  async function step(): Promise<boolean> {
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

  return {
    sender,
    runs,
    held: () => leases.held().filter(works),
    renew: () => leases.renew(progress),
    beginStop: () => stopping.abort(),
    async pass() {
      await keepLeases()
      if (ready.size === 0) return { hasMore: false }
      dropErased()
      await adopt()
      const { changed } = await entrances.pass()
      await watch.changed(changed)
      const hasMore = await step()
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
      poster.close()
    },
  }
}

/** Without what only a fact says. */
function toRun(run: Parameters<RunStore['put']>[0]): Parameters<RunStore['put']>[0] {
  const { project, program, programVersion, subjectKind, subject, entry, way, trigger, slot } = run
  const { n, step, state, dueAt, enteredAt, because } = run
  const key = run.run
  return {
    ...{ project, program, programVersion, run: key, subjectKind, subject, entry, way, trigger, slot },
    ...{ n, step, state, dueAt, enteredAt, because },
  }
}
