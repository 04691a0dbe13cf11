/**
 * Runs to look at before they are due: something changed about their subject, or time alone may have made true what
 * they wait for. The latter is looked for in rounds over all that wait so, as often as a round is cheap.
 */
import type { Clock } from '../../clock.js'
import type { Reader } from '../../clickhouse/query.js'
import { readPeopleOf } from '../who/who.js'
import type { Program } from './programs.js'
import type { Run } from './run.js'
import type { RunStore } from './waiting-runs.js'

export interface Changed {
  project: string
  kind: 'person' | 'account'
  id: string
}

export interface Watch {
  changed: (changes: readonly Changed[]) => Promise<void>
  /** Begins a round over all that wait for a condition or have a goal. */
  lookAtAll: () => void
  take: (most: number) => Promise<Run[]>
}

export interface WatchDeps {
  clock: Clock
  runs: RunStore
  programsOf: (project: string) => Promise<ReadonlyMap<string, Program>>
  readerOf: (project: string) => Reader
}

const leastRoundMs = 10_000
/** A round may take a twentieth of the time at most. */
const share = 20

export function openWatch(deps: WatchDeps): Watch {
  const { runs } = deps
  const wanted = new Set<Run>()
  let roundAt = -Infinity
  let tookMs = 0
  let isRound = false

  async function beginRound(): Promise<void> {
    isRound = true
    roundAt = performance.now()
    for (const run of await waitingForMore(deps)) wanted.add(run)
  }

  return {
    async changed(changes) {
      if (runs.size() === 0) return
      for (const run of await runsOfChanged(changes, deps)) wanted.add(run)
    },
    lookAtAll() {
      roundAt = -Infinity
    },
    async take(most) {
      if (wanted.size === 0 && isRound) {
        isRound = false
        tookMs = performance.now() - roundAt
      }
      if (!isRound && performance.now() - roundAt >= Math.max(leastRoundMs, share * tookMs))
        await beginRound()
      const taken: Run[] = []
      for (const run of wanted) {
        if (taken.length >= most) break
        wanted.delete(run)
        // Only what is still so in memory: the run may have gone on meanwhile.
        const now = runs.get(run.run, run.project)
        if (now !== undefined) taken.push(now)
      }
      return taken
    },
  }
}

/** Runs that something else than their time may carry on: they wait for a condition, have a goal, or their program is gone. */
async function waitingForMore({ runs, programsOf }: WatchDeps): Promise<Run[]> {
  const waits = new Map<string, boolean>()
  const byProject = new Map<string, ReadonlyMap<string, Program>>()
  const found: Run[] = []
  for (const run of runs.all()) {
    const key = JSON.stringify([run.project, run.program, run.programVersion, run.step])
    let doesWait = waits.get(key)
    if (doesWait === undefined) {
      const of = byProject.get(run.project) ?? (await programsOf(run.project))
      byProject.set(run.project, of)
      doesWait = waitsForMore(run, of.get(run.program))
      waits.set(key, doesWait)
    }
    if (doesWait) found.push(run)
  }
  return found
}

function waitsForMore({ programVersion, step: id }: Run, program: Program | undefined): boolean {
  const body = program?.versions.get(programVersion)?.body
  const step = body?.steps.find((one) => one.id === id)
  const isUntil = step !== undefined && 'waitUntil' in step && typeof step.waitUntil !== 'string'
  return program?.latest === undefined || body?.goal !== undefined || isUntil
}

/** Runs of these subjects, under whichever of their names they entered. */
async function runsOfChanged(
  changes: readonly Changed[],
  { clock, runs, readerOf }: WatchDeps,
): Promise<Set<Run>> {
  const found = new Set<Run>()
  const now = clock()
  const people = new Map<string, string[]>()
  for (const { project, kind, id } of changes) {
    for (const run of runs.ofSubject(project, id)) found.add(run)
    if (kind === 'person') people.set(project, [...(people.get(project) ?? []), id])
  }
  for (const [project, ids] of people) {
    const then = ids.map((subject) => ({ subject, at: now }))
    const known = await readPeopleOf(readerOf(project), then)
    for (const one of then)
      for (const { identifier } of known.of(one).identifiers)
        for (const run of runs.ofSubject(project, identifier)) found.add(run)
  }
  return found
}
