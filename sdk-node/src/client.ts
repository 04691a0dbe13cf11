/**
 * The client: a call becomes JSON (event.ts), waits in the outbox (outbox.ts, spool.ts) and is sent in batches
 * (send.ts). report.ts reports what happens to it.
 */
import type { EventCallback, Waiting } from './batch.js'
import { TouchlineError, errorTable } from './errors.js'
import {
  checkCall,
  eventWriter,
  roundedIds,
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
import { messageIds } from './message-id.js'
import { settingsFrom, type TouchlineOptions } from './options.js'
import { openOutbox } from './outbox.js'
import { postByFetch, postByHttp } from './post.js'
import { openReports, type Tally } from './report.js'
import { timerMs } from './retry.js'
import { startSender } from './send.js'
import { heartbeatMs } from './spool-owner.js'
import { openSpool } from './spool.js'
import { unknownOptions } from './unknown-options.js'
import { waitMsFrom, type WaitOptions } from './wait-options.js'

/** Since the client was made. Every call is one of these, so they add up to the calls made. */
export interface Report extends Tally {
  /**
   * Accepted and not yet confirmed by the server, which may have them: its answer may only be late. After close they
   * stay in the spool if there is one, and are not sent again if there is none.
   */
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
  flush(options: WaitOptions = {}): Promise<Report> {
    return this.#line.flush(options)
  }

  /** Refuses further calls, flushes, and lets go of connections and files. Never rejects. */
  close(options: WaitOptions = {}): Promise<Report> {
    return this.#line.close(options)
  }

  /** close() by the name that Segment's Node SDK gives it. */
  closeAndFlush(options: WaitOptions = {}): Promise<Report> {
    return this.#line.close(options)
  }
}

function openLine(options: TouchlineOptions) {
  const settings = settingsFrom(options)
  const { onReject, onDrop, logger, fetch } = options
  const reports = openReports({ onReject, onDrop, logger })
  for (const unknown of unknownOptions(options)) reports.notice(unknown, `new Touchline: ${unknown}`)
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
  const nextMessageId = messageIds(settings.clock)
  let closing: Promise<Report> | undefined
  let isRefusing = false

  function accept(type: EventType, args: EventArguments, callback: EventCallback | undefined): boolean {
    checkCall(type, args)
    const event: Waiting = { json: '', messageId: args.messageId ?? nextMessageId(), callback }
    try {
      const { refused, leftOut } = roundedIds(type, args)
      if (refused !== undefined) throw refused
      if (leftOut !== undefined) reports.notice('id', `an id was left out of an event: ${leftOut}`)
      event.json = write(type, args, event.messageId)
    } catch (error) {
      const { code, message } = error instanceof TouchlineError ? error : new TouchlineError('EVENT_INVALID')
      reports.rejected({ code, message }, { messageId: event.messageId, callback })
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
      const foreign = spool?.foreignFiles() ?? 0
      if (foreign > 0) reports.notice('foreign', leftAlone(foreign))
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

  const waitIn = (call: string, given: unknown): number =>
    waitMsFrom(given, (problem) => reports.notice(`${call}: ${problem}`, `${call}: ${problem}`)) ??
    settings.flushTimeoutMs

  async function flush(timeoutMs: number): Promise<Report> {
    const endsAt = performance.now() + timeoutMs
    await within(timeoutMs, adopting)
    await sender.drain(Math.max(endsAt - performance.now(), 0))
    return report()
  }

  async function closeOnce(timeoutMs: number): Promise<Report> {
    leaveExit()
    clearInterval(heartbeat)
    const last = await flush(timeoutMs)
    sender.stop()
    outbox.close()
    notConfirmed(last.pending, 'closed')
    return last
  }

  function notConfirmed(pending: number, when: string): void {
    if (pending === 0) return
    if (spool !== undefined) {
      reports.log('warn', `${when} with ${pending} events not confirmed; they stay in the spool.`)
      return
    }
    const fate = 'the server may have them or not, and they are not sent again.'
    reports.notice('not confirmed', `${when} with ${pending} events not confirmed; ${fate}`, 'error')
  }

  const leaveExit = beforeExit({
    waiting: outbox.waiting,
    acceptedUpTo: outbox.acceptedUpTo,
    flush: () => flush(settings.flushTimeoutMs),
    giveUp: (pending) => notConfirmed(pending, 'the process ends'),
  })

  return {
    accept,
    flush: (options: WaitOptions) => flush(waitIn('flush', options)),
    close: (options: WaitOptions) => (closing ??= closeOnce(waitIn('close', options))),
  }
}

const leftAlone = (files: number) =>
  `the spool holds ${files} files that a client with another writeKey or host left; this one does not send them. ` +
  'A client with that writeKey and host does, as does this one once their folder bears its name (README, "With a spool").'

/** Waits for `step`, but no longer than `timeoutMs`. */
async function within(timeoutMs: number, step: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timerMs(timeoutMs))
  })
  await Promise.race([step, timeout])
  clearTimeout(timer)
}
