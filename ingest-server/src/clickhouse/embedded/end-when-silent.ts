/**
 * An engine can be there and answer nobody: stopped by a signal, stuck in a lock, waiting for a disk that went away.
 * Nothing ends such a process by itself, so it is ended here, and started again like one that ended unasked. That may come
 * while it starts as well.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../logger.js'
import { pause } from '../../loop.js'
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

/**
 * While an engine starts it answers nobody, and a large folder takes it long. But it works: one that uses no processor time at
 * all for as long as a silent one may be silent is ended here. Only where `/proc` tells that time.
 */
export async function endWhenStill(
  run: EngineRun,
  { answerWithinMs, missedAnswers }: Patience,
  { signal, logger }: { signal: AbortSignal; logger: Logger },
): Promise<void> {
  let used = await processorTicks(run.pid)
  for (let still = 0; used !== undefined && !signal.aborted && !run.hasExited();) {
    await pause(answerWithinMs, signal)
    const now = await processorTicks(run.pid)
    still = now === used ? still + 1 : 0
    used = now
    if (still >= missedAnswers && !signal.aborted && !run.hasExited()) {
      logger.error(
        { pid: run.pid, missedAnswers, answerWithinMs },
        'The embedded ClickHouse does not go on with its start; ending it',
      )
      run.kill()
    }
  }
}

/** How long a process and its threads have run, in the system's ticks; undefined where nobody says. */
async function processorTicks(pid: number | undefined): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // pid (name) state ppid …: the name may hold anything, utime and stime are the 12th and 13th after it.
  const [, , , , , , , , , , , user, system] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  return user === undefined || system === undefined ? undefined : Number(user) + Number(system)
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
