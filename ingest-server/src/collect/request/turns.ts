/**
 * Work that costs a sender little and the event loop much (a few kilobytes of gzip are megabytes of JSON, half a megabyte of
 * JSON is 40 ms) is done a piece at a time, and addresses take turns: who sends a lot of it waits for their own. Between two
 * pieces the loop answers whoever needs none of it.
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
  /** How many turns of the event loop are between two pieces; 1 when absent. */
  loopTurns?: number
  /** Pieces that take less than this together follow each other in one turn of the loop; 0 when absent. */
  inARowMs?: number
}

/**
 * libuv accepts one connection in a turn: with one turn between two pieces who connects would wait for all that connected
 * before, each with a piece. Turns in which nothing happens cost some ten microseconds.
 */
export const turnsForConnections = 16

/** More than any SDK has under way; a body of the largest size takes some 50 ms. */
const defaultLimits: TurnLimits = { atOnce: 2, waitingOfAddress: 128, loopTurns: turnsForConnections }

export function createTurns(limits: TurnLimits = defaultLimits): Turns {
  const { atOnce, waitingOfAddress, loopTurns = 1, inARowMs = 0 } = limits
  /** In the order of turns: whoever had one goes to the end. */
  const queues = new Map<string, (() => void)[]>()
  let running = 0
  let waiting = 0
  /** Milliseconds of work since the loop had its last turn. */
  let spent = 0

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
      const begun = performance.now()
      try {
        return await work()
      } finally {
        if (spent === 0) setImmediate(() => (spent = 0))
        spent += performance.now() - begun
        if (spent < inARowMs) next()
        else afterTurns(loopTurns, next)
      }
    },
    waiting: () => waiting,
  }
}

function afterTurns(count: number, done: () => void): void {
  setImmediate(() => (count > 1 ? afterTurns(count - 1, done) : done()))
}
