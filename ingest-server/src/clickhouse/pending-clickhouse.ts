/**
 * ClickHouse while it is being opened, for as long as that takes: collecting must not wait for
 * it. Until it is usable, reading a client throws STORE_UNAVAILABLE, and the roles that work on it have not begun.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { errorTable, TouchlineError } from '../errors.js'
import { backOffMs, pause } from '../loop.js'
import type { ClickHouse } from './clickhouse.js'
import type { Logger } from '../logger.js'

export interface PendingClickHouse extends ClickHouse {
  /**
   * Begins a part once ClickHouse is usable. One that fails to begin, because ClickHouse went away again, is
   * tried again.
   */
  begin<Started extends Stoppable>(name: string, start: () => Promise<Started>): Part<Started>
  /** Resolves when it is usable and every part has begun; rejects when it never will be: what it says is for a person to mend. */
  readonly begun: Promise<void>
}

interface Stoppable {
  stop(): Promise<void>
}

/** Something that works on ClickHouse, begun or not. */
export interface Part<Started extends Stoppable> extends Stoppable {
  /** Undefined until it has begun. */
  now(): Started | undefined
  /** Resolves once it has begun; rejects where it never will. */
  readonly begun: Promise<void>
}

interface Opening {
  /** Rejects only for what waiting cannot mend: a refused password, a library that cannot run here. */
  open: (signal: AbortSignal) => Promise<ClickHouse>
  /** Migrations; done again when it fails, unless it fails with a TouchlineError. */
  prepare: (clickhouse: ClickHouse) => Promise<void>
  logger: Logger
}

const retryAfterMs = { first: 250, most: 5_000 }
/** How long closing waits for an opening that is under way. */
const closeWithinMs = 3_000

export function openInBackground({ open, prepare, logger }: Opening): PendingClickHouse {
  const closing = new AbortController()
  let opened: ClickHouse | undefined
  const usable = openAndPrepare()
  const parts: Promise<void>[] = []
  let hasBegun = 0
  let opening: ClickHouse | undefined
  let lastReason: string | undefined

  async function openAndPrepare(): Promise<void> {
    const clickhouse = await open(closing.signal)
    if (closing.signal.aborted) return clickhouse.close()
    opening = clickhouse
    await untilDone(() => prepare(clickhouse), 'ClickHouse is not ready for use yet')
    if (!closing.signal.aborted) opened = clickhouse
  }

  /** Tries until it works or everything closes. */
  async function untilDone(work: () => Promise<void>, otherwise: string): Promise<void> {
    for (let attempt = 1; !closing.signal.aborted; attempt += 1) {
      try {
        await work()
        return
      } catch (error) {
        if (isForAPerson(error)) throw error
        if (closing.signal.aborted) return
        lastReason = messageOf(error)
        logger.warn({ reason: lastReason, attempt }, otherwise)
        await pause(backOffMs(attempt + 1, retryAfterMs), closing.signal)
      }
    }
  }

  function openedOrRefuse(): ClickHouse {
    if (opened === undefined)
      throw new TouchlineError('STORE_UNAVAILABLE', 'ClickHouse is being opened; collecting goes on.')
    return opened
  }

  return {
    get app() {
      return openedOrRefuse().app
    },
    get reader() {
      const clickhouse = openedOrRefuse()
      // A server that hangs is known a few seconds later; nobody's question waits for its time limit then.
      if (!clickhouse.isReady())
        throw new TouchlineError('STORE_UNAVAILABLE', 'ClickHouse does not answer; collecting goes on.')
      return clickhouse.reader
    },
    get analyst() {
      return openedOrRefuse().analyst
    },
    sqlUserOf: (project) => openedOrRefuse().sqlUserOf(project),
    isReady: () => opened !== undefined && hasBegun === parts.length && opened.isReady(),
    problem() {
      if (opened === undefined) return lastReason ?? 'it is being opened'
      return (
        opened.problem() ??
        (hasBegun === parts.length ? undefined : (lastReason ?? 'not every part has begun'))
      )
    },
    begin<Started extends Stoppable>(name: string, start: () => Promise<Started>): Part<Started> {
      let started: Started | undefined
      let isStopped = false
      const beginning = usable.then(() =>
        untilDone(async () => {
          if (isStopped) return
          started = await start()
          if (isStopped) await started.stop()
          hasBegun += 1
        }, `${name} cannot begin yet`),
      )
      // Told by `begun`.
      beginning.catch(() => undefined)
      parts.push(beginning)
      return {
        now: () => started,
        begun: beginning,
        async stop() {
          isStopped = true
          await started?.stop()
        },
      }
    },
    get begun() {
      return Promise.all([usable, ...parts]).then(() => undefined)
    },
    async close() {
      closing.abort()
      const settled = usable.catch(() => undefined)
      await Promise.race([settled, delay(closeWithinMs, undefined, { ref: false })])
      await opening?.close()
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Waiting cannot mend it. A ClickHouse that does not answer, or not now, is no such thing. */
const isForAPerson = (error: unknown) => error instanceof TouchlineError && !errorTable[error.code].mayRetry
