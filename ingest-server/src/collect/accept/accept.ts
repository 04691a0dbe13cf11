/** A parsed body → the lines of its good events and what was wrong with the others. Pure but for random messageIds. */
import { limits, problemOf } from '@touchline/schemas'
import { errorTable, TouchlineError, type ErrorCode } from '../../errors.js'
import { parseExact, stringifyExact } from '../../exact-json.js'
import { isLateCopyOfErased } from '../../log/tombstones.js'
import { admit, type Admission } from '../trust/admit.js'
import { keptOfRefused } from '../trust/kept-of-refused.js'
import { rulesFor } from '../trust/prepare-batch.js'
import type { RequestContext } from '../base/request-context.js'
import type { ParsedBody } from '../base/parsed-body.js'
import { copiedParts, measureEvent } from '../read/event-text.js'
import { exactEvent, type PartsSource } from '../read/exact-parts.js'
import { createLineBuffer } from '../row/line-buffer.js'
import { jsonUpTo, measure } from '../read/measure.js'
import { isObject, mergedContext, readEvent, type BatchRoot, type Json } from '../read/read-event.js'
import { nearMisses } from '../read/near-misses.js'
import { messageIdIn, rejectedLine, type Rejection } from './rejected.js'
import { quoteFor } from '../base/quoting.js'
import { shortenedWarning, withShortAddresses } from './short-addresses.js'
import { spansOf, type EventSpan, type Span } from '../read/spans.js'
import { lineOf } from '../row/to-row.js'
import { enrich } from '../enrich/enrich.js'
import { eventTimes, type EventTimes } from '../read/times.js'
import type { TokenVerdict } from '../trust/user-token.js'

export interface Batch extends BatchRoot {
  events: readonly unknown[]
  /** The path's own type; undefined where each event names its type. */
  type: string | undefined
  /** Bytes of `context`, which count for each event that it is merged under. */
  contextBytes: number
  /** `userToken` of the batch as a whole. */
  token?: unknown
  /** What each event's token says, once checked; absent where no event has one. */
  verdicts?: readonly (TokenVerdict | undefined)[]
  /** The JSON that was parsed, and in it each event as it was parsed and where it stands, as far as that is certain. */
  source: {
    text: string
    events: readonly unknown[]
    spans: readonly (EventSpan | undefined)[]
    /** Where the batch's own context stands. */
    context?: Span | undefined
  }
}

/** Taken, but not quite as its sender meant. */
export interface Warning {
  index: number
  messageId: string
  message: string
}

export interface Outcome {
  accepted: number
  /** Lines of `events`. */
  lines: Buffer
  /** Once they were appended, and not before: gives the memory of `lines` to others. */
  release: () => void
  rejected: readonly Rejection[]
  /** Lines of `rejected_events`. */
  rejectedLines: Buffer
  warnings: readonly Warning[]
}

/**
 * The events of a body: one event, or `{ batch }` wherever it was sent. `headerSentAt` is RudderStack's
 * header, for a body that does not say. Throws BODY_NOT_BATCH or BODY_TOO_LARGE, before any event is looked at.
 */
export function splitBody(
  { value: body, text }: ParsedBody,
  type: string | undefined,
  headerSentAt: unknown,
): Batch {
  if (!isObject(body)) throw new TouchlineError('BODY_NOT_BATCH', notBatch(body))
  if (!Array.isArray(body.batch)) {
    if (isPhpList(body.batch)) return splitBody(withList(text), type, headerSentAt)
    if (type === undefined && body.type === undefined) throw new TouchlineError('BODY_NOT_BATCH')
    return {
      events: [body],
      type,
      context: undefined,
      sentAt: headerSentAt,
      contextBytes: 0,
      source: { text, events: [body], spans: [spansOf(text).root] },
      ...(body.userToken === undefined ? {} : { token: body.userToken }),
    }
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
    source: { text, events, ...batchSpans(body, text) },
    ...(body.userToken === undefined ? {} : { token: body.userToken }),
  }
}

/**
 * PHP writes a list as an object once an element was taken out of it: `{ "1": …, "2": … }`. Numbers without a gap it
 * writes as a list, so an object of these is somebody's mistake.
 */
function isPhpList(batch: unknown): boolean {
  const names = isObject(batch) ? Object.keys(batch) : []
  return names.every((name) => /^\d+$/.test(name)) && names.some((name, place) => name !== String(place))
}

/** The body with its batch as the list that was meant. */
function withList(text: string): ParsedBody {
  const body = parseExact(text) as Json
  const listed = stringifyExact({ ...body, batch: Object.values(body.batch as Json) })
  return { value: JSON.parse(listed), text: listed }
}

