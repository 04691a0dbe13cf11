/**
 * What every log promises (src/log/log.ts), as one suite that each adapter runs. A case opens a log of its
 * own on fresh storage; `open` again on the same storage is what a restarted process sees.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { EventLog, LogRecord, ReadRecord } from '../src/log/log.js'

/** Storage for one case. */
export interface LogStorage {
  open(limits?: { maxInFlightBytes?: number; appendTimeoutMs?: number }): Promise<EventLog>
  /** Called after every log of it is closed. */
  remove(): Promise<void>
}

export function logContract(name: string, createStorage: () => Promise<LogStorage>): void {
  describe(`the log contract: ${name}`, () => {
    let storage: LogStorage
    let opened: EventLog[] = []

    async function open(limits: Parameters<LogStorage['open']>[0] = {}): Promise<EventLog> {
      const log = await storage.open(limits)
      opened.push(log)
      return log
    }

    beforeEach(async () => {
      storage = await createStorage()
      opened = []
    })
    afterEach(async () => {
      for (const log of opened) await log.close()
      await storage.remove()
    })

    test('what was appended is read: table, lines and rows', async () => {
      const log = await open()
      await log.append([record('events', { a: 1 }, ['{"project":"a","n":1}'])])
      await log.append([record('rejected_events', { a: 1 }, ['{"project":"a","n":2}'])])
      const seen = await readUntil(log, (read) => read.length === 2)
      expect(byTable(seen, 'events')).toEqual({ lines: ['{"project":"a","n":1}'], rows: { a: 1 } })
      expect(byTable(seen, 'rejected_events')).toEqual({ lines: ['{"project":"a","n":2}'], rows: { a: 1 } })
      expect(seen.every(({ position }) => position.length > 0)).toBe(true)
    })

    test('what was appended before anybody reads is kept for the first reader', async () => {
      const log = await open()
      for (let n = 0; n < 5; n += 1) await log.append([numbered(n)])
      await log.close()
      const seen = await readUntil(await open(), (read) => numbersOf(read).length >= 5)
      expect(numbersOf(seen)).toEqual([0, 1, 2, 3, 4])
    })

    test('bytes come out as they went in, however long, in whatever script', async () => {
      const log = await open()
      const lines = [
        JSON.stringify({ project: 'a', text: 'Zoë 東京 🙂 \u2028 \u0000 "quoted" \\ back' }),
        JSON.stringify({ project: 'a', text: 'x'.repeat(100_000) }),
        '{"project":"a","escaped":"\\ud83d\\ude00 \\n"}',
      ]
      await log.append([record('events', { a: lines.length }, lines)])
      const seen = await readUntil(log, (read) => linesOf(read).length >= lines.length)
      expect(linesOf(seen).sort()).toEqual([...lines].sort())
    })

    test('a record of four megabytes arrives whole, in one piece or several, and its rows still count', async () => {
      const log = await open()
      const lines = Array.from({ length: 4_000 }, (_, n) =>
        JSON.stringify({ project: n % 4 === 0 ? 'b' : 'a', n, filler: 'y'.repeat(1_000) }),
      )
      await log.append([record('events', { a: 3_000, b: 1_000 }, lines)])
      const seen = await readUntil(log, (read) => linesOf(read).length >= lines.length)
      expect(numbersOf(seen)).toEqual(lines.map((_, n) => n))
      expect(sumRows(seen)).toEqual({ a: 3_000, b: 1_000 })
    })

    test('concurrent appends all arrive, once each, with their rows', async () => {
      const log = await open()
      const numbers = Array.from({ length: 500 }, (_, n) => n)
      await Promise.all(numbers.map((n) => log.append([numbered(n, `p${n % 3}`)])))
      const seen = await readUntil(log, (read) => linesOf(read).length >= numbers.length)
      expect(numbersOf(seen)).toEqual(numbers)
      expect(sumRows(seen)).toEqual({ p0: 167, p1: 167, p2: 166 })
    })

    test('appends while a reader runs reach it without a restart', async () => {
      const log = await open()
      const reader = startReading(log)
      await log.append([numbered(1)])
      await vi.waitUntil(() => numbersOf(reader.seen).includes(1), patient)
      await log.append([numbered(2)])
      await vi.waitUntil(() => numbersOf(reader.seen).includes(2), patient)
      await reader.stop()
    })

    test('a batch whose handler fails is delivered again, until it succeeds', async () => {
      const log = await open()
      await log.append([numbered(1), numbered(2)])
      let calls = 0
      const reader = startReading(log, () => {
        calls += 1
        if (calls <= 2) throw new Error('not yet')
      })
      await vi.waitUntil(() => reader.handled.length > 0, patient)
      await reader.stop()
      expect(calls).toBeGreaterThanOrEqual(3)
      expect(numbersOf(reader.handled)).toEqual([1, 2])
      expect((await log.lag()).records).toBe(0)
    })

    test('the handler is never called while a call of it is under way', async () => {
      const log = await open()
      let underWay = 0
      let most = 0
      const reader = startReading(log, async () => {
        underWay += 1
        most = Math.max(most, underWay)
        await new Promise((resolve) => setTimeout(resolve, 5))
        underWay -= 1
      })
      for (let n = 0; n < 20; n += 1) await log.append([numbered(n)])
      await vi.waitUntil(() => linesOf(reader.handled).length >= 20, patient)
      await reader.stop()
      expect(most).toBe(1)
    })

    test('nothing is done before its handler resolves: the next process gets it', async () => {
      const log = await open()
      await log.append([numbered(1)])
      const reader = startReading(log, () => Promise.reject(new Error('down')))
      await vi.waitUntil(() => reader.seen.length > 0, patient)
      expect((await log.lag()).records).toBe(1)
      await reader.stop()
      await log.close()
      const seen = await readUntil(await open(), (read) => read.length > 0)
      expect(numbersOf(seen)).toEqual([1])
    })

    test('what was handled does not come again after a restart, what was not does', async () => {
      const first = await open()
      await first.append([numbered(1)])
      await readUntil(first, (read) => read.length > 0)
      await first.append([numbered(2)])
      await first.close()
      const second = await open()
      await second.append([numbered(3)])
      const seen = await readUntil(second, (read) => numbersOf(read).includes(3))
      expect(numbersOf(seen)).toEqual([2, 3])
    })

    test('abort ends reading after the call under way, whose records are done', async () => {
      const log = await open()
      await log.append([numbered(1)])
      let release = () => {}
      const reader = startReading(log, () => new Promise<void>((resolve) => (release = resolve)))
      await vi.waitUntil(() => reader.seen.length > 0, patient)
      const stopped = reader.stop()
      release()
      await stopped
      expect(numbersOf(reader.handled)).toEqual([1])
      expect((await log.lag()).records).toBe(0)
    })

    test('abort while nothing arrives ends reading', async () => {
      const reader = startReading(await open())
      await reader.stop()
      expect(reader.seen).toEqual([])
    })

    test('what was appended until now is handled once it was, whatever is appended after', async () => {
      const log = await open()
      await log.append([numbered(0), numbered(1)])
      const isHandled = await log.noteEnd()
      expect(await isHandled()).toBe(false)
      await log.append([numbered(2)])
      await readUntil(log, (read) => numbersOf(read).length >= 3)
      await vi.waitUntil(isHandled, patient)
      expect(await (await log.noteEnd())()).toBe(true)
    })

    test('lag counts what is appended and not handled', async () => {
      const log = await open()
      // A broker that has just started does not know its groups' coordinators yet.
      await vi.waitUntil(() => log.lag().catch(() => undefined), patient)
      expect(await log.lag()).toEqual({ records: 0, bytes: 0, oldestMs: 0 })
      for (let n = 0; n < 3; n += 1) await log.append([numbered(n)])
      await vi.waitUntil(async () => (await log.lag()).oldestMs > 0, patient)
      const lag = await log.lag()
      expect(lag.records).toBe(3)
      expect(lag.bytes).toBeGreaterThan(0)
      await readUntil(log, (read) => numbersOf(read).length >= 3)
      expect(await log.lag()).toEqual({ records: 0, bytes: 0, oldestMs: 0 })
    })

    test('close finishes what was appended, and refuses what comes after', async () => {
      const log = await open()
      const appends = [1, 2, 3].map((n) => log.append([numbered(n)]))
      await log.close()
      await Promise.all(appends)
      await expect(log.append([numbered(4)])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
      const seen = await readUntil(await open(), (read) => numbersOf(read).length >= 3)
      expect(numbersOf(seen)).toEqual([1, 2, 3])
    })

    test('close ends a reader that nobody aborted', async () => {
      const log = await open()
      const reader = startReading(log)
      await log.append([numbered(1)])
      await vi.waitUntil(() => reader.handled.length > 0, patient)
      await log.close()
      await reader.ended
    })

    test('more bytes in flight than allowed are refused at once, and forgotten', async () => {
      const log = await open({ maxInFlightBytes: 10_000 })
      const fits = log.append([record('events', { a: 1 }, ['f'.repeat(8_000)])])
      const excess = log.append([record('events', { a: 1 }, ['e'.repeat(8_000)])])
      await expect(excess).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', retryAfterSeconds: 1 })
      await fits
      await log.append([record('events', { a: 1 }, ['n'.repeat(8_000)])])
      const seen = await readUntil(log, (read) => linesOf(read).length >= 2)
      expect(
        linesOf(seen)
          .map((line) => line[0])
          .sort(),
      ).toEqual(['f', 'n'])
    })

    test('lines may be written over once their append has resolved: what was appended arrives', async () => {
      const log = await open()
      const slab = Buffer.alloc(4_096)
      const numbers = Array.from({ length: 50 }, (_, n) => n)
      for (const n of numbers) {
        const { lines, ...rest } = numbered(n)
        await log.append([{ ...rest, lines: slab.subarray(0, lines.copy(slab)) }])
        slab.fill('#')
      }
      const seen = await readUntil(log, (read) => linesOf(read).length >= numbers.length)
      expect(numbersOf(seen)).toEqual(numbers)
    })

    test('a record that stands in several pieces of one buffer, among those of others, arrives as it was', async () => {
      const log = await open()
      const slab = Buffer.concat(Array.from({ length: 9 }, (_, n) => numbered(n).lines))
      const each = slab.length / 9
      const tables = ['events', 'rejected_events', 'erasures'] as const
      await Promise.all(
        Array.from({ length: 9 }, (_, n) =>
          log.append([
            {
              table: tables[n % 3] as 'events',
              rows: { a: 1 },
              lines: slab.subarray(n * each, (n + 1) * each),
            },
          ]),
        ),
      )
      const seen = await readUntil(log, (read) => linesOf(read).length >= 9)
      expect(numbersOf(seen)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
      expect(numbersOf(seen.filter(({ table }) => table === 'erasures'))).toEqual([2, 5, 8])
    })

    test('replay gives everything that is kept, handled or not, and marks nothing', async () => {
      const log = await open()
      await log.append([numbered(1), numbered(2)])
      await readUntil(log, (read) => numbersOf(read).length >= 2)
      await log.append([numbered(3)])
      const replayed: ReadRecord[] = []
      await log.replay((batch) => {
        replayed.push(...batch)
        return Promise.resolve()
      })
      expect(numbersOf(replayed)).toEqual([1, 2, 3])
      expect((await log.lag()).records).toBe(1)
      const seen = await readUntil(log, (read) => read.length > 0)
      expect(numbersOf(seen)).toEqual([3])
    })
  })
}

const patient = { timeout: 25_000, interval: 10 }

export function record(
  table: LogRecord['table'],
  rows: Record<string, number>,
  lines: readonly string[],
): LogRecord {
  return { table, rows, lines: Buffer.from(lines.map((line) => `${line}\n`).join('')) }
}

export function numbered(n: number, project = 'a'): LogRecord {
  return record('events', { [project]: 1 }, [JSON.stringify({ project, n })])
}

/** Reads in the background; `handled` are the records of calls that resolved. */
export function startReading(log: EventLog, handle: () => Promise<void> | void = () => undefined) {
  const aborter = new AbortController()
  const seen: ReadRecord[] = []
  const handled: ReadRecord[] = []
  const ended = log.read(async (batch) => {
    seen.push(...batch)
    await handle()
    handled.push(...batch)
  }, aborter.signal)
  return {
    seen,
    handled,
    ended,
    async stop(): Promise<void> {
      aborter.abort()
      await ended
    },
  }
}

/** Everything handled until `isEnough`; the reader is stopped, so it is marked done. */
export async function readUntil(
  log: EventLog,
  isEnough: (handled: readonly ReadRecord[]) => boolean,
): Promise<ReadRecord[]> {
  const reader = startReading(log)
  await vi.waitUntil(() => isEnough(reader.handled), patient)
  await reader.stop()
  return reader.handled
}

export function linesOf(records: readonly LogRecord[]): string[] {
  return records.flatMap(({ lines }) => lines.toString().split('\n').slice(0, -1))
}

export function numbersOf(records: readonly LogRecord[]): number[] {
  return linesOf(records)
    .map((line) => (JSON.parse(line) as { n: number }).n)
    .sort((one, other) => one - other)
}

function sumRows(records: readonly LogRecord[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const { rows } of records)
    for (const [project, count] of Object.entries(rows)) sum[project] = (sum[project] ?? 0) + count
  return sum
}

function byTable(records: readonly LogRecord[], table: LogRecord['table']) {
  const mine = records.filter((one) => one.table === table)
  return { lines: linesOf(mine), rows: sumRows(mine) }
}
