import { expect, test, vi } from 'vitest'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { createCoalescer } from './coalesce.js'
import type { ReadRecord } from '../log.js'

const record = (position: string): ReadRecord => ({
  table: 'events',
  rows: {},
  lines: Buffer.from('{}\n'),
  position,
})
const never = () => false

function openCoalescer(handle: (positions: string[]) => Promise<void>) {
  const aborter = new AbortController()
  const calls: string[][] = []
  const coalescer = createCoalescer(
    (batch) => {
      const positions = batch.map(({ position }) => position)
      calls.push(positions)
      return handle(positions)
    },
    aborter.signal,
    silentLogger,
  )
  return { coalescer, calls, aborter }
}

test('what several sources deliver in one turn is one call; what comes during it is the next', async () => {
  let release = () => {}
  const { coalescer, calls } = openCoalescer(() => new Promise((resolve) => (release = resolve)))
  const first = [coalescer.add([record('a/1')], never), coalescer.add([record('b/1')], never)]
  await vi.waitUntil(() => calls.length === 1)
  const second = [coalescer.add([record('a/2')], never), coalescer.add([record('c/1')], never)]
  release()
  expect(await Promise.all(first)).toEqual([true, true])
  await vi.waitUntil(() => calls.length === 2)
  release()
  expect(await Promise.all(second)).toEqual([true, true])
  expect(calls).toEqual([
    ['a/1', 'b/1'],
    ['a/2', 'c/1'],
  ])
})

test('a failed call is repeated, without what its source no longer waits for', async () => {
  let isGone = false
  const { coalescer, calls } = openCoalescer(() => {
    if (calls.length > 1) return Promise.resolve()
    isGone = true
    return Promise.reject(new Error('down'))
  })
  const kept = coalescer.add([record('a/1')], never)
  const left = coalescer.add([record('b/1')], () => isGone)
  expect(await Promise.all([kept, left])).toEqual([true, false])
  expect(calls).toEqual([['a/1', 'b/1'], ['a/1']])
})

test('abort lets the call under way end as handled, and what waits as not handled', async () => {
  let release = () => {}
  const { coalescer, calls, aborter } = openCoalescer(() => new Promise((resolve) => (release = resolve)))
  const underWay = coalescer.add([record('a/1')], never)
  await vi.waitUntil(() => calls.length === 1)
  const waiting = coalescer.add([record('a/2')], never)
  aborter.abort()
  release()
  expect(await Promise.all([underWay, waiting])).toEqual([true, false])
  await coalescer.idle()
  expect(await coalescer.add([record('a/3')], never)).toBe(false)
  expect(calls).toEqual([['a/1']])
})
