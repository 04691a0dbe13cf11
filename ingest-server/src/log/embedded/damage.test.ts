/**
 * What a crash, a broken disk or another program can do to the files of the embedded log: nothing that was acknowledged is
 * lost silently, and nothing is delivered that was not appended. "Crashed" is a copy of the folder while the log is open.
 */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { linesOf, numbered, numbersOf, readUntil, startReading } from '../../../test/log-contract.js'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { openEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from './embedded-log.js'
import type { EventLog, ReadRecord } from '../log.js'

const patient = { timeout: 25_000, interval: 10 }
const lineFeed = 0x0a

// Thousands of logs are opened: in memory where that can be had, for a real fsync each would take minutes.
let root: string
let opened: EmbeddedLog[]

beforeEach(() => {
  root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'touchline-damage-'))
  opened = []
})
afterEach(async () => {
  for (const log of opened) await log.close()
  rmSync(root, { recursive: true, force: true })
})

async function open(dir: string, more: Partial<EmbeddedLogOptions> = {}): Promise<EmbeddedLog> {
  const log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger, ...more })
  opened.push(log)
  return log
}

/** Small segments: a new one after each KiB. */
const small = { maxBytes: 16 * 1024 * 1024, keepBytes: 8 * 1024 }

let copies = 0
function copyOf(dir: string): string {
  const copy = join(root, `copy-${(copies += 1)}`)
  cpSync(dir, copy, { recursive: true })
  return copy
}

const segmentsOf = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
const lastSegment = (dir: string) => join(dir, segmentsOf(dir).at(-1) ?? '')

/** Without the room made beforehand. */
function framesIn(path: string): Buffer {
  const bytes = readFileSync(path)
  let end = bytes.length
  while (end > 1 && bytes[end - 2] === lineFeed) end -= 1
  return bytes.subarray(0, end)
}

async function appended(
  dir: string,
  count: number,
  more: Partial<EmbeddedLogOptions> = {},
): Promise<EmbeddedLog> {
  const log = await open(dir, more)
  for (let n = 1; n <= count; n += 1) await log.append([numbered(n)])
  return log
}

async function replayed(log: EventLog): Promise<number[]> {
  const found: ReadRecord[] = []
  await log.replay(async (batch) => void found.push(...batch))
  return numbersOf(found)
}

describe('a write that a crash cut off', () => {
  const remains = {
    'the file ends there': (bytes: Buffer) => bytes,
    'the room made beforehand follows': (bytes: Buffer, missing: number) =>
      Buffer.concat([bytes, Buffer.alloc(missing + 100, lineFeed)]),
    'zeros follow, as a power failure leaves them': (bytes: Buffer, missing: number) =>
      Buffer.concat([bytes, Buffer.alloc(missing)]),
    'what an earlier write left follows': (bytes: Buffer, missing: number) =>
      Buffer.concat([bytes, Buffer.alloc(missing, 'x')]),
  }

  test.each(Object.entries(remains))(
    'at every byte of the last frame, and %s: the frames before it are there, and appending goes on',
    async (_, remainsOf) => {
      const original = join(root, 'original')
      await appended(original, 2, small)
      const start = framesIn(lastSegment(original)).length
      await opened[0]?.append([numbered(3)])
      const crashed = copyOf(original)
      const whole = framesIn(lastSegment(crashed))
      // Without its last line feed a frame is not whole; followed by others it is.
      const end = remainsOf(Buffer.alloc(0), 1).includes(lineFeed) ? whole.length - 1 : whole.length
      for (let cut = start; cut < end; cut += 1) {
        writeFileSync(lastSegment(crashed), remainsOf(whole.subarray(0, cut), whole.length - cut))
        const log = await open(crashed, small)
        await log.append([numbered(4)])
        expect(await replayed(log), `cut at ${cut}`).toEqual([1, 2, 4])
        await log.close()
        const again = await open(crashed, small)
        expect(await replayed(again), `cut at ${cut}, opened again`).toEqual([1, 2, 4])
        await again.close()
        rmSync(crashed, { recursive: true })
        cpSync(original, crashed, { recursive: true })
      }
    },
    120_000,
  )

  test('of which later frames are whole and the first is not is cut as a whole', async () => {
    const original = join(root, 'original')
    const log = await appended(original, 1)
    const start = framesIn(lastSegment(original)).length
    // One call, one write: a frame a table.
    const [event] = [numbered(2)]
    await log.append([event, { ...numbered(3), table: 'rejected_events' }])
    const crashed = copyOf(original)
    const bytes = framesIn(lastSegment(crashed))
    bytes.fill(0, start, start + 60)
    writeFileSync(lastSegment(crashed), bytes)
    expect(await replayed(await open(crashed))).toEqual([1])
  })
})

