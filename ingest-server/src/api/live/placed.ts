/** Events whose place in the log is known, and which nobody has handled yet: ranges of seqs, a part's in the order of its offsets. */
import type { Place } from '../../log/log.js'

export interface Range {
  first: number
  last: number
}

interface Placed extends Range {
  offset: bigint
  /** Of its seqs; others of between them stand elsewhere. */
  count: number
}

/**
 * Some 10 MB. Beyond, a record is added to the one before it of its part: they are handled together then, and only a view
 * that was opened between the two does not know exactly how many of them it waits for.
 */
const mostPlaced = 100_000

export function openPlaced(most = mostPlaced) {
  const parts = new Map<string, Placed[]>()
  let size = 0

  function* all(): Generator<Placed> {
    for (const list of parts.values()) yield* list
  }

  return {
    add({ part, offset }: Place, { first, last }: Range): void {
      const list = parts.get(part) ?? []
      parts.set(part, list)
      const before = list.at(-1)
      const count = last - first + 1
      if (size >= most && before !== undefined) {
        Object.assign(before, { offset, last, count: before.count + count })
        return
      }
      list.push({ offset, first, last, count })
      size += 1
    },
    /** Those before the place, which are awaited no more. */
    handledBefore({ part, offset }: Place): Range[] {
      const list = parts.get(part) ?? []
      const after = list.findIndex((one) => one.offset >= offset)
      const handled = list.splice(0, after === -1 ? list.length : after)
      size -= handled.length
      return handled
    },
    has(seq: number): boolean {
      for (const { first, last } of all()) if (seq >= first && seq <= last) return true
      return false
    },
    /** How many after that one are in the log and not handled. */
    countAfter(seq: number): number {
      let sum = 0
      for (const { first, last, count } of all())
        sum += seq < first ? count : Math.max(0, Math.min(count, last - seq))
      return sum
    },
  }
}
