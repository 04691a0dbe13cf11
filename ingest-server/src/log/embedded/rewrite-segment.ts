/**
 * Segments without some of their lines. A segment that has such lines is copied without them, and the copy takes its
 * place; frames keep their sequences, if need be without rows. Appends go on: what stands in the file that is written
 * to is first closed off from what comes after.
 */
import { copyFile, rm, truncate } from 'node:fs/promises'
import { closeFile, openFile, syncFile, withFile, writeAll } from './disk.js'
import { encodeFrames, frameSize, headerText, type Frame } from './frame.js'
import { countProjects, linesOf } from '../join-records.js'
import type { LogTable } from '../log.js'
import { unfinishedSuffix } from './open-segments.js'
import { readFrames } from './scan-segment.js'
import { damaged, footerOf, noteFrame, type Segment } from './segment.js'
import type { Segments } from './segments.js'

export type KeepLine = (line: Buffer, table: LogTable) => boolean

const readAtOnceBytes = 4 * 1024 * 1024

/** Resolves with how many lines went: of all that was appended before the call, and most of what came during it. */
export async function rewriteSegments(segments: Segments, keepLine: KeepLine): Promise<number> {
  let removed = 0
  let rewrittenTo = 0
  // The first turn may take a while; the second does what was appended meanwhile.
  for (let turn = 0; turn < 2; turn += 1) {
    await segments.beginSegment()
    const finished = segments.all.filter((one) => !segments.isWrittenTo(one) && one.last > rewrittenTo)
    for (const segment of finished) removed += await rewriteSegment(segments, segment, keepLine)
    rewrittenTo = finished.at(-1)?.last ?? rewrittenTo
  }
  return removed
}

async function rewriteSegment(segments: Segments, segment: Segment, keepLine: KeepLine): Promise<number> {
  const copy = createCopy(segment)
  try {
    let removed = 0
    await withFile(segment.path, 'r', async (fd) => {
      for (let offset = 0; offset < segment.end;) {
        const bounds = { maxBytes: readAtOnceBytes, limit: segment.end }
        const { frames, end } = await readFrames(fd, offset, bounds)
        if (frames.length === 0) throw damaged(segment, offset, 'no whole frame stands there.')
        const judged = frames.map((frame) => withoutLines(frame, keepLine))
        const removedHere = judged.reduce((sum, { removedLines }) => sum + removedLines, 0)
        const kept = judged.map(({ frame }) => frame)
        await (removedHere + removed > 0 ? copy.write(kept) : copy.skip(kept))
        removed += removedHere
        offset = end
      }
    })
    if (removed > 0) await segments.replace(segment, await copy.finish())
    return removed
  } finally {
    await copy.discard()
  }
}

/** A file beside the segment's, made when the first frame differs. */
function createCopy(original: Segment) {
  const path = `${original.path}${unfinishedSuffix}`
  const segment: Segment = { ...original, last: original.first - 1, end: 0, records: 0, index: [] }
  let fd: number | undefined

  async function begin(): Promise<number> {
    await copyFile(original.path, path)
    await truncate(path, segment.end)
    return openFile(path, 'r+')
  }

  async function close(): Promise<void> {
    if (fd !== undefined) await closeFile(fd)
    fd = undefined
  }

  return {
    /** Of frames that are the same in the original. */
    async skip(frames: readonly Frame[]): Promise<void> {
      for (const frame of frames) noteFrame(segment, frame)
    },
    async write(frames: readonly Frame[]): Promise<void> {
      fd ??= await begin()
      const bytes = encodeFrames(frames)
      await writeAll(fd, bytes, segment.end)
      for (const frame of frames) noteFrame(segment, frame)
    },
    /** Resolves when all of it is on disk. */
    async finish(): Promise<{ path: string; segment: Segment }> {
      fd ??= await begin()
      await writeAll(fd, footerOf(segment), segment.end)
      await syncFile(fd)
      await close()
      return { path, segment }
    },
    async discard(): Promise<void> {
      await close()
      await rm(path, { force: true })
    },
  }
}

/** The same frame when nothing goes. */
function withoutLines(frame: Frame, keepLine: KeepLine): { frame: Frame; removedLines: number } {
  const lines = linesOf(frame.lines)
  const isKept = lines.map((line) => keepLine(line, frame.table))
  const gone = lines.filter((_, index) => !isKept[index])
  if (gone.length === 0) return { frame, removedLines: 0 }
  const kept = Buffer.concat(lines.filter((_, index) => isKept[index]))
  const rows = kept.length === 0 ? {} : rowsWithout(frame.rows, gone)
  const records = kept.length === 0 ? 0 : frame.records
  const size = frameSize(headerText({ ...frame, rows, records }, kept.length), kept.length)
  return { frame: { ...frame, rows, records, lines: kept, size }, removedLines: gone.length }
}

function rowsWithout(rows: Frame['rows'], gone: readonly Buffer[]): Record<string, number> {
  const left = { ...rows }
  const [only] = Object.keys(rows)
  const isOne = only !== undefined && Object.keys(rows).length === 1
  const perProject = isOne ? { [only]: gone.length } : countProjects(gone)
  for (const [project, count] of Object.entries(perProject))
    if (project in left) left[project] = Math.max(0, (left[project] ?? 0) - count)
  return left
}