describe('a bit that flips', () => {
  /** Either somebody is told which file and where, or everything is there; never a wrong row. */
  async function expectSaidOrWhole(dir: string, file: string, wanted: readonly number[], what: string) {
    const said = new RegExp(`${file.replaceAll('.', '\\.')} is damaged at byte \\d+`)
    let log: EmbeddedLog | undefined
    try {
      log = await open(dir, small)
      expect(await replayed(log), what).toEqual(wanted)
    } catch (error) {
      expect(error, what).toMatchObject({ code: 'LOG_DAMAGED' })
      expect((error as Error).message, what).toMatch(said)
    } finally {
      await log?.close()
    }
  }

  test('at any byte of a finished segment or of the last one of a log that was closed is said, or changes nothing', async () => {
    const original = join(root, 'original')
    const log = await appended(original, 12, small)
    await log.close()
    const names = segmentsOf(original)
    expect(names.length).toBe(2)
    const wanted = Array.from({ length: 12 }, (_, n) => n + 1)
    for (const name of names) {
      const bytes = readFileSync(join(original, name))
      for (let at = 0; at < bytes.length; at += 1) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
        const copy = copyOf(original)
        writeFileSync(join(copy, name), flipped)
        await expectSaidOrWhole(copy, name, wanted, `${name}, byte ${at}`)
        rmSync(copy, { recursive: true })
      }
    }
  }, 300_000)

  test('in a frame that others follow is never taken for the end of a write that was cut off', async () => {
    const original = join(root, 'original')
    await appended(original, 3)
    const crashed = copyOf(original)
    const name = segmentsOf(crashed)[0] ?? ''
    const bytes = framesIn(join(crashed, name))
    const third = bytes.lastIndexOf('\n{"frame":') + 1
    for (let at = 0; at < third; at += 1) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
      writeFileSync(join(crashed, name), flipped)
      await expect(open(crashed), `byte ${at}`).rejects.toMatchObject({
        code: 'LOG_DAMAGED',
        message: expect.stringMatching(`${name} is damaged at byte (0|\\d+)`) as string,
      })
    }
  }, 60_000)

  test('in the mark of what is handled costs a second delivery at most', async () => {
    const original = join(root, 'original')
    const log = await appended(original, 2)
    await readUntil(log, (read) => numbersOf(read).length >= 2)
    await log.append([numbered(3)])
    await log.close()
    const mark = readFileSync(join(original, 'handled'))
    const written = [...mark.keys()].filter((at) => mark[at] !== lineFeed)
    for (const at of written) {
      const copy = copyOf(original)
      const flipped = Buffer.from(mark)
      flipped[at] = (mark[at] ?? 0) ^ (1 << (at % 8))
      writeFileSync(join(copy, 'handled'), flipped)
      const damagedLog = await open(copy)
      const seen = await readUntil(damagedLog, (read) => numbersOf(read).includes(3))
      expect([[3], [1, 2, 3]], `byte ${at}`).toContainEqual(numbersOf(seen))
      await damagedLog.close()
      rmSync(copy, { recursive: true })
    }
  }, 120_000)

  test('in what the reader has still to read stops reading, is said, and collecting goes on', async () => {
    const dir = join(root, 'log')
    const log = await appended(dir, 24, small)
    const [name = ''] = segmentsOf(dir)
    const bytes = readFileSync(join(dir, name))
    bytes[400] = (bytes[400] ?? 0) ^ 1
    writeFileSync(join(dir, name), bytes)
    const reader = startReading(log)
    await vi.waitUntil(async () => (await log.lag()).problem !== undefined, patient)
    expect((await log.lag()).problem).toMatch(`${name} is damaged at byte `)
    await log.append([numbered(25)])
    expect(numbersOf(reader.handled).every((n) => n < 4)).toBe(true)
    await reader.stop()
  })
})

