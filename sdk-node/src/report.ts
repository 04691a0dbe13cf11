/** What the application is told: callbacks, onReject, onDrop, the logger. Nothing it throws comes back. */
import { eventsOf, messageIdIn, type Batch, type EventCallback } from './batch.js'
import { TouchlineError, errorTable, type ErrorCode } from './errors.js'
import type { RejectedEvent } from './answer.js'

/** One text an entry, so that console, pino, winston and Fastify's logger fit. */
export interface Logger {
  debug(message: string): void
  warn(message: string): void
  error(message: string): void
}

export interface Unsent {
  /** A code of this SDK or of the server. */
  code: string
  message: string
  /** Absent where the event could not be read back from the spool. */
  messageId: string | undefined
  /** The event as it would have been sent; absent where it could not be written as JSON or read back. */
  event: Record<string, unknown> | undefined
}

export interface Tally {
  /** Events that the server has. */
  sent: number
  /** Events refused for what they are: by this SDK or by the server. */
  rejected: number
  /** Events not kept, though nothing was wrong with them. */
  dropped: number
}

export interface ReportOptions {
  onReject: ((rejection: Unsent) => unknown) | undefined
  onDrop: ((drop: Unsent) => unknown) | undefined
  logger: Logger | undefined
}

/** As much of an event as is known. */
interface Told {
  json?: string | undefined
  messageId?: string | undefined
  callback?: EventCallback | undefined
}

export type Reports = ReturnType<typeof openReports>

export function openReports({ onReject, onDrop, logger }: ReportOptions) {
  const tally: Tally = { sent: 0, rejected: 0, dropped: 0 }
  const log = (level: keyof Logger, message: string) =>
    guarded(() => logger?.[level](`touchline: ${message}`))

  function call(name: string, application: () => unknown): void {
    const complain = (error: unknown) => log('error', `${name} threw: ${String(error)}`)
    try {
      const result = application()
      // An async handler that rejects must not become an unhandled rejection.
      if (result instanceof Promise) result.catch(complain)
    } catch (error) {
      complain(error)
    }
  }

  function tell(kind: 'rejected' | 'dropped', unsent: Pick<Unsent, 'code' | 'message'>, event?: Told) {
    tally[kind] += 1
    const handler = kind === 'rejected' ? onReject : onDrop
    if (handler !== undefined) {
      const messageId = event?.messageId ?? (event?.json === undefined ? undefined : messageIdIn(event.json))
      call(kind === 'rejected' ? 'onReject' : 'onDrop', () =>
        handler({
          ...unsent,
          messageId,
          event: event?.json === undefined ? undefined : asObject(event.json),
        }),
      )
    }
    const { callback, messageId = '' } = event ?? {}
    if (callback !== undefined) {
      const error = isErrorCode(unsent.code)
        ? new TouchlineError(unsent.code, unsent.message)
        : new TouchlineError('EVENT_INVALID', `${unsent.code}: ${unsent.message}`)
      call('The callback of an event', () => callback(error, { messageId }))
    }
  }

  return {
    tally,
    log,
    rejected: (unsent: Pick<Unsent, 'code' | 'message'>, event?: Told) => tell('rejected', unsent, event),
    dropped: (unsent: Pick<Unsent, 'code' | 'message'>, event?: Told) => tell('dropped', unsent, event),

    /** The server has the batch, except for the rejected events. */
    stored(batch: Batch, rejected: readonly RejectedEvent[]): void {
      const reasons = new Map(rejected.map((reason) => [reason.index, reason]))
      let rejections = 0
      if (reasons.size > 0) {
        log('warn', `the server rejected ${reasons.size} of ${batch.count} events.`)
        for (const event of eventsOf(batch)) {
          const reason = reasons.get(event.index)
          if (reason === undefined) continue
          rejections += 1
          tell('rejected', { code: reason.code, message: reason.message }, event)
        }
      }
      for (const [index, { call: callback, messageId }] of batch.callbacks) {
        if (!reasons.has(index)) {
          call('The callback of an event', () => callback(undefined, { messageId }))
        }
      }
      tally.sent += batch.count - rejections
    },

    /** The whole batch ends for one reason. */
    ended(batch: Batch, kind: 'rejected' | 'dropped', unsent: Pick<Unsent, 'code' | 'message'>): void {
      log('error', `${batch.count} events ${kind}: ${unsent.code}: ${unsent.message}`)
      if ((kind === 'rejected' ? onReject : onDrop) === undefined && batch.callbacks.size === 0) {
        tally[kind] += batch.count
        return
      }
      for (const event of eventsOf(batch)) tell(kind, unsent, event)
    },

    /** Records of the spool that cannot be read back. Which of the batch's callbacks they had is not known. */
    damaged(count: number, batch?: Batch): void {
      if (count === 0) return
      for (const { call: callback, messageId } of batch?.callbacks.values() ?? []) {
        call('The callback of an event', () => callback(new TouchlineError('SPOOL_DAMAGED'), { messageId }))
      }
      batch?.callbacks.clear()
      log('error', `${count} records of the spool are damaged.`)
      for (let n = 0; n < count; n += 1) {
        tell('dropped', { code: 'SPOOL_DAMAGED', message: errorTable.SPOOL_DAMAGED })
      }
    },
  }
}

function asObject(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code)

/** A logger that throws is the application's to mend, and must not stop the sending. */
function guarded(step: () => void): void {
  try {
    step()
  } catch {
    return
  }
}
