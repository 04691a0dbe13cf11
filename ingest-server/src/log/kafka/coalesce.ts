/**
 * Joins what several sources deliver into calls of one handler, one call at a time. While a call runs, what
 * arrives waits and goes together into the next: so eight partitions make one insert, not eight.
 */
import type { Logger } from '../../logger.js'
import type { ReadRecord } from '../log.js'
import { backOffMs, pause } from '../../loop.js'

interface Delivery {
  records: readonly ReadRecord[]
  /** True once its source no longer waits for it; it will be delivered again from elsewhere. */
  isStale: () => boolean
  settle: (isHandled: boolean) => void
}

const retryAfterFailureMs = { first: 100, most: 5_000 }

export type Coalescer = ReturnType<typeof createCoalescer>

export function createCoalescer(
  handle: (batch: readonly ReadRecord[]) => Promise<void>,
  signal: AbortSignal,
  logger: Logger,
) {
  let waiting: Delivery[] = []
  let loop: Promise<void> | undefined

  async function handleAll(): Promise<void> {
    let failures = 0
    // What one answer of a broker delivers for several partitions comes in one turn, and belongs into one call.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0 && !signal.aborted) {
      const deliveries = takeFresh()
      if (deliveries.length === 0) break
      try {
        await handle(deliveries.flatMap((delivery) => delivery.records))
        failures = 0
        for (const delivery of deliveries) delivery.settle(true)
        // A source that was handled may deliver at once what it has next.
        await new Promise((resolve) => setImmediate(resolve))
      } catch (error) {
        failures += 1
        waiting = [...deliveries, ...waiting]
        const waitMs = backOffMs(failures, retryAfterFailureMs)
        logger.warn({ err: error, waitMs }, 'A batch was not handled; it comes again')
        await pause(waitMs, signal)
      }
    }
    if (signal.aborted) for (const delivery of waiting.splice(0)) delivery.settle(false)
    loop = undefined
  }

  function takeFresh(): Delivery[] {
    const taken = waiting
    waiting = []
    return taken.filter((delivery) => {
      if (!delivery.isStale()) return true
      delivery.settle(false)
      return false
    })
  }

  return {
    /** Resolves with true when the records are handled, with false when they were not and will not be. */
    add(records: readonly ReadRecord[], isStale: () => boolean): Promise<boolean> {
      if (signal.aborted) return Promise.resolve(false)
      return new Promise((resolve) => {
        waiting.push({ records, isStale, settle: resolve })
        loop ??= handleAll()
      })
    },
    /** Resolves when no call is under way. */
    async idle(): Promise<void> {
      await loop
    },
  }
}