describe('files that are missing', () => {
  test('a segment between two others is said by its frames', async () => {
    const dir = join(root, 'log')
    await (await appended(dir, 40, small)).close()
    const names = segmentsOf(dir)
    rmSync(join(dir, names[1] ?? ''))
    await expect(open(dir)).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringMatching(/frames \d+ to \d+ are missing/) as string,
    })
  })

  test.each([
    ['a folder', (path: string) => void mkdirSync(path)],
    ['a pipe, which nobody writes to', (path: string) => void execFileSync('mkfifo', [path])],
    ['a device', (path: string) => symlinkSync('/dev/zero', path)],
  ])('%s in the place of a segment is said, with its path', async (_what, put) => {
    const dir = join(root, 'log')
    const log = await appended(dir, 3)
    await log.close()
    const path = lastSegment(dir)
    rmSync(path)
    put(path)
    await expect(open(dir)).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringContaining(`${path} is damaged at byte 0: it is no file.`) as string,
    })
  })

  test('the last segment, with what was not handled, is said', async () => {
    const dir = join(root, 'log')
    await (await appended(dir, 24, small)).close()
    rmSync(lastSegment(dir))
    await expect(open(dir)).rejects.toMatchObject({ code: 'LOG_DAMAGED' })
  })

  test('the end of a finished segment is said', async () => {
    const dir = join(root, 'log')
    await (await appended(dir, 24, small)).close()
    const path = join(dir, segmentsOf(dir)[0] ?? '')
    truncateSync(path, 700)
    await expect(open(dir)).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringContaining(path) as string,
    })
  })

  test('a damaged segment that somebody set aside no longer stops the log: its neighbours are there', async () => {
    const dir = join(root, 'log')
    await (await appended(dir, 40, small)).close()
    const [first = '', second = ''] = segmentsOf(dir)
    const kept = linesOf([{ table: 'events', rows: {}, lines: readFileSync(join(dir, first)) }])
    renameSync(join(dir, second), join(dir, `${second}.damaged`))
    const log = await open(dir, small)
    await log.append([numbered(41)])
    const found = await replayed(log)
    expect(found.length).toBeGreaterThan(kept.length / 2 - 2)
    expect(found.length).toBeLessThan(41)
    expect(found.at(0)).toBe(1)
    expect(found.at(-1)).toBe(41)
    const seen = await readUntil(log, (read) => numbersOf(read).includes(41))
    expect(numbersOf(seen)).toEqual(found)
  })

  test('segments that were handled may be missing', async () => {
    const dir = join(root, 'log')
    const log = await appended(dir, 24, small)
    await readUntil(log, (read) => numbersOf(read).length >= 24)
    await log.close()
    for (const name of segmentsOf(dir)) rmSync(join(dir, name))
    const empty = await open(dir)
    await empty.append([numbered(25)])
    expect(numbersOf(await readUntil(empty, (read) => read.length > 0))).toEqual([25])
  })

  test('a log whose folder is removed while it runs refuses appends, it does not acknowledge what nobody will find', async () => {
    const dir = join(root, 'log')
    const log = await appended(dir, 1)
    rmSync(dir, { recursive: true })
    await vi.waitUntil(
      () =>
        log.append([numbered(2)]).then(
          () => false,
          () => true,
        ),
      patient,
    )
    await expect(log.append([numbered(3)])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    opened.pop()
  })
})

describe('opening', () => {
  test('a segment is plain lines: any reader of JSON lines finds the rows', async () => {
    const dir = join(root, 'log')
    await (await appended(dir, 30, small)).close()
    const lines = segmentsOf(dir).flatMap((name) =>
      readFileSync(join(dir, name), 'utf8').split('\n').filter(Boolean),
    )
    const values = lines.map((line) => JSON.parse(line) as { n?: number; project?: string })
    expect(values.filter(({ project }) => project === 'a').map(({ n }) => n)).toEqual(
      Array.from({ length: 30 }, (_, n) => n + 1),
    )
  })

  test('reads no finished segment, but its footer: frames damaged in one are found when they are read', async () => {
    const dir = join(root, 'log')
    await (await appended(dir, 40, small)).close()
    const path = join(dir, segmentsOf(dir)[0] ?? '')
    const bytes = readFileSync(path)
    bytes.fill('#', 0, 300)
    writeFileSync(path, bytes)
    const log = await open(dir, small)
    expect((await log.lag()).records).toBe(40)
    await expect(replayed(log)).rejects.toMatchObject({ code: 'LOG_DAMAGED' })
  })

  test('a finished segment without its footer is read whole instead', async () => {
    const dir = join(root, 'log')
    await (await appended(dir, 40, small)).close()
    const path = join(dir, segmentsOf(dir)[0] ?? '')
    const bytes = readFileSync(path)
    truncateSync(path, bytes.lastIndexOf('{"segment":'))
    const log = await open(dir, small)
    expect((await log.lag()).records).toBe(40)
    expect((await replayed(log)).length).toBe(40)
  })
})
