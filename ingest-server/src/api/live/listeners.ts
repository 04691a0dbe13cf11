/** Who looks on at a project's events. */
import type { LiveChange, LiveRow } from '@touchline/schemas/api'

export interface Listener {
  /** Only what is called so, and all of that; undefined: what everybody sees. */
  id: string | undefined
  row(row: LiveRow): void
  changed(change: LiveChange): void
  /** Of a listener with an id: one more that is called so, shown or not. */
  counted?(what: { seq: number; isRefused: boolean }): void
}

/** What became of an event; whose it is and how long it took are told along with it. */
export type Change = Omit<LiveChange, 'seq' | 'messageId' | 'storedAfterMs'>

export function openListeners() {
  const listeners = new Set<Listener>()

  return {
    add: (listener: Listener): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    size: () => listeners.size,
    /** What a line holds that some listener with an id wants. */
    wanted: (): string[] => [...listeners].flatMap(({ id }) => (id === undefined ? [] : [bareOf(id)])),
    emit(row: LiveRow, { names, isSampled }: { names: readonly string[]; isSampled: boolean }): void {
      for (const listener of listeners) {
        const isTheirs = listener.id === undefined ? isSampled : names.includes(listener.id)
        if (!isTheirs) continue
        if (listener.id !== undefined)
          listener.counted?.({ seq: row.seq, isRefused: row.state === 'refused' })
        listener.row({ ...row })
      }
    },
    changed({ seq, messageId, storedAfterMs }: LiveRow, change: Change): void {
      for (const listener of listeners) listener.changed({ seq, messageId, storedAfterMs, ...change })
    },
  }
}

/** `user:u7` is written as `u7` in the line; a filter for either finds it. As JSON writes it. */
const bareOf = (id: string): string => JSON.stringify(id.replace(/^(?:user|anon|email):/, '')).slice(1, -1)
