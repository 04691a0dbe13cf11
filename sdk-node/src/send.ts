/**
 * Moves batches from the outbox to the server, several at a time.
 *
 * The first event after a pause goes out at once; those that follow gather until `flushAfterMs` after the last
 * send, a batch is full, or somebody flushes. So a batch is one event on a quiet server and 450 KB in a burst.
 *
 * After a failure one batch at a time probes, by full jitter, until the server is back. A batch that fails waits
 * for itself too and lets the others go first, so one that no server can digest never blocks the rest.
 */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { verdictOn, type Verdict } from './answer.js'
import { bodyOf, type Batch } from './batch.js'
import { errorTable } from './errors.js'
import type { Outbox } from './outbox.js'
import type { Post } from './post.js'
import type { Reports } from './report.js'
import { fullJitterMs } from './retry.js'

export interface SenderOptions {
  outbox: Outbox
  post: Post
  reports: Reports
  clock: () => number
  headers: Record<string, string>
  gzip: boolean
  flushAfterMs: number
  maxInFlight: number
  maxAgeMs: number
  requestTimeoutMs: number
}

/** Below this, gzip saves less than a network packet and costs 15 to 25 µs. */
const minGzipBytes = 1_024
/** Level 1 packs events of a batch 8:1 at 340 MB/s; level 6 packs 9:1 at 155 MB/s. Larger chunks copy less. */
const gzipOptions = { level: 1, chunkSize: 128 * 1024 }
const gzipped = promisify<Buffer, typeof gzipOptions, Buffer>(gzip)

export type Sender = ReturnType<typeof startSender>

export function startSender(options: SenderOptions) {
  const { outbox, reports } = options
  const requests = new Set<AbortController>()
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
    timer = setTimeout(wake, Math.max(Math.ceil(at - performance.now()), 0)).unref()
  }

  async function send(batch: Batch): Promise<void> {
    inFlight += 1
    const verdict = (await broughtBack(batch)) ? await attempt(batch) : undefined
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

  async function attempt(batch: Batch): Promise<Verdict> {
    const request = new AbortController()
    const timeout = setTimeout(
      () => request.abort(new Error(`no answer within ${options.requestTimeoutMs} ms`)),
      options.requestTimeoutMs,
    ).unref()
    requests.add(request)
    try {
      const plain = bodyOf(batch, options.clock())
      const isPacked = options.gzip && plain.length >= minGzipBytes
      const body = isPacked ? await gzipped(plain, gzipOptions) : plain
      const headers = isPacked ? { ...options.headers, 'content-encoding': 'gzip' } : options.headers
      const answer = await Promise.race([
        options.post(body, headers, request.signal),
        abortOf(request.signal),
      ])
      return verdictOn(answer, options.clock())
    } catch (error) {
      return { kind: 'retry', afterMs: 0, because: error instanceof Error ? error.message : String(error) }
    } finally {
      clearTimeout(timeout)
      requests.delete(request)
    }
  }

  function conclude(batch: Batch, verdict: Verdict): void {
    if (verdict.kind === 'retry') {
      retryLater(batch, verdict)
      return
    }
    failures = 0
    if (verdict.kind === 'too-large' && batch.count > 1) {
      outbox.halve(batch)
      return
    }
    if (verdict.kind === 'stored') reports.stored(batch, verdict.rejected)
    else if (verdict.kind === 'too-large') {
      reports.ended(batch, 'rejected', { code: 'EVENT_TOO_LARGE', message: 'The server answered 413.' })
    } else {
      const { code, message } = verdict
      reports.ended(batch, 'rejected', { code, message: `${errorTable.REQUEST_REFUSED} ${message}` })
    }
    outbox.settle(batch)
  }

  function retryLater(batch: Batch, { afterMs, because }: Verdict & { kind: 'retry' }): void {
    const now = performance.now()
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
    batch.notBefore = now + Math.max(afterMs, fullJitterMs(batch.attempts))
    askedUntil = Math.max(askedUntil, now + afterMs)
    pausedUntil = Math.max(askedUntil, now + fullJitterMs(failures))
    outbox.putBack(batch)
    const waitMs = Math.round(pausedUntil - now)
    reports.log(
      failures === 1 ? 'warn' : 'debug',
      `${batch.count} events not sent, next try in ${waitMs} ms: ${because}.`,
    )
  }

  /** Resolves once every event accepted until now is settled, or after `timeoutMs`. Holds the process until then. */
  async function drain(timeoutMs: number): Promise<void> {
    outbox.cut()
    const upTo = outbox.acceptedUpTo()
    if (outbox.isSettledUpTo(upTo)) return
    // Whoever waits wants a try now, and not after the back-off of an outage that may be over.
    pausedUntil = askedUntil
    failures = Math.min(failures, 1)
    outbox.hurry(askedUntil)
    await new Promise<void>((resolve) => {
      const drain = { upTo, done }
      const timeout = setTimeout(done, timeoutMs)
      function done() {
        clearTimeout(timeout)
        drains = drains.filter((other) => other !== drain)
        resolve()
      }
      drains.push(drain)
      wake()
    })
  }

  function stop(): void {
    isStopped = true
    clearTimeout(timer)
    for (const request of requests) request.abort(new Error('the client was closed'))
    options.post.close?.()
  }

  return { notice, wake, drain, stop }
}

/** Also ends the wait for an injected fetch that ignores its signal. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
