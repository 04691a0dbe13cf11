/** What is left of erased people: rows and lines that are theirs, and what holds whoever is asked for. */
import type { EventLog } from '../log/log.js'
import { judgeBy, type Tombstones } from '../log/tombstones.js'
import { countInLog } from './erase-log.js'
import type { Erasure } from './erasure-ledger.js'
import { countOldParts, findErased, type RemoveDeps } from './remove-erased.js'

export function openRemaining({ store, log }: { store: RemoveDeps; log: EventLog }) {
  /** By erasure whether the log as it was when it was first looked at, after the request, is stored. */
  const storedBefore = new Map<string, () => Promise<boolean>>()

  /** What was appended before the request may still be on its way into the tables. */
  async function isStored(erasures: readonly Erasure[]): Promise<boolean> {
    const fresh = erasures.filter(({ erasureId }) => !storedBefore.has(erasureId))
    if (fresh.length > 0) {
      const isEndStored = await log.noteEnd()
      for (const { erasureId } of fresh) storedBefore.set(erasureId, isEndStored)
    }
    const asked = new Set(erasures.map(({ erasureId }) => storedBefore.get(erasureId)))
    for (const isThat of asked) if (isThat && !(await isThat())) return false
    return true
  }

  return {
    /** Rows by table, and lines of the log. */
    async rows(project: string, tombstones: Tombstones): Promise<Record<string, number>> {
      const found = await findErased(store, project, tombstones)
      const judge = judgeBy(tombstones)
      const inLog = judge && log.rewrite !== undefined ? await countInLog(log, project, judge) : 0
      return inLog > 0 ? { ...found, log_lines: inLog } : found
    },
    /** Records that are under way, and files that were replaced until `untilMs`, in the database's time. */
    async files(erasures: readonly Erasure[], untilMs: number): Promise<Record<string, number>> {
      const left: Record<string, number> = {}
      if (!(await isStored(erasures))) left.records_on_their_way = Math.max(1, (await log.lag()).records)
      const oldParts = await countOldParts(store, untilMs)
      if (oldParts > 0) left.replaced_files = oldParts
      return left
    },
    /** Nothing is left of it. */
    forget: (erasureId: string): void => void storedBefore.delete(erasureId),
  }
}
