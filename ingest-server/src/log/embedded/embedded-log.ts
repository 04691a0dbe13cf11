/**
 * The embedded log: segment files of one process, for everything up to a single machine.
 *
 *     append ─▶ group commit (append-queue) ─▶ frames (frame-group) ─▶ segments: one synced write ─▶ answer
 *     read   ◀─ from the first unhandled frame, on its own position; marked done (handled-mark) after `handle`
 *
 * Handled segments are kept for `touchline replay` as long as the window and the size limit allow, oldest go
 * first. What is not handled is never dropped: when it alone fills `maxBytes`, append rejects with LOG_FULL.
 */
import { chmod } from 'node:fs/promises'
import type { Clock } from '../../clock.js'
import { TouchlineError } from '../../errors.js'
import type { Logger } from '../../logger.js'
import { createAppendQueue } from '../append-queue.js'
import { makeFolder } from '../../make-folder.js'
import { isFull } from './disk.js'
import { lockFolder } from './folder-lock.js'
import type { Frame } from './frame.js'
import { openHandledMark } from './handled-mark.js'
import { createLogSpace, leastFreeBytes, logFull, type SpaceLimits } from './log-space.js'
import type { EventLog, LogRecord, ReadRecord } from '../log.js'
import { moveLmdbLog } from './lmdb/move-lmdb-log.js'
import { backOffMs, pause } from '../../loop.js'
import { rewriteSegments } from './rewrite-segment.js'
import type { Position } from './segment.js'
import { openSegments } from './segments.js'
import { mebibyte } from '../../units.js'

