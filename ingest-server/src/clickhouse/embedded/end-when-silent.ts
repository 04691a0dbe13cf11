/**
 * An engine can be there and answer nobody: stopped by a signal, stuck in a lock, waiting for a disk that went away.
 * Nothing ends such a process by itself, so it is ended here, and started again like one that ended unasked.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../logger.js'
import type { EngineRun } from './engine-process.js'

export interface Patience {
  /** How long one answer may take, and how long after it the next is asked for. */
  answerWithinMs: number
  /** So many answers that did not come, one after the other, end the engine. */
  missedAnswers: number
}

/**
 * Half a minute and more: a machine that is overloaded answers late, and to start again costs it more. Tries are
 * counted and not the clock: after a laptop has slept the first answer comes at once.
 */
export const usualPatience: Patience = { answerWithinMs: 5_000, missedAnswers: 6 }

/** Resolves when the engine has ended, whether by itself or here. */
export async function endWhenSilent(
  run: EngineRun,
  url: string,
  { answerWithinMs, missedAnswers }: Patience,
  logger: Logger,
): Promise<void> {
  for (let missed = 0; !run.hasExited();) {
    missed = (await answers(url, answerWithinMs)) ? 0 : missed + 1
    if (missed >= missedAnswers && !run.hasExited()) {
      logger.error(
        { pid: run.pid, missedAnswers, answerWithinMs },
        'The embedded ClickHouse is there and does not answer; ending it',
      )
      run.kill()
    }
    await Promise.race([run.exited, delay(answerWithinMs, undefined, { ref: false })])
  }
}

/** Without a user, so that no query has to wait or run for it. */
async function answers(url: string, withinMs: number): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/ping`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(withinMs),
    })
    await answer.text()
    return true
  } catch {
    return false
  }
}
