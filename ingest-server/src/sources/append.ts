/** What was made of a file's rows or a webhook's body → the log, and the counters once it is durable. */
import { setTimeout as delay } from 'node:timers/promises'
import { wellFormed } from '../collect/base/well-formed.js'
import { TouchlineError } from '../errors.js'
import type { EventLog, LogRecord } from '../log/log.js'
import { backOffMs } from '../loop.js'
import type { Metrics } from '../metrics.js'

export interface Appending {
  log: EventLog
  metrics: Metrics
}

export interface Counted {
  accepted: number
  rejected: number
}

/** Resolves when the log holds the records; rejects as its `append` does, and counts nothing then. */
export async function appendMade(
  { log, metrics }: Appending,
  project: string,
  records: readonly LogRecord[],
  { accepted, rejected }: Counted,
): Promise<void> {
  if (records.length > 0) await log.append(records)
  metrics.received.inc({ project }, accepted + rejected)
  metrics.rejected.inc({ project }, rejected)
  metrics.appended.inc({ project }, accepted)
}

const retryAfterMs = { first: 200, most: 5_000 }

/**
 * Tries again for as long as the log does not take it: a full log empties, a broker comes back, and what was appended
 * twice counts once. Rejects with the reason of `signal`.
 */
export async function untilAppended(
  append: () => Promise<void>,
  signal: AbortSignal,
  onWait: (isWaiting: boolean) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      await append()
      if (attempt > 1) onWait(false)
      return
    } catch (error) {
      if (!(error instanceof TouchlineError) || !error.code.startsWith('LOG_')) throw error
      onWait(true)
      await delay(backOffMs(attempt, retryAfterMs), undefined, { signal }).catch(() => undefined)
    }
  }
}

/** One line of `rejected_events` about what could not become an event; `original` is JSON text that says what it was. */
export function refusedLine(row: {
  project: string
  receivedAt: string
  messageId: string
  code: string
  message: string
  stage: 'import' | 'source'
  original: object
}): string {
  const { project, receivedAt, messageId, code, message, stage, original } = row
  return `${wellFormed(
    JSON.stringify({
      project,
      received_at: receivedAt,
      message_id: messageId,
      code,
      message,
      stage,
      original: JSON.stringify(original),
    }),
  )}\n`
}
