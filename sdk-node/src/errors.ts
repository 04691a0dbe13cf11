/**
 * Every error of this SDK. `throws` are mistakes in the calling code, known before anything is queued;
 * everything else is reported through `onReject` (wrong with the event) or `onDrop` (not kept), and never thrown.
 * Codes that the server uses too mean the same there.
 */
export const errorTable = {
  // Thrown.
  OPTIONS_INVALID: 'An option is missing or not valid.',
  EVENT_NO_ID: 'The call needs a userId, an anonymousId, or an email in traits or context.traits.',
  EVENT_NO_NAME: 'track needs an event name: a text that is not empty.',
  EVENT_NO_GROUP: 'group needs a groupId.',
  EVENT_NO_PREVIOUS: 'alias needs a previousId and a userId.',
  // Told through onReject: sending the event again cannot help.
  EVENT_NOT_JSON: 'The event cannot be written as JSON: it is cyclic, or holds a BigInt, or a toJSON throws.',
  EVENT_INVALID: 'A field of the event is not valid.',
  EVENT_TOO_LARGE: 'The event is over 32 KB.',
  REQUEST_REFUSED: 'The server refused the whole request for good.',
  // Told through onDrop: nothing is wrong with the event.
  QUEUE_FULL: 'As many events wait as maxQueuedBytes and maxQueuedEvents allow.',
  SPOOL_FULL: 'The spool holds as many bytes as its maxBytes allows.',
  SPOOL_DAMAGED: 'A record of the spool could not be read back.',
  EXPIRED: 'The event was retried until it was older than maxAgeMs.',
  CLOSED: 'The call came after close().',
} as const

/** A code of this table, or of the server's (docs/http.md). */
export type ErrorCode = keyof typeof errorTable | (string & Record<never, never>)

export class TouchlineError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message?: string, options?: { cause?: unknown }) {
    super(message ?? (isOwnCode(code) ? errorTable[code] : code), options)
    this.name = 'TouchlineError'
    this.code = code
  }
}

const isOwnCode = (code: string): code is keyof typeof errorTable => Object.hasOwn(errorTable, code)
