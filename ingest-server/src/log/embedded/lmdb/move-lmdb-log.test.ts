/** A folder of the version that kept its log in LMDB, opened by this one. */
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLogger } from '../../../../../test-support/clickhouse.js'
import { linesOf, numbered, numbersOf, readUntil } from '../../../../test/log-contract.js'
import { openEmbeddedLog, type EmbeddedLog } from '../embedded-log.js'
import type { ReadRecord } from '../../log.js'

const writer = fileURLToPath(
  new URL('../../../../../test-support/processes/write-lmdb-log.mjs', import.meta.url),
)
const appendedAt = 1_767_225_600_000

type Entry = [sequence: number, appendedAt: number, records: number, header: object, lines: string]
const entry = (sequence: number, n = sequence): Entry => [
  sequence,
  appendedAt + sequence,
  1,
  { table: n % 2 ? 'events' : 'rejected_events', rows: { a: 1 } },
  `${JSON.stringify({ project: 'a', n })}\n`,
]

let root: string
let dir: string
let log: EmbeddedLog | undefined

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'touchline-lmdb-'))
  dir = join(root, 'log')
  mkdirSync(dir)
})
afterEach(async () => {
  await log?.close()
  log = undefined
  rmSync(root, { recursive: true, force: true })
})

const open = async () =>
  (log = await openEmbeddedLog({ dir, clock: () => appendedAt + 60_000, logger: silentLogger }))

function writeOldLog(handled: number, entries: readonly Entry[]): void {
  const run = spawnSync(process.execPath, [writer, join(dir, 'log.mdb'), String(handled)], {
    input: JSON.stringify(entries),
  })
  expect(run.stderr.toString()).toBe('')
}

async function replayed(log: EmbeddedLog): Promise<number[]> {
  const found: ReadRecord[] = []
  await log.replay(async (batch) => void found.push(...batch))
  return numbersOf(found)
}

const oldFiles = () => readdirSync(dir).filter((name) => name.includes('mdb'))

test('what was not handled comes to the store, what was handled is kept for replay, under the same positions', async () => {
  writeOldLog(
    3,
    [2, 3, 4, 5, 6].map((sequence) => entry(sequence)),
  )
  const moved = await open()
  expect(await moved.lag()).toMatchObject({ records: 3, oldestMs: 60_000 - 4 })
  expect(await replayed(moved)).toEqual([2, 3, 4, 5, 6])
  await moved.append([numbered(7)])
  const seen = await readUntil(moved, (read) => numbersOf(read).includes(7))
  expect(numbersOf(seen)).toEqual([4, 5, 6, 7])
  expect(seen.map(({ table }) => table)).toEqual(['rejected_events', 'events', 'rejected_events', 'events'])
  expect(seen[0]?.position).toBe('embedded/000000004')
  expect(oldFiles()).toEqual([])
  await moved.close()
  expect((await (await open()).lag()).records).toBe(0)
})

test('an empty one, and one of which everything was handled, go on where they were', async () => {
  writeOldLog(2, [entry(1), entry(2)])
  const moved = await open()
  expect((await moved.lag()).records).toBe(0)
  await moved.append([numbered(3)])
  expect(numbersOf(await readUntil(moved, (read) => read.length > 0))).toEqual([3])
  await moved.close()
  rmSync(dir, { recursive: true })
  mkdirSync(dir)
  writeOldLog(0, [])
  const empty = await open()
  await empty.append([numbered(1)])
  expect(await replayed(empty)).toEqual([1])
})

