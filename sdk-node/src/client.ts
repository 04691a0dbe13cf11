/**
 * The client: a call becomes JSON (event.ts), waits in the outbox (outbox.ts, spool.ts) and is sent in batches
 * (send.ts). What happens to it is told by report.ts.
 */
import type { EventCallback, Waiting } from './batch.js'
import { TouchlineError, errorTable } from './errors.js'
import {
  checkCall,
  eventWriter,
  type AliasArguments,
  type EventArguments,
  type EventType,
  type GroupArguments,
  type IdentifyArguments,
  type PageArguments,
  type ScreenArguments,
  type TrackArguments,
} from './event.js'
import { beforeExit } from './exit.js'
import { settingsFrom, type TouchlineOptions } from './options.js'
import { openOutbox } from './outbox.js'
import { postByFetch, postByHttp } from './post.js'
import { openReports, type Tally } from './report.js'
import { startSender } from './send.js'
import { heartbeatMs } from './spool-owner.js'
import { openSpool } from './spool.js'

/** Since the client was made. Every call is one of these, so they add up to the calls made. */
export interface Report extends Tally {
  /** Accepted and not yet confirmed by the server. After close: in the spool if there is one, else lost. */
  pending: number
}

/** The server's limit of one event, in bytes. */
const maxEventBytes = 32 * 1024

/**
 * Sends events from back-end code. Each call returns at once: true means accepted, and from then on the event is
 * sent until the server has it or it is `maxAgeMs` old; false means refused, as onReject or onDrop say in full.
 * Throws a TouchlineError where the call lacks an id or a name, and for nothing else.
 */
export class Touchline {
  readonly #line: ReturnType<typeof openLine>

  constructor(options: TouchlineOptions) {
    this.#line = openLine(options)
  }

  /** The person did something. */
  track(args: TrackArguments, callback?: EventCallback): boolean {
    return this.#line.accept('track', args, callback)
  }

  /** Who the person is: `userId`, or only `traits.email` for a lead. */
  identify(args: IdentifyArguments, callback?: EventCallback): boolean {
    return this.#line.accept('identify', args, callback)
  }

  /** The person saw a page. */
  page(args: PageArguments, callback?: EventCallback): boolean {
    return this.#line.accept('page', args, callback)
  }

  /** The person saw a screen of an app. */
  screen(args: ScreenArguments, callback?: EventCallback): boolean {
    return this.#line.accept('screen', args, callback)
  }

  /** The person belongs to the account `groupId`; `traits: { left: true }` says that they left it. */
  group(args: GroupArguments, callback?: EventCallback): boolean {
    return this.#line.accept('group', args, callback)
  }

  /** `previousId` and `userId` are one person. Joins two users only with a secret key as writeKey. */
  alias(args: AliasArguments, callback?: EventCallback): boolean {
    return this.#line.accept('alias', args, callback)
  }

  /** Sends what was accepted before the call. Resolves when that is settled, or after `timeoutMs`. Never rejects. */
  flush(options: { timeoutMs?: number | undefined } = {}): Promise<Report> {
    return this.#line.flush(options.timeoutMs)
  }

  /** Refuses further calls, flushes, and lets go of connections and files. Never rejects. */
  close(options: { timeoutMs?: number | undefined } = {}): Promise<Report> {
    return this.#line.close(options.timeoutMs)
  }

  /** close() by the name and the argument that Segment's Node SDK gives it. */
  closeAndFlush(options: { timeout?: number | undefined } = {}): Promise<Report> {
    return this.#line.close(options.timeout)
  }
}

function openLine(options: TouchlineOptions) {
  const settings = settingsFrom(options)
  const { onReject, onDrop, logger, fetch } = options
  const reports = openReports({ onReject, onDrop, logger })
  const spool = settings.spool && openSpool(settings.spool)
  const outbox = openOutbox({
    ...settings,
    spool,
    onSpoolFailure: (error) =>
      reports.log('error', `the spool failed, events are only in memory: ${String(error)}`),
  })
  const sender = startSender({
    ...settings,
    outbox,
    reports,
    headers: { authorization: settings.authorization, 'content-type': 'application/json' },
    post:
      fetch === undefined ? postByHttp(settings.url, settings.maxInFlight) : postByFetch(settings.url, fetch),
  })
  const write = eventWriter(settings.clock)
  let closing: Promise<Report> | undefined
  let isRefusing = false

  function accept(type: EventType, args: EventArguments, callback: EventCallback | undefined): boolean {
    checkCall(type, args)
    let event: Waiting
    try {
      const { json, messageId } = write(type, args)
      event = { json, messageId, callback }
    } catch (error) {
      const { code, message } = error instanceof TouchlineError ? error : new TouchlineError('EVENT_INVALID')
      reports.rejected({ code, message }, { messageId: args.messageId, callback })
      return false
    }
    const bytes = Buffer.byteLength(event.json)
    if (bytes > maxEventBytes) {
      reports.rejected({ code: 'EVENT_TOO_LARGE', message: errorTable.EVENT_TOO_LARGE }, event)
      return false
    }
    const refusal = closing === undefined ? outbox.add(event, bytes) : 'CLOSED'
    if (refusal !== undefined) {
      // Once a shortage, not once an event.
      if (!isRefusing) reports.log('error', `calls are refused: ${errorTable[refusal]}`)
      isRefusing = true
      reports.dropped({ code: refusal, message: errorTable[refusal] }, event)
      return false
    }
    isRefusing = false
    sender.notice()
    return true
  }

  const report = (): Report => ({ ...reports.tally, pending: outbox.waiting() })

  async function adopt(): Promise<void> {
    try {
      spool?.touch()
      const { adopted, damaged } = await outbox.adopt()
      reports.damaged(damaged)
      if (adopted > 0) reports.log('warn', `${adopted} events of an earlier process are sent from the spool.`)
      sender.wake()
    } catch (error) {
      reports.log('error', `the spool of an earlier process cannot be read: ${String(error)}`)
    }
  }

  let adopting = spool === undefined ? Promise.resolve() : adopt()
  const heartbeat =
    spool &&
    setInterval(() => {
      adopting = adopting.then(adopt)
    }, heartbeatMs).unref()

  async function flush(timeoutMs = settings.flushTimeoutMs): Promise<Report> {
    const endsAt = performance.now() + timeoutMs
    await within(timeoutMs, adopting)
    await sender.drain(Math.max(endsAt - performance.now(), 0))
    return report()
  }

  async function closeOnce(timeoutMs: number | undefined): Promise<Report> {
    leaveExit()
    clearInterval(heartbeat)
    const last = await flush(timeoutMs)
    sender.stop()
    outbox.close()
    if (last.pending > 0) {
      const fate = spool === undefined ? 'are lost' : 'stay in the spool'
      reports.log('error', `closed with ${last.pending} events not confirmed; they ${fate}.`)
    }
    return last
  }

  const leaveExit = beforeExit({
    waiting: outbox.waiting,
    acceptedUpTo: outbox.acceptedUpTo,
    flush,
    giveUp: (pending) => reports.log('error', `the process ends with ${pending} events not confirmed.`),
  })

  return {
    accept,
    flush,
    close: (timeoutMs: number | undefined) => (closing ??= closeOnce(timeoutMs)),
  }
}

/** Waits for `step`, but no longer than `timeoutMs`. */
async function within(timeoutMs: number, step: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([step, timeout])
  clearTimeout(timer)
}
