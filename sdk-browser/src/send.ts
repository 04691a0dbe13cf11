/**
 * Takes batches from the outbox to the server: about a second after an event, everything at once when the page
 * hides, and after a failure with full jitter, or when the server says. A request is `text/plain` without custom
 * headers, so that no preflight precedes it.
 */
import { tell } from './hooks.js'
import { options } from './options.js'
import type { Entry } from './outbox.js'
import {
  bytesOf,
  forgetEntry,
  messageIdOf,
  returnEntries,
  takeBatch,
  takeExpired,
  wipeEntries,
} from './outbox.js'
import { consent } from './visitor.js'
import type { Answer } from './wire.js'

const sendAfterMs = 800
const firstRetryMs = 1_000
const maxRetryMs = 30_000
// Browsers refuse a keepalive request that takes the page's sum over 64 KiB, and others may be using some of it.
const maxKeepaliveBytes = 60_000

let timer = 0
let failures = 0
let bytesUnderWay = 0
let delivered: Promise<unknown>

/** Sends soon, unless that is already going to happen. */
export function wake(delayMs: number = sendAfterMs): void {
  timer = timer || window.setTimeout(pump, delayMs)
}

/** Sends now whatever waits, all at once; resolves when each request was answered or failed. */
export function flush(): Promise<unknown> {
  pump(true)
  return delivered
}

/** Nothing may leave without consent, nor while the page is only being prerendered. */
function maySend(): boolean {
  if (!consent()) wipeEntries()
  return consent() !== 'awaiting' && !document.prerendering
}

function drop(entries: Entry[], reason: 'age' | 'full' | number): void {
  entries.forEach(forgetEntry)
  if (entries.length) tell('drop', { reason, messageIds: entries.map(messageIdOf) })
}

function pump(isFlush?: true): void {
  clearTimeout(timer)
  timer = 0
  drop(takeExpired(), 'age')
  let batch: Entry[]
  while ((isFlush || !bytesUnderWay) && maySend() && (batch = takeBatch()).length)
    delivered = Promise.all([delivered, deliver(batch, isFlush)])
}

async function deliver(batch: Entry[], isFlush?: true): Promise<void> {
  const { host, writeKey } = options
  const url = `${host}/v1/batch`
  const events = batch.map((entry) => entry.event).join()
  const envelope = JSON.stringify({ writeKey, sentAt: new Date() }).slice(0, -1)
  const body = `${envelope},"context":${(batch[0] as Entry).context},"batch":[${events}]}`
  const bytes = bytesOf(body)
  const keepalive = (bytesUnderWay += bytes) < maxKeepaliveBytes
  // A beacon has no answer: the entries stay, and what arrives twice is known by its messageId.
  const sendBeacon = (): unknown => isFlush && navigator.sendBeacon(url, body)
  let isSettled
  let delayMs = 0
  try {
    if (!keepalive || !('keepalive' in Request.prototype)) sendBeacon()
    const response = await fetch(url, { method: 'POST', body, keepalive, credentials: 'omit' })
    const { ok, status, headers } = response
    // 408 and 429 are the refusals that end by themselves.
    isSettled = ok || /^4(?!08|29)/.test(`${status}`)
    delayMs = +(headers.get('retry-after') || 0) * 1_000
    if (ok) batch.forEach(forgetEntry)
    else if (isSettled) drop(batch, status)
    if (ok) ((await response.json()) as Answer).rejected.forEach((reject) => tell('reject', reject))
  } catch {
    if (!isSettled) sendBeacon()
  }
  bytesUnderWay -= bytes
  if (isSettled) failures = 0
  else {
    returnEntries(batch)
    delayMs += Math.random() * (delayMs || Math.min(firstRetryMs * 2 ** failures++, maxRetryMs))
  }
  wake(delayMs)
}
