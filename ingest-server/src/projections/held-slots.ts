/** The slots that this process holds; what holding one means: leases.ts. */
import type { LeaseRow, Progress } from './lease-table.js'

export interface Lease {
  term: number
  /** Rises with every renewal. */
  beat: number
  claimedAt: string
  /** By this process's clock, before the claim or renewal was written. */
  renewedAt: number
}

export function openHeldSlots(isFresh: (lease: Lease) => boolean) {
  const mine = new Map<number, Lease>()
  const holds = (slot: number) => {
    const lease = mine.get(slot)
    return lease !== undefined && isFresh(lease)
  }

  return {
    holds,
    held: () => [...mine.keys()].filter(holds),
    all: () => [...mine.keys()],
    has: (slot: number) => mine.has(slot),
    size: () => mine.size,
    gain: (slot: number, lease: Lease) => void mine.set(slot, lease),
    lose(slots: readonly number[]): void {
      for (const slot of slots) mine.delete(slot)
    },
    beat(): void {
      for (const lease of mine.values()) lease.beat += 1
    },
    /** After a renewal: those whose claim still counts are fresh from `renewedAt` on; answers the others, which are lost. */
    renewed(renewedAt: number, isTheirs: (slot: number, lease: Lease) => boolean): number[] {
      const lost: number[] = []
      for (const [slot, lease] of mine)
        if (isTheirs(slot, lease)) lease.renewedAt = renewedAt
        else lost.push(slot)
      for (const slot of lost) mine.delete(slot)
      return lost
    },
    rowOf(slot: number, progress: Progress, isReleased = false): Omit<LeaseRow, 'holder'> {
      const lease = mine.get(slot)
      return {
        ...{ slot, term: lease?.term ?? 0, claimed_at: lease?.claimedAt ?? '', beat: lease?.beat ?? 0 },
        ...{ is_released: isReleased, settled_until: progress.settledUntil, sweep: progress.sweep },
      }
    },
  }
}
