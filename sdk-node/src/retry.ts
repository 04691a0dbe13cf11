/** When a request that failed is sent again. */

const baseDelayMs = 500
const maxDelayMs = 30_000
/** A larger Retry-After is a mistake; events would only grow old. */
const maxRetryAfterMs = 60 * 60_000

/**
 * Full jitter (Brooker, "Exponential Backoff And Jitter"): anything between nothing and the exponential
 * bound, so that many clients that failed together do not come back together.
 */
export function fullJitterMs(attempts: number, random: () => number = Math.random): number {
  return random() * Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(attempts - 1, 16))
}

/** Milliseconds that a Retry-After asks for, in either of its forms (RFC 9110 §10.2.3); 0 if it says nothing. */
export function retryAfterMs(header: string | null | undefined, now: number): number {
  if (header === null || header === undefined || header.trim() === '') return 0
  const seconds = Number(header)
  const milliseconds = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - now
  return Number.isNaN(milliseconds) ? 0 : Math.min(Math.max(milliseconds, 0), maxRetryAfterMs)
}
