/**
 * What the embedded log may hold: counts what is kept and what of it is not handled, refuses when there is no
 * room, and removes handled entries, oldest first, past the replay window or when room is needed.
 */
import { statfs } from 'node:fs/promises'
import type { Clock } from '../clock.js'
import { TouchlineError } from '../errors.js'
import type { Entry, LogFile } from './log-file.js'

export interface SpaceLimits {
  maxBytes: number
  replayWindowMs: number
  keepBytes: number
  minFreeBytes: number
}

export interface LogSpaceDeps {
  dir: string
  limits: SpaceLimits
  clock: Clock
  /** The file as it is now; a rewrite changes it. */
  file: () => LogFile
  /** Last handled sequence. */
  handled: () => number
}

const maxTrimmedAtOnce = 1_000
const freeSpaceCheckedEveryMs = 2_000

export function createLogSpace({ dir, limits, clock, file, handled }: LogSpaceDeps) {
  const held = { bytes: 0, unhandledBytes: 0, unhandledRecords: 0 }
  let freeBytes = { atMs: -Infinity, value: Infinity }

  /** Removes handled entries while `isTooMuch` says so of the oldest; resolves with how many. */
  async function trim(isTooMuch: (oldest: Entry) => boolean): Promise<number> {
    const removed: Entry[] = []
    for (const entry of file().entriesFrom(0)) {
      if (entry.sequence > handled() || removed.length >= maxTrimmedAtOnce || !isTooMuch(entry)) break
      removed.push(entry)
      held.bytes -= onDisk(entry.bytes)
    }
    if (removed.length > 0) await file().remove(removed)
    return removed.length
  }

  async function freeDiskBytes(): Promise<number> {
    const now = performance.now()
    if (now - freeBytes.atMs > freeSpaceCheckedEveryMs) {
      const disk = await statfs(dir)
      freeBytes = { atMs: now, value: disk.bavail * disk.bsize }
    }
    return freeBytes.value
  }

  return {
    held: held as Readonly<typeof held>,
    /** Reads all keys, no values: some hundred nanoseconds an entry. */
    recount(): void {
      Object.assign(held, { bytes: 0, unhandledBytes: 0, unhandledRecords: 0 })
      for (const entry of file().entriesFrom(0)) {
        held.bytes += onDisk(entry.bytes)
        if (entry.sequence <= handled()) continue
        held.unhandledBytes += onDisk(entry.bytes)
        held.unhandledRecords += entry.records
      }
    },
    /** Rejects with LOG_FULL when what is not handled, or others on the disk, leave no room for the entries. */
    async makeRoomFor(added: readonly Entry[]): Promise<void> {
      const bytes = sumOnDisk(added)
      if (held.unhandledBytes + bytes > limits.maxBytes)
        throw full(
          `The log holds ${held.unhandledBytes} bytes that the store has not taken, of at most ${limits.maxBytes}; nothing was stored.`,
        )
      const isOver = () => held.bytes + bytes > limits.maxBytes
      while (isOver() && (await trim(isOver)) > 0);
      const free = await freeDiskBytes()
      if (free < limits.minFreeBytes)
        throw full(
          `The disk of ${dir} has ${free} bytes left, fewer than ${limits.minFreeBytes}; nothing was stored.`,
        )
    },
    noteAppended(added: readonly Entry[]): void {
      held.bytes += sumOnDisk(added)
      held.unhandledBytes += sumOnDisk(added)
      for (const entry of added) held.unhandledRecords += entry.records
    },
    noteHandled(entries: readonly Entry[]): void {
      held.unhandledBytes -= sumOnDisk(entries)
      for (const entry of entries) held.unhandledRecords -= entry.records
    },
    async trimReplayWindow(): Promise<void> {
      await trim(
        (oldest) =>
          held.bytes - held.unhandledBytes > limits.keepBytes ||
          oldest.appendedAt < clock() - limits.replayWindowMs,
      )
    },
  }
}

function full(message: string): TouchlineError {
  return new TouchlineError('LOG_FULL', message, { retryAfterSeconds: 5 })
}

function sumOnDisk(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + onDisk(entry.bytes), 0)
}

/** LMDB keeps small values in shared pages of 4 KiB and larger ones in whole pages of their own. */
function onDisk(bytes: number): number {
  return bytes < 2_000 ? bytes + 64 : Math.ceil((bytes + 16) / 4_096) * 4_096
}
