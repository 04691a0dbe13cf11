/**
 * Takes batches from the outbox to the server: about a second after an event, everything at once when the page
 * hides, and after a failure with full jitter, or when the server says. A request is `text/plain` without custom
 * headers, so that no preflight precedes it.
 */
import { tell } from './hooks.js'
import { timeOf } from './ids.js'
import { options } from './options.js'
import { addEntries, bytesOf, forgetEntry, messageIdOf, takeBatch, type Entry } from './outbox.js'
import type { Answer } from './wire.js'

const sendAfterMs = 800
const firstRetryMs = 1_000
const maxRetryMs = 30_000
const maxAgeMs = 12 * 3_600_000
// Browsers refuse a keepalive request that takes the page's sum over 64 KiB, and others may be using some of it.
const maxKeepaliveBytes = 60_000

let timer: ReturnType<typeof setTimeout> | 0
let failures = 0
let bytesUnderWay = 0
let delivered: Promise<unknown>
let maySend = (): unknown => true

/** Something may hold everything back: no consent yet, a page that is only being prerendered. */
export const holdUnless = (check: typeof maySend): void => {
  maySend = check
}

/** Sends soon, unless that is already going to happen. */
export function wake(delayMs: number = sendAfterMs): void {
  timer = timer || setTimeout(pump, delayMs)
}

/** Sends now whatever waits, all at once; resolves when each request was answered or failed. */
export async function flush(): Promise<unknown> {
  pump(true)
  return delivered
}

/** These will never be sent. */
export function drop(entries: Entry[], reason: 'age' | 'full' | number): void {
  entries.forEach(forgetEntry)
  tell('drop', { reason, messageIds: entries.map(messageIdOf) })
}

function pump(isFlush?: true): void {
  clearTimeout(timer as number)
  timer = 0
  let batch: Entry[]
  while ((isFlush || !bytesUnderWay) && maySend() && (batch = takeBatch())[0])
    delivered = Promise.all([delivered, deliver(batch, isFlush)])
}

async function deliver(batch: Entry[], isFlush?: true): Promise<void> {
  const url = (options.host || '').replace(/\/?$/, '/v1/batch')
  const events = batch.map(([, , json]) => json).join()
  const first = batch[0] as Entry
  const sentAt = new Date().toJSON()
  const body = `{"writeKey":"${options.writeKey}","sentAt":"${sentAt}","context":${first[1]},"batch":[${events}]}`
  const bytes = bytesOf(body)
  const keepalive = (bytesUnderWay += bytes) < maxKeepaliveBytes
  let reason: 'age' | number | false = Date.now() - timeOf(messageIdOf(first)) > maxAgeMs && 'age'
  let isOk
  let delayMs = 0
  try {
    // A beacon has no answer: the entries stay, and what arrives twice is known by its messageId.
    if (isFlush && !(keepalive && 'keepalive' in Request.prototype)) navigator.sendBeacon(url, body)
    const response = await fetch(url, { method: 'POST', body, keepalive, credentials: 'omit' })
    isOk = response.ok
    delayMs = +(response.headers.get('retry-after') as string) * 1_000
    // 408 and 429 are the refusals that end by themselves.
    if (/^4(?!08|29)/.test(response.status as unknown as string)) reason = response.status
    if (isOk) ((await response.json()) as Answer).rejected.forEach((reject) => tell('reject', reject))
  } catch {
    // No answer; or, with `isOk`, one of a form that nobody expects.
  }
  bytesUnderWay -= bytes
  if (isOk) {
    failures = 0
    batch.forEach(forgetEntry)
  } else if (reason) drop(batch, reason)
  else {
    addEntries(batch)
    delayMs += Math.random() * (delayMs || Math.min(firstRetryMs * 2 ** failures++, maxRetryMs))
  }
  wake(delayMs)
}
