/** Who hears of every query that a client sends: one log line for each that failed, one metric for all. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { TouchlineError } from '../errors.js'
import type { Logger } from '../logger.js'
import type { Metrics } from '../metrics.js'

export interface QueryObserver {
  begin(name: string): Observation
}

export interface Observation {
  done(): void
  /** Returns the same error, so that the caller can throw it. */
  failed(error: TouchlineError): TouchlineError
}

export interface ObserverDeps {
  logger: Logger
  metrics: Pick<Metrics, 'querySeconds' | 'queryFailures'>
}

const unseen: QueryObserver = { begin: () => ({ done: () => undefined, failed: (error) => error }) }
const observers = new WeakMap<ClickHouseClient, QueryObserver>()

export const observerOf = (client: ClickHouseClient): QueryObserver => observers.get(client) ?? unseen

/** From now on queries of `client` are logged and measured. Kept beside the client, so that callers need not pass both. */
export function observeQueries(client: ClickHouseClient, { logger, metrics }: ObserverDeps): void {
  const seen = new Set<string>()
  /** A series that is absent until the first failure hides that failure from `increase()`. */
  function countFromZero(query: string): void {
    if (seen.has(query)) return
    seen.add(query)
    for (const code of ['INTERNAL', 'QUERY_TOO_LARGE', 'STORE_UNAVAILABLE'])
      metrics.queryFailures.inc({ query, code }, 0)
  }
  observers.set(client, {
    begin(name) {
      countFromZero(name)
      const startedAt = performance.now()
      const seconds = () => (performance.now() - startedAt) / 1_000
      return {
        done: () => metrics.querySeconds.observe({ query: name }, seconds()),
        failed(error) {
          const took = seconds()
          metrics.querySeconds.observe({ query: name }, took)
          metrics.queryFailures.inc({ query: name, code: error.code })
          const fields = { query: name, code: error.code, seconds: Number(took.toFixed(3)), err: error.cause }
          if (error.code === 'INTERNAL') logger.error(fields, 'A query failed')
          else logger.warn(fields, 'A query failed')
          return error
        },
      }
    },
  })
}
