/** Long work on a thread that also answers requests: it lets others run between its steps. */
import { setImmediate as nextTurn } from 'node:timers/promises'

export interface Breather {
  /** True when this turn has lasted so long that somebody may be waiting; then await `rest`. */
  isDue: () => boolean
  rest: () => Promise<void>
}

/** Far below what anybody notices, and long enough that resting costs nothing. */
const maxTurnMs = 10

export function createBreather(clock: () => number = () => performance.now()): Breather {
  let since = clock()
  return {
    isDue: () => clock() - since >= maxTurnMs,
    async rest() {
      await nextTurn()
      since = clock()
    },
  }
}
