/**
 * Work that costs a sender little and the event loop much (a few kilobytes of gzip are megabytes of JSON) is done a
 * piece at a time, and addresses take turns: who sends a lot of it waits for their own. Between two pieces the loop
 * answers whoever needs none of it.
 */
import { TouchlineError } from '../../errors.js'

export interface Turns {
  /** Does `work` when it is this address's turn. Rejects with OVERLOADED where too much of the address waits, else as `work` does. */
  take<Result>(address: string, work: () => Promise<Result>): Promise<Result>
  waiting(): number
}

export interface TurnLimits {
  /** One is decoded by another thread while this one reads what the other is. */
  atOnce: number
  waitingOfAddress: number
}

/** More than any SDK has under way; a body of the largest size takes some 50 ms. */
const defaultLimits: TurnLimits = { atOnce: 2, waitingOfAddress: 128 }

export function createTurns({ atOnce, waitingOfAddress }: TurnLimits = defaultLimits): Turns {
  /** In the order of turns: whoever had one goes to the end. */
  const queues = new Map<string, (() => void)[]>()
  let running = 0
  let waiting = 0

  function place(address: string): Promise<void> {
    const queue = queues.get(address) ?? []
    if (queue.length >= waitingOfAddress)
      throw new TouchlineError(
        'OVERLOADED',
        'Too many encoded bodies wait from this address. Wait as Retry-After says.',
        { retryAfterSeconds: 1 },
      )
    if (queue.length === 0) queues.set(address, queue)
    waiting += 1
    return new Promise((resolve) => queue.push(resolve))
  }

  function next(): void {
    const [first] = queues
    if (first === undefined) {
      running -= 1
      return
    }
    const [address, queue] = first
    const begin = queue.shift()
    queues.delete(address)
    if (queue.length > 0) queues.set(address, queue)
    waiting -= 1
    begin?.()
  }

  return {
    async take(address, work) {
      if (running >= atOnce) await place(address)
      else running += 1
      try {
        return await work()
      } finally {
        setImmediate(next)
      }
    },
    waiting: () => waiting,
  }
}
