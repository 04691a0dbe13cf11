/** The loop that keeps the tables of touchpoints up to date (worker.ts). */
import type { Loop } from '../../loop.js'
import { startKeptLoop } from '../../projections/kept-loop.js'
import { openWorker, type PassResult, type WorkerDeps } from './worker.js'

export interface UpkeepDeps extends WorkerDeps {
  /** Between two looks. A touchpoint is visible after this and one pass. */
  intervalMs?: number
  /** From one look to the next while much comes in: each pass leaves parts behind that readers have to merge. */
  busyIntervalMs?: number
}

/** `passOnce`: one look and its work, some of those who wait, a page of the pass over everybody if it is due. */
export type Upkeep = Loop<PassResult>

/** More changes than that in a look are much. */
const manyChanges = 200

export function startTouchpoints(deps: UpkeepDeps): Upkeep {
  const { intervalMs = 150, busyIntervalMs = 700 } = deps
  const worker = openWorker(deps)
  return startKeptLoop(worker, {
    waitMs: (result, tookMs) => {
      // While the tables are being filled, or somebody waits, nothing is waited for.
      if (worker.hasMore()) return 0
      return (result?.changes ?? 0) < manyChanges ? intervalMs : Math.max(0, busyIntervalMs - tookMs)
    },
    logger: deps.logger,
    words: {
      failed: 'Touchpoints could not be formed and are tried again',
      again: 'Touchpoints are kept up to date again',
    },
  })
}