export interface EmbeddedLogOptions {
  dir: string
  /** Of rows, handled or not; files may hold a segment more. */
  maxBytes?: number
  /** How long and how many bytes of handled rows are kept for replay; whichever ends first. */
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

const defaults: SpaceLimits & { appendTimeoutMs: number; maxInFlightBytes: number } = {
  maxBytes: 8 * 1024 * mebibyte,
  replayWindowMs: 7 * 24 * 3_600_000,
  keepBytes: 2 * 1024 * mebibyte,
  minFreeBytes: leastFreeBytes,
  appendTimeoutMs: 5_000,
  maxInFlightBytes: 64 * mebibyte,
}

/** One write; 4 MiB takes some 20 ms of disk here, so a waiting append is not held up for long. */
const maxGroupBytes = 4 * mebibyte
/** Removed as a whole, and read as a whole where a crash left it without a footer: 30 ms. */
const maxSegmentBytes = 64 * mebibyte
/** Of a limit, so that keeping whole segments keeps at most that much too much or too little. */
const segmentShare = 1 / 8
/** What one call of `handle` gets at most: a few inserts of a good size. */
const maxReadBytes = 32 * mebibyte
const retryAfterFailureMs = { first: 100, most: 5_000 }

/** Rejects when another process has the folder's log open, or when a file of it is damaged. */
export async function openEmbeddedLog(given: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const options = { ...defaults, ...given }
  // What visitors did stands here in plain lines, and DATA_DIR may be open to all of the machine: it is theirs who made it.
  await makeFolder(options.dir, 0o700)
  await chmod(options.dir, 0o700)
  const lock = lockFolder(options.dir, options.logger)
  try {
    const log = await openInFolder(options)
    let closed: Promise<void> | undefined
    return { ...log, close: () => (closed ??= log.close().finally(lock.release)) }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function openInFolder(options: EmbeddedLogOptions & typeof defaults): Promise<EmbeddedLog> {
  const { dir, clock, logger, maxBytes, keepBytes, replayWindowMs } = options
  await moveLmdbLog(dir, logger)
  const mark = await openHandledMark(dir)
  const segments = await openSegments({
    dir,
    segmentBytes: Math.min(maxSegmentBytes, Math.min(maxBytes, keepBytes) * segmentShare),
    segmentMs: replayWindowMs * segmentShare,
    mark: mark.latest,
    clock,
    logger,
  })
  let unhandled = await segments.locate((mark.latest?.handled ?? 0) + 1)
  let isClosing = false
  let reading: Promise<void> | undefined
  let rewriting: Promise<number> | undefined
  let wakeReader = () => {}
  /** Why reading does not go on, as long as it does not. */
  let problem: string | undefined

  const space = createLogSpace({ dir, limits: options, clock, segments, unhandled: () => unhandled })
  await space.trimReplayWindow()

  const queue = createAppendQueue({
    write: writeGroup,
    target: 'the log file',
    maxGroupBytes,
    maxInFlightBytes: options.maxInFlightBytes,
    timeoutMs: options.appendTimeoutMs,
  })

  async function writeGroup(group: readonly LogRecord[]): Promise<void> {
    await space.makeRoomFor(group.reduce((sum, { lines }) => sum + lines.length, 0))
    await appendOrFull(group)
    wakeReader()
  }

  /** What others need of the disk is first taken from what is only kept for replay. */
  async function appendOrFull(group: readonly LogRecord[]): Promise<void> {
    try {
      await segments.append(group)
    } catch (error) {
      if (!isFull(error)) throw error
      if (!(await space.giveUpOldest()))
        throw logFull(`The disk of ${dir} is full; nothing was stored.`, error)
      await appendOrFull(group)
    }
  }

  /** A rewrite may have taken a segment's place: the same frame then stands elsewhere. */
  async function current(position: Position): Promise<Position> {
    return segments.all.includes(position.segment) ? position : segments.locate(position.sequence)
  }

  async function markHandled(next: Position): Promise<void> {
    unhandled = await current(next)
    try {
      await writeMark()
      await space.trimReplayWindow()
    } catch (error) {
      // In memory it is marked, and the next mark is higher; after a crash before that it comes again, harmlessly.
      logger.warn(
        { err: error, handled: next.sequence - 1 },
        'The disk did not take the mark of what is handled',
      )
    }
  }

  async function writeMark(): Promise<void> {
    const { segment, sequence, offset, records } = unhandled
    await mark.write({
      handled: sequence - 1,
      durable: segments.lastSequence(),
      segment: segment.first,
      offset,
      records,
    })
  }

  async function readUntil(
    handle: (batch: readonly ReadRecord[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let failures = 0
    while (!signal.aborted && !isClosing) {
      if (unhandled.sequence > segments.lastSequence()) {
        await untilWoken(signal)
        continue
      }
      try {
        const { frames, next } = await segments.read(unhandled, maxReadBytes)
        const batch = frames.filter(hasRows).map(toReadRecord)
        problem = undefined
        if (batch.length > 0) await handle(batch)
        failures = 0
        await markHandled(next)
      } catch (error) {
        failures += 1
        await pauseAfter(error, failures, signal)
      }
    }
  }

  /** A batch that was not handled comes again; so does reading a file that is damaged, which only people can mend. */
  async function pauseAfter(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    const waitMs = backOffMs(failures, retryAfterFailureMs)
    if (isDamage(error)) {
      problem = error.message
      logger.error({ err: error, waitMs }, 'The log cannot be read on')
    } else {
      logger.warn({ err: error, waitMs }, 'A batch was not handled; it comes again')
    }
    await pause(waitMs, signal)
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
    async read(handle, signal): Promise<void> {
      if (reading !== undefined) throw new Error('The embedded log has one reader at a time.')
      reading = readUntil(handle, signal)
      try {
        await reading
      } finally {
        reading = undefined
      }
    },
    async lag() {
      const { records, bytes } = space.unhandledOnes()
      if (records === 0) return { records: 0, bytes: 0, oldestMs: 0 }
      const appendedAt = await segments.appendedAt(unhandled)
      const oldestMs = appendedAt === undefined ? 0 : Math.max(0, clock() - appendedAt)
      return { records, bytes, oldestMs, ...(problem === undefined ? {} : { problem }) }
    },
    async noteEnd() {
      const end = segments.lastSequence()
      return () => Promise.resolve(unhandled.sequence > end)
    },
    async replay(handle, signal): Promise<void> {
      const last = segments.lastSequence()
      let position = await segments.locate(0)
      while (position.sequence <= last && signal?.aborted !== true) {
        const { frames, next } = await segments.read(position, maxReadBytes)
        const batch = frames.filter((frame) => frame.sequence <= last && hasRows(frame))
        if (batch.length > 0) await handle(batch.map(toReadRecord))
        if (frames.length === 0) return
        position = next
      }
    },
    async rewrite(keepLine): Promise<number> {
      while (rewriting !== undefined) await rewriting.catch(() => undefined)
      rewriting = rewriteSegments(segments, keepLine)
      try {
        return await rewriting
      } finally {
        rewriting = undefined
        unhandled = await current(unhandled)
      }
    },
    async close(): Promise<void> {
      isClosing = true
      await queue.close()
      wakeReader()
      await reading
      await rewriting?.catch(() => undefined)
      await writeMark()
      await segments.close()
      await mark.close()
    },
  }
}

const isDamage = (error: unknown): error is TouchlineError =>
  error instanceof TouchlineError && error.code === 'LOG_DAMAGED'

/** A rewrite leaves frames without rows, so that a missing one is seen. */
const hasRows = ({ lines }: Frame) => lines.length > 0

function toReadRecord({ table, lines, rows, sequence }: Frame): ReadRecord {
  return { table, lines, rows, position: `embedded/${String(sequence).padStart(9, '0')}` }
}
