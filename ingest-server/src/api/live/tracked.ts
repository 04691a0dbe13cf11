/** Rows that are shown and whose person is looked for, by messageId, the oldest first; beyond a bound those are dropped. */
import type { LiveRow } from '@touchline/schemas/api'

const mostTracked = 5_000

export interface Tracked {
  row: LiveRow
  /** Identifier by which the event stands in `events`. */
  subject: string
  storedAt: number | undefined
}

export function openTracked() {
  const tracked = new Map<string, Tracked[]>()
  let count = 0

  function dropOldest(): void {
    const oldest = tracked.keys().next()
    if (oldest.done === true) return
    count -= tracked.get(oldest.value)?.length ?? 0
    tracked.delete(oldest.value)
  }

  function noteStored(one: Tracked, at: number): void {
    one.storedAt = at
    one.row.storedAfterMs = Math.max(0, at - one.row.at)
  }

  return {
    noteStored,
    add(id: string, one: Tracked): void {
      if (count >= mostTracked) dropOldest()
      const list = tracked.get(id)
      if (list) list.push(one)
      else tracked.set(id, [one])
      count += 1
    },
    /** Notes when the first copy of it that was not stored yet was; undefined where it is not shown. */
    stored(id: string, at: number): Tracked | undefined {
      const one = tracked.get(id)?.find(({ storedAt }) => storedAt === undefined)
      if (one !== undefined) noteStored(one, at)
      return one
    },
    all: (): Tracked[] => [...tracked.values()].flat(),
    /** Its person is known, or nobody looks for it any longer. */
    remove: (one: Tracked): void => {
      const list = tracked.get(one.row.messageId)
      if (list?.includes(one) !== true) return
      count -= 1
      if (list.length === 1) tracked.delete(one.row.messageId)
      else
        tracked.set(
          one.row.messageId,
          list.filter((other) => other !== one),
        )
    },
  }
}
