/**
 * What a folder holds when the log is opened: finished segments by their footers, the last one by reading it from where
 * it was handled. Nothing that was on disk is given up silently: only the end of a write that was cut off is.
 */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../logger.js'
import { readRange, syncFile, truncateFile, withFile } from './disk.js'
import type { Mark } from './handled-mark.js'
import { isTornTail, readFrames, scanSegment, type KnownPart } from './scan-segment.js'
import { damaged, emptySegment, readFooter, segmentsNamed, type Segment } from './segment.js'

interface Found {
  segments: Segment[]
  /** The last one ends with its footer: nothing more is written to it. */
  isLastFinished: boolean
}

/** How the names of unfinished rewrites end; what they were made from is still there. */
export const unfinishedSuffix = '.rewriting'

export async function findSegments(dir: string, mark: Mark | undefined, logger: Logger): Promise<Found> {
  const names = await readdir(dir)
  for (const name of names) if (name.endsWith(unfinishedSuffix)) await rm(join(dir, name), { force: true })
  const { segments: empty, setAside } = segmentsNamed(dir, names)
  const segments: Segment[] = []
  let isLastFinished = false
  for (const [at, segment] of empty.entries()) {
    // Opening a pipe would wait for a writer for ever, and reading a folder names no path.
    if (!(await stat(segment.path)).isFile()) throw damaged(segment, 0, 'it is no file.')
    const finished = await readFooter(segment)
    isLastFinished = finished !== undefined
    const next = empty[at + 1]
    const found =
      finished ??
      (next === undefined ? await recoverLast(segment, mark, logger) : await scanWhole(segment, next, logger))
    refuseGap({ before: segments.at(-1), next: found, handled: mark?.handled, setAside })
    segments.push(found)
  }
  refuseMissingEnd(dir, segments.at(-1), mark, setAside)
  return { segments, isLastFinished }
}

interface Gap {
  before: Segment | undefined
  next: Segment
  handled: number | undefined
  setAside: readonly number[]
}

/** Frames before the first segment, or between two, may be missing only where they were handled or set aside. */
function refuseGap({ before, next, handled, setAside }: Gap): void {
  const expected = (before?.last ?? handled ?? next.first - 1) + 1
  if (next.first <= expected || next.first - 1 <= (handled ?? 0)) return
  if (setAside.some((first) => first > (before?.last ?? 0) && first < next.first)) return
  throw damaged(next, 0, `it begins with frame ${next.first}, but ${missing(expected, next.first)}.`)
}

function refuseMissingEnd(
  dir: string,
  last: Segment | undefined,
  mark: Mark | undefined,
  setAside: readonly number[],
) {
  const end = last?.last ?? mark?.handled ?? 0
  const durable = mark?.durable ?? 0
  if (end >= durable || setAside.some((first) => first > end)) return
  const segment = last ?? emptySegment(dir, end + 1)
  throw damaged(segment, segment.end, `the log ends there, but ${missing(end + 1, durable + 1)}.`)
}

const missing = (from: number, to: number) =>
  to - from === 1 ? `frame ${from} is missing` : `frames ${from} to ${to - 1} are missing`

/** One that others follow, without a footer: the process ended before it was written, or it is damaged. */
async function scanWhole(empty: Segment, next: Segment, logger: Logger): Promise<Segment> {
  const { segment, isWhole } = await scanSegment(empty)
  if (!isWhole && segment.last + 1 !== next.first)
    throw damaged(segment, segment.end, `frame ${segment.last + 1} does not stand there whole.`)
  if (!isWhole)
    logger.warn({ path: segment.path }, 'The footer of a segment is damaged; its frames are whole')
  return segment
}

async function recoverLast(empty: Segment, mark: Mark | undefined, logger: Logger): Promise<Segment> {
  const known = await knownPart(empty, mark)
  const { segment, isWhole } = await scanSegment(empty, known)
  const durable = mark?.durable ?? 0
  if (isWhole) return segment
  if (!(await isTornTail(segment, durable)))
    throw damaged(segment, segment.end, `frame ${segment.last + 1} does not stand there whole.`)
  await withFile(segment.path, 'r+', async (fd) => {
    await truncateFile(fd, segment.end)
    await syncFile(fd)
  })
  logger.warn(
    { path: segment.path, offset: segment.end },
    'The last write to the log was cut off; what of it stood there, never acknowledged, is gone',
  )
  return segment
}

/** What the mark says of the segment, where the frame after it, or the end, stands where it says. */
async function knownPart(empty: Segment, mark: Mark | undefined): Promise<KnownPart | undefined> {
  if (mark === undefined || mark.segment !== empty.first || mark.offset === 0) return undefined
  return withFile(empty.path, 'r', async (fd) => {
    const [first] = (await readFrames(fd, 0, { maxBytes: 4_096, limit: mark.offset })).frames
    if (first === undefined) return undefined
    const position = { sequence: mark.handled + 1, offset: mark.offset, records: mark.records }
    const before = await readRange(fd, mark.offset - 1, 1)
    return before[0] === 0x0a ? { position, firstAt: first.appendedAt } : undefined
  })
}
