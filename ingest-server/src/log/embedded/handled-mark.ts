/**
 * How far the log is handled, in the file `handled`: two places of one line each, written in turn, so that one is whole
 * whatever happens while the other is written. Its room is made with the file: a full disk does not stop it.
 *
 *     {"write":N,"handled":SEQUENCE,"durable":SEQUENCE,"segment":FIRST,"offset":BYTES,"records":N,"crc":"HEX"}
 *
 * The frame after `handled` stands at `offset` of the segment, which holds `records` before it. `durable` was on disk
 * when this was written: what is not whole up to there is damage, not the end of a write that was cut off.
 * A mark that is lost costs a second delivery of what is kept, which changes nothing.
 */
import { constants, fstatSync } from 'node:fs'
import { join } from 'node:path'
import { closeFile, openFile, readRange, syncFile, syncFolder, writeAll } from './disk.js'
import { checkedLine, parseCheckedLine } from './frame.js'
import { mustBeFile } from './must-be-file.js'

export interface Mark {
  handled: number
  durable: number
  segment: number
  offset: number
  records: number
}

/** Apart by a page, so that no one write of the disk touches both. */
const slotBytes = 4_096
const lineFeed = 0x0a

export async function openHandledMark(dir: string) {
  const path = join(dir, 'handled')
  const fd = await openFile(path, constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC)
  mustBeFile(path, fstatSync(fd))
  const bytes = await readRange(fd, 0, 2 * slotBytes)
  const slots = [slotOf(bytes.subarray(0, slotBytes)), slotOf(bytes.subarray(slotBytes))]
  const latest = slots.reduce(
    (one, other) => ((other?.write ?? 0) > (one?.write ?? 0) ? other : one),
    undefined,
  )
  if (bytes.length < 2 * slotBytes) {
    await writeAll(fd, Buffer.alloc(2 * slotBytes - bytes.length, lineFeed), bytes.length)
    await syncFile(fd)
    await syncFolder(dir)
  }
  let writes = latest?.write ?? 0

  return {
    /** As the file was opened; undefined where it says nothing. */
    latest: latest as Mark | undefined,
    /** Resolves when it is on disk. One call at a time. */
    async write({ handled, durable, segment, offset, records }: Mark): Promise<void> {
      writes += 1
      const line = checkedLine(
        `{"write":${writes},"handled":${handled},"durable":${durable},"segment":${segment},"offset":${offset},"records":${records}`,
      )
      await writeAll(fd, Buffer.from(line), (writes % 2) * slotBytes)
    },
    close: () => closeFile(fd),
  }
}

function slotOf(bytes: Buffer): (Mark & { write: number }) | undefined {
  const end = bytes.indexOf(lineFeed)
  return end === -1 ? undefined : (parseCheckedLine(bytes.subarray(0, end + 1)) as Mark & { write: number })
}
