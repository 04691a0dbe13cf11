/** The loop that keeps segments, scores and hand-offs up to date (worker.ts). */
import { startLoop, type Loop } from '../loop.js'
import { openWorker, type PassResult, type WorkerDeps } from './worker.js'

export interface EngageDeps extends WorkerDeps {
  /** Between the beginnings of two looks. */
  intervalMs?: number
}

/** `passOnce`: one look and what follows from it. */
export type Engage = Loop<PassResult>

export function startEngage(deps: EngageDeps): Engage {
  const { intervalMs = 700 } = deps
  const worker = openWorker(deps)
  let startedAt = 0
  const loop = startLoop({
    pass: () => {
      startedAt = performance.now()
      return worker.pass()
    },
    waitMs: (result) =>
      result?.hasMore === true ? 0 : Math.max(20, intervalMs - (performance.now() - startedAt)),
    logger: deps.logger,
    words: {
      failed: 'Segments and scores could not be brought up to date and are tried again',
      again: 'Segments and scores are kept up to date again',
    },
  })
  const renewing = setInterval(() => void worker.renew().catch(() => undefined), 1_000).unref()
  return {
    passOnce: () => loop.passOnce(),
    async stop() {
      clearInterval(renewing)
      await loop.stop()
      await worker.release().catch(() => undefined)
    },
  }
}
