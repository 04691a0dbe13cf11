/**
 * What an answer means for the batch that was sent. Only the server's own JSON ends an event:
 *
 *     taken    200 { "success": true, "accepted": 9, "rejected": [ { index, code, message } … ], "warnings": [ … ] }
 *     refused  4xx { "success": false, "code": "KEY_UNKNOWN", "message": …, "requestId": … }
 *
 * | answer | the batch |
 * | --- | --- |
 * | 2xx, taken | is stored, except the events that the answer lists as rejected |
 * | 413 | is sent again in halves; a single event is refused where the server says so itself |
 * | 4xx, refused, but 408, 425, 429 and what is said about the address and not about the events | is refused for good |
 * | anything else, or no answer | is sent again |
 *
 * So a proxy's page, the start page that a single-page site answers to every address, or another service's JSON
 * never empties the queue, whatever its status.
 */
import { STATUS_CODES } from 'node:http'
import { retryAfterMs } from './retry.js'

export interface Answer {
  status: number
  retryAfter: string | null | undefined
  body: string
}

export interface RejectedEvent {
  index: number
  code: string
  message: string
}

/** An event that the server took, though not as it was meant. */
export interface Warning {
  messageId: string
  message: string
}

export type Verdict =
  | { kind: 'stored'; rejected: RejectedEvent[]; warnings: Warning[] }
  | { kind: 'too-large'; isFinal: boolean }
  | { kind: 'refused'; code: string; message: string }
  /** `isMisdirected`: something answered that is not a collecting server of ours, and not for a moment only. */
  | { kind: 'retry'; afterMs: number; because: string; isMisdirected: boolean }

const mayBeRetried = new Set([408, 425, 429])
/**
 * Ours, but about the way there: another role's process, a path too much in `host`, a proxy that took the key out.
 * Every request has a key and goes to an address that a collecting server has.
 */
const aboutTheAddress = new Set(['NOT_FOUND', 'METHOD_NOT_ALLOWED', 'KEY_MISSING'])

/**
 * The names of HTTP's and gRPC's statuses: what gateways, frameworks and other APIs answer as a `code`, also beside a `success`
 * and a `requestId`. Ours say what about (`KEY_UNKNOWN`), but for those about the address.
 */
const anybodys = new Set([
  ...Object.values(STATUS_CODES).map((name) => (name ?? '').toUpperCase().replace(/[^A-Z]+/g, '_')),
  ...'CANCELLED UNKNOWN INVALID_ARGUMENT PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION'.split(' '),
  ...'ABORTED OUT_OF_RANGE UNIMPLEMENTED UNAVAILABLE UNAUTHENTICATED ACCESS_DENIED INVALID_REQUEST'.split(
    ' ',
  ),
  ...'INVALID_TOKEN TOKEN_EXPIRED INVALID_API_KEY CONTENT_TOO_LARGE REQUEST_ENTITY_TOO_LARGE ERROR'.split(
    ' ',
  ),
])

export function verdictOn(answer: Answer, now: number): Verdict {
  const { status } = answer
  const body = parsed(answer.body)
  if (status >= 200 && status < 300 && isTaken(body)) {
    return { kind: 'stored', rejected: rejectedIn(body), warnings: warningsIn(body) }
  }
  const refusal = isRefused(body) ? body : undefined
  if (status === 413) return { kind: 'too-large', isFinal: refusal !== undefined }
  const isLasting = status >= 200 && status < 500 && !mayBeRetried.has(status)
  if (isLasting && status >= 400 && refusal !== undefined && !aboutTheAddress.has(refusal.code)) {
    return { kind: 'refused', code: refusal.code, message: textOr(refusal['message'], '') }
  }
  const what = refusal?.code ?? (isLasting ? `and ${kindOf(answer.body, body)}` : '')
  return {
    kind: 'retry',
    afterMs: retryAfterMs(answer.retryAfter, now),
    because: `the server answered ${status} ${what}`.trim(),
    isMisdirected: isLasting,
  }
}

interface Taken extends Record<string, unknown> {
  rejected: unknown[]
}
interface Refused extends Record<string, unknown> {
  code: string
}

const isTaken = (body: Record<string, unknown> | undefined): body is Taken =>
  body?.['success'] === true && Number.isInteger(body['accepted']) && Array.isArray(body['rejected'])

const isRefused = (body: Record<string, unknown> | undefined): body is Refused =>
  body?.['success'] === false &&
  typeof body['code'] === 'string' &&
  /^[A-Z][A-Z_]+$/.test(body['code']) &&
  (!anybodys.has(body['code']) || aboutTheAddress.has(body['code'])) &&
  typeof body['requestId'] === 'string'

function rejectedIn({ rejected }: Taken): RejectedEvent[] {
  return rejected.filter(isObject).flatMap(({ index, code, message }) => {
    if (typeof index !== 'number') return []
    return { index, code: textOr(code, 'EVENT_INVALID'), message: textOr(message, '') }
  })
}

function warningsIn({ warnings }: Taken): Warning[] {
  if (!Array.isArray(warnings)) return []
  return warnings
    .filter(isObject)
    .map(({ messageId, message }) => ({ messageId: textOr(messageId, ''), message: textOr(message, '') }))
}

function kindOf(text: string, body: Record<string, unknown> | undefined): string {
  if (body !== undefined) return "JSON that is not Touchline's"
  if (text.trim() === '') return 'nothing'
  return /^\s*(?:<!--.*?-->\s*)?<(?:!doctype|html|head|body|\?xml)/is.test(text)
    ? 'a web page'
    : 'a text that is not JSON'
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)
