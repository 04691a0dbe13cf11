/** A delivery: what was decided to be sent to an endpoint, and how far that is. Shapes, ids and lines only. */
import { createHash } from 'node:crypto'
import type { LogRecord } from '../../log/log.js'
import { isoTime } from '../../clock.js'

/** What was decided; never changes. */
export interface Decided {
  project: string
  id: string
  endpoint: string
  source: 'program' | 'feed'
  /** Key of the run, or id of the feed. */
  run: string
  /** The step, or the place of the first and the last change. */
  step: string
  /** Order is kept among deliveries of one subject to one endpoint; of a feed the feed. */
  subject: string
  /** Whose data stands in the body. */
  subjects: readonly string[]
  /** The touch that the timeline shows once the endpoint took the delivery; absent: none. */
  touch?: { name: string; person: string } | undefined
  body: string
  /** Milliseconds since 1970. */
  decidedAt: number
  /** Rises within the deliveries of a subject: their order. */
  place: number
  slot: number
  /** Of two decisions of one id the higher counts (keep.ts). */
  version: bigint
}

export const deliveryStates = ['waiting', 'delivered', 'gaveUp'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** The outcome of one try, or a replay by hand. */
export interface Attempt {
  project: string
  id: string
  /** From 1. */
  attempt: number
  kind: 'try' | 'replay'
  at: number
  state: DeliveryState
  status: number
  latencyMs: number
  answer: string
  /** Milliseconds since 1970; undefined: it is not tried again. */
  nextAt: number | undefined
  /** Tries since the decision or the last replay, and when it is given up. */
  tries: number
  until: number
  endpoint: string
  subject: string
  subjects: readonly string[]
}

export const hashOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32)

/** The same for every try, and whoever decides it again. */
export const deliveryId = (project: string, run: string, step: string): string =>
  `dlv_${hashOf(project, run, step)}`

const line = (row: object) => Buffer.from(`${JSON.stringify(row)}\n`)

export function decidedRecord(decided: readonly Decided[]): LogRecord {
  const lines = decided.map(({ decidedAt, version, touch, ...rest }) =>
    line({
      ...rest,
      touch_name: touch?.name ?? '',
      touch_person: touch?.person ?? '',
      decided_at: isoTime(decidedAt),
      version: String(version),
    }),
  )
  return { table: 'deliveries_decided', lines: Buffer.concat(lines), rows: {} }
}

export function attemptsRecord(attempts: readonly Attempt[]): LogRecord {
  const lines = attempts.map(({ at, latencyMs, nextAt, until, ...rest }) =>
    line({
      ...rest,
      at: isoTime(at),
      latency_ms: latencyMs,
      next_at: nextAt === undefined ? null : isoTime(nextAt),
      until: isoTime(until),
    }),
  )
  return { table: 'delivery_attempts', lines: Buffer.concat(lines), rows: {} }
}
