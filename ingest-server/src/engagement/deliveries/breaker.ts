/**
 * Of one endpoint: after some failures in a row nothing is sent but one delivery now and then, to see whether it is
 * back. So a dead endpoint costs a request every few minutes, whatever waits for it. Pure.
 */
import { backOffMs } from '../../loop.js'

export type Circuit = 'closed' | 'open' | 'probing'

export interface Breaker {
  circuit: () => Circuit
  failures: () => number
  /** Not before then may anything be sent; 0: at once. */
  opensAt: () => number
  /** How many may be under way. */
  most: (now: number) => number
  began: () => void
  /** True where it was open: what waits may come at once. */
  succeeded: () => boolean
  failed: (now: number, retryAfterMs?: number) => void
}

const failuresInRow = 5
const pace = { first: 1_000, most: 300_000 }

export function openBreaker(mostAtOnce: number): Breaker {
  let circuit: Circuit = 'closed'
  let failures = 0
  let opensAt = 0
  return {
    circuit: () => circuit,
    failures: () => failures,
    opensAt: () => opensAt,
    most(now) {
      // A clock that was set back by hours must not keep it shut for hours.
      if (opensAt - now > Math.max(pace.most, retryAfterMost)) opensAt = now
      if (now < opensAt) return 0
      return circuit === 'closed' ? mostAtOnce : 1
    },
    began() {
      if (circuit === 'open') circuit = 'probing'
    },
    succeeded() {
      const wasOpen = circuit !== 'closed'
      circuit = 'closed'
      failures = 0
      opensAt = 0
      return wasOpen
    },
    failed(now, retryAfterMs = 0) {
      failures += 1
      const waits = failures < failuresInRow ? 0 : backOffMs(failures - failuresInRow + 1, pace)
      if (failures >= failuresInRow) circuit = 'open'
      if (waits > 0 || retryAfterMs > 0)
        opensAt = Math.max(opensAt, now + Math.max(waits, Math.min(retryAfterMs, retryAfterMost)))
    },
  }
}

/** An endpoint that asks for more is asked again all the same. */
const retryAfterMost = 3_600_000
