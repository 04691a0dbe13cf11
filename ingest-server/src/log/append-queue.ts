/**
 * Group commit: appends that arrive while a write is under way wait, and go together into the next one.
 * One write at a time, so the busier the log is, the larger and the cheaper (per event) each write gets.
 *
 * Bounded in memory (`maxInFlightBytes`, waiting and being written) and in time (`timeoutMs` from the call):
 * beyond either an append rejects with LOG_UNAVAILABLE, it never hangs.
 */
import { TouchlineError } from '../errors.js'
import type { LogRecord } from './log.js'

export interface AppendQueueOptions {
  /** Writes one group; resolves only when it is durable. */
  write: (group: readonly LogRecord[]) => Promise<void>
  /** What the write goes to, for messages: `Kafka`, `the log file`. */
  target: string
  maxGroupBytes: number
  maxInFlightBytes: number
  timeoutMs: number
}

interface Waiter {
  records: readonly LogRecord[]
  bytes: number
  /** On the monotonic clock: the wall clock may be set while an append waits. */
  deadline: number
  isSettled: boolean
  resolve: () => void
  reject: (error: unknown) => void
}

export function createAppendQueue(options: AppendQueueOptions) {
  const { write, target, maxGroupBytes, maxInFlightBytes, timeoutMs } = options
  let waiting: Waiter[] = []
  let writing: Waiter[] = []
  let inFlightBytes = 0
  let isClosed = false
  let deadlineTimer: NodeJS.Timeout | undefined
  let loop: Promise<void> | undefined

  function append(records: readonly LogRecord[]): Promise<void> {
    const bytes = records.reduce((sum, record) => sum + record.lines.length, 0)
    if (isClosed) return Promise.reject(unavailable(`The log is closed; nothing was stored.`))
    if (bytes === 0) return Promise.resolve()
    if (inFlightBytes + bytes > maxInFlightBytes)
      return Promise.reject(
        unavailable(
          `${inFlightBytes} bytes already wait for ${target}, of at most ${maxInFlightBytes}; nothing was stored.`,
        ),
      )
    inFlightBytes += bytes
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + timeoutMs
      waiting.push({ records, bytes, deadline, isSettled: false, resolve, reject })
      watchDeadlines()
      loop ??= writeGroups()
    })
  }

  async function writeGroups(): Promise<void> {
    // What is appended in the same turn of the event loop belongs into the first group.
    await Promise.resolve()
    while (waiting.length > 0) {
      writing = takeGroup()
      try {
        await write(writing.flatMap((waiter) => waiter.records))
        for (const waiter of writing) settle(waiter)
      } catch (cause) {
        const error =
          cause instanceof TouchlineError
            ? cause
            : unavailable(`${target} did not confirm ${writing.length} appends.`, cause)
        for (const waiter of writing) settle(waiter, error)
      }
      for (const waiter of writing) inFlightBytes -= waiter.bytes
      writing = []
    }
    loop = undefined
  }

  function takeGroup(): Waiter[] {
    let bytes = 0
    let count = 0
    for (const waiter of waiting) {
      if (count > 0 && bytes + waiter.bytes > maxGroupBytes) break
      bytes += waiter.bytes
      count += 1
    }
    const group = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return group
  }

  function settle(waiter: Waiter, error?: unknown): void {
    if (waiter.isSettled) return
    waiter.isSettled = true
    if (error === undefined) waiter.resolve()
    else waiter.reject(error)
  }

  /** One timer for the oldest waiter; a timer for each append would cost more than the append. */
  function watchDeadlines(): void {
    if (deadlineTimer !== undefined) return
    const oldest = writing.find((waiter) => !waiter.isSettled) ?? waiting[0]
    if (oldest === undefined) return
    deadlineTimer = setTimeout(
      () => {
        deadlineTimer = undefined
        rejectLate(performance.now())
        watchDeadlines()
      },
      Math.max(1, oldest.deadline - performance.now()),
    )
    deadlineTimer.unref()
  }

  function rejectLate(now: number): void {
    for (const waiter of writing)
      if (waiter.deadline <= now)
        settle(waiter, unavailable(`${target} did not confirm within ${timeoutMs} ms; it may yet.`))
    const late = waiting.filter((waiter) => waiter.deadline <= now)
    if (late.length === 0) return
    waiting = waiting.filter((waiter) => waiter.deadline > now)
    for (const waiter of late) {
      inFlightBytes -= waiter.bytes
      settle(waiter, unavailable(`${target} did not take it within ${timeoutMs} ms; nothing was stored.`))
    }
  }

  return {
    append,
    /** Finishes what was appended, then rejects everything new. */
    async close(): Promise<void> {
      isClosed = true
      while (loop !== undefined) await loop
      clearTimeout(deadlineTimer)
    },
  }
}

function unavailable(message: string, cause?: unknown): TouchlineError {
  return new TouchlineError('LOG_UNAVAILABLE', message, { cause, retryAfterSeconds: 1 })
}
