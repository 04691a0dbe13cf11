/** The loop that keeps segments, scores and hand-offs up to date (worker.ts). */
import type { Loop } from '../loop.js'
import { startKeptLoop } from '../projections/kept-loop.js'
import { openWorker, type PassResult, type WorkerDeps } from './worker.js'

export interface EngageDeps extends WorkerDeps {
  /** Between the beginnings of two looks. */
  intervalMs?: number
}

/** `passOnce`: one look and what follows from it. */
export type Engage = Loop<PassResult>

export function startEngage(deps: EngageDeps): Engage {
  const { intervalMs = 700 } = deps
  return startKeptLoop(openWorker(deps), {
    waitMs: (result, tookMs) => (result?.hasMore === true ? 0 : Math.max(20, intervalMs - tookMs)),
    logger: deps.logger,
    words: {
      failed: 'Segments and scores could not be brought up to date and are tried again',
      again: 'Segments and scores are kept up to date again',
    },
  })
}
