/** A parsed body → the lines of its good events and what was wrong with the others. Pure but for random messageIds. */
import { limits, problemOf } from '@touchline/schemas'
import { errorTable, TouchlineError, type ErrorCode } from '../errors.js'
import type { Arrival } from './arrival.js'
import { measure } from './measure.js'
import {
  isObject,
  mergedContext,
  readEvent,
  type BatchRoot,
  type Json,
  type ReadEvent,
} from './read-event.js'
import { messageIdIn, rejectedLine, type Rejection } from './rejected.js'
import { lineOf, toRow } from './to-row.js'

export interface Batch extends BatchRoot {
  events: readonly unknown[]
  /** The path's own type; undefined where each event names its type. */
  type: string | undefined
  /** Bytes of `context`, which count for each event that it is merged under. */
  contextBytes: number
}

export interface Outcome {
  accepted: number
  /** Lines of `events`. */
  lines: string
  rejected: readonly Rejection[]
  /** Lines of `rejected_events`. */
  rejectedLines: string
}

/**
 * The events of a body: one event, or `{ batch }` wherever it was sent. `headerSentAt` is RudderStack's
 * header, for a body that does not say. Throws BODY_NOT_BATCH or BODY_TOO_LARGE, before any event is looked at.
 */
export function splitBody(body: unknown, type: string | undefined, headerSentAt: unknown): Batch {
  if (!isObject(body)) throw new TouchlineError('BODY_NOT_BATCH')
  if (!Array.isArray(body.batch)) {
    if (type === undefined && body.type === undefined) throw new TouchlineError('BODY_NOT_BATCH')
    return { events: [body], type, context: undefined, sentAt: headerSentAt, contextBytes: 0 }
  }
  const events = body.batch as readonly unknown[]
  if (events.length > limits.eventsPerBatch) {
    throw new TouchlineError(
      'BODY_TOO_LARGE',
      `${events.length} events are over ${limits.eventsPerBatch} in one batch. Send smaller batches.`,
    )
  }
  const context = isObject(body.context) ? body.context : undefined
  return {
    events,
    type: undefined,
    context,
    sentAt: body.sentAt ?? headerSentAt,
    contextBytes: contextBytesOf(context, events.length),
  }
}

/** A context merged under thousands of events is multiplied; the product may be no bigger than a body. */
function contextBytesOf(context: Json | undefined, events: number): number {
  if (context === undefined) return 0
  const bytes = measure(context) === 'fits' ? Buffer.byteLength(JSON.stringify(context)) : Infinity
  if (bytes * events > limits.decodedBytes) {
    throw new TouchlineError(
      'BODY_TOO_LARGE',
      `The batch's context, deep or ${bytes} bytes long, would stand under each of ${events} events.`,
    )
  }
  return bytes
}

/** Reads every event of the batch; a bad one never fails the good ones. */
export function acceptEvents(batch: Batch, arrival: Arrival): Outcome {
  let lines = ''
  let rejectedLines = ''
  const rejected: Rejection[] = []
  batch.events.forEach((event, index) => {
    const read = readChecked(event, batch)
    if ('code' in read) {
      const rejection = { index, messageId: messageIdIn(event), ...read }
      rejected.push(rejection)
      rejectedLines += rejectedLine(event, rejection, arrival)
    } else {
      lines += lineOf(toRow(read, arrival))
    }
  })
  return { accepted: batch.events.length - rejected.length, lines, rejected, rejectedLines }
}

function readChecked(event: unknown, batch: Batch): ReadEvent | { code: ErrorCode; message: string } {
  if (!isObject(event)) return refusal('EVENT_NOT_OBJECT')
  const size = measure(event, batch.contextBytes)
  if (size !== 'fits') return refusal(size === 'too-deep' ? 'EVENT_TOO_DEEP' : 'EVENT_TOO_LARGE')
  const type = batch.type ?? event.type
  const read = readEvent(event, type, batch)
  if (typeof read !== 'string') return read
  // The schema says it in words; it sees what was read: the path's type, the merged context.
  const own = isObject(event.context) ? event.context : undefined
  const context =
    isObject(event.context) || event.context === undefined || event.context === null
      ? mergedContext(batch.context, own)
      : event.context
  return problemOf({ ...event, type, context }) ?? refusal(read)
}

const refusal = (code: ErrorCode) => ({ code, message: errorTable[code].meaning })
