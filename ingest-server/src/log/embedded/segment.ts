/**
 * One file of the embedded log, named for its first sequence.
 *
 *     segment-000000000001.jsonl = { frame } ( footer | { LF } )
 *     footer = {"segment":FIRST,"last":SEQUENCE,"end":BYTES,"records":N,"firstAt":MS,"lastAt":MS,"index":[…],"crc":"HEX"} LF
 *
 * A finished segment ends with a footer, so that opening the log reads that instead of the segment. The last one is
 * still written to: after its frames may stand line feeds, which is room made beforehand (segment-writer.ts).
 */
import { join } from 'node:path'
import { TouchlineError } from '../../errors.js'
import { fileSize, readRange, withFile } from './disk.js'
import { checkedLine, parseCheckedLine, type Frame } from './frame.js'

/** Frame `sequence` stands at `offset`; the segment holds `records` before it. */
export interface IndexEntry {
  sequence: number
  offset: number
  records: number
}

export interface Segment {
  readonly path: string
  readonly first: number
  /** One less than `first` while it is empty. */
  last: number
  /** Where its frames end. */
  end: number
  records: number
  /** Times of its first and its last frame. */
  firstAt: number
  lastAt: number
  /** A frame in each mebibyte. */
  index: IndexEntry[]
}

/** Where reading goes on: frame `sequence`, which stands at `offset` of a segment. */
export interface Position extends IndexEntry {
  segment: Segment
}

const indexEveryBytes = 1024 * 1024
/** A footer has some thirty bytes for each mebibyte of its segment. */
const maxFooterBytes = 64 * 1024
const lineFeed = 0x0a

export function emptySegment(dir: string, first: number): Segment {
  const path = join(dir, `segment-${String(first).padStart(12, '0')}.jsonl`)
  return { path, first, last: first - 1, end: 0, records: 0, firstAt: 0, lastAt: 0, index: [] }
}

export interface Named {
  /** Oldest first, as if they were empty. */
  segments: Segment[]
  /** First sequences of segments that somebody set aside, by a name that ends with `.damaged`: their loss is accepted. */
  setAside: number[]
}

export function segmentsNamed(dir: string, names: readonly string[]): Named {
  const firstSequences = (pattern: RegExp) =>
    names
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((one, other) => one - other)
  return {
    segments: firstSequences(/^segment-(\d+)\.jsonl$/).map((first) => emptySegment(dir, first)),
    setAside: firstSequences(/^segment-(\d+)\.jsonl\.damaged$/),
  }
}

export type FrameSummary = Pick<Frame, 'sequence' | 'appendedAt' | 'records' | 'size'>

/** Counts a frame that stands at the end of what the segment held. */
export function noteFrame(segment: Segment, { sequence, appendedAt, records, size }: FrameSummary): void {
  const indexed = segment.index.at(-1)
  if (indexed === undefined || segment.end - indexed.offset >= indexEveryBytes)
    segment.index.push({ sequence, offset: segment.end, records: segment.records })
  if (segment.last < segment.first) segment.firstAt = appendedAt
  segment.lastAt = appendedAt
  segment.last = sequence
  segment.end += size
  segment.records += records
}

export function footerOf({ first, last, end, records, firstAt, lastAt, index }: Segment): Buffer {
  const entries = index.map(({ sequence, offset, records: before }) => [sequence, offset, before])
  return Buffer.from(
    checkedLine(
      `{"segment":${first},"last":${last},"end":${end},"records":${records},"firstAt":${firstAt},"lastAt":${lastAt},"index":${JSON.stringify(entries)}`,
    ),
  )
}

interface FooterLine extends Omit<Segment, 'index' | 'path' | 'first'> {
  segment: number
  index: [sequence: number, offset: number, records: number][]
}

/** The segment as its footer says, or undefined where no whole one ends the file. */
export async function readFooter(segment: Segment): Promise<Segment | undefined> {
  return withFile(segment.path, 'r', async (fd) => {
    const size = await fileSize(fd)
    const tailStart = Math.max(0, size - maxFooterBytes)
    const tail = await readRange(fd, tailStart, size - tailStart)
    const lineStart = tail.lastIndexOf(lineFeed, tail.length - 2) + 1
    const footer = parseCheckedLine(tail.subarray(lineStart)) as FooterLine | undefined
    if (footer?.segment !== segment.first || footer.end !== tailStart + lineStart) return undefined
    const { last, end, records, firstAt, lastAt } = footer
    const index = footer.index.map(([sequence, offset, before]) => ({ sequence, offset, records: before }))
    return { ...segment, last, end, records, firstAt, lastAt, index }
  })
}

export function damaged(segment: Segment, offset: number, why: string): TouchlineError {
  return new TouchlineError(
    'LOG_DAMAGED',
    `${segment.path} is damaged at byte ${offset}: ${why} docs/operating.md says what to do.`,
  )
}

/** The entry of the index from which `sequence` is found soonest. */
export function nearestBefore(segment: Segment, sequence: number): IndexEntry {
  const beginning = { sequence: segment.first, offset: 0, records: 0 }
  return segment.index.findLast((entry) => entry.sequence <= sequence) ?? beginning
}
