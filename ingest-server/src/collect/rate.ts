/** How many events a second a project may send: a token bucket that may be overdrawn by one batch. */
import { TouchlineError } from '../errors.js'
import type { Clock } from '../clock.js'
import type { Project } from '../http/projects.js'

interface Bucket {
  tokens: number
  at: number
}

export interface RateLimiter {
  /** Throws RATE_LIMITED, with the seconds to wait, while the project is overdrawn. */
  check(project: Project): void
  /** Takes what a batch holds, also more than is there: the next one waits the longer. */
  take(project: Project, events: number): void
}

/** A burst of `burstSeconds` worth of events goes through; the average over time is exact. */
export function createRateLimiter(clock: Clock, burstSeconds = 2): RateLimiter {
  const buckets = new Map<string, Bucket>()
  const filled = (project: Project, rate: number): Bucket => {
    const now = clock()
    const bucket = buckets.get(project.id) ?? { tokens: rate * burstSeconds, at: now }
    const earned = Math.max(0, now - bucket.at) * (rate / 1_000)
    bucket.tokens = Math.min(rate * burstSeconds, bucket.tokens + earned)
    bucket.at = now
    buckets.set(project.id, bucket)
    return bucket
  }
  return {
    check(project) {
      const rate = project.eventsPerSecond
      if (rate === undefined) return
      const { tokens } = filled(project, rate)
      if (tokens > 0) return
      throw new TouchlineError(
        'RATE_LIMITED',
        `The project is over its ${rate} events a second. Wait as Retry-After says.`,
        {
          retryAfterSeconds: Math.max(1, Math.ceil(-tokens / rate)),
        },
      )
    },
    take(project, events) {
      const rate = project.eventsPerSecond
      if (rate !== undefined) filled(project, rate).tokens -= events
    },
  }
}
