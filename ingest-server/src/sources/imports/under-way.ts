/**
 * Batches that are on their way into the log, a few at once; more of them only fill memory. They settle in the order of
 * the file: what is counted as done has no gap before it. Of a batch only its counts wait here: what its rows became
 * would wait with them, and memory with it.
 */
export function openUnderWay<Counts>(most: number, onDone: (counts: Counts) => void) {
  const waiting: { done: Promise<void>; counts: Counts }[] = []

  async function settleOldest(): Promise<void> {
    const oldest = waiting.shift()
    if (oldest === undefined) return
    await oldest.done
    onDone(oldest.counts)
  }

  return {
    /** Resolves when there is place for one more; rejects as an earlier one's `done` does. */
    async add(done: Promise<void>, counts: Counts): Promise<void> {
      // Whoever waits for it is told; before that nobody need be.
      done.catch(() => undefined)
      waiting.push({ done, counts })
      while (waiting.length >= most) await settleOldest()
    },
    settle: async (): Promise<void> => {
      while (waiting.length > 0) await settleOldest()
    },
    /** Waits for all of them, whatever becomes of them, and counts none. */
    abandon: async (): Promise<void> => {
      await Promise.allSettled(waiting.map(({ done }) => done))
    },
  }
}
