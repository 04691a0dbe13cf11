/** When a delivery is tried again, and when it is given up. Pure. */
import { backOffMs } from '../../loop.js'
import { secondMs, hourMs, dayMs } from '../../units.js'

/** From the decision, or from the last replay by hand. */
export const triedForMs = 7 * dayMs
const pace = { first: 5 * secondMs, most: 6 * hourMs }

export interface Failed {
  /** How many tries there were since the decision or the last replay, this one too. */
  tries: number
  now: number
  /** When it is given up at the latest. */
  until: number
  retryAfterMs: number | undefined
  /** 0 to 1; half of each wait is left to chance, so that what failed together does not come back together. */
  chance?: number
}

/** Milliseconds since 1970 of the next try; undefined: it is given up. The last try is at `until` itself. */
export function nextTryAt({
  tries,
  now,
  until,
  retryAfterMs = 0,
  chance = Math.random(),
}: Failed): number | undefined {
  if (now >= until) return undefined
  const wait = backOffMs(tries, pace) * (0.5 + chance / 2)
  return Math.min(until, now + Math.max(wait, retryAfterMs))
}

/** It was taken. */
export const isTaken = (status: number) => status >= 200 && status < 300

/** The endpoint is gone for good and says so. */
export const isGone = (status: number) => status === 410

/** The endpoint as a whole has trouble; anything else (400, 404, 422, …) may be about this one body. */
export const isTrouble = (status: number) => status === 0 || status === 429 || status >= 500
