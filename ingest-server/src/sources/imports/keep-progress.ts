/** What a run has come to: told to whoever looks on, and kept in the log. Only what is durable is counted in it. */
import type { Clock } from '../../clock.js'
import type { LogRecord } from '../../log/log.js'
import { noCounts, progressRecord, type EarlierRun, type Progress } from './progress.js'

const keepEveryMs = 2_000

/** What one batch of rows became. */
export interface BatchCounts {
  lastRow: number
  /** Over all rows up to that one. */
  rowsHash: string
  accepted: number
  skipped: number
  rejected: number
  events: number
}

export interface ProgressOptions {
  progress: Progress
  clock: Clock
  /** Called whenever it has changed. */
  onProgress: (progress: Progress) => void
  /** Resolves when the log holds the record. */
  append: (record: LogRecord) => Promise<void>
}

export type KeptProgress = ReturnType<typeof openProgress>

export function openProgress({ progress, clock, onProgress, append }: ProgressOptions) {
  let keptAt = clock()

  function report(): void {
    progress.updatedAtMs = Math.max(clock(), progress.updatedAtMs + 1)
    onProgress(progress)
  }

  return {
    /** Goes on from what an earlier run of the same file had done. */
    goOnFrom({ rows, accepted, skipped, rejected, events, rowsHash, beganAtMs }: EarlierRun): void {
      Object.assign(progress, { rows, accepted, skipped, rejected, events, rowsHash, beganAtMs })
      progress.resumedAfter = rows
    },
    /** The file is another one than that of the earlier run. */
    beginAnew: (): void => {
      Object.assign(progress, { ...noCounts, rowsHash: '', resumedAfter: 0, beganAtMs: progress.startedAtMs })
    },
    add: ({ lastRow, rowsHash, accepted, skipped, rejected, events }: BatchCounts): void => {
      progress.rows = lastRow
      progress.rowsHash = rowsHash
      progress.accepted += accepted
      progress.skipped += skipped
      progress.rejected += rejected
      progress.events += events
      report()
    },
    setWaiting: (isWaiting: boolean): void => {
      progress.state = isWaiting ? 'waiting' : 'running'
      report()
    },
    async keepIfDue(): Promise<void> {
      if (clock() - keptAt < keepEveryMs) return
      keptAt = clock()
      report()
      await append(progressRecord(progress))
    },
    setState(state: Progress['state']): void {
      progress.state = state
      report()
    },
    /** Its last state, which having to wait for the log does not change. */
    async keepLast(state: Progress['state']): Promise<void> {
      progress.state = state
      report()
      await append(progressRecord(progress))
      progress.state = state
      report()
    },
  }
}
