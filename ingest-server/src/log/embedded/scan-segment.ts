/** Reading the frames of a segment, and judging where the whole ones end. */
import { fileSize, readRange, withFile } from './disk.js'
import { decodeFrame, isBlank, type Frame } from './frame.js'
import { noteFrame, type IndexEntry, type Segment } from './segment.js'

const chunkBytes = 4 * 1024 * 1024

export interface Chunk {
  frames: Frame[]
  /** Where these frames end in the file. */
  end: number
  /** No whole frame stands there, though the file should go on. */
  isBroken: boolean
}

/** Whole frames from `offset` on, up to about `maxBytes` and not beyond `limit`; at least one where there is one. */
export async function readFrames(
  fd: number,
  offset: number,
  { maxBytes, limit }: { maxBytes: number; limit: number },
): Promise<Chunk> {
  let length = Math.min(maxBytes, limit - offset)
  for (;;) {
    const bytes = await readRange(fd, offset, length)
    const { frames, end, rest } = framesOf(bytes)
    const chunk = { frames, end: offset + end }
    const isShort = bytes.length < length
    if (rest === undefined) return { ...chunk, isBroken: isShort }
    if (rest === 'broken' || isShort || offset + length >= limit) return { ...chunk, isBroken: true }
    if (frames.length > 0) return { ...chunk, isBroken: false }
    length = Math.min(rest.needs, limit - offset)
  }
}

function framesOf(bytes: Buffer): { frames: Frame[]; end: number; rest?: { needs: number } | 'broken' } {
  const frames: Frame[] = []
  let end = 0
  while (end < bytes.length) {
    const decoded = decodeFrame(bytes, end)
    if (decoded === 'broken' || 'needs' in decoded) return { frames, end, rest: decoded }
    frames.push(decoded)
    end += decoded.size
  }
  return { frames, end }
}

/** What is known of a segment before `position`, so that it need not be read. */
export interface KnownPart {
  position: IndexEntry
  firstAt: number
}

/**
 * Counts the frames of a file, from its beginning or from what is known of it, up to its end or the first place where no
 * whole frame stands; then `isWhole` is false. Sequences must follow without a gap.
 */
export async function scanSegment(
  empty: Segment,
  known?: KnownPart,
): Promise<{ segment: Segment; isWhole: boolean }> {
  const segment = known === undefined ? { ...empty, index: [] } : partOf(empty, known)
  return withFile(segment.path, 'r', async (fd) => {
    const limit = await fileSize(fd)
    while (segment.end < limit) {
      const { frames, isBroken } = await readFrames(fd, segment.end, { maxBytes: chunkBytes, limit })
      for (const frame of frames) {
        if (frame.sequence !== segment.last + 1) return { segment, isWhole: false }
        noteFrame(segment, frame)
      }
      if (isBroken) return { segment, isWhole: await isBlankFrom(fd, segment.end, limit) }
    }
    return { segment, isWhole: segment.end === limit }
  })
}

function partOf(empty: Segment, { position, firstAt }: KnownPart): Segment {
  return {
    ...empty,
    last: position.sequence - 1,
    end: position.offset,
    records: position.records,
    firstAt,
    lastAt: firstAt,
    index: [{ sequence: empty.first, offset: 0, records: 0 }, position],
  }
}

async function isBlankFrom(fd: number, offset: number, limit: number): Promise<boolean> {
  for (let at = offset; at < limit; at += chunkBytes)
    if (!isBlank(await readRange(fd, at, Math.min(chunkBytes, limit - at)))) return false
  return true
}

/**
 * Whether what stands after the whole frames of the last segment can be the end of a write that was cut off. It cannot
 * when it was on disk before (`durable`), or when a later write follows: each begins after the one before is on disk.
 */
export async function isTornTail(segment: Segment, durable: number): Promise<boolean> {
  const broken = segment.last + 1
  if (broken <= durable) return false
  return withFile(segment.path, 'r', async (fd) => {
    const rest = await readRange(fd, segment.end, (await fileSize(fd)) - segment.end)
    return !hasFrame(rest, (frame) => frame.group > broken)
  })
}

function hasFrame(bytes: Buffer, isMeant: (frame: Frame) => boolean): boolean {
  // Wherever it begins: the line feed before it may be what is broken. No row can look like a whole frame, for a header
  // ends its line with one brace after its checksum, and a row's object with two.
  const beginning = '{"frame":'
  for (let at = bytes.indexOf(beginning); at !== -1; at = bytes.indexOf(beginning, at + 1)) {
    const frame = decodeFrame(bytes, at)
    if (frame !== 'broken' && 'sequence' in frame && isMeant(frame)) return true
  }
  return false
}
