/**
 * The embedded log: one file of one process, for everything up to a single machine.
 *
 *     append ─▶ group commit (append-queue) ─▶ join by table ─▶ log-file: fsync ─▶ answer
 *     read   ◀─ from the first unhandled entry, on its own position; marked done after `handle`
 *
 * Handled entries are kept for `touchline replay` as long as the window and the size limit allow, oldest go
 * first. What is not handled is never dropped: when it alone fills `maxBytes`, append rejects with LOG_FULL.
 */
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import { createAppendQueue } from './append-queue.js'
import { joinRecords } from './join-records.js'
import { openLogFile, removeLogFile, storedBytes, type EntryWithRecord } from './log-file.js'
import { createLogSpace, type SpaceLimits } from './log-space.js'
import type { EventLog, LogRecord, ReadRecord } from './log.js'
import { pause } from './pause.js'
import { copyEntries, type KeepLine } from './rewrite-log-file.js'

export interface EmbeddedLogOptions {
  dir: string
  /** Of entries, handled or not. The file may be a little larger: pages are reused, not returned. */
  maxBytes?: number
  /** How long and how many bytes of handled entries are kept for replay; whichever ends first. */
  replayWindowMs?: number
  keepBytes?: number
  /** Appends are refused with LOG_FULL while the disk has less than this left. */
  minFreeBytes?: number
  appendTimeoutMs?: number
  maxInFlightBytes?: number
  clock: Clock
  logger: Logger
}

export type EmbeddedLog = EventLog & Required<Pick<EventLog, 'rewrite'>>

const mebibyte = 1024 ** 2

const defaults: SpaceLimits & { appendTimeoutMs: number; maxInFlightBytes: number } = {
  maxBytes: 8 * 1024 * mebibyte,
  replayWindowMs: 7 * 24 * 3_600_000,
  keepBytes: 2 * 1024 * mebibyte,
  minFreeBytes: 256 * mebibyte,
  appendTimeoutMs: 5_000,
  maxInFlightBytes: 64 * mebibyte,
}

/** One transaction; 4 MiB takes some 20 ms of disk here, so a waiting append is not held up for long. */
const maxGroupBytes = 4 * mebibyte
/** A value lies in consecutive pages of the file; larger ones make free space hard to reuse. */
const maxEntryBytes = 256 * 1024
/** What one call of `handle` gets at most: a few inserts of a good size. */
const maxReadBytes = 32 * mebibyte
const retryAfterFailureMs = { first: 100, most: 5_000 }

/** Rejects when another process has the folder's log open. */
export function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  return new Promise((resolve) => resolve(openInFolder({ ...defaults, ...options })))
}

