/** The one way to do something again and again: waiting that an abort ends, back-off, and a loop of passes. */
import type { Logger } from './logger.js'

/** Waits, but not longer than until `signal` aborts. What is due already (`ms` below 0) is waited for no longer. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.max(0, ms))
    signal?.addEventListener('abort', done)
  })
}

/** Milliseconds before try number `attempt` + 1: doubled after each, from `first` after the first try up to `most`. */
export function backOffMs(attempt: number, { first, most }: { first: number; most: number }): number {
  return Math.min(most, first * 2 ** Math.min(attempt - 1, 30))
}

export interface Again {
  signal: AbortSignal
  backOff: { first: number; most: number }
  /** After work that lasted so long back-off begins anew. */
  steadyMs: number
  /** `failures`: how often in a row it has ended early, 1 for the first time. */
  failed: (error: unknown, failures: number) => void
}

/** Begins `work` again whenever it ends, however it does, until `signal` aborts. */
export async function again(
  work: () => Promise<void>,
  { signal, backOff, steadyMs, failed }: Again,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const startedAt = performance.now()
    const end = await work().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    failures = performance.now() - startedAt > steadyMs ? 1 : failures + 1
    if (end !== undefined) failed(end.error, failures)
    await pause(backOffMs(failures, backOff), signal)
  }
}

export interface Pass<Result> {
  /** Does what there is to do now. */
  pass: () => Promise<Result>
  /** Between the end of a pass and the next one; after a failure twice as long each time, up to 5 s. */
  waitMs: (result: Result | undefined, tookMs: number) => number
  logger: Logger
  /** What is said once when passes begin to fail, and when they succeed again. */
  words: { failed: string; again: string }
}

export interface Loop<Result> {
  /**
   * A pass that begins after this call, behind the one that is under way; whoever asks before it begins has the same one.
   * Rejects where that pass fails.
   */
  passOnce(): Promise<Result>
  /** Resolves when the pass under way has ended; no other begins. */
  stop(): Promise<void>
}

const maxBackOffMs = 5_000

/** Begins at once. Passes never overlap, also those of `passOnce`. */
export function startLoop<Result>({ pass, waitMs, logger, words }: Pass<Result>): Loop<Result> {
  const stopping = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  let asked: Promise<Result> | undefined
  const passOnce = (): Promise<Result> => {
    if (asked !== undefined) return asked
    const next = last.then(() => {
      asked = undefined
      return pass()
    })
    asked = next
    last = next.catch(() => undefined)
    return next
  }

  async function repeat(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      let result: Result | undefined
      const startedAt = performance.now()
      try {
        result = await passOnce()
        if (failures > 0) logger.info({ failures }, words.again)
        failures = 0
      } catch (error) {
        failures += 1
        // Said once: while ClickHouse is away every pass fails in the same way.
        if (failures === 1) logger.warn({ err: error }, words.failed)
      }
      const usual = waitMs(result, performance.now() - startedAt)
      await pause(
        failures === 0 ? usual : backOffMs(failures + 1, { first: Math.max(usual, 100), most: maxBackOffMs }),
        stopping.signal,
      )
    }
  }

  const repeating = repeat()
  return {
    passOnce,
    async stop() {
      stopping.abort()
      await repeating
      await last
    },
  }
}
