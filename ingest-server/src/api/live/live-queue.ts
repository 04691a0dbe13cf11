/** What a client of a live view has not read yet. A refused event is never left out; others are where it reads too slowly. */
import type { LiveChange, LiveRow } from '@touchline/schemas/api'

export type Queued = { event: 'row'; data: LiveRow } | { event: 'state'; data: LiveChange }

const most = 1_000
/** A client that reads nothing while so many were refused has gone; it finds them in the list of refused events. */
const mostRefused = 20_000

const isRefused = (one: Queued) => one.event === 'row' && one.data.state === 'refused'

export function openLiveQueue() {
  const queue: Queued[] = []
  let refused = 0

  return {
    add(one: Queued): 'queued' | 'left out' | 'gone' {
      if (isRefused(one)) refused += 1
      else if (queue.length - refused >= most) return 'left out'
      if (refused > mostRefused) return 'gone'
      queue.push(one)
      return 'queued'
    },
    next(): Queued | undefined {
      const one = queue.shift()
      if (one !== undefined && isRefused(one)) refused -= 1
      return one
    },
    clear(): void {
      queue.length = 0
      refused = 0
    },
  }
}
