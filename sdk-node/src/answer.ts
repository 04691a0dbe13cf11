/**
 * What an answer means for the batch that was sent.
 *
 * | answer | the batch |
 * | --- | --- |
 * | 2xx | is stored, except the events that the answer lists as rejected |
 * | 413 | is sent again in halves; a single event is refused |
 * | 4xx with an error code of the server, but 408, 425, 429 | is refused for good |
 * | anything else, or no answer | is sent again |
 *
 * Only the server's own word ends an event: a 404 or 403 page of a proxy in the middle of a deployment does not.
 */
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

export type Verdict =
  | { kind: 'stored'; rejected: RejectedEvent[] }
  | { kind: 'too-large' }
  | { kind: 'refused'; code: string; message: string }
  | { kind: 'retry'; afterMs: number; because: string }

const mayBeRetried = new Set([408, 425, 429])

export function verdictOn(answer: Answer, now: number): Verdict {
  const { status } = answer
  if (status >= 200 && status < 300) return { kind: 'stored', rejected: rejectedIn(answer.body) }
  if (status === 413) return { kind: 'too-large' }
  const code = status >= 400 && status < 500 && !mayBeRetried.has(status) ? errorIn(answer.body) : undefined
  if (code !== undefined) return { kind: 'refused', ...code }
  return {
    kind: 'retry',
    afterMs: retryAfterMs(answer.retryAfter, now),
    because: `the server answered ${status}`,
  }
}

function rejectedIn(body: string): RejectedEvent[] {
  const list = parsed(body)?.['rejected']
  if (!Array.isArray(list)) return []
  return list.filter(isObject).flatMap(({ index, code, message }) => {
    if (typeof index !== 'number') return []
    return { index, code: textOr(code, 'EVENT_INVALID'), message: textOr(message, '') }
  })
}

function errorIn(body: string): { code: string; message: string } | undefined {
  const error = parsed(body)
  if (typeof error?.['code'] !== 'string') return undefined
  return { code: error['code'], message: textOr(error['message'], '') }
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
