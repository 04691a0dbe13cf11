/** A log at which somebody may look on: what it confirmed and what was handled, as it happens in this process. */
import type { EventLog, LogRecord, ReadRecord } from './log.js'

export interface LogWatcher {
  /** They are durable. Called before whoever appended them goes on, so their bytes still stand; must be quick and not throw. */
  appended(records: readonly LogRecord[]): void
  /** The reader's call for them has ended well. */
  handled(records: readonly ReadRecord[]): void
}

export interface WatchedLog extends EventLog {
  /** Call what is answered to stop looking on. */
  watch(watcher: LogWatcher): () => void
}

/** Costs nothing while nobody looks on. */
export function watchLog(log: EventLog): WatchedLog {
  const watchers = new Set<LogWatcher>()
  return {
    ...log,
    append(records) {
      const appended = log.append(records)
      if (watchers.size === 0) return appended
      return appended.then(() => {
        for (const watcher of watchers) watcher.appended(records)
      })
    },
    read: (handle, signal) =>
      log.read(async (batch) => {
        await handle(batch)
        for (const watcher of watchers) watcher.handled(batch)
      }, signal),
    watch(watcher) {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
  }
}
