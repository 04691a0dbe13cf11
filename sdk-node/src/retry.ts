/** When a request that failed is sent again. */

const baseDelayMs = 500
const maxDelayMs = 30_000
/** While somebody waits for a flush: a back-off longer than what is left would sleep through a server that is back. */
export const maxDrainDelayMs = 1_000
/** A larger Retry-After is a mistake; events would only grow old. */
const maxRetryAfterMs = 60 * 60_000
/** setTimeout takes a longer time, 24.8 days, for 1 ms. */
const maxTimerMs = 2 ** 31 - 1

/**
 * Full jitter (Brooker, "Exponential Backoff And Jitter"): anything between nothing and the exponential
 * bound, so that many clients that failed together do not come back together.
 */
export function fullJitterMs(
  attempts: number,
  atMostMs: number = maxDelayMs,
  random: () => number = Math.random,
): number {
  return random() * Math.min(atMostMs, baseDelayMs * 2 ** Math.min(attempts - 1, 16))
}

/** Milliseconds that a Retry-After asks for, in either of its forms (RFC 9110 §10.2.3); 0 if it says nothing. */
export function retryAfterMs(header: string | null | undefined, now: number): number {
  if (header === null || header === undefined || header.trim() === '') return 0
  const seconds = Number(header)
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1_000
  return Number.isNaN(milliseconds) ? 0 : Math.min(Math.max(milliseconds, 0), maxRetryAfterMs)
}

/** A time that setTimeout keeps: whole, not negative, at most 24.8 days. */
export const timerMs = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 0), maxTimerMs)
