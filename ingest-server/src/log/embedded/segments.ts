/** The segments of one folder as one sequence of frames: appended at the end, read from anywhere, removed from the front. */
import { renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Clock } from '../../clock.js'
import type { Logger } from '../../logger.js'
import { syncFolder } from './disk.js'
import { createGroupEncoder } from './frame-group.js'
import type { Mark } from './handled-mark.js'
import type { LogRecord } from '../log.js'
import { findSegments } from './open-segments.js'
import { createSegmentReader } from './read-segments.js'
import { emptySegment, type Segment } from './segment.js'
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

  return {
    all: segments as readonly Segment[],
    lastSequence: () => writer.segment.last,
    isWrittenTo: (segment: Segment) => segment === writer.segment,
    /** Resolves when the records are on disk, in frames that follow one another. */
    append: (group: readonly LogRecord[]) => inTurn(() => appendGroup(group)),
    /** What was appended until now no longer shares a file with what is appended from now on. */
    beginSegment: () => inTurn(beginSegment),
    ...createSegmentReader(segments),
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
