/** The loop of a worker that holds leases: they are renewed while its passes run, and given back when it stops. */
import { startLoop, type Loop, type Pass } from '../loop.js'

export interface LeasedWorker<Result> {
  /** One pass of the work; one at a time. */
  pass: () => Promise<Result>
  /** For a timer: a pass may take longer than a lease lasts. */
  renew: () => Promise<void>
  /** Gives everything back, so that others need not wait. */
  release: () => Promise<void>
}

const renewEveryMs = 1_000

export function startKeptLoop<Result>(
  worker: LeasedWorker<Result>,
  options: Omit<Pass<Result>, 'pass'>,
): Loop<Result> {
  const loop = startLoop({ ...options, pass: () => worker.pass() })
  const renewing = setInterval(() => void worker.renew().catch(() => undefined), renewEveryMs).unref()
  return {
    passOnce: () => loop.passOnce(),
    async stop() {
      clearInterval(renewing)
      await loop.stop()
      await worker.release().catch(() => undefined)
    },
  }
}
