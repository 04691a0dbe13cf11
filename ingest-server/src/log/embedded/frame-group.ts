/** Records that go to disk together, as frames in one buffer that is used again and again. */
import { frameSize, headerText, writeFrame, type FrameHeader } from './frame.js'
import type { LogRecord, LogTable } from '../log.js'
import type { FrameSummary } from './segment.js'

/** Records of one table that become one frame. */
interface Planned {
  table: LogTable
  records: number
  rows: Record<string, number>
  lines: Buffer[]
  bytes: number
}

/** What a reader takes apart or sends on as one; a single larger record stays whole. */
const maxFrameBytes = 1024 * 1024
/** Larger groups are of one huge record, and rare: their buffer is not kept. */
const keptBufferBytes = 8 * 1024 * 1024

function planFrames(group: readonly LogRecord[]): Planned[] {
  const planned: Planned[] = []
  const open = new Map<LogTable, Planned>()
  for (const { table, lines, rows } of group) {
    let frame = open.get(table)
    if (frame === undefined || frame.bytes + lines.length > maxFrameBytes) {
      frame = { table, records: 0, rows: {}, lines: [], bytes: 0 }
      open.set(table, frame)
      planned.push(frame)
    }
    frame.records += 1
    frame.lines.push(lines)
    frame.bytes += lines.length
    for (const project in rows) frame.rows[project] = (frame.rows[project] ?? 0) + (rows[project] ?? 0)
  }
  return planned
}

export interface EncodedGroup {
  /** Valid until the next call. */
  bytes: Buffer
  frames: FrameSummary[]
}

export function createGroupEncoder() {
  let kept = Buffer.allocUnsafeSlow(256 * 1024)

  function roomFor(bytes: number): Buffer {
    if (bytes <= kept.length) return kept
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(2 * kept.length, keptBufferBytes)))
    if (larger.length <= keptBufferBytes) kept = larger
    return larger
  }

  /** Copies the lines: they may change once it returns. */
  return (group: readonly LogRecord[], first: { sequence: number; appendedAt: number }): EncodedGroup => {
    const { sequence, appendedAt } = first
    const planned = planFrames(group).map((frame, index) => {
      const header: FrameHeader = { ...frame, sequence: sequence + index, group: sequence, appendedAt }
      const text = headerText(header, frame.bytes)
      return { ...header, text, lines: frame.lines, size: frameSize(text, frame.bytes) }
    })
    const buffer = roomFor(planned.reduce((sum, { size }) => sum + size, 0))
    let end = 0
    for (const { text, lines } of planned) end = writeFrame(buffer, end, text, lines)
    return { bytes: buffer.subarray(0, end), frames: planned }
  }
}
