import { describe, expect, test, vi } from 'vitest'
import { TouchlineError } from '../errors.js'
import { createAppendQueue, type AppendQueueOptions } from './append-queue.js'
import type { LogRecord } from './log.js'

const record = (bytes: number): LogRecord => ({
  table: 'events',
  rows: { a: 1 },
  lines: Buffer.alloc(bytes, 'x'),
})

/** A write that stays open until the test ends it. */
function controlledWrite() {
  const groups: { records: readonly LogRecord[]; done: () => void; fail: (error: unknown) => void }[] = []
  const write = (records: readonly LogRecord[]) =>
    new Promise<void>((resolve, reject) => groups.push({ records, done: resolve, fail: reject }))
  return { groups, write }
}

function open(write: AppendQueueOptions['write'], more: Partial<AppendQueueOptions> = {}) {
  return createAppendQueue({
    write,
    target: 'the disk',
    maxGroupBytes: 1_000,
    maxInFlightBytes: 10_000,
    timeoutMs: 30_000,
    ...more,
  })
}

describe('group commit', () => {
  test('appends of one turn go into one write; those during a write go into the next', async () => {
    const { groups, write } = controlledWrite()
    const queue = open(write)
    const first = [queue.append([record(10)]), queue.append([record(10)])]
    await vi.waitUntil(() => groups.length === 1)
    const second = [queue.append([record(10)]), queue.append([record(10)]), queue.append([record(10)])]
    groups[0]?.done()
    await Promise.all(first)
    await vi.waitUntil(() => groups.length === 2)
    groups[1]?.done()
    await Promise.all(second)
    expect(groups.map((group) => group.records.length)).toEqual([2, 3])
  })

  test('a group is not larger than allowed, but for a single append that is', async () => {
    const sizes: number[] = []
    const queue = open((group) => {
      sizes.push(group.reduce((sum, one) => sum + one.lines.length, 0))
      return Promise.resolve()
    })
    await Promise.all([400, 400, 400, 3_000, 400].map((bytes) => queue.append([record(bytes)])))
    expect(sizes).toEqual([800, 400, 3_000, 400])
  })

  test('a failed write rejects its own appends, with the cause, and no others', async () => {
    const { groups, write } = controlledWrite()
    const queue = open(write)
    const lost = queue.append([record(10)])
    await vi.waitUntil(() => groups.length === 1)
    const kept = queue.append([record(10)])
    const cause = new Error('broken')
    groups[0]?.fail(cause)
    await expect(lost).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', cause, retryAfterSeconds: 1 })
    await vi.waitUntil(() => groups.length === 2)
    groups[1]?.done()
    await kept
  })

  test('what the write says itself (full) reaches the caller', async () => {
    const full = new TouchlineError('LOG_FULL')
    const queue = open(() => Promise.reject(full))
    await expect(queue.append([record(10)])).rejects.toBe(full)
  })
})

describe('bounds', () => {
  test('an append that is being written is refused when its time is over, and the one behind it too', async () => {
    const { groups, write } = controlledWrite()
    const queue = open(write, { timeoutMs: 20 })
    const writing = expect(queue.append([record(10)])).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      message: 'the disk did not confirm within 20 ms; it may yet.',
    })
    await vi.waitUntil(() => groups.length === 1)
    await expect(queue.append([record(10)])).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      message: 'the disk did not take it within 20 ms; nothing was stored.',
    })
    await writing
    groups[0]?.done()
    await queue.close()
    // The one that was refused while it waited was never written.
    expect(groups).toHaveLength(1)
  })

  test('a write that hangs keeps its bytes counted, so memory stays bounded; when it ends there is room again', async () => {
    const { groups, write } = controlledWrite()
    const queue = open(write, { maxInFlightBytes: 100, timeoutMs: 20 })
    await expect(queue.append([record(80)])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    await expect(queue.append([record(80)])).rejects.toMatchObject({
      message: '80 bytes already wait for the disk, of at most 100; nothing was stored.',
    })
    groups[0]?.done()
    await vi.waitUntil(async () => {
      const again = queue.append([record(80)])
      again.catch(() => undefined)
      await Promise.resolve()
      return groups.length === 2
    })
    groups[1]?.done()
    await queue.close()
  })

  test('an append of nothing is done at once', async () => {
    const { groups, write } = controlledWrite()
    await open(write).append([])
    expect(groups).toEqual([])
  })

  test('closing waits for what was appended', async () => {
    const { groups, write } = controlledWrite()
    const queue = open(write)
    let isAppended = false
    const appended = queue.append([record(10)]).then(() => (isAppended = true))
    let isClosed = false
    const closed = queue.close().then(() => (isClosed = true))
    await vi.waitUntil(() => groups.length === 1)
    // Whatever else is on its way in this turn of the event loop, it has not waited for the write.
    await new Promise((resolve) => setImmediate(resolve))
    expect([isAppended, isClosed]).toEqual([false, false])
    groups[0]?.done()
    await Promise.all([closed, appended])
    await expect(queue.append([record(10)])).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  })
})
