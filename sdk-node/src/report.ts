/**
 * Reports to the application: callbacks, onReject, onDrop, the logger. Errors that these throw are caught and logged.
 * Without a logger or handler, the loss of events is written to stderr, once a kind.
 */
import { eventsOf, messageIdIn, type Batch, type EventCallback } from './batch.js'
import { TouchlineError, errorTable, type ErrorCode } from './errors.js'
import type { RejectedEvent, Warning } from './answer.js'

/** One text an entry, so that console, pino, winston and Fastify's logger fit. */
export interface Logger {
  debug(message: string): void
  warn(message: string): void
  error(message: string): void
}

export interface Unsent {
  /** A code of this SDK or of the server; the same that the event's callback is given. */
  code: ErrorCode
  message: string
  /** Undefined where the event could not be read back from the spool. */
  messageId: string | undefined
  /** The event as it would have been sent; undefined where it could not be written as JSON or read back. */
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
interface KnownEvent {
  json?: string | undefined
  messageId?: string | undefined
  callback?: EventCallback | undefined
}

const saidOnce = '(Said once; the options logger, onReject and onDrop tell of each.)'

export type Reports = ReturnType<typeof openReports>

export function openReports({ onReject, onDrop, logger }: ReportOptions) {
  const tally: Tally = { sent: 0, rejected: 0, dropped: 0 }
  const noticed = new Set<string>()
  const log = (level: keyof Logger, message: string) =>
    guarded(() => logger?.[level](`touchline: ${message}`))

  /** For what must not go unheard: to the logger, or to stderr where there is none; once for each `kind`. */
  function notice(kind: string, message: string, level: 'warn' | 'error' = 'warn'): void {
    if (noticed.has(kind)) return
    noticed.add(kind)
    if (logger !== undefined) log(level, message)
    else guarded(() => console.warn(`touchline: ${message}`))
  }

  /** For events that end: each time to the logger; to stderr only where no logger or handler gets it. */
  function lament(code: string, message: string, isHeard: boolean): void {
    log('error', message)
    if (logger === undefined && !isHeard) notice(code, `${message} ${saidOnce}`)
  }

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

  function emit(kind: 'rejected' | 'dropped', unsent: Pick<Unsent, 'code' | 'message'>, event?: KnownEvent) {
    tally[kind] += 1
    const handler = handlerOf(kind)
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
      const error = new TouchlineError(unsent.code, unsent.message)
      call('The callback of an event', () => callback(error, { messageId }))
    }
  }

  const handlerOf = (kind: 'rejected' | 'dropped') => (kind === 'rejected' ? onReject : onDrop)

  /** One event ends at its call. */
  function refused(
    kind: 'rejected' | 'dropped',
    unsent: Pick<Unsent, 'code' | 'message'>,
    event?: KnownEvent,
  ) {
    const isHeard = handlerOf(kind) !== undefined || event?.callback !== undefined
    if (logger === undefined && !isHeard) {
      notice(unsent.code, `a call was refused: ${unsent.code}: ${unsent.message} ${saidOnce}`)
    }
    emit(kind, unsent, event)
  }

  return {
    tally,
    log,
    notice,
    rejected: (unsent: Pick<Unsent, 'code' | 'message'>, event?: KnownEvent) =>
      refused('rejected', unsent, event),
    dropped: (unsent: Pick<Unsent, 'code' | 'message'>, event?: KnownEvent) =>
      refused('dropped', unsent, event),

    /** The server has the batch, except for the rejected events. */
    stored(batch: Batch, rejected: readonly RejectedEvent[], warnings: readonly Warning[]): void {
      const reasons = new Map(rejected.map((reason) => [reason.index, reason]))
      let rejections = 0
      for (const { messageId, message } of warnings)
        log('warn', `event ${messageId} is kept, but: ${message}`)
      const [reason] = rejected
      if (reason !== undefined) {
        const first = `${reason.code}: ${reason.message}`
        const summary = `the server rejected ${reasons.size} of ${batch.count} events, the first for ${first}`
        lament(reason.code, summary, onReject !== undefined)
        for (const event of eventsOf(batch)) {
          const reason = reasons.get(event.index)
          if (reason === undefined) continue
          rejections += 1
          emit('rejected', { code: reason.code, message: reason.message }, event)
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
      // A key that is refused is said aloud even where a handler hears of each event: nothing at all arrives then.
      const isHeard = kind === 'dropped' && onDrop !== undefined
      lament(unsent.code, `${batch.count} events ${kind}: ${unsent.code}: ${unsent.message}`, isHeard)
      if (handlerOf(kind) === undefined && batch.callbacks.size === 0) {
        tally[kind] += batch.count
        return
      }
      for (const event of eventsOf(batch)) emit(kind, unsent, event)
    },

    /** Records of the spool that cannot be read back. Which of the batch's callbacks they had is not known. */
    damaged(count: number, batch?: Batch): void {
      if (count === 0) return
      for (const { call: callback, messageId } of batch?.callbacks.values() ?? []) {
        call('The callback of an event', () => callback(new TouchlineError('SPOOL_DAMAGED'), { messageId }))
      }
      batch?.callbacks.clear()
      lament('SPOOL_DAMAGED', `${count} records of the spool are damaged.`, onDrop !== undefined)
      for (let n = 0; n < count; n += 1) {
        emit('dropped', { code: 'SPOOL_DAMAGED', message: errorTable.SPOOL_DAMAGED })
      }
    },
  }
}

function asObject(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>
}

/** A logger that throws is the application's to mend, and must not stop the sending. */
function guarded(step: () => void): void {
  try {
    step()
  } catch {
    return
  }
}
