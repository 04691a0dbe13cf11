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
  /** Notes that one is sent; true where it is the probe of whether the endpoint is back. */
  began: () => boolean
  /** True where it was open: what waits may come at once. */
  succeeded: () => boolean
  failed: (now: number, how?: { retryAfterMs?: number | undefined; isProbe?: boolean }) => void
}

const failuresInRow = 5
const pace = { first: 1_000, most: 300_000 }

export function openBreaker(mostAtOnce: number): Breaker {
  let circuit: Circuit = 'closed'
  let failures = 0
  // How often in a row it was found to be still away.
  let rounds = 0
  let opensAt = 0
  const shutFor = (now: number, ms: number) => (opensAt = Math.max(opensAt, now + ms))
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
      if (circuit !== 'open') return circuit === 'probing'
      circuit = 'probing'
      return true
    },
    succeeded() {
      const wasOpen = circuit !== 'closed'
      circuit = 'closed'
      failures = rounds = opensAt = 0
      return wasOpen
    },
    failed(now, { retryAfterMs = 0, isProbe = false } = {}) {
      failures += 1
      // Deliveries that were under way when the circuit opened do not count: each of them would double the pause.
      if (isProbe || (circuit === 'closed' && failures >= failuresInRow)) {
        circuit = 'open'
        rounds += 1
        shutFor(now, backOffMs(rounds, pace))
      }
      if (retryAfterMs > 0) shutFor(now, Math.min(retryAfterMs, retryAfterMost))
    },
  }
}

/** An endpoint that asks for more is asked again all the same. */
const retryAfterMost = 3_600_000
