/**
 * Moves batches from the outbox to the server, several at a time.
 *
 * The first event after a pause goes out at once; those that follow gather until `flushAfterMs` after the last
 * send, a batch is full, or somebody flushes. So a batch is one event on a quiet server and 450 KB in a burst.
 *
 * After a failure one batch at a time probes, by full jitter, until the server is back. A batch that fails waits
 * for itself too and lets the others go first, so one that no server can digest never blocks the rest.
 */
import type { Verdict } from './answer.js'
import type { Batch } from './batch.js'
import { errorTable } from './errors.js'
import type { Outbox } from './outbox.js'
import type { Reports } from './report.js'
import { openRequests, type RequestOptions } from './request.js'
import { fullJitterMs, maxDrainDelayMs, timerMs } from './retry.js'

export interface SenderOptions extends RequestOptions {
  outbox: Outbox
  reports: Reports
  flushAfterMs: number
  maxInFlight: number
  maxAgeMs: number
}

/** How long before its deadline a drain tries once more, whatever a Retry-After asked for. */
const maxLastTryMs = 2_000

export type Sender = ReturnType<typeof startSender>

export function startSender(options: SenderOptions) {
  const { outbox, reports } = options
  const requests = openRequests(options)
  let drains: { upTo: number; done: () => void }[] = []
  let timer: NodeJS.Timeout | undefined
  let readySeen = 0
  let inFlight = 0
  let failures = 0
  /** What a Retry-After asked for, and what the back-off after failures adds to it. */
  let askedUntil = 0
  let pausedUntil = 0
  let lastSendAt = -Infinity
  let isStopped = false

  const slots = () => (failures > 0 ? 1 : options.maxInFlight)
  const backOffMs = (attempts: number) =>
    fullJitterMs(attempts, drains.length > 0 ? maxDrainDelayMs : undefined)

  /** An event was added. Cheap unless a batch became full: this is on the path of every call. */
  function notice(): void {
    if (outbox.readyCount() > readySeen) wake()
    else if (timer === undefined) wakeLater()
  }

  function wake(): void {
    clearTimeout(timer)
    timer = undefined
    if (isStopped) return
    const now = performance.now()
    while (inFlight < slots() && now >= pausedUntil) {
      const batch = outbox.take(now) ?? takeOpen(now)
      if (batch === undefined) break
      lastSendAt = now
      void send(batch)
    }
    readySeen = outbox.readyCount()
    wakeLater()
  }

  function takeOpen(now: number): Batch | undefined {
    if (now < lastSendAt + options.flushAfterMs) return undefined
    outbox.cut()
    return outbox.take(now)
  }

  function wakeLater(): void {
    if (isStopped || inFlight >= slots()) return
    const openAt = outbox.hasOpen() ? lastSendAt + options.flushAfterMs : Infinity
    const at = Math.max(Math.min(outbox.readyAt(), openAt), pausedUntil)
    if (at === Infinity) return
    // Waiting events alone do not hold the process; `beforeExit` (client.ts) sees to them.
    timer = setTimeout(wake, timerMs(at - performance.now())).unref()
  }

  async function send(batch: Batch): Promise<void> {
    inFlight += 1
    const verdict = (await broughtBack(batch)) ? await requests.attempt(batch) : undefined
    inFlight -= 1
    if (verdict !== undefined) conclude(batch, verdict)
    for (const drain of drains) if (outbox.isSettledUpTo(drain.upTo)) drain.done()
    wake()
  }

  /** False where nothing of the batch is left to send. */
  async function broughtBack(batch: Batch): Promise<boolean> {
    const expected = batch.count
    try {
      reports.damaged(await outbox.readBack(batch), batch)
      if (batch.count > 0) return true
    } catch (error) {
      reports.log('error', `a file of the spool cannot be read: ${String(error)}`)
      reports.damaged(expected, batch)
    }
    outbox.settle(batch)
    return false
  }

  function conclude(batch: Batch, verdict: Verdict): void {
    if (verdict.kind === 'retry') {
      retryLater(batch, verdict)
      return
    }
    if (verdict.kind === 'too-large' && batch.count === 1 && !verdict.isFinal) {
      const because = 'the server answered 413, though not as Touchline does'
      retryLater(batch, { kind: 'retry', afterMs: 0, because, isMisdirected: true })
      return
    }
    failures = 0
    if (verdict.kind === 'too-large' && batch.count > 1) {
      outbox.halve(batch)
      return
    }
    if (verdict.kind === 'stored') reports.stored(batch, verdict.rejected, verdict.warnings)
    else if (verdict.kind === 'too-large') {
      reports.ended(batch, 'rejected', { code: 'EVENT_TOO_LARGE', message: 'The server answered 413.' })
    } else {
      const { code, message } = verdict
      reports.ended(batch, 'rejected', { code, message: `${errorTable.REQUEST_REFUSED} ${message}` })
    }
    outbox.settle(batch)
  }

  function retryLater(batch: Batch, verdict: Verdict & { kind: 'retry' }): void {
    const { afterMs, because } = verdict
    const now = performance.now()
    if (verdict.isMisdirected) {
      reports.notice('misdirected', `${because}. Is host right? Events are kept and tried again.`)
    }
    if (isStopped) {
      outbox.putBack(batch)
      return
    }
    if (now - batch.newestAt > options.maxAgeMs) {
      reports.ended(batch, 'dropped', { code: 'EXPIRED', message: `${errorTable.EXPIRED} Last: ${because}.` })
      outbox.settle(batch)
      return
    }
    failures += 1
    batch.attempts += 1
    batch.notBefore = now + Math.max(afterMs, backOffMs(batch.attempts))
    askedUntil = Math.max(askedUntil, now + afterMs)
    pausedUntil = Math.max(askedUntil, now + backOffMs(failures))
    outbox.putBack(batch)
    const waitMs = Math.round(pausedUntil - now)
    reports.log(
      failures === 1 ? 'warn' : 'debug',
      `${batch.count} events not sent, next try in ${waitMs} ms: ${because}.`,
    )
  }

  /**
   * Resolves once every event accepted until now is settled, or after `timeoutMs`. Holds the process until then.
   * Meanwhile no wait between tries is longer than a second, but for what a Retry-After asks; and one try is made
   * before the deadline in any case.
   */
  async function drain(timeoutMs: number): Promise<void> {
    outbox.cut()
    const upTo = outbox.acceptedUpTo()
    if (outbox.isSettledUpTo(upTo)) return
    // A caller of flush waits for an attempt now, not after the back-off of an outage that may be over.
    pausedUntil = askedUntil
    failures = Math.min(failures, 1)
    outbox.hurry(askedUntil)
    await new Promise<void>((resolve) => {
      const drain = { upTo, done }
      const timeout = setTimeout(done, timerMs(timeoutMs))
      const lastTry = setTimeout(
        () => tryOnceMore(timeoutMs / 4),
        timerMs(timeoutMs - Math.min(maxLastTryMs, timeoutMs / 2)),
      )
      function done() {
        clearTimeout(timeout)
        clearTimeout(lastTry)
        drains = drains.filter((other) => other !== drain)
        resolve()
      }
      drains.push(drain)
      wake()
    })
  }

  /**
   * At once, and also where a Retry-After has not passed. What has had no answer for `hungMs` is sent beside the request
   * that waits: its connection may lead to a process that is no more.
   */
  function tryOnceMore(hungMs: number): void {
    askedUntil = pausedUntil = 0
    outbox.hurry(0)
    requests.sendBeside(hungMs)
    wake()
  }

  function stop(): void {
    isStopped = true
    clearTimeout(timer)
    requests.stop()
  }

  return { notice, wake, drain, stop }
}
