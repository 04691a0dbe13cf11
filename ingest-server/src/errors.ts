/**
 * Every error that Touchline answers or throws: one table of code, HTTP status, whether the same request
 * may be sent again, and what it means. A fault of the server is never a 4xx, because SDKs drop what a 4xx refuses.
 */
interface ErrorMeaning {
  status: number
  mayRetry: boolean
  meaning: string
}

export const errorTable = {
  // The request as a whole.
  BODY_NOT_JSON: { status: 400, mayRetry: false, meaning: 'The body is not JSON.' },
  BODY_NOT_BATCH: {
    status: 400,
    mayRetry: false,
    meaning: 'The body is neither an event nor a batch of events.',
  },
  QUERY_INVALID: { status: 400, mayRetry: false, meaning: 'A query parameter or path value is not valid.' },
  DEFINITION_INVALID: {
    status: 400,
    mayRetry: false,
    meaning: 'A definition or a condition is not valid; the message names the place.',
  },
  DEFINITION_CHANGED: {
    status: 409,
    mayRetry: false,
    meaning: 'The definition has another version than If-Match says. Both are in the answer.',
  },
  ENDPOINT_REFUSED: {
    status: 400,
    mayRetry: false,
    meaning: 'Nothing is sent to that address: it is private, or not https. The message says which.',
  },
  ENDPOINT_SECRET: {
    status: 400,
    mayRetry: false,
    meaning: 'A secret that an endpoint refers to is not set, or is none. The message names the variable.',
  },
  IMPORT_INVALID: {
    status: 400,
    mayRetry: false,
    meaning: 'The file cannot be read as the map says; the message names what is wrong.',
  },
  IMPORT_RUNNING: {
    status: 409,
    mayRetry: true,
    meaning: 'An import of this importId is under way. Wait for its end.',
  },
  IMPORT_CHANGED: {
    status: 409,
    mayRetry: true,
    meaning:
      'Rows that an earlier run of this importId had done have changed since. Send the file again: all of it is read.',
  },
  IMPORT_INTERRUPTED: {
    status: 503,
    mayRetry: true,
    meaning:
      'The import stopped before its end. Send the same with the same importId: it goes on where it stood.',
  },
  SOURCE_NOT_SIGNED: {
    status: 401,
    mayRetry: false,
    meaning: 'The signature is missing, wrong, or too old. Nothing of the request is kept.',
  },
  KEY_MISSING: { status: 401, mayRetry: false, meaning: 'No write key or secret key came with the request.' },
  KEY_UNKNOWN: { status: 401, mayRetry: false, meaning: 'The key belongs to no project.' },
  SESSION_ENDED: {
    status: 401,
    mayRetry: false,
    meaning: 'The session of the Explorer ended, or there was none. Sign in again.',
  },
  CODE_UNKNOWN: {
    status: 401,
    mayRetry: false,
    meaning: 'The sign-in code was used already, is older than 10 minutes, or was never made.',
  },
  METRICS_CLOSED: {
    status: 401,
    mayRetry: false,
    meaning: 'Metrics are for the operator: set METRICS_TOKEN and send it as Bearer.',
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    mayRetry: false,
    meaning: 'This write key may not be used from that origin.',
  },
  SECRET_KEY_IN_BROWSER: {
    status: 403,
    mayRetry: false,
    meaning: 'A secret key was sent by a browser. Rotate it.',
  },
  ROLE_READ_ONLY: {
    status: 403,
    mayRetry: false,
    meaning: 'This key or session only reads; changing something needs one with the role admin.',
  },
  NOT_FROM_EXPLORER: {
    status: 403,
    mayRetry: false,
    meaning: 'The request came with the cookie of the Explorer, but not from a page of the Explorer.',
  },
  NOT_FOUND: { status: 404, mayRetry: false, meaning: 'There is nothing at this address.' },
  METHOD_NOT_ALLOWED: { status: 405, mayRetry: false, meaning: 'The path exists, but not for this method.' },
  BODY_TOO_LARGE: {
    status: 413,
    mayRetry: false,
    meaning: 'The body or the batch is over its limit. Send smaller batches.',
  },
  ENCODING_UNSUPPORTED: {
    status: 415,
    mayRetry: false,
    meaning: 'The content encoding is not gzip, deflate or br.',
  },
  RATE_LIMITED: {
    status: 429,
    mayRetry: true,
    meaning: 'The project is over its rate. Wait as Retry-After says.',
  },
  INTERNAL: {
    status: 500,
    mayRetry: true,
    meaning: 'Touchline failed. Sending again with the same messageId is safe.',
  },
  KEYS_UNREADABLE: {
    status: 503,
    mayRetry: true,
    meaning: 'The list of keys cannot be read at the moment, so the key cannot be judged.',
  },
  LOG_UNAVAILABLE: {
    status: 503,
    mayRetry: true,
    meaning: 'The log did not confirm. Sending again with the same messageId is safe.',
  },
  LOG_FULL: {
    status: 503,
    mayRetry: true,
    meaning: 'The log is at its size limit until the store catches up.',
  },
  QUERY_TOO_LARGE: {
    status: 422,
    mayRetry: false,
    meaning: 'The question is larger than one question may be. Ask for less at a time.',
  },
  LOG_DAMAGED: {
    status: 503,
    mayRetry: true,
    meaning: 'A file of the embedded log is damaged; the message names it and the place.',
  },
  OVERLOADED: { status: 503, mayRetry: true, meaning: 'Too much is in flight. Wait as Retry-After says.' },
  STORE_UNAVAILABLE: {
    status: 503,
    mayRetry: true,
    meaning: 'ClickHouse does not answer; collecting goes on.',
  },
  // One event of a batch: reported in `rejected`, kept in rejected_events.
  EVENT_NOT_OBJECT: { status: 200, mayRetry: false, meaning: 'The event is not a JSON object.' },
  EVENT_INVALID: { status: 200, mayRetry: false, meaning: 'A field of the event has the wrong type.' },
  EVENT_TYPE_UNKNOWN: {
    status: 200,
    mayRetry: false,
    meaning: 'type is not track, identify, page, screen, group or alias.',
  },
  EVENT_NO_ID: {
    status: 200,
    mayRetry: false,
    meaning: 'The event has no usable userId, anonymousId or email.',
  },
  EVENT_NO_NAME: { status: 200, mayRetry: false, meaning: 'A track needs an event name.' },
  EVENT_NO_GROUP: { status: 200, mayRetry: false, meaning: 'A group needs a usable groupId.' },
  EVENT_NO_PREVIOUS: {
    status: 200,
    mayRetry: false,
    meaning: 'An alias needs a usable previousId and userId.',
  },
  EVENT_TOO_LARGE: { status: 200, mayRetry: false, meaning: 'The event is over 32 KB.' },
  EVENT_TOO_DEEP: { status: 200, mayRetry: false, meaning: 'The event nests deeper than 20 levels.' },
  EVENT_NOT_ALLOWED: {
    status: 200,
    mayRetry: false,
    meaning: 'This write key may not send that type or name of event.',
  },
  EVENT_NOT_SIGNED: {
    status: 200,
    mayRetry: false,
    meaning:
      'The project takes claims about users only with a userToken, and the event has no anonymousId to be kept under.',
  },
  EVENT_ERASED: {
    status: 200,
    mayRetry: false,
    meaning: 'The event belongs to a person who was erased; nothing of it is kept.',
  },
  // A row of an import, or what another system pushed: kept in rejected_events.
  IMPORT_ROW_INVALID: {
    status: 200,
    mayRetry: false,
    meaning: 'The row of a file cannot become what its map says; the message names the line and why.',
  },
  SOURCE_UNREADABLE: {
    status: 200,
    mayRetry: false,
    meaning:
      'What a source sent was signed rightly and cannot be read by its map; it is kept and can be replayed.',
  },
  // Start-up.
  CONFIG_INVALID: { status: 500, mayRetry: false, meaning: 'A setting is not valid.' },
} as const satisfies Record<string, ErrorMeaning>

export type ErrorCode = keyof typeof errorTable

/** An error of the table. `message` names the thing, the limit and the way out; `retryAfterSeconds` goes into Retry-After. */
export class TouchlineError extends Error {
  readonly code: ErrorCode
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message?: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message ?? errorTable[code].meaning, { cause: options.cause })
    this.name = 'TouchlineError'
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
