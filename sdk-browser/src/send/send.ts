/**
 * Takes batches from the outbox to the server: a second after an event, everything at once when the page
 * hides, and after a failure with full jitter, or when the server says. A request is `text/plain` without custom
 * headers, so that no preflight precedes it. Only the server's own JSON ends an event.
 */
import { explainEnd } from '../debug/explain.js'
import { emit } from '../base/hooks.js'
import { newId } from '../base/ids.js'
import { nextBatch } from './next-batch.js'
import { options } from '../options/options.js'
import { addEntry, bytesOf, reportDropped, type Entry } from '../queue/outbox.js'
import { setItem } from '../queue/storage.js'
import type { Answer } from '../base/wire.js'

const sendAfterMs = 1_000
const firstRetryMs = 1_000
// Half a minute at most.
const maxDoublings = 5
const maxAgeMs = 12 * 3_600_000
// Seconds, up to 12 days: a timer takes 24 at most, and what is over overflows. A date and a pause before now are none.
const pauseShape = /^\d{1,6}/
// A request that nobody answers holds up all that comes after it. What is sent twice is shown once.
const maxRequestMs = 20_000
// Browsers refuse a keepalive request that takes the page's sum over 64 KiB, and others may be using some of it.
const maxKeepaliveBytes = 60_000

let timer: ReturnType<typeof setTimeout> | 0
let failures = 0
let bytesUnderWay = 0
let delivered: Promise<unknown>

/**
 * Sends soon, unless that is already going to happen. While a request is under way only a longer pause counts, as the
 * server may have asked for: the request's end wakes by itself.
 */
export const wake = (delayMs: number = sendAfterMs): void => {
  if (delayMs > sendAfterMs || !bytesUnderWay) timer = timer || setTimeout(pump as () => void, delayMs)
}

/**
 * Sends what waits, one request after the other; all at once where anything is given, as an event is. Resolves when each
 * request was answered or failed.
 */
export const pump = async (flush?: unknown): Promise<unknown> => {
  clearTimeout(timer as number)
  timer = 0
  let batch: Entry[]
  while ((flush || !bytesUnderWay) && (batch = nextBatch()).length) delivered = deliver(batch, delivered)
  return delivered
}

/** Resolves when this batch, and what was delivered before it, was answered or failed. */
const deliver = async (batch: Entry[], before: unknown): Promise<unknown> => {
  // The youngest: what is old goes with it.
  const [[youngest, shared]] = batch.slice(-1) as [Entry]
  const body = `{"writeKey":"${options.key}","sentAt":${Date.now()},"context":${shared},"batch":[${batch.map((entry) => entry[2]) as unknown as string}]}`
  const bytes = bytesOf(body)
  bytesUnderWay += bytes
  // True where it took them, else of its refusal.
  let status: number | true | undefined
  let delayMs = 0
  await new Promise<unknown>((done) => {
    setTimeout(done, maxRequestMs)
    fetch(`${options.host}/v1/batch`, {
      body,
      method: 'POST',
      keepalive: bytesUnderWay < maxKeepaliveBytes,
      // What is given up is let go of too: a browser has six connections to a server. In those without it the pause alone counts.
      signal: AbortSignal.timeout && AbortSignal.timeout(maxRequestMs),
    })
      .then(async (response) => {
        // A list of one text counts as its number. Without one the back-off alone counts.
        delayMs =
          1_000 * ((pauseShape.exec(response.headers.get('retry-after') as string) as unknown as number) || 0)
        const answer = (await response.json()) as Answer
        if (!answer.requestId) answer.rejected.forEach((reject) => emit('reject', reject))
        // A page of another site, or of a proxy, or another service's JSON is no answer, whatever its status.
        if (answer.success === !answer.requestId) status = answer.success || response.status
      })
      .then(done, done)
    // No answer, or none of ours. A blocker's `fetch` throws at the call.
  }).catch(() => {})
  bytesUnderWay -= bytes
  // Of ours: 408 and 429 end by themselves, and 404 and 405 are about the address. Ids sort as they were made.
  const isTaken = (status as number) < 2
  const reason = /^4(0[0-3]|1)/.test(status as unknown as string)
    ? status
    : youngest < newId(Date.now() - maxAgeMs) && 'age'
  explainEnd(batch, status, reason)
  if (isTaken || reason) {
    batch.forEach((entry) => setItem(entry[3]))
    failures = 0
    if (!isTaken) reportDropped(batch, reason as number)
  } else {
    batch.forEach(addEntry)
    delayMs += Math.random() * (delayMs || firstRetryMs << Math.min(failures++, maxDoublings))
  }
  wake(delayMs)
  return before
}
