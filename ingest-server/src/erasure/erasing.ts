/**
 * Carries out erasures: a loop that looks at the ledger, and for the entries that are not finished removes, checks
 * and writes down what it found, until a check finds nothing. Level-triggered: after a crash, or with two
 * processes doing it at once, the next look goes on from what is there.
 */
import type { ClickHouse } from '../clickhouse/clickhouse.js'
import type { Cluster } from '../clickhouse/cluster-ddl.js'
import type { Clock } from '../clock.js'
import type { EventLog } from '../log/log.js'
import type { Logger } from '../logger.js'
import { startLoop } from '../loop.js'
import { openAttempts } from './attempts.js'
import { openCarryOut } from './carry-out.js'
import {
  insertErasure,
  newErasure,
  readProgress,
  toRecord,
  type Erasure,
  type Held,
  type Progress,
} from './erasure-ledger.js'
import { openKnown } from './known-erasures.js'
import { untilReceived } from './until-received.js'
import { proofOf, proofsOf, type Proof } from './proofs.js'
import { isStopped as couldNotGoOn, openErasures, type OpenErasures } from './waiting.js'
import { openSweep } from './sweep.js'
import type { Judge } from '../log/tombstones.js'

export interface ErasingDeps {
  clickhouse: ClickHouse
  log: EventLog
  clock: Clock
  logger: Logger
  cluster?: Cluster | undefined
  lookEveryMs?: number
  sweepEveryMs?: number
}

export interface Erasing {
  /** Whose events are to be refused; undefined where nobody of the project was erased. */
  judgeOf(project: string): Judge | undefined
  /** Resolves when the entry is durable, in the log and in the ledger; the removal follows. */
  erase(project: string, person: { id: string; identifiers: readonly Held[] }): Promise<Erasure>
  proofOf(project: string, erasureId: string): Promise<Proof | undefined>
  /** Erasures of the person that bore this identifier as its canonical one, newest first. */
  proofsOf(project: string, person: string | undefined): Promise<Proof[]>
  /** What is not finished, and what each waits for, as the last look left it. */
  open(): OpenErasures
  stop(): Promise<void>
}

const defaultLookEveryMs = 2_000

export async function startErasing(deps: ErasingDeps): Promise<Erasing> {
  const { clickhouse, log, clock, logger, lookEveryMs = defaultLookEveryMs } = deps
  const { app } = clickhouse
  const known = openKnown(app)
  const attempt = openAttempts({ app, clock, logger, lookEveryMs })
  const work = openCarryOut(deps)
  const sweep = openSweep(deps, { attempt, work })
  let isStopped = false
  let open: OpenErasures = { erasures: [], problem: undefined }

  async function look(): Promise<void> {
    await known.read()
    if (known.all().length === 0) return
    await carryOutOpen()
    if (!isStopped) await sweep(known.all())
    open = openErasures(known.all(), await readProgress(app))
  }

  async function carryOutOpen(): Promise<void> {
    const progress = await readProgress(app)
    for (const { erasures, isFirst } of inTurn(known.all(), progress))
      await attempt(erasures, progress, async (together) => {
        if (!isStopped) await work.carryOut(together, isFirst)
      })
  }

  async function lookAndTell(): Promise<void> {
    if (isStopped) return
    try {
      await look()
    } catch (error) {
      const progress = await readProgress(app).catch(() => new Map<string, Progress>())
      open = openErasures(known.all(), progress, error)
      throw error
    }
  }

  // Before anything is collected: an event that arrives first must be refused too.
  await known.read()
  const looks = startLoop({
    pass: lookAndTell,
    waitMs: () => lookEveryMs,
    logger,
    // The ledger is durable, the next look goes on.
    words: { failed: 'Erasures wait, and are tried again', again: 'Erasures go on' },
  })

  return {
    judgeOf: known.judgeOf,
    async erase(project, person) {
      const requestedAtMs = await untilReceived(app, project, clock())
      const erasure = newErasure(project, person, { requestedAtMs, salt: known.saltOf(project) })
      await log.append([toRecord(erasure)])
      // Refused from this moment, before the log has carried the entry to the table.
      known.add(erasure)
      await insertErasure(app, erasure)
      // Whatever it fails of, the next one says.
      looks.passOnce().catch(() => undefined)
      return erasure
    },
    proofOf: (project, erasureId) => proofOf(app, project, erasureId),
    proofsOf: (project, person) => proofsOf(app, project, person),
    open: () => open,
    async stop() {
      isStopped = true
      await looks.stop()
    },
  }
}

/** What nobody has removed yet, then what was removed and is checked again. */
function inTurn(known: readonly Erasure[], progress: ReadonlyMap<string, Progress>) {
  const isFirst = ({ erasureId }: Erasure) => {
    const before = progress.get(erasureId)
    return before === undefined || couldNotGoOn(before)
  }
  const unfinished = known.filter(({ erasureId }) => progress.get(erasureId)?.state !== 'finished')
  return [true, false].map((first) => ({
    erasures: unfinished.filter((erasure) => isFirst(erasure) === first),
    isFirst: first,
  }))
}
