/**
 * Runs to look at before they are due: something changed about their subject, or time alone may have made true what
 * they wait for. The latter is looked for in rounds over all that wait so, as often as a round is cheap.
 */
import type { Clock } from '../../clock.js'
import type { Reader } from '../../clickhouse/query.js'
import { readPeopleOf } from './who.js'
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

export function openWatch({ clock, runs, programsOf, readerOf }: WatchDeps): Watch {
  const wanted = new Set<Run>()
  let roundAt = -Infinity
  let tookMs = 0
  let isRound = false
  let roundBeganAt = 0

  async function beginRound(): Promise<void> {
    isRound = true
    roundAt = roundBeganAt = performance.now()
    const waits = new Map<string, boolean>()
    const byProject = new Map<string, ReadonlyMap<string, Program>>()
    for (const run of runs.all()) {
      const key = JSON.stringify([run.project, run.program, run.programVersion, run.step])
      let doesWait = waits.get(key)
      if (doesWait === undefined) {
        const of = byProject.get(run.project) ?? (await programsOf(run.project))
        byProject.set(run.project, of)
        const program = of.get(run.program)
        const body = program?.versions.get(run.programVersion)?.body
        const step = body?.steps.find(({ id }) => id === run.step)
        const isUntil = step !== undefined && 'waitUntil' in step && typeof step.waitUntil !== 'string'
        doesWait = program?.latest === undefined || body?.goal !== undefined || isUntil
        waits.set(key, doesWait)
      }
      if (doesWait) wanted.add(run)
    }
  }

  return {
    async changed(changes) {
      if (runs.size() === 0) return
      const now = clock()
      const people = new Map<string, string[]>()
      for (const { project, kind, id } of changes) {
        for (const run of runs.ofSubject(project, id)) wanted.add(run)
        if (kind === 'person') people.set(project, [...(people.get(project) ?? []), id])
      }
      for (const [project, ids] of people) {
        const found = await readPeopleOf(
          readerOf(project),
          ids.map((subject) => ({ subject, at: now })),
        )
        for (const subject of ids)
          for (const { identifier } of found.of({ subject, at: now }).identifiers)
            for (const run of runs.ofSubject(project, identifier)) wanted.add(run)
      }
    },
    lookAtAll() {
      roundAt = -Infinity
    },
    async take(most) {
      if (wanted.size === 0 && isRound) {
        isRound = false
        tookMs = performance.now() - roundBeganAt
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
