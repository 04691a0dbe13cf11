/**
 * Erasures are carried out together; where that fails each is tried for itself. One that cannot go on says so in its
 * proof, waits longer each time, and holds no other.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { queryErrorOf } from '../clickhouse/query-errors.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import { backOffMs } from '../loop.js'
import { bySet, writeProgress, type Erasure, type Progress, type Together } from './erasure-ledger.js'
import { isStopped, reasonOf, stoppedNote } from './waiting.js'
import { partsOf } from '../parts.js'

const longestWaitMs = 300_000
/** At once; the next ones follow in the same look. */
const mostTogether = 500

/** ClickHouse is away or full, which holds everything; any other failure is one erasure's own. */
export const isAway = (error: unknown): boolean =>
  ['STORE_UNAVAILABLE', 'OVERLOADED'].includes(queryErrorOf(error, 'erasing').code)

interface AttemptsDeps {
  app: ClickHouseClient
  clock: Clock
  logger: Logger
  lookEveryMs: number
}

type Work = (together: Together) => Promise<void>

export function openAttempts({ app, clock, logger, lookEveryMs }: AttemptsDeps) {
  /** Erasures that could not go on, by id: how often in a row, and when they are tried again. */
  const stopped = new Map<string, { times: number; againAtMs: number }>()

  async function alone(erasure: Erasure, before: Progress | undefined, work: Work): Promise<void> {
    const { project, erasureId } = erasure
    const last = stopped.get(erasureId)
    if (last !== undefined && clock() < last.againAtMs) return
    try {
      await work([erasure])
      stopped.delete(erasureId)
    } catch (error) {
      if (isAway(error)) throw error
      const times = (last?.times ?? 0) + 1
      const waitMs = backOffMs(times, { first: 2 * lookEveryMs, most: longestWaitMs })
      stopped.set(erasureId, { times, againAtMs: clock() + waitMs })
      const fields = { err: error, project, erasureId, times, reason: reasonOf(error) }
      logger.error(fields, 'An erasure cannot go on; it is tried again')
      const remaining = before?.remaining ?? {}
      const note = stoppedNote(error)
      await writeProgress(app, [erasure], { state: 'running', atMs: clock(), remaining, note })
    }
  }

  /** `before`: how far each is, by id. */
  return async (
    erasures: readonly Erasure[],
    before: ReadonlyMap<string, Progress>,
    work: Work,
  ): Promise<void> => {
    const couldNotGoOn = ({ erasureId }: Erasure) => {
      const last = before.get(erasureId)
      return stopped.has(erasureId) || (last !== undefined && isStopped(last))
    }
    for (const together of bySet(erasures.filter((one) => !couldNotGoOn(one)))) {
      for (const [first, ...others] of partsOf(together, mostTogether)) {
        if (first === undefined) continue
        try {
          await work([first, ...others])
        } catch (error) {
          if (isAway(error)) throw error
          for (const one of [first, ...others]) await alone(one, before.get(one.erasureId), work)
        }
      }
    }
    for (const one of erasures.filter(couldNotGoOn)) await alone(one, before.get(one.erasureId), work)
  }
}
