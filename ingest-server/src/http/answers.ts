/** How errors leave: one door for the whole server. No answer holds a body, a key or a stack. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { errorTable, TouchlineError, type ErrorCode } from '../errors.js'

/** Seconds that a client should wait where the error itself does not say. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  RATE_LIMITED: 1,
  OVERLOADED: 1,
  KEYS_UNREADABLE: 5,
  LOG_UNAVAILABLE: 2,
  LOG_FULL: 30,
  STORE_UNAVAILABLE: 2,
}

// What Fastify refuses itself, in the words of our table.
const codesOfFastify: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BODY_NOT_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_NOT_JSON',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_NOT_JSON',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'BODY_NOT_JSON',
  FST_ERR_VALIDATION: 'QUERY_INVALID',
  FST_ERR_BAD_URL: 'QUERY_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'QUERY_INVALID',
  FST_ERR_NOT_FOUND: 'NOT_FOUND',
}

export const bearerChallenge = 'Bearer realm="Touchline"'

export interface ErrorAnswer {
  success: false
  code: ErrorCode
  message: string
  requestId: string
}

/** The error of our table that `error` is; whatever is not of the table is INTERNAL, with its own words kept inside. */
export function toTouchlineError(error: unknown): TouchlineError {
  if (error instanceof TouchlineError) return error
  const { code, statusCode } = error as Partial<FastifyError>
  const known = code === undefined ? undefined : codesOfFastify[code]
  if (known) return new TouchlineError(known, undefined, { cause: error })
  // A connection that breaks while its body is read, or a body that @fastify/* refuses: the client's side.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500 && statusCode !== 429) {
    return new TouchlineError('BODY_NOT_JSON', undefined, { cause: error })
  }
  if (statusCode === 429) return new TouchlineError('RATE_LIMITED', undefined, { cause: error })
  return new TouchlineError('INTERNAL', undefined, { cause: error })
}

/** Sends `{ success: false, code, message, requestId }` with its status, Retry-After and X-Request-Id. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toTouchlineError(error)
  const { status } = errorTable[known.code]
  if (known.code === 'INTERNAL') {
    request.log.error({ requestId: request.id, err: known.cause ?? known }, 'request failed')
  } else if (status === 503) {
    warnOfUnserved(known, request)
  }
  // RFC 9110 asks for it with each 401; a browser prompts for no Bearer.
  if (status === 401 && !reply.hasHeader('www-authenticate'))
    void reply.header('www-authenticate', bearerChallenge)
  const wait = known.retryAfterSeconds ?? retryAfterSeconds[known.code]
  if (wait !== undefined) void reply.header('retry-after', String(wait))
  const answer: ErrorAnswer = {
    success: false,
    code: known.code,
    message: known.message,
    requestId: request.id,
  }
  return reply
    .code(status)
    .header('x-request-id', request.id)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(answer))
}

const sameLineAfterMs = 1_000
const lastWarnings = new Map<ErrorCode, { atMs: number; unsaid: number }>()

/** With its cause; of one code once a second, with how many there were since, for an outage has thousands of them. */
function warnOfUnserved(known: TouchlineError, request: FastifyRequest): void {
  const last = lastWarnings.get(known.code)
  const now = performance.now()
  if (last !== undefined && now - last.atMs < sameLineAfterMs) {
    last.unsaid += 1
    return
  }
  lastWarnings.set(known.code, { atMs: now, unsaid: 0 })
  const fields = {
    requestId: request.id,
    code: known.code,
    err: known.cause ?? known,
    since: last?.unsaid ?? 0,
  }
  request.log.warn(fields, 'request could not be served')
}

/** For `app.setNotFoundHandler`. */
export function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return answerError(new TouchlineError('NOT_FOUND'), request, reply)
}
