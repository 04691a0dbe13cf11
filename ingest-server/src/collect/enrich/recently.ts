/**
 * Remembers what a pure function answered for the texts seen lately: user agents, URLs and referrers
 * repeat, and reading one costs more than everything else about an event.
 */

/**
 * `compute`, remembered for up to 2 × `size` texts. Two generations instead of a linked list: a text that
 * is asked for again moves to the young one, and when that is full the old one is dropped whole. quick-lru, which the
 * other bounded maps here are, has the same two; this one knows the last text without hashing it and has no ages or
 * callbacks to look at, several times an event.
 * A text longer than `maxLength` is computed each time, so that memory is bounded.
 */
export function recently<T>(
  compute: (text: string) => T,
  { size, maxLength = 2_048 }: { size: number; maxLength?: number },
): (text: string) => T {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  let last: { text: string; value: T } | undefined
  return (text) => {
    // Events of one batch often come from one page of one browser: comparing is cheaper than hashing.
    if (last?.text === text) return last.value
    const known = young.get(text)
    if (known !== undefined) {
      last = { text, value: known }
      return known
    }
    const value = old.get(text) ?? compute(text)
    if (text.length > maxLength) return value
    last = { text, value }
    if (young.size >= size) {
      old = young
      young = new Map()
    }
    young.set(text, value)
    return value
  }
}