test('entries that an erasure took out leave no hole, and thousands of any size arrive as they were', async () => {
  const long = JSON.stringify({ project: 'a', n: 41, text: 'Zoë 🙂'.repeat(20_000) })
  writeOldLog(0, [entry(1), entry(5), entry(9)])
  await (await open()).close()
  const again = await open()
  expect(await replayed(again)).toEqual([1, 5, 9])
  await again.close()
  rmSync(dir, { recursive: true })
  mkdirSync(dir)
  const many = Array.from({ length: 900 }, (_, n) => entry(n + 1))
  many[40] = [41, appendedAt, 1, { table: 'events', rows: { a: 1 } }, `${long}\n`]
  writeOldLog(0, many)
  const large = await open()
  const seen = await readUntil(large, (read) => linesOf(read).length >= 900)
  expect(numbersOf(seen)).toEqual(many.map(([sequence]) => sequence))
  expect(linesOf(seen)[40]).toBe(long)
})

test('a move that a crash ended, before or after the old file was put aside, is done again and loses nothing', async () => {
  writeOldLog(
    1,
    [1, 2, 3].map((sequence) => entry(sequence)),
  )
  const old = join(root, 'old')
  cpSync(dir, old, { recursive: true })
  const made = join(dir, 'from-lmdb')

  // Half a segment was made.
  mkdirSync(made)
  writeFileSync(join(made, 'segment-000000000001.jsonl'), '{"frame":1,"gro')
  const first = await open()
  expect(await replayed(first)).toEqual([1, 2, 3])
  expect((await first.lag()).records).toBe(2)
  await first.close()

  // All was made and the old file put aside; some of it was taken over.
  const files = readdirSync(dir).filter((name) => name.startsWith('segment') || name === 'handled')
  for (let taken = 0; taken <= files.length; taken += 1) {
    const crashed = join(root, `crashed-${taken}`)
    mkdirSync(join(crashed, 'from-lmdb'), { recursive: true })
    cpSync(join(old, 'log.mdb'), join(crashed, 'from-lmdb', 'log.mdb'))
    for (const [at, name] of files.entries())
      cpSync(join(dir, name), join(crashed, at < taken ? '.' : 'from-lmdb', name))
    const recovered = await openEmbeddedLog({ dir: crashed, clock: Date.now, logger: silentLogger })
    expect(await replayed(recovered)).toEqual([1, 2, 3])
    expect((await recovered.lag()).records).toBe(2)
    await recovered.close()
    expect(existsSync(join(crashed, 'from-lmdb'))).toBe(false)
  }
})

test('an earlier version that was started again in between: its events follow those of this one', async () => {
  const mine = await open()
  await mine.append([numbered(101)])
  await mine.close()
  writeOldLog(1, [entry(1), entry(3)])
  const both = await open()
  expect(numbersOf(await readUntil(both, (read) => numbersOf(read).includes(3)))).toEqual([1, 3, 101])
  expect((await both.lag()).records).toBe(0)
})

test('one that is damaged is said, by its name, and stays as it is; the process goes on', async () => {
  writeOldLog(
    0,
    Array.from({ length: 300 }, (_, n) => entry(n + 1)),
  )
  const path = join(dir, 'log.mdb')
  const whole = readFileSync(path)
  const damages = [
    whole.subarray(0, 5_000),
    whole.subarray(0, whole.length - 8_192),
    Buffer.concat([whole.subarray(0, 8_192), Buffer.alloc(whole.length - 8_192, 0xff)]),
    Buffer.alloc(40_000, 'x'),
  ]
  for (const damage of damages) {
    writeFileSync(path, damage)
    await expect(open()).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      message: expect.stringContaining(`${path}, the log of an earlier version, cannot be read`) as string,
    })
  }
})

test('one that the earlier version still has open is refused, naming its process', async () => {
  const holder = spawn(process.execPath, [writer, join(dir, 'log.mdb'), '0'], {
    env: { ...process.env, KEEP_OPEN: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  holder.stdin.end(JSON.stringify([entry(1)]))
  let printed = ''
  holder.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  await vi.waitUntil(() => printed.includes('written'), { timeout: 25_000, interval: 10 })
  await expect(open()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(`is in use by process ${holder.pid}`) as string,
  })
  const ended = new Promise((resolve) => holder.once('exit', resolve))
  holder.kill('SIGKILL')
  await ended
  expect(await replayed(await open())).toEqual([1])
})
