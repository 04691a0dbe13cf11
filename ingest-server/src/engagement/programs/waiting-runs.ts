/** Runs that wait, in memory: those of the slots that this process holds, found by subject too. */
import type { Run } from './run.js'

export interface RunStore {
  has: (run: string, project: string) => boolean
  get: (run: string, project: string) => Run | undefined
  /** Adds the run, or puts it in place of what was known of it; one that ended goes. */
  put: (run: Run) => void
  remove: (run: Run) => void
  /** Runs that are due, at most so many, the longest due first. */
  due: (now: number, most: number) => Run[]
  ofSubject: (project: string, subject: string) => readonly Run[]
  all: () => IterableIterator<Run>
  /** Runs of slots that are no longer held. */
  keepSlots: (holds: (slot: number) => boolean) => void
  size: () => number
}

const keyOf = (project: string, name: string) => `${project}\n${name}`

export function openRunStore(): RunStore {
  const runs = new Map<string, Run>()
  const bySubject = new Map<string, Run[]>()

  function remove(run: Run): void {
    const key = keyOf(run.project, run.run)
    const known = runs.get(key)
    if (known === undefined) return
    runs.delete(key)
    const subjectKey = keyOf(run.project, run.subject)
    const rest = (bySubject.get(subjectKey) ?? []).filter((one) => one !== known)
    if (rest.length === 0) bySubject.delete(subjectKey)
    else bySubject.set(subjectKey, rest)
  }

  return {
    has: (run, project) => runs.has(keyOf(project, run)),
    get: (run, project) => runs.get(keyOf(project, run)),
    put(run) {
      remove(run)
      if (run.state !== 'waiting') return
      runs.set(keyOf(run.project, run.run), run)
      const subjectKey = keyOf(run.project, run.subject)
      const others = bySubject.get(subjectKey)
      if (others === undefined) bySubject.set(subjectKey, [run])
      else others.push(run)
    },
    remove,
    due(now, most) {
      const found: Run[] = []
      for (const run of runs.values()) if (run.dueAt <= now) found.push(run)
      if (found.length > most) found.sort((a, b) => a.dueAt - b.dueAt)
      return found.slice(0, most)
    },
    ofSubject: (project, subject) => bySubject.get(keyOf(project, subject)) ?? [],
    all: () => runs.values(),
    keepSlots(holds) {
      for (const run of [...runs.values()]) if (!holds(run.slot)) remove(run)
    },
    size: () => runs.size,
  }
}
