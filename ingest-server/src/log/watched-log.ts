/** A log at which somebody may look on: what it confirmed and what was handled, as it happens, in every process. */
import type { EventLog, LogRecord, PlacedRecord, ReadRecord, Tail, TailWatcher } from './log.js'

export interface LogWatcher extends TailWatcher {
  /**
   * They are durable. Those without a place are this process's own: called before whoever appended them goes on, so their
   * bytes still stand. Must be quick and not throw.
   */
  appended(records: readonly (LogRecord | PlacedRecord)[]): void
  /** Of records without a place: the reader's call for them has ended well. */
  handled(records: readonly ReadRecord[]): void
}

export type Watching = Tail

export interface WatchedLog extends EventLog {
  watch(watcher: LogWatcher): Watching
}

/**
 * Costs nothing while nobody looks on. A log to which other processes append as well is looked on at by its tail alone, in
 * which this process's own records come along; a log of this process alone by its appends and reads.
 */
export function watchLog(log: EventLog): WatchedLog {
  const watchers = new Set<LogWatcher>()
  const isShared = log.tail !== undefined
  let tail: Tail | undefined
  const toAll: TailWatcher = {
    appended(records) {
      for (const watcher of watchers) watcher.appended(records)
    },
    handledBefore(places) {
      for (const watcher of watchers) watcher.handledBefore(places)
    },
  }

  return {
    ...log,
    append(records) {
      const appended = log.append(records)
      if (isShared || watchers.size === 0) return appended
      return appended.then(() => {
        for (const watcher of watchers) watcher.appended(records)
      })
    },
    read: (handle, signal) =>
      log.read(async (batch) => {
        await handle(batch)
        if (!isShared) for (const watcher of watchers) watcher.handled(batch)
      }, signal),
    watch(watcher) {
      watchers.add(watcher)
      tail ??= log.tail?.(toAll)
      const mine = tail
      return {
        caughtUp: () => mine?.caughtUp() ?? Promise.resolve(),
        isAway: () => mine?.isAway() ?? false,
        stop() {
          watchers.delete(watcher)
          if (watchers.size > 0) return
          tail?.stop()
          tail = undefined
        },
      }
    },
  }
}
