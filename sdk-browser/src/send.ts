/**
 * Takes batches from the outbox to the server: about a second after an event, everything at once when the page
 * hides, and after a failure with full jitter, or when the server says. A request is `text/plain` without custom
 * headers, so that no preflight precedes it.
 */
import { nextBatch } from './consent.js'
import { newId } from './ids.js'
import { options } from './options.js'
import { knowsKeepalive, sendBeacon } from './beacon.js'
import { reportDropped, reportRejected } from './report.js'
import { addEntries, bytesOf, forgetEntry, type Entry } from './outbox.js'

const sendAfterMs = 800
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

/** Sends soon, unless that is already going to happen. */
export function wake(delayMs: number = sendAfterMs): void {
  timer = timer || setTimeout(pump as () => void, delayMs)
}

/**
 * Sends what waits, one request after the other; all at once where anything is given, as an event is. Resolves when each
 * request was answered or failed.
 */
export async function pump(isFlush?: unknown): Promise<unknown> {
  clearTimeout(timer as number)
  timer = 0
  let batch: Entry[]
  while ((isFlush || !bytesUnderWay) && (batch = nextBatch())[0])
    delivered = Promise.all([delivered, deliver(batch, isFlush)])
  return delivered
}

async function deliver(batch: Entry[], isFlush: unknown): Promise<void> {
  const url = (options.host || '').replace(/\/?$/, '/v1/batch')
  const [[place, shared]] = batch as [Entry]
  const sentAt = new Date().toJSON()
  const events = batch.map(([, , json]) => json).join()
  const body = `{"writeKey":"${options.writeKey}","sentAt":"${sentAt}","context":${shared},"batch":[${events}]}`
  const bytes = bytesOf(body)
  bytesUnderWay += bytes
  const keepalive = knowsKeepalive() && bytesUnderWay < maxKeepaliveBytes
  let status = ''
  let delayMs = 0
  try {
    // A beacon has no answer: the entries stay, and what arrives twice is known by its messageId.
    if (isFlush && !keepalive) sendBeacon(url, body)
    const response = await fetch(url, { method: 'POST', body, keepalive })
    status += response.status
    // A date is no number: then the back-off alone counts.
    delayMs = (response.headers.get('retry-after') as unknown as number) * 1_000 || 0
    reportRejected(response)
  } catch {
    // No answer.
  }
  bytesUnderWay -= bytes
  // 408 and 429 are the refusals that end by themselves. Ids sort as they were made.
  const isRefused = /^4(?!08|29)/.test(status)
  const isOld = place.slice(-36) < newId(Date.now() - maxAgeMs)
  if (isRefused || isOld || /^2/.test(status)) {
    failures = 0
    batch.forEach(forgetEntry)
    if (!/^2/.test(status)) reportDropped(batch, isRefused ? +status : 'age')
  } else {
    addEntries(batch)
    delayMs += Math.random() * (delayMs || firstRetryMs * 2 ** Math.min(failures++, maxDoublings))
  }
  wake(delayMs)
}
