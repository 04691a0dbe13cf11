/**
 * What the embedded log may hold: refuses when there is no room, and removes handled segments, oldest first, past the
 * replay window or when room is needed.
 */
import { stat, statfs } from 'node:fs/promises'
import type { Clock } from '../../clock.js'
import { TouchlineError } from '../../errors.js'
import type { Position, Segment } from './segment.js'
import type { Segments } from './segments.js'

/**
 * Below this nothing is appended: the rest of the disk is for ClickHouse, which stores there what the log already holds.
 * Four segments.
 */
export const leastFreeBytes = 256 * 1024 ** 2

/** Bounds of the embedded log's segment files, in bytes on the disk and milliseconds. */
export interface SpaceLimits {
  /** All segments together. Unhandled ones that reach it alone make an append reject with LOG_FULL. */
  maxBytes: number
  /** Handled segments are removed when their last append is older than this. */
  replayWindowMs: number
  /** Handled segments beyond this are removed, oldest first, also within the replay window. */
  keepBytes: number
  /** Bytes that must stay free on the disk: handled segments give way first, then LOG_FULL. */
  minFreeBytes: number
}

export interface LogSpaceDeps {
  dir: string
  limits: SpaceLimits
  clock: Clock
  segments: Segments
  /** The first that is not handled. */
  unhandled: () => Position
}

const freeSpaceCheckedEveryMs = 2_000

export function createLogSpace({ dir, limits, clock, segments, unhandled }: LogSpaceDeps) {
  let freeBytes = { atMs: -Infinity, value: Infinity }

  const heldBytes = () => segments.all.reduce((sum, { end }) => sum + end, 0)

  function unhandledOnes(): { records: number; bytes: number } {
    const { segment: current, sequence, offset, records } = unhandled()
    const behind = { records: 0, bytes: 0 }
    for (const segment of segments.all) {
      if (segment.last < sequence) continue
      const isCurrent = segment === current
      behind.records += segment.records - (isCurrent ? records : 0)
      behind.bytes += segment.end - (isCurrent ? offset : 0)
    }
    return behind
  }

  /** Removes handled segments while `isTooMuch` says so of the oldest; resolves with whether one went. */
  async function removeWhile(isTooMuch: (oldest: Segment) => boolean | Promise<boolean>): Promise<boolean> {
    for (let hasRemoved = false; ; hasRemoved = true) {
      const [oldest] = segments.all
      const isHandled = oldest !== undefined && oldest.last < unhandled().sequence
      if (!isHandled || segments.isWrittenTo(oldest) || !(await isTooMuch(oldest))) return hasRemoved
      await segments.removeFirst()
      freeBytes.atMs = -Infinity
    }
  }

  async function freeDiskBytes(): Promise<number> {
    const now = performance.now()
    if (now - freeBytes.atMs > freeSpaceCheckedEveryMs) {
      // A folder that somebody removed takes writes to files without a name, and they would be gone with the process.
      await stat(segments.all.at(-1)?.path ?? dir)
      const disk = await statfs(dir)
      freeBytes = { atMs: now, value: disk.bavail * disk.bsize }
    }
    return freeBytes.value
  }

  return {
    unhandledOnes,
    /** Rejects with LOG_FULL when what is not handled, or others on the disk, leave no room for so many bytes. */
    async makeRoomFor(bytes: number): Promise<void> {
      const { bytes: waiting } = unhandledOnes()
      if (waiting + bytes > limits.maxBytes)
        throw logFull(
          `The log holds ${waiting} bytes that the store has not taken, of at most ${limits.maxBytes}; nothing was stored.`,
        )
      await removeWhile(() => heldBytes() + bytes > limits.maxBytes)
      if ((await freeDiskBytes()) >= limits.minFreeBytes) return
      await removeWhile(async () => (await freeDiskBytes()) < limits.minFreeBytes)
      const free = await freeDiskBytes()
      if (free < limits.minFreeBytes)
        throw logFull(
          `The disk of ${dir} has ${free} bytes left, fewer than ${limits.minFreeBytes}; nothing was stored.`,
        )
    },
    /** On a full disk the oldest handled segment makes room; false when there is none. */
    async giveUpOldest(): Promise<boolean> {
      let isFirst = true
      return removeWhile(() => isFirst && !(isFirst = false))
    },
    async trimReplayWindow(): Promise<void> {
      await removeWhile(
        ({ lastAt }) =>
          heldBytes() - unhandledOnes().bytes > limits.keepBytes || lastAt < clock() - limits.replayWindowMs,
      )
    },
  }
}

export function logFull(message: string, cause?: unknown): TouchlineError {
  return new TouchlineError('LOG_FULL', message, { cause, retryAfterSeconds: 5 })
}
