/**
 * A batch is the body of one request, written in place as events come:
 *
 *     {"sentAt":"2026-01-01T00:00:00.000Z","context":{…},"batch":[ event {"," event} ]}
 *     └────────────── head, always the same length ─────────────┘└ ends[0]   ends[n]┘
 *
 * Holding bytes instead of strings keeps 100,000 waiting events out of the garbage collector's sight, makes
 * the bound a bound on real memory, and leaves nothing to join or encode when the batch is sent.
 */
import type { TouchlineError } from './errors.js'
import { version } from './version.js'

/**
 * Told once about each event given with a callback: without an error when the server has it, else with the code that
 * onReject or onDrop is given.
 */
export type EventCallback = (error: TouchlineError | undefined, sent: { messageId: string }) => void

export interface Waiting {
  json: string
  messageId: string
  callback?: EventCallback | undefined
}

export interface Batch {
  /** Head, events and commas; undefined while they are only in the spool. */
  bytes: Buffer | undefined
  /** Where each event ends in `bytes`. */
  ends: number[]
  /** Events in the batch, also while `bytes` is undefined. */
  count: number
  /** Bytes of events and commas, also while `bytes` is undefined. */
  size: number
  callbacks: Map<number, { call: EventCallback; messageId: string }>
  /** The number, by order of acceptance, of its first event. */
  firstNumber: number
  /** When its newest event was accepted, on the monotonic clock. */
  newestAt: number
  attempts: number
  /** Not sent before this, on the monotonic clock. */
  notBefore: number
  /** An event of it could not be written to the spool. */
  isOnlyInMemory: boolean
}

const sentAtStart = '{"sentAt":"'
const headStart = `${sentAtStart}${new Date(0).toISOString()}","context":`
// Under the context of each event (the server merges them), so it is not repeated in every event.
const head = Buffer.from(
  `${headStart}{"library":{"name":"@touchline/node","version":"${version}"}},"batch":[`,
)
const tail = Buffer.from(']}')
const comma = 0x2c

export function emptyBatch(firstNumber: number, expectedSize = 0): Batch {
  const bytes = Buffer.allocUnsafe(head.length + Math.max(expectedSize, 2_048) + tail.length)
  head.copy(bytes)
  return {
    bytes,
    ends: [],
    count: 0,
    size: 0,
    callbacks: new Map(),
    firstNumber,
    newestAt: 0,
    attempts: 0,
    notBefore: 0,
    isOnlyInMemory: false,
  }
}

/** Writes one event of `jsonBytes` bytes at the end. */
export function addEvent(batch: Batch, event: Waiting, jsonBytes: number): void {
  let bytes = bytesOf(batch)
  let at = head.length + batch.size
  const needed = at + 1 + jsonBytes + tail.length
  if (needed > bytes.length) {
    const larger = Buffer.allocUnsafe(Math.max(needed, bytes.length * 2))
    bytes.copy(larger, 0, 0, at)
    batch.bytes = bytes = larger
  }
  if (batch.count > 0) bytes[at++] = comma
  bytes.write(event.json, at)
  at += jsonBytes
  if (event.callback !== undefined) {
    batch.callbacks.set(batch.count, { call: event.callback, messageId: event.messageId })
  }
  batch.ends.push(at)
  batch.count += 1
  batch.size = at - head.length
}

/** The request's body, stamped with the time of sending. Valid until the next stamp or event. */
export function bodyOf(batch: Batch, sentAt: number): Buffer {
  const bytes = bytesOf(batch)
  bytes.write(new Date(sentAt).toISOString(), sentAtStart.length)
  const end = head.length + batch.size
  tail.copy(bytes, end)
  return bytes.subarray(0, end + tail.length)
}

/** The JSON of one event. */
export function eventJson(batch: Batch, index: number): string {
  const start = index === 0 ? head.length : (batch.ends[index - 1] ?? 0) + 1
  return bytesOf(batch).toString('utf8', start, batch.ends[index])
}

export function* eventsOf(batch: Batch): Generator<Waiting & { index: number }> {
  for (let index = 0; index < batch.count; index += 1) {
    const json = eventJson(batch, index)
    const callback = batch.callbacks.get(index)
    yield { index, json, messageId: callback?.messageId ?? messageIdIn(json), callback: callback?.call }
  }
}

/** Two batches with the same events, for a server that said 413. The first has at least one event. */
export function halves(batch: Batch): [Batch, Batch] {
  const middle = Math.ceil(batch.count / 2)
  const first = emptyBatch(batch.firstNumber, batch.size / 2)
  const second = emptyBatch(batch.firstNumber + middle, batch.size / 2)
  for (const event of eventsOf(batch)) {
    addEvent(event.index < middle ? first : second, event, Buffer.byteLength(event.json))
  }
  for (const half of [first, second]) half.newestAt = batch.newestAt
  return [first, second]
}

export function messageIdIn(json: string): string {
  const event: unknown = JSON.parse(json)
  return typeof event === 'object' && event !== null && 'messageId' in event ? String(event.messageId) : ''
}

function bytesOf(batch: Batch): Buffer {
  if (batch.bytes === undefined) throw new Error('The batch is only in the spool; read it back first.')
  return batch.bytes
}