function notBatch(body: unknown): string {
  if (Array.isArray(body)) return 'The body is a list. Send it as { "batch": [event, …] }.'
  const isTwice = typeof body === 'string' && /^\s*[{[]/.test(body)
  return isTwice
    ? 'The body is a text that holds JSON: it was written as JSON twice.'
    : 'The body is neither an event nor a batch of events.'
}

function batchSpans(body: Json, text: string): Pick<Batch['source'], 'spans' | 'context'> {
  const { root, events, rootMembers } = spansOf(text)
  // A name written twice: which "batch" JSON.parse kept is not certain.
  return rootMembers === Object.keys(body).length ? { spans: events, context: root.context } : { spans: [] }
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

// One for all requests: between the first line and `take` nothing is awaited.
const lines = createLineBuffer()

/** Reads every event of the batch; a bad one never fails the good ones. */
export function acceptEvents(batch: Batch, requestContext: RequestContext): Outcome {
  const quote = quoteFor(batch.source.text)
  lines.clear()
  let rejectedLines = ''
  const rejected: Rejection[] = []
  const warnings: Warning[] = []
  batch.events.forEach((event, index) => {
    const admitted = admitEvent(event, index, batch, requestContext)
    if ('code' in admitted) {
      const rejection = { index, messageId: messageIdIn(event), ...admitted }
      rejected.push(rejection)
      const kept = keptOf(asSent(event, index, batch), rejection, batch, requestContext)
      rejectedLines += rejectedLine(
        kept,
        kept === null ? { ...rejection, messageId: null } : rejection,
        requestContext,
      )
      return
    }
    const { times } = admitted
    const extra = enrich(admitted.event, requestContext)
    lines.add(
      lineOf(admitted, { times, extra, index, source: sourceOf(batch, index) }, requestContext, quote),
    )
    const robot = extra.agent.isBot ? hiddenRobot : undefined
    const message = warningOf(
      admitted.warning,
      times.problem,
      robot,
      nearMisses(event as Json, admitted.event),
    )
    if (message !== '') warnings.push({ index, messageId: admitted.event.messageId, message })
  })
  const { bytes, release } = lines.take()
  return {
    accepted: batch.events.length - rejected.length,
    lines: bytes,
    release,
    rejected,
    rejectedLines: Buffer.from(rejectedLines),
    warnings,
  }
}

const warned = (admitted: AcceptedEvent | Refusal, warning: string): AcceptedEvent | Refusal =>
  'code' in admitted ? admitted : { ...admitted, warning: warningOf(warning, admitted.warning) }

const hiddenRobot =
  'The userAgent is a robot’s: the event is kept, and timelines leave it out unless asked with bots=true.'

const warningOf = (...said: (string | undefined)[]) => said.filter((text) => text !== undefined).join(' ')

const sourceOf = ({ source: { text, spans, context } }: Batch, index: number): PartsSource => ({
  text,
  event: spans[index],
  rootContext: context,
})

/** What is kept of a refused event; null where it was an erased person's, of which not even the refusal keeps a copy. */
function keptOf(event: unknown, { code }: Rejection, batch: Batch, requestContext: RequestContext): unknown {
  const { project, privacySignal, judge } = requestContext
  if (code === 'EVENT_ERASED') return null
  const kept = withType(keptOfRefused(event, { rules: rulesFor(project), privacySignal }), batch.type)
  if (judge === undefined) return kept
  const original = jsonUpTo(kept, limits.eventBytes)
  return isLateCopyOfErased(original, occurredAtOf(event, batch, requestContext), judge) ? null : kept
}

/** When a refused event happened; undefined where it does not say so legibly. */
function occurredAtOf(event: unknown, batch: Batch, requestContext: RequestContext): number | undefined {
  if (!isObject(event)) return undefined
  const clientTime = event.timestamp ?? event.originalTimestamp
  const { occurredAtMs, problem } = eventTimes(clientTime, event.sentAt ?? batch.sentAt, requestContext)
  return clientTime === undefined || clientTime === null || problem !== undefined ? undefined : occurredAtMs
}

const asSent = (event: unknown, index: number, batch: Batch): unknown =>
  isObject(event) ? exactEvent(event, sourceOf(batch, index)) : event

/** The path said what type it is; alone, for a replay, the event must say so itself. */
function withType(event: unknown, type: string | undefined): unknown {
  return type !== undefined && isObject(event) && event.type === undefined ? { ...event, type } : event
}

interface Refusal {
  code: ErrorCode
  message: string
}

type AcceptedEvent = Admission & { times: EventTimes }

function admitEvent(
  event: unknown,
  index: number,
  batch: Batch,
  requestContext: RequestContext,
): AcceptedEvent | Refusal {
  if (!isObject(event)) return refusal('EVENT_NOT_OBJECT')
  const { text, events, spans } = batch.source
  // An event that was changed since it was parsed is no longer what the text says.
  const span = events[index] === event ? spans[index] : undefined
  const size = measureEvent(event, span, text, batch.contextBytes)
  if (size === 'too-large') {
    const short = withShortAddresses(event)
    if (short !== undefined && measure(short, batch.contextBytes) === 'fits')
      return warned(admitEvent(short, index, batch, requestContext), shortenedWarning)
  }
  if (size !== 'fits') return refusal(size === 'too-deep' ? 'EVENT_TOO_DEEP' : 'EVENT_TOO_LARGE')
  const type = batch.type ?? event.type
  const read = readEvent(event, type, batch, copiedParts(event, span, text))
  if (typeof read === 'string') return explained(read, event, type, batch)
  const times = eventTimes(read.clientTime, read.sentAt, requestContext)
  const admitted = admit(read, times.occurredAtMs, { requestContext, verdict: batch.verdicts?.[index] })
  if (typeof admitted === 'string') return refusal(admitted)
  const { event: counted, trust, warning } = admitted
  return { event: counted, trust, warning, times }
}

/** The schema says it in words; it sees what was read: the path's type, the merged context. */
function explained(code: ErrorCode, event: Json, type: unknown, batch: Batch): Refusal {
  const own = event.context
  const merged = isObject(own) || own === undefined || own === null ? mergedContext(batch.context, own) : own
  const { code: said, message } = problemOf({ ...event, type, context: merged }) ?? refusal(code)
  return { code: said, message: warningOf(message, nearMisses(event)) }
}

const refusal = (code: ErrorCode): Refusal => ({ code, message: errorTable[code].meaning })
