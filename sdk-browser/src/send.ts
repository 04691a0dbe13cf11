/**
 * Takes batches from the outbox to the server: a second after an event, everything at once when the page
 * hides, and after a failure with full jitter, or when the server says. A request is `text/plain` without custom
 * headers, so that no preflight precedes it.
 */
import { nextBatch } from './consent.js'
import { tell } from './hooks.js'
import { newId } from './ids.js'
import { options } from './options.js'
import { addEntry, bytesOf, reportDropped, type Entry } from './outbox.js'
import { setItem } from './storage.js'
import type { Answer } from './wire.js'

const sendAfterMs = 1_000
const firstRetryMs = 1_000
// Half a minute at most.
const maxDoublings = 5
const maxAgeMs = 12 * 3_600_000
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
export const pump = async (isFlush?: unknown): Promise<unknown> => {
  clearTimeout(timer as number)
  timer = 0
  let batch: Entry[]
  while ((isFlush || !bytesUnderWay) && (batch = nextBatch()).length)
    delivered = deliver(batch, isFlush, delivered)
  return delivered
}

/** Resolves when this batch, and what was delivered before it, was answered or failed. */
const deliver = async (batch: Entry[], isFlush: unknown, before: unknown): Promise<unknown> => {
  const url = `${options.host}/v1/batch`
  // The youngest: what is old goes with it.
  const [[youngest, shared]] = batch.slice(-1) as [Entry]
  const body = `{"writeKey":"${options.key}","sentAt":${Date.now()},"context":${shared},"batch":[${batch.map((entry) => entry[2]).join()}]}`
  const bytes = bytesOf(body)
  bytesUnderWay += bytes
  const keepalive = 'keepalive' in Request.prototype && bytesUnderWay < maxKeepaliveBytes
  let status: unknown
  let delayMs = 0
  try {
    // A beacon has no answer: the entries stay, and what arrives twice is known by its messageId.
    if (isFlush && !keepalive) navigator.sendBeacon(url, body)
    const response = await fetch(url, { method: 'POST', body, keepalive })
    status = response.status
    // A date is no number: then the back-off alone counts.
    delayMs = (response.headers.get('retry-after') as unknown as number) * 1_000 || 0
    ;((await response.json()) as Answer).rejected.forEach((reject) => tell('reject', reject))
  } catch {
    // No answer, or not one that lists what was rejected.
  }
  bytesUnderWay -= bytes
  // 408 and 429 are the refusals that end by themselves. Ids sort as they were made.
  const isTaken = /^2/.test(status as string)
  const reason = /^4(?!08|29)/.test(status as string)
    ? (status as number)
    : youngest < newId(Date.now() - maxAgeMs) && 'age'
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
