/**
 * Subjects with more touches than are held in memory at once. ClickHouse works them out; they are remembered, so
 * that they are not read again to find that out.
 */
import QuickLRU from 'quick-lru'

/** quick-lru keeps up to twice as many; a forgotten one is found again. */
const mostRemembered = 5_000
/** Subjects that are read at once. */
const subjectsAtOnce = 5_000

export interface HeavySubjects {
  /**
   * Calls `look` with some of these subjects, until all were looked at; it answers undefined where they have too many
   * touches. Answers those that have too many by themselves.
   */
  eachLight<Looked extends object>(
    project: string,
    only: readonly string[],
    look: (some: readonly string[]) => Promise<Looked | undefined>,
  ): Promise<{ looked: Looked[]; heavy: string[] }>
}

export function openHeavySubjects(): HeavySubjects {
  const known = new QuickLRU<string, true>({ maxSize: mostRemembered })

  return {
    async eachLight<Looked extends object>(
      project: string,
      only: readonly string[],
      look: (some: readonly string[]) => Promise<Looked | undefined>,
    ) {
      const keyOf = (subject: string) => `${project}\n${subject}`
      const heavy = only.filter((subject) => known.has(keyOf(subject)))
      const looked: Looked[] = []
      const light = only.filter((subject) => !known.has(keyOf(subject)))
      const parts: (readonly string[])[] = []
      for (let from = 0; from < light.length; from += subjectsAtOnce)
        parts.push(light.slice(from, from + subjectsAtOnce))
      for (let some = parts.pop(); some !== undefined; some = parts.pop()) {
        const [first] = some
        if (first === undefined) continue
        const one = await look(some)
        if (one !== undefined) looked.push(one)
        else if (some.length > 1) {
          const middle = some.length >> 1
          parts.push(some.slice(middle), some.slice(0, middle))
        } else {
          known.set(keyOf(first), true)
          heavy.push(first)
        }
      }
      return { looked, heavy }
    },
  }
}
