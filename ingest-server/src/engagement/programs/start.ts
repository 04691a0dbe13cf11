/**
 * The loop of programs: takes its share of the work (leases), goes on with the runs of that share, lets people enter,
 * steps what is due, and sends. Several processes may run it; each run is stepped by one at a time.
 */
import { startLoop } from '../../loop.js'
import type { ProgramsDeps } from './deps.js'
import { openWorker, type Worker } from './worker.js'

export interface RunningPrograms {
  /** A pass of one's own, after the one under way. */
  passOnce: () => Promise<{ hasMore: boolean }>
  worker: Worker
  stop: () => Promise<void>
}

const sendEveryMs = 50

export function startPrograms(deps: ProgramsDeps): RunningPrograms {
  const { logger, intervalMs = 250 } = deps
  const worker = openWorker(deps)
  const loop = startLoop({
    pass: () => worker.pass(),
    waitMs: (result) => (result?.hasMore === true ? 0 : intervalMs),
    logger,
    words: {
      failed: 'Programs could not go on and are tried again',
      again: 'Programs go on again',
    },
  })
  // Apart from the passes: what is due to be sent does not wait for what is asked of ClickHouse.
  const sending = setInterval(() => worker.sender.turn(), sendEveryMs).unref()
  const renewing = setInterval(() => void worker.renew().catch(() => undefined), 1_000).unref()
  return {
    passOnce: () => loop.passOnce(),
    worker,
    async stop() {
      worker.beginStop()
      await loop.stop()
      clearInterval(sending)
      await worker.sender.settled()
      clearInterval(renewing)
      await worker.release().catch(() => undefined)
    },
  }
}
