import { mkdtempSync, rmSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventsOf, type Batch } from './batch.js'
import { openOutbox, type OutboxOptions } from './outbox.js'
import { openSpool, type Spool } from './spool.js'

let dir: string
let spools: Spool[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'touchline-outbox-'))
})
afterEach(() => {
  for (const spool of spools) spool.close()
  spools = []
  rmSync(dir, { recursive: true, force: true })
})

function outboxWith(options: Partial<OutboxOptions> = {}) {
  return openOutbox({
    maxBatchBytes: 1_000,
    maxBatchEvents: 100,
    maxQueuedBytes: 1e6,
    maxQueuedEvents: 1e6,
    spool: undefined,
    onSpoolFailure: () => undefined,
    ...options,
  })
}
function spoolOf(maxBytes = 1e6): Spool {
  const spool = openSpool({ dir, target: '0123456789ab', maxBytes, fsync: false })
  spools.push(spool)
  return spool
}
const event = (n: number) => {
  const json = JSON.stringify({ messageId: `m${n}`, n, text: 'x'.repeat(100) })
  return [{ json, messageId: `m${n}` }, Buffer.byteLength(json)] as const
}
const idsOf = (batch: Batch) => [...eventsOf(batch)].map(({ messageId }) => messageId)
const eventFiles = () =>
  readdirSync(dir, { recursive: true }).filter((name) => String(name).endsWith('.events'))
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('the outbox', () => {
  it('cuts batches by bytes and by count, in the order of acceptance', () => {
    const byBytes = outboxWith()
    for (const n of upTo(20)) byBytes.add(...event(n))
    const first = byBytes.take(0)
    expect(first?.size).toBeLessThanOrEqual(1_000)
    expect(first && idsOf(first)).toEqual(upTo(first?.count ?? 0).map((n) => `m${n}`))
    const byCount = outboxWith({ maxBatchEvents: 2 })
    for (const n of upTo(5)) byCount.add(...event(n))
    expect(byCount.readyCount()).toBe(2)
  })

  it('counts a batch as waiting until it is settled, also while it is being sent', () => {
    const outbox = outboxWith()
    outbox.add(...event(0))
    outbox.cut()
    const batch = outbox.take(0) as Batch
    const upToHere = outbox.acceptedUpTo()
    outbox.add(...event(1))
    expect(outbox.waiting()).toBe(2)
    expect(outbox.isSettledUpTo(upToHere)).toBe(false)
    outbox.settle(batch)
    expect(outbox.waiting()).toBe(1)
    expect(outbox.isSettledUpTo(upToHere)).toBe(true)
    outbox.settle(batch)
    expect(outbox.waiting()).toBe(1)
  })

  it('gives a batch that was put back again in its old place, once its wait is over', () => {
    const outbox = outboxWith({ maxBatchEvents: 1 })
    for (const n of upTo(3)) outbox.add(...event(n))
    outbox.cut()
    const first = outbox.take(0) as Batch
    first.notBefore = 50
    outbox.putBack(first)
    expect(outbox.take(10)?.firstNumber).toBe(1)
    expect(outbox.take(60)?.firstNumber).toBe(0)
    expect(outbox.take(60)?.firstNumber).toBe(2)
    expect(outbox.take(60)).toBeUndefined()
  })
})

describe('the outbox with a spool', () => {
  it('keeps in memory what it may, the rest on disk, and gives all back in order', async () => {
    const outbox = outboxWith({ spool: spoolOf(), maxQueuedBytes: 3_000 })
    for (const n of upTo(100)) expect(outbox.add(...event(n))).toBeUndefined()
    outbox.cut()
    const ids: string[] = []
    let onlyOnDisk = 0
    for (let batch = outbox.take(0); batch !== undefined; batch = outbox.take(0)) {
      if (batch.bytes === undefined) onlyOnDisk += 1
      expect(await outbox.readBack(batch)).toBe(0)
      ids.push(...idsOf(batch))
      outbox.settle(batch)
    }
    expect(onlyOnDisk).toBeGreaterThan(5)
    expect(ids).toEqual(upTo(100).map((n) => `m${n}`))
    expect(outbox.waiting()).toBe(0)
    expect(readdirSync(dir, { recursive: true }).filter((name) => String(name).endsWith('.events'))).toEqual(
      [],
    )
  })

  it('refuses beyond the bytes of the spool', () => {
    const outbox = outboxWith({ spool: spoolOf(1_000) })
    const answers = upTo(10).map((n) => outbox.add(...event(n)))
    expect(answers[0]).toBeUndefined()
    expect(answers[9]).toBe('SPOOL_FULL')
  })

  it('halves a batch on disk too, so that a crash afterwards loses nothing', async () => {
    const first = outboxWith({ spool: spoolOf() })
    for (const n of upTo(5)) first.add(...event(n))
    first.cut()
    first.halve(first.take(0) as Batch)
    first.settle(first.take(0) as Batch)
    first.close()
    const second = outboxWith({ spool: spoolOf() })
    expect(await second.adopt()).toEqual({ adopted: 2, damaged: 0 })
    expect(idsOf(second.take(0) as Batch)).toEqual(['m3', 'm4'])
  })

  it('keeps an event in memory when the disk fails, says so, and spools the next batch again', () => {
    const failures: unknown[] = []
    const spool = spoolOf()
    let isFull = false
    const failing: Spool = {
      ...spool,
      append: (file, json) => {
        if (isFull) throw new Error('no space left')
        spool.append(file, json)
      },
    }
    const outbox = outboxWith({
      spool: failing,
      maxQueuedBytes: 500,
      onSpoolFailure: (error) => failures.push(error),
    })
    outbox.add(...event(0))
    isFull = true
    expect(outbox.add(...event(1))).toBeUndefined()
    isFull = false
    expect(outbox.add(...event(2))).toBeUndefined()
    outbox.cut()
    expect(failures).toHaveLength(1)
    const batch = outbox.take(0) as Batch
    expect(batch.bytes).toBeDefined()
    expect(idsOf(batch)).toEqual(['m0', 'm1', 'm2'])
    outbox.settle(batch)
    expect(eventFiles()).toEqual([])
    outbox.add(...event(3))
    expect(eventFiles()).toHaveLength(1)
  })

  it('does not take more into memory than it may while the disk fails', () => {
    const failing: Spool = {
      ...spoolOf(),
      append: () => {
        throw new Error('no space left')
      },
    }
    const outbox = outboxWith({ spool: failing, maxQueuedBytes: 1_000 })
    const accepted = upTo(100).filter((n) => outbox.add(...event(n)) === undefined)
    expect(accepted.length).toBeLessThan(10)
  })
})
