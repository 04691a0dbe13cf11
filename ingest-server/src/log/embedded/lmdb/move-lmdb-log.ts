/**
 * Moves the log of a version that kept it in LMDB (`log.mdb`) into segments, once, when its folder is first opened.
 *
 * They are made in a folder of their own, `from-lmdb`. Moving `log.mdb` into it is the one step that says that they are
 * whole; all before it is begun anew after a crash, and all after it can be repeated. So the old file is there until its
 * rows stand elsewhere. Where an earlier version was started again in between, its entries come after the segments
 * that are there, and once more to the store: that changes nothing.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../../logger.js'
import { syncFolder } from '../disk.js'
import { encodeFrames, frameSize, headerText, type Frame } from '../frame.js'
import { openHandledMark } from '../handled-mark.js'
import { findSegments } from '../open-segments.js'
import { emptySegment } from '../segment.js'
import { createSegmentFile, openSegmentWriter, type SegmentWriter } from '../segment-writer.js'
import { readLmdbLog, type LmdbEntry } from './read-lmdb-log.js'

const segmentBytes = 64 * 1024 * 1024
const writtenAtOnceBytes = 4 * 1024 * 1024

export async function moveLmdbLog(dir: string, logger: Logger): Promise<void> {
  const old = join(dir, 'log.mdb')
  const made = join(dir, 'from-lmdb')
  const moved = join(made, 'log.mdb')
  if (existsSync(old) && !existsSync(moved)) {
    await rm(made, { recursive: true, force: true })
    await mkdir(made)
    const entries = await makeSegments(old, made, await lastSequenceIn(dir, logger))
    await syncFolder(made)
    await rename(old, moved)
    await syncFolder(dir)
    await syncFolder(made)
    logger.info({ entries }, 'The log of an earlier version was moved into segments')
  }
  if (existsSync(moved)) await takeOver(made, dir)
}

/** 0 in a folder without segments. */
async function lastSequenceIn(dir: string, logger: Logger): Promise<number> {
  const mark = await openHandledMark(dir)
  await mark.close()
  const { segments } = await findSegments(dir, mark.latest, logger)
  return Math.max(segments.at(-1)?.last ?? 0, mark.latest?.durable ?? 0)
}

/** Resolves with how many entries there were. Sequences stay what they were, unless others came before. */
async function makeSegments(old: string, made: string, after: number): Promise<number> {
  let writer: SegmentWriter | undefined
  let waiting: Frame[] = []
  let waitingBytes = 0
  let sequence: number | undefined
  let count = 0

  async function flush(): Promise<void> {
    const [first] = waiting
    if (first === undefined) return
    if (writer !== undefined && writer.segment.end >= segmentBytes) {
      await writer.finish()
      writer = undefined
    }
    writer ??= await beginSegment(made, first.sequence)
    await writer.write(encodeFrames(waiting), waiting)
    waiting = []
    waitingBytes = 0
  }

  const { handled } = await readLmdbLog(old, async (entry) => {
    count += 1
    sequence ??= entry.sequence - 1
    // Entries of which nothing was left by an erasure are missing there; here each sequence has its frame.
    for (; sequence < entry.sequence; sequence += 1)
      waiting.push(frameOf(sequence + 1 === entry.sequence ? entry : withoutRows(sequence + 1, entry), after))
    waitingBytes += entry.lines.length
    if (waitingBytes >= writtenAtOnceBytes) await flush()
  })
  await flush()
  await writer?.finish()
  if (after === 0) await writeMark(made, handled, Math.max(handled, sequence ?? 0))
  return count
}

async function beginSegment(dir: string, first: number): Promise<SegmentWriter> {
  const segment = emptySegment(dir, first)
  await createSegmentFile(dir, segment)
  return openSegmentWriter(segment, segmentBytes)
}

const withoutRows = (sequence: number, { appendedAt }: LmdbEntry): LmdbEntry => ({
  sequence,
  appendedAt,
  records: 0,
  table: 'events',
  rows: {},
  lines: Buffer.alloc(0),
})

function frameOf(entry: LmdbEntry, after: number): Frame {
  const sequence = entry.sequence + after
  const header = { ...entry, sequence, group: sequence }
  return { ...header, size: frameSize(headerText(header, entry.lines.length), entry.lines.length) }
}

async function writeMark(dir: string, handled: number, durable: number): Promise<void> {
  const mark = await openHandledMark(dir)
  // Of no segment: where the next frame stands is looked up.
  await mark.write({ handled, durable, segment: 0, offset: 0, records: 0 })
  await mark.close()
}

async function takeOver(made: string, dir: string): Promise<void> {
  for (const name of await readdir(made))
    if (!name.startsWith('log.mdb')) await rename(join(made, name), join(dir, name))
  await syncFolder(dir)
  for (const name of await readdir(dir)) if (/^log\.(rewritten\.)?mdb/.test(name)) await rm(join(dir, name))
  await rm(made, { recursive: true })
  await syncFolder(dir)
}
