/**
 * The embedded log: one file of one process, for everything up to a single machine.
 *
 *     append ─▶ group commit (append-queue) ─▶ join by table ─▶ log-file: fsync ─▶ answer
 *     read   ◀─ from the first unhandled entry, on its own position; marked done after `handle`
 *
 * Handled entries are kept for `touchline replay` as long as the window and the size limit allow, oldest go
 * first. What is not handled is never dropped: when it alone fills `maxBytes`, append rejects with LOG_FULL.
 */
import { mkdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.js'
import { TouchlineError } from '../errors.js'
import type { Logger } from '../logger.js'
import { createAppendQueue } from './append-queue.js'
import { joinRecords } from './join-records.js'
import { openLogFile, storedBytes, syncFolder, type Entry, type EntryWithRecord } from './log-file.js'
import type { EventLog, LogRecord, ReadRecord } from './log.js'
import { pause } from './pause.js'

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

const mebibyte = 1024 ** 2
const day = 24 * 3_600_000

const defaults = {
  maxBytes: 8 * 1024 * mebibyte,
  replayWindowMs: 7 * day,
  keepBytes: 2 * 1024 * mebibyte,
  minFreeBytes: 256 * mebibyte,
  appendTimeoutMs: 5_000,
  maxInFlightBytes: 64 * mebibyte,
}

/** One transaction; 4 MiB takes some 20 ms of disk here, so a waiting append is not held up for long. */
const maxGroupBytes = 4 * mebibyte
/** A value lies in consecutive pages of the file; larger ones make free space hard to reuse. */
const maxEntryBytes = 256 * 1024
/** What one call of `handle` gets at most: two inserts of a good size. */
const maxReadBytes = 16 * mebibyte
const maxTrimmedAtOnce = 1_000
const freeSpaceCheckedEveryMs = 2_000
const retryAfterFailureMs = { first: 100, most: 5_000 }

export type EmbeddedLog = EventLog

export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const { dir, clock, logger } = options
  const limits = { ...defaults, ...withoutUndefined(options) }
  mkdirSync(dir, { recursive: true })
  const file = openLogFile(dir)
  syncFolder(join(dir, 'log.mdb'))

  let handled = file.handled()
  const kept = countKept()
  /** The highest sequence that is on disk; entries above it may be on their way. */
  let durable = file.lastSequence()
  let nextSequence = Math.max(durable, handled) + 1
  let isClosing = false
  let reading: Promise<void> | undefined
  let wakeReader = () => {}
  let freeBytes = { atMs: -Infinity, value: Infinity }

  function countKept() {
    const counts = {
      bytes: 0,
      unhandledBytes: 0,
      unhandledRecords: 0,
      first: undefined as number | undefined,
    }
    for (const entry of file.entriesFrom(0)) {
      counts.first ??= entry.sequence
      counts.bytes += onDisk(entry.bytes)
      if (entry.sequence <= handled) continue
      counts.unhandledBytes += onDisk(entry.bytes)
      counts.unhandledRecords += entry.records
    }
    return counts
  }

  const queue = createAppendQueue({
    write: writeGroup,
    target: 'The log file',
    maxGroupBytes,
    maxInFlightBytes: limits.maxInFlightBytes,
    timeoutMs: limits.appendTimeoutMs,
  })

  async function writeGroup(group: readonly LogRecord[]): Promise<void> {
    const joined = joinRecords(group, maxEntryBytes)
    const added = joined.map((record, index): EntryWithRecord => ({
      sequence: nextSequence + index,
      appendedAt: clock(),
      bytes: storedBytes(record),
      // The first entry carries the count of what was joined, so that the sum is exact.
      records: index === 0 ? group.length : 0,
      record,
    }))
    const bytes = added.reduce((sum, entry) => sum + onDisk(entry.bytes), 0)
    await makeRoom(bytes)
    nextSequence += added.length
    await file.put(added)
    durable = nextSequence - 1
    kept.bytes += bytes
    kept.unhandledBytes += bytes
    kept.unhandledRecords += group.length
    kept.first ??= added[0]?.sequence
    wakeReader()
  }

  async function makeRoom(bytes: number): Promise<void> {
    if (kept.unhandledBytes + bytes > limits.maxBytes)
      throw new TouchlineError(
        'LOG_FULL',
        `The log holds ${kept.unhandledBytes} bytes that the store has not taken, of at most ${limits.maxBytes}; nothing was stored.`,
        { retryAfterSeconds: 5 },
      )
    if (kept.bytes + bytes > limits.maxBytes) await trim(() => kept.bytes + bytes > limits.maxBytes)
    const free = await freeDiskBytes()
    if (free < limits.minFreeBytes)
      throw new TouchlineError(
        'LOG_FULL',
        `The disk of ${dir} has ${free} bytes left, fewer than ${limits.minFreeBytes}; nothing was stored.`,
        { retryAfterSeconds: 5 },
      )
  }

  async function freeDiskBytes(): Promise<number> {
    const now = performance.now()
    if (now - freeBytes.atMs > freeSpaceCheckedEveryMs) {
      const disk = await statfs(dir)
      freeBytes = { atMs: now, value: disk.bavail * disk.bsize }
    }
    return freeBytes.value
  }

  /** Removes handled entries, oldest first, while `isTooMuch` says so. */
  async function trim(isTooMuch: (oldest: Entry) => boolean): Promise<void> {
    const removed: Entry[] = []
    for (const entry of file.entriesFrom(kept.first ?? 0)) {
      if (entry.sequence > handled || !isTooMuch(entry) || removed.length >= maxTrimmedAtOnce) {
        kept.first = entry.sequence
        break
      }
      removed.push(entry)
      kept.bytes -= onDisk(entry.bytes)
      kept.first = undefined
    }
    if (removed.length > 0) await file.remove(removed)
  }

  async function markHandled(batch: readonly EntryWithRecord[]): Promise<void> {
    const last = batch.at(-1)
    if (last === undefined) return
    handled = last.sequence
    for (const entry of batch) {
      kept.unhandledBytes -= onDisk(entry.bytes)
      kept.unhandledRecords -= entry.records
    }
    try {
      await file.markHandled(handled)
    } catch (error) {
      // In memory it is marked, and the next mark is higher; after a crash before that it comes again, harmlessly.
      logger.warn({ err: error, handled }, 'The log file did not take the mark of what is handled')
    }
    await trim(
      (oldest) =>
        kept.bytes - kept.unhandledBytes > limits.keepBytes ||
        oldest.appendedAt < clock() - limits.replayWindowMs,
    )
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
      const batch = file.read(handled + 1, maxReadBytes).filter((entry) => entry.sequence <= durable)
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
      await markHandled(batch)
    }
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

  return {
    append: queue.append,
    async read(handle: (batch: readonly ReadRecord[]) => Promise<void>, signal: AbortSignal): Promise<void> {
      if (reading !== undefined) throw new Error('The embedded log has one reader at a time.')
      reading = readUntil(handle, signal)
      try {
        await reading
      } finally {
        reading = undefined
      }
    },
    async lag() {
      const [oldest] = file.entriesFrom(handled + 1)
      const isBehind = kept.unhandledRecords > 0 && oldest !== undefined
      return {
        records: kept.unhandledRecords,
        bytes: kept.unhandledBytes,
        oldestMs: isBehind ? Math.max(0, clock() - oldest.appendedAt) : 0,
      }
    },
    /** Hands everything that is still kept, handled or not, to `handle`, oldest first; marks nothing. */
    async replay(
      handle: (batch: readonly ReadRecord[]) => Promise<void>,
      signal?: AbortSignal,
    ): Promise<void> {
      const last = durable
      for (let next = 0; next <= last && signal?.aborted !== true;) {
        const batch = file.read(next, maxReadBytes).filter((entry) => entry.sequence <= last)
        if (batch.length === 0) return
        await handle(batch.map(toReadRecord))
        next = (batch.at(-1)?.sequence ?? last) + 1
      }
    },
    async close(): Promise<void> {
      isClosing = true
      await queue.close()
      wakeReader()
      await reading
      await file.close()
    },
  }
}

function toReadRecord(entry: EntryWithRecord): ReadRecord {
  return { ...entry.record, position: `embedded/${String(entry.sequence).padStart(9, '0')}` }
}

/** LMDB keeps small values in shared pages of 4 KiB and larger ones in whole pages of their own. */
function onDisk(bytes: number): number {
  return bytes < 2_000 ? bytes + 64 : Math.ceil((bytes + 16) / 4_096) * 4_096
}

function withoutUndefined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>
}
