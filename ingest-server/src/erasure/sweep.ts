/**
 * What came back, or was written late, of people whose erasure is finished: a replay of the log brings their events, and
 * what is derived from events lags behind them, so that whoever had read what is erased may write a row of it after the
 * last check. It goes again.
 */
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import type { Cluster } from '../clickhouse/cluster-ddl.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { openAttempts } from './attempts.js'
import { databaseTimeMs, type CarryOut } from './carry-out.js'
import {
  bySet,
  readProgress,
  tombstonesOf,
  writeProgress,
  type Erasure,
  type Progress,
  type Together,
} from './erasure-ledger.js'
import { cameBack } from './remove-erased.js'

/** What came back goes within this time. */
const defaultSweepEveryMs = 60_000
/** For so long after it is finished. */
const lookAgainForMs = 600_000
/** Looks a little further back than the last time, for rows whose insert took long. */
const overlapMs = 60_000

export interface SweepDeps {
  clickhouse: ClickHouse
  clock: Clock
  logger: Logger
  cluster?: Cluster | undefined
  sweepEveryMs?: number
}

export interface SweepParts {
  attempt: ReturnType<typeof openAttempts>
  work: CarryOut
}

export function openSweep(deps: SweepDeps, { attempt, work }: SweepParts) {
  const { clock, logger, cluster, sweepEveryMs = defaultSweepEveryMs } = deps
  const { app } = deps.clickhouse
  let sweptAtMs = 0

  async function again(erasures: readonly Erasure[], note: string): Promise<void> {
    await writeProgress(app, erasures, { state: 'running', atMs: clock(), remaining: {}, note })
    await attempt(erasures, new Map(), (together) => work.carryOut(together, true))
  }

  async function sweepReplayed(known: readonly Erasure[]): Promise<void> {
    for (const together of bySet(known)) {
      const [{ project }] = together
      if (!(await cameBack({ app, cluster }, project, tombstonesOf(together), sweptAtMs - overlapMs)))
        continue
      logger.warn({ project }, 'Events of erased people came back and are removed again')
      await again(together, 'Came back by a replay.')
    }
  }

  async function sweepLate(known: readonly Erasure[]): Promise<void> {
    const progress = await readProgress(app)
    const isRecent = (last: Progress | undefined) =>
      last?.state === 'finished' && clock() - last.atMs <= lookAgainForMs
    for (const together of bySet(known.filter(({ erasureId }) => isRecent(progress.get(erasureId))))) {
      if (!(await work.isLeft(together))) continue
      for (const one of await leftOf(together)) {
        logger.info({ erasureId: one.erasureId }, 'Rows of an erased person were written late, and go too')
        await again([one], 'Written late.')
      }
    }
  }

  async function leftOf(together: Together): Promise<readonly Erasure[]> {
    if (together.length === 1) return together
    const left: Erasure[] = []
    for (const one of together) if (await work.isLeft([one])) left.push(one)
    return left
  }

  return async (known: readonly Erasure[]): Promise<void> => {
    const nowMs = await databaseTimeMs(app)
    if (nowMs - sweptAtMs < sweepEveryMs) return
    await sweepReplayed(known)
    await sweepLate(known)
    sweptAtMs = nowMs
  }
}
