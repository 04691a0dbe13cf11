/** The segments of one folder as one sequence of frames: appended at the end, read from anywhere, removed from the front. */
import { renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import { closeFile, hasCode, openFile, readRange, syncFolder, withFile } from './disk.js'
import type { Frame } from './frame.js'
import { createGroupEncoder } from './frame-group.js'
import type { Mark } from './handled-mark.js'
import type { LogRecord } from './log.js'
import { findSegments } from './open-segments.js'
import { readFrames } from './scan-segment.js'
import { damaged, emptySegment, nearestBefore, type Position, type Segment } from './segment.js'
import { createSegmentFile, openSegmentWriter } from './segment-writer.js'

export interface SegmentsOptions {
  dir: string
  /** A new segment begins before one would be larger than this, or hold frames that are further apart. */
  segmentBytes: number
  segmentMs: number
  mark: Mark | undefined
  clock: Clock
  logger: Logger
}

const locateBytes = 1024 * 1024
/** Holds the time of any header. */
const headerBytes = 128

export type Segments = Awaited<ReturnType<typeof openSegments>>

export async function openSegments({ dir, segmentBytes, segmentMs, mark, clock, logger }: SegmentsOptions) {
  const { segments, isLastFinished } = await findSegments(dir, mark, logger)
  let last = segments.at(-1)
  if (last === undefined || isLastFinished) {
    last = emptySegment(dir, Math.max(last?.last ?? 0, mark?.durable ?? 0) + 1)
    await createSegmentFile(dir, last)
    segments.push(last)
  }
  let writer = await openSegmentWriter(last, segmentBytes)
  const encode = createGroupEncoder()
  /** Writing and beginning a new segment, one at a time. */
  let turn: Promise<unknown> = Promise.resolve()

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const acted = turn.then(act)
    turn = acted.catch(() => undefined)
    return acted
  }

  async function beginSegment(): Promise<void> {
    const full = writer
    if (full.segment.end === 0) return
    await full.settle()
    const next = emptySegment(dir, full.segment.last + 1)
    await createSegmentFile(dir, next)
    writer = await openSegmentWriter(next, segmentBytes)
    segments.push(next)
    // A footer spares reading the segment at the next opening, no more: a full disk may do without.
    await full.finish().catch((error: unknown) => {
      logger.warn({ err: error, path: full.segment.path }, 'A segment of the log was left without its footer')
    })
  }

  async function appendGroup(group: readonly LogRecord[]): Promise<void> {
    const appendedAt = clock()
    const { segment } = writer
    const { bytes, frames } = encode(group, { sequence: segment.last + 1, appendedAt })
    const isFull = segment.end + bytes.length > segmentBytes || appendedAt - segment.firstAt > segmentMs
    if (isFull && segment.end > 0) await beginSegment()
    await writer.write(bytes, frames)
  }

  /** The first frame from `sequence` on, or where the next one will stand. */
  async function locate(sequence: number): Promise<Position> {
    const segment = segments.find((one) => one.last >= sequence)
    if (segment === undefined) {
      const { segment: end } = writer
      return { segment: end, sequence: end.last + 1, offset: end.end, records: end.records }
    }
    let position: Position = { segment, ...nearestBefore(segment, sequence) }
    while (position.sequence < sequence) {
      const { frames } = await readChunk(position, locateBytes)
      if (!segments.includes(segment)) return locate(sequence)
      for (const { sequence: found, size, records } of frames) {
        if (found >= sequence) break
        const offset = position.offset + size
        position = { segment, sequence: found + 1, offset, records: position.records + records }
      }
    }
    return position
  }

  /** Frames of one segment. Rejects with LOG_DAMAGED where the next one does not stand as it was written. */
  async function readChunk(
    position: Position,
    maxBytes: number,
  ): Promise<{ frames: Frame[]; next: Position }> {
    const { segment, offset } = position
    const fd = await openFile(segment.path, 'r')
    try {
      // Its file may have been rewritten or removed while it was being opened: offsets are those of the old one.
      if (!segments.includes(segment)) return { frames: [], next: position }
      const { frames, end } = await readFrames(fd, offset, { maxBytes, limit: segment.end })
      const isNext = frames.every(({ sequence }, index) => sequence === position.sequence + index)
      if (frames.length === 0 || !isNext)
        throw damaged(segment, offset, `frame ${position.sequence} does not stand there whole.`)
      const records = frames.reduce((sum, frame) => sum + frame.records, position.records)
      return { frames, next: { segment, sequence: position.sequence + frames.length, offset: end, records } }
    } finally {
      await closeFile(fd)
    }
  }

  return {
    all: segments as readonly Segment[],
    lastSequence: () => writer.segment.last,
    isWrittenTo: (segment: Segment) => segment === writer.segment,
    /** Resolves when the records are on disk, in frames that follow one another. */
    append: (group: readonly LogRecord[]) => inTurn(() => appendGroup(group)),
    /** What was appended until now no longer shares a file with what is appended from now on. */
    beginSegment: () => inTurn(beginSegment),
    locate,
    /** Frames from `from` on, of up to `maxBytes`, none at the end; and where to go on. */
    async read(from: Position, maxBytes: number): Promise<{ frames: Frame[]; next: Position }> {
      let position = from
      for (;;) {
        if (position.sequence > writer.segment.last) return { frames: [], next: position }
        if (!segments.includes(position.segment)) position = await locate(position.sequence)
        if (position.offset >= position.segment.end) {
          const following = segments[segments.indexOf(position.segment) + 1]
          if (following === undefined) return { frames: [], next: position }
          position = { segment: following, sequence: following.first, offset: 0, records: 0 }
        }
        const { segment } = position
        try {
          const chunk = await readChunk(position, maxBytes)
          if (chunk.frames.length > 0) return chunk
        } catch (error) {
          if (segments.includes(segment))
            throw hasCode(error, 'ENOENT') ? damaged(segment, 0, 'it is gone.') : error
        }
      }
    },
    /** When the frame at `position` was appended: what lag is measured from. */
    async appendedAt({ segment, offset }: Position): Promise<number | undefined> {
      const beginning = await withFile(segment.path, 'r', (fd) => readRange(fd, offset, headerBytes))
      const at = /^\{"frame":\d+,"group":\d+,"at":(\d+),/.exec(beginning.toString('latin1'))?.[1]
      return at === undefined ? undefined : Number(at)
    },
    /** The oldest one goes. */
    async removeFirst(): Promise<void> {
      const segment = segments.shift()
      if (segment !== undefined) await rm(segment.path, { force: true })
    },
    /** Puts a file in the place of a finished segment's; false when that is gone by now. */
    async replace(segment: Segment, by: { path: string; segment: Segment }): Promise<boolean> {
      const at = segments.indexOf(segment)
      if (at === -1) return false
      renameSync(by.path, segment.path)
      segments[at] = by.segment
      await syncFolder(dir)
      return true
    },
    close: () => inTurn(() => writer.close()),
  }
}
