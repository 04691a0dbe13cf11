/** Which definition everybody is to be looked at for next: those that changed first, then in turn. */
import type { ProjectNow } from './definitions-now.js'

export interface NextPass {
  project: ProjectNow
  /** `segments/hot`, `scores/lead`; `forget`: rows of definitions that no longer exist. */
  key: string
}

/** A pass is not begun again before so many times as long as the round before took. */
const pauseTimes = 20

export function openPasses(everyMs: number) {
  const done = new Map<string, string>()
  const open: { project: string; key: string }[] = []
  let roundEndedAt = performance.now()
  let roundBeganAt = performance.now()
  const nameOf = (project: string, key: string) => JSON.stringify([project, key])

  return {
    /** Notes what is new or changed. */
    follow(projects: readonly ProjectNow[]): void {
      for (const { source, signatures } of projects) {
        const add = (key: string, signature: string) => {
          if (done.get(nameOf(source.project, key)) === signature) return
          if (!open.some((one) => one.project === source.project && one.key === key))
            open.unshift({ project: source.project, key })
        }
        for (const [key, signature] of signatures) add(key, signature)
        add('forget', [...signatures.keys()].join())
      }
      const tookMs = roundEndedAt - roundBeganAt
      if (open.length > 0 || performance.now() - roundEndedAt < Math.max(everyMs, pauseTimes * tookMs)) return
      roundBeganAt = performance.now()
      for (const { source, signatures } of projects)
        for (const key of signatures.keys()) open.push({ project: source.project, key })
    },
    next(projects: readonly ProjectNow[]): NextPass | undefined {
      for (;;) {
        const [first] = open
        if (first === undefined) return undefined
        const project = projects.find(({ source }) => source.project === first.project)
        if (project !== undefined) return { project, key: first.key }
        open.shift()
      }
    },
    done({ project: { source, signatures }, key }: NextPass): void {
      const place = open.findIndex((one) => one.project === source.project && one.key === key)
      if (place >= 0) open.splice(place, 1)
      done.set(nameOf(source.project, key), signatures.get(key) ?? [...signatures.keys()].join())
      if (open.length === 0) roundEndedAt = performance.now()
    },
    hasMore: () => open.length > 0,
    /** All of them once more. */
    repeat: () => done.clear(),
  }
}
