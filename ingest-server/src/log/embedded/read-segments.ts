/** Reading frames from a list of segments that grows at its end, loses its first ones, and has some of them replaced. */
import { closeFile, hasCode, openFile, readRange, withFile } from './disk.js'
import type { Frame } from './frame.js'
import { readFrames } from './scan-segment.js'
import { damaged, nearestBefore, type Position, type Segment } from './segment.js'

export interface FramesRead {
  frames: Frame[]
  /** Where to go on. */
  next: Position
}

const locateBytes = 1024 * 1024
/** Holds the time of any header. */
const headerBytes = 128

export function createSegmentReader(segments: readonly Segment[]) {
  /** The first frame from `sequence` on, or where the next one will stand. */
  async function locate(sequence: number): Promise<Position> {
    const segment = segments.find((one) => one.last >= sequence)
    if (segment === undefined) return endOf(segments)
    let position: Position = { segment, ...nearestBefore(segment, sequence) }
    while (position.sequence < sequence) {
      const { frames } = await readChunk(position, locateBytes)
      if (!segments.includes(segment)) return locate(sequence)
      for (const frame of frames) {
        if (frame.sequence >= sequence) break
        position = after(position, [frame], position.offset + frame.size)
      }
    }
    return position
  }

  /** Frames of one segment. Rejects with LOG_DAMAGED where the next one does not stand as it was written. */
  async function readChunk(position: Position, maxBytes: number): Promise<FramesRead> {
    const { segment, offset } = position
    const fd = await openFile(segment.path, 'r')
    try {
      // Its file may have been rewritten or removed while it was being opened: offsets are those of the old one.
      if (!segments.includes(segment)) return { frames: [], next: position }
      const { frames, end } = await readFrames(fd, offset, { maxBytes, limit: segment.end })
      const isNext = frames.every(({ sequence }, index) => sequence === position.sequence + index)
      if (frames.length === 0 || !isNext)
        throw damaged(segment, offset, `frame ${position.sequence} does not stand there whole.`)
      return { frames, next: after(position, frames, end) }
    } finally {
      await closeFile(fd)
    }
  }

  return {
    locate,
    /** Frames from `from` on, of up to `maxBytes`, none at the end. */
    async read(from: Position, maxBytes: number): Promise<FramesRead> {
      let position = from
      for (;;) {
        if (position.sequence >= endOf(segments).sequence) return { frames: [], next: position }
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
  }
}

function endOf(segments: readonly Segment[]): Position {
  const last = segments.at(-1)
  if (last === undefined) throw new Error('A log has one segment at least.')
  return { segment: last, sequence: last.last + 1, offset: last.end, records: last.records }
}

function after(position: Position, frames: readonly Frame[], offset: number): Position {
  const records = frames.reduce((sum, frame) => sum + frame.records, position.records)
  return { segment: position.segment, sequence: position.sequence + frames.length, offset, records }
}