function openInFolder(options: EmbeddedLogOptions & typeof defaults): EmbeddedLog {
  const { dir, clock, logger } = options
  const path = join(dir, 'log.mdb')
  const rewritten = join(dir, 'log.rewritten.mdb')
  mkdirSync(dir, { recursive: true })
  let file = openLogFile(path)
  let handled = file.handled()
  /** The highest sequence that is on disk; entries above it may be on their way. */
  let durable = Math.max(file.lastSequence(), handled)
  let nextSequence = durable + 1
  let isClosing = false
  let reading: Promise<void> | undefined
  let wakeReader = () => {}
  /** Uses of the file that are under way, and the moment in which another takes its place. */
  const uses = new Set<Promise<unknown>>()
  let swap: Promise<void> | undefined
  let rewriting: Promise<number> | undefined

  const space = createLogSpace({ dir, limits: options, clock, file: () => file, handled: () => handled })
  space.recount()

  const queue = createAppendQueue({
    write: (group) => useFile(() => writeGroup(group)),
    target: 'the log file',
    maxGroupBytes,
    maxInFlightBytes: options.maxInFlightBytes,
    timeoutMs: options.appendTimeoutMs,
  })

  /** Everything but a rewrite's last step goes through here, so that the file is not swapped under it. */
  async function useFile<T>(use: () => T | Promise<T>): Promise<T> {
    while (swap !== undefined) await swap
    const using = Promise.resolve().then(use)
    uses.add(using)
    try {
      return await using
    } finally {
      uses.delete(using)
    }
  }

  async function writeGroup(group: readonly LogRecord[]): Promise<void> {
    const added = joinRecords(group, maxEntryBytes).map((record, index): EntryWithRecord => ({
      sequence: nextSequence + index,
      appendedAt: clock(),
      bytes: storedBytes(record),
      // The first entry carries the count of what was joined, so that the sum is exact.
      records: index === 0 ? group.length : 0,
      record,
    }))
    await space.makeRoomFor(added)
    nextSequence += added.length
    try {
      await file.put(added)
    } catch (error) {
      // Some of the entries may be there nonetheless; they will be read, so they count.
      durable = Math.max(handled, file.lastSequence())
      space.recount()
      throw error
    }
    durable = nextSequence - 1
    space.noteAppended(added)
    wakeReader()
  }

  async function markHandled(batch: readonly EntryWithRecord[]): Promise<void> {
    handled = batch.at(-1)?.sequence ?? handled
    space.noteHandled(batch)
    try {
      await file.markHandled(handled)
      await space.trimReplayWindow()
    } catch (error) {
      // In memory it is marked, and the next mark is higher; after a crash before that it comes again, harmlessly.
      logger.warn({ err: error, handled }, 'The log file did not take the mark of what is handled')
    }
  }

  async function readUntil(
    handle: (batch: readonly ReadRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let failures = 0
    while (!signal.aborted && !isClosing) {
      if (durable <= handled) {
        await untilWoken(signal)
        continue
      }
      const upTo = durable
      const batch = await useFile(() => entriesUpTo(upTo, handled + 1))
      if (batch.length === 0) {
        // A rewrite left nothing of them.
        handled = upTo
        continue
      }
      try {
        await handle(batch.map(toReadRecord))
        failures = 0
      } catch (error) {
        failures += 1
        const waitMs = Math.min(retryAfterFailureMs.most, retryAfterFailureMs.first * 2 ** (failures - 1))
        logger.warn({ err: error, records: batch.length, waitMs }, 'A batch was not handled; it comes again')
        await pause(waitMs, signal)
        continue
      }
      await useFile(() => markHandled(batch))
    }
  }

  function entriesUpTo(last: number, first: number): EntryWithRecord[] {
    return file.read(first, maxReadBytes).filter((entry) => entry.sequence <= last)
  }

  async function untilWoken(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      wakeReader = wake
      signal.addEventListener('abort', wake)
    })
  }

  /** Most is copied while appends go on; they wait only for what came in the meantime, and the swap. */
  async function rewriteWithout(keepLine: KeepLine): Promise<number> {
    removeLogFile(rewritten)
    const copy = openLogFile(rewritten)
    let done = () => {}
    try {
      const first = await copyEntries(file, copy, keepLine, 0)
      swap = new Promise((resolve) => (done = resolve))
      await Promise.allSettled(uses)
      const rest = await copyEntries(file, copy, keepLine, first.next)
      await copy.markHandled(handled)
      renameSync(rewritten, path)
      await Promise.all([file.close(), copy.close()])
      file = openLogFile(path)
      space.recount()
      return first.removed + rest.removed
    } catch (error) {
      await copy.close()
      throw error
    } finally {
      removeLogFile(rewritten)
      swap = undefined
      done()
    }
  }

  return {
    append: queue.append,
    async read(handle, signal): Promise<void> {
      if (reading !== undefined) throw new Error('The embedded log has one reader at a time.')
      reading = readUntil(handle, signal)
      try {
        await reading
      } finally {
        reading = undefined
      }
    },
    lag: () =>
      useFile(() => {
        const [oldest] = file.entriesFrom(handled + 1)
        const isBehind = space.held.unhandledRecords > 0 && oldest !== undefined
        return {
          records: space.held.unhandledRecords,
          bytes: space.held.unhandledBytes,
          oldestMs: isBehind ? Math.max(0, clock() - oldest.appendedAt) : 0,
        }
      }),
    async replay(handle, signal): Promise<void> {
      const last = durable
      for (let next = 0; next <= last && signal?.aborted !== true;) {
        const batch = await useFile(() => entriesUpTo(last, next))
        if (batch.length === 0) return
        await handle(batch.map(toReadRecord))
        next = (batch.at(-1)?.sequence ?? last) + 1
      }
    },
    async rewrite(keepLine): Promise<number> {
      while (rewriting !== undefined) await rewriting.catch(() => undefined)
      rewriting = rewriteWithout(keepLine)
      try {
        return await rewriting
      } finally {
        rewriting = undefined
      }
    },
    async close(): Promise<void> {
      isClosing = true
      await queue.close()
      wakeReader()
      await reading
      await rewriting?.catch(() => undefined)
      await file.close()
    },
  }
}

function toReadRecord(entry: EntryWithRecord): ReadRecord {
  return { ...entry.record, position: `embedded/${String(entry.sequence).padStart(9, '0')}` }
}
