import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  linesOf,
  logContract,
  numbered,
  numbersOf,
  readUntil,
  record,
  startReading,
} from '../../../test/log-contract.js'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { openEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from './embedded-log.js'
import type { EventLog, ReadRecord } from '../log.js'

const appender = fileURLToPath(
  new URL('../../../../test-support/processes/append-for-ever.ts', import.meta.url),
)
const dying = fileURLToPath(new URL('../../../../test-support/processes/handle-and-die.ts', import.meta.url))
const patient = { timeout: 25_000, interval: 10 }

const makeFolder = () => mkdtempSync(join(tmpdir(), 'touchline-log-'))

logContract('embedded', () => {
  const dir = makeFolder()
  return Promise.resolve({
    open: (limits) => openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger, ...limits }),
    remove() {
      rmSync(dir, { recursive: true, force: true })
      return Promise.resolve()
    },
  })
})

describe('the embedded log', () => {
  let dir: string
  let log: EmbeddedLog | undefined
  let now: number

  const open = async (more: Partial<EmbeddedLogOptions> = {}): Promise<EmbeddedLog> =>
    (log = await openEmbeddedLog({ dir, clock: () => now, logger: silentLogger, ...more }))

  beforeEach(() => {
    dir = makeFolder()
    now = 1_767_225_600_000
  })
  afterEach(async () => {
    await log?.close()
    log = undefined
    rmSync(dir, { recursive: true, force: true })
  })

  test('its folder is closed to other users of the machine, also one that an earlier version left open', async () => {
    for (const folder of [dir, join(dir, 'made')]) {
      if (folder === dir) chmodSync(dir, 0o755)
      const one = await openEmbeddedLog({ dir: folder, clock: () => now, logger: silentLogger })
      await one.close()
      expect((statSync(folder).mode & 0o777).toString(8), folder).toBe('700')
    }
  })

  test('full: what is not handled is never dropped, appends are refused until the store has caught up', async () => {
    const full = await open({ maxBytes: 300_000 })
    const accepted: number[] = []
    let refusal: unknown
    for (let n = 0; refusal === undefined; n += 1) {
      await full.append([filled(n)]).then(
        () => accepted.push(n),
        (error: unknown) => (refusal = error),
      )
    }
    expect(refusal).toMatchObject({ code: 'LOG_FULL', retryAfterSeconds: 5 })
    expect(accepted.length).toBeGreaterThan(5)
    const seen = await readUntil(full, (read) => numbersOf(read).length >= accepted.length)
    expect(numbersOf(seen)).toEqual(accepted)
    await full.append([filled(1_000)])
  })

  test('a log that is kept small stays small, however much passes through it', async () => {
    const small = await open({ maxBytes: 400_000, keepBytes: 100_000 })
    for (let round = 0; round < 40; round += 1) {
      for (let n = 0; n < 5; n += 1) await small.append([filled(round * 5 + n)])
      await readUntil(small, (read) => numbersOf(read).length >= 5)
    }
    // 6 MB went through; what was handled goes by whole segments.
    expect(bytesIn(dir)).toBeLessThan(700_000)
  })

  test('nearly full disk: appends are refused before anything breaks', async () => {
    const log = await open({ minFreeBytes: Number.MAX_SAFE_INTEGER })
    await expect(log.append([numbered(1)])).rejects.toMatchObject({ code: 'LOG_FULL' })
  })

  test('handled records are kept for the replay window, and go after it', async () => {
    const log = await open({ replayWindowMs: 3_600_000 })
    await log.append([numbered(1)])
    await readUntil(log, (read) => read.length > 0)
    expect(await replayed(log)).toEqual([1])
    now += 3_600_001
    await log.append([numbered(2)])
    await readUntil(log, (read) => read.length > 0)
    expect(await replayed(log)).toEqual([2])
  })

  test('what is not handled stays past the replay window', async () => {
    const log = await open({ replayWindowMs: 3_600_000 })
    await log.append([numbered(1)])
    now += 7_200_000
    expect((await log.lag()).oldestMs).toBe(7_200_000)
    expect(numbersOf(await readUntil(log, (read) => read.length > 0))).toEqual([1])
  })

  test('the clock set back a day loses nothing and repeats nothing', async () => {
    const log = await open()
    await log.append([numbered(1)])
    now -= 86_400_000
    await log.append([numbered(2)])
    expect(numbersOf(await readUntil(log, (read) => numbersOf(read).length >= 2))).toEqual([1, 2])
    expect(await log.lag()).toEqual({ records: 0, bytes: 0, oldestMs: 0 })
  })

  test('a rewrite leaves nothing of the refused lines in any file, and all others as they were', async () => {
    const log = await open()
    const secret = 'secret-person-0000'
    const line = (n: number) =>
      JSON.stringify({ project: n % 2 ? 'a' : 'b', n, who: n % 3 ? 'other' : secret })
    for (let n = 0; n < 30; n += 1)
      await log.append([record('events', { [n % 2 ? 'a' : 'b']: 1 }, [line(n)])])
    await readUntil(log, (read) => numbersOf(read).length >= 30)
    const more = Array.from({ length: 30 }, (_, n) => line(30 + n))
    await log.append([record('events', { a: 15, b: 15 }, more)])
    expect(filesContain(dir, secret)).toBe(true)

    const appends = [numbered(100), numbered(101)].map((one) => log.append([one]))
    const removed = await log.rewrite((bytes) => !bytes.includes(secret))
    await Promise.all(appends)

    expect(removed).toBe(20)
    expect(filesContain(dir, secret)).toBe(false)
    const kept = Array.from({ length: 60 }, (_, n) => n).filter((n) => n % 3 !== 0)
    expect(await replayed(log)).toEqual([...kept, 100, 101])
    const seen = await readUntil(log, (read) => numbersOf(read).includes(101))
    expect(numbersOf(seen)).toEqual([...kept.filter((n) => n >= 30), 100, 101])
    expect(seen[0]?.rows).toEqual({ a: 10, b: 10 })
    await log.close()
    expect(await replayed(await open())).toEqual([...kept, 100, 101])
  })

  test('a rewrite that leaves nothing unhandled leaves a reader waiting, not spinning', async () => {
    const log = await open()
    await log.append([numbered(1)])
    expect(await log.rewrite(() => false)).toBe(1)
    const reader = startReading(log)
    await log.append([numbered(2)])
    await vi.waitUntil(() => reader.handled.length > 0, patient)
    await reader.stop()
    expect(numbersOf(reader.seen)).toEqual([2])
  })

  test('rewrites while appends and a reader are busy lose nothing', async () => {
    const log = await open()
    const reader = startReading(log)
    const numbers = Array.from({ length: 300 }, (_, n) => n)
    const appending = Promise.all(
      [0, 1, 2].map(async (turn) => {
        for (const n of numbers.filter((one) => one % 3 === turn)) await log.append([numbered(n)])
      }),
    )
    await Promise.all([log.rewrite(() => true), log.rewrite(() => true), log.rewrite(() => true)])
    await appending
    await vi.waitUntil(() => numbersOf(reader.handled).length >= numbers.length, patient)
    await reader.stop()
    expect(numbersOf(reader.handled)).toEqual(numbers)
    expect(await replayed(log)).toEqual(numbers)
  })

  test('a second process on the same folder is refused, and the first goes on', async () => {
    const other = startAppender(dir)
    await other.untilAcknowledged(1)
    await expect(open()).rejects.toThrow(`is in use by process ${other.pid}`)
    const before = other.acknowledged().length
    await other.untilAcknowledged(before + 1)
    await other.kill()
  })

  test('a process that is killed after the store took a batch, before the mark of it: the batch comes again', async () => {
    const log = await open()
    await log.append([numbered(1), numbered(2)])
    await log.close()
    for (let round = 0; round < 3; round += 1) {
      const run = spawnSync(process.execPath, ['--import', 'tsx', dying, dir], { encoding: 'utf8' })
      expect(run.signal).toBe('SIGKILL')
      expect(run.stdout.match(/"n":\d/g)).toEqual(['"n":1', '"n":2'])
    }
    const survivor = await open()
    expect(numbersOf(await readUntil(survivor, (read) => read.length > 0))).toEqual([1, 2])
  })

  test('SIGKILL while appends are under way: everything acknowledged is there', async () => {
    const acknowledged: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const process = startAppender(dir, round * 1_000_000)
      await process.untilAcknowledged(50 + round * 37)
      await process.kill()
      acknowledged.push(...process.acknowledged())
    }
    const survivor = await open()
    const wanted = new Set(acknowledged)
    const reader = startReading(survivor)
    await vi.waitUntil(async () => (await survivor.lag()).records === 0, patient)
    await reader.stop()
    const found = new Set(numbersOf(reader.handled))
    expect([...wanted].filter((n) => !found.has(n))).toEqual([])
  })
})

function filled(n: number) {
  return record('events', { a: 1 }, [JSON.stringify({ project: 'a', n, filler: 'x'.repeat(30_000) })])
}

async function replayed(log: EventLog): Promise<number[]> {
  const found: ReadRecord[] = []
  await log.replay((batch) => {
    found.push(...batch)
    return Promise.resolve()
  })
  expect(linesOf(found).every((line) => line.endsWith('}'))).toBe(true)
  return numbersOf(found)
}

function filesContain(dir: string, text: string): boolean {
  return readdirSync(dir).some((name) => readFileSync(join(dir, name)).includes(text))
}

/** A process that appends numbers from `first` on, eight at a time, and prints each when it is acknowledged. */
function startAppender(dir: string, first = 0) {
  const child = spawn(process.execPath, ['--import', 'tsx', appender, dir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // Only whole lines: the last one may have been cut by the kill.
  const acknowledged = () => printed.split('\n').slice(0, -1).map(Number)
  return {
    pid: child.pid,
    acknowledged,
    untilAcknowledged: (count: number) => vi.waitUntil(() => acknowledged().length >= count, patient),
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function bytesIn(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
}
