import { expect, test } from 'vitest'
import { openProgress } from './keep-progress.js'
import { noCounts, type Progress } from './progress.js'
import { openUnderWay } from './under-way.js'

function opened(append: (kept: ReturnType<typeof openProgress>) => Promise<void>) {
  const progress: Progress = {
    ...noCounts,
    ...{ project: 'shop', id: 'i', state: 'running', map: 'm', name: 'f.csv' },
    ...{ digest: '', rowsHash: '', beganAtMs: 0 },
    form: { format: 'csv', encoding: 'utf-8', delimiter: ',', columns: ['a'] },
    ...{ resumedAfter: 0, startedAtMs: 0, updatedAtMs: 0, warnings: [] },
  }
  const told: string[] = []
  const kept = openProgress({
    progress,
    clock: () => 0,
    onProgress: ({ state }) => void told.push(state),
    append: () => append(kept),
  })
  return { progress, kept, told }
}

test('an import whose last record had to wait for the log is done, not running', async () => {
  const { progress, kept, told } = opened(async (self) => {
    self.setWaiting(true)
    self.setWaiting(false)
  })
  await kept.keepLast('cut')
  expect(progress.state).toBe('cut')
  expect(told).toEqual(['cut', 'waiting', 'running', 'cut'])
})

test('its time never stands still, whatever the clock does', () => {
  const { progress, kept } = opened(async () => undefined)
  const times = [1, 2, 3].map((lastRow) => {
    kept.add({ lastRow, rowsHash: '', accepted: 1, skipped: 0, rejected: 0, events: 1 })
    return progress.updatedAtMs
  })
  expect(times).toEqual([1, 2, 3])
  expect(progress).toMatchObject({ rows: 3, accepted: 3, events: 3 })
})

test('batches under way count in the order of the file, and none after one that failed', async () => {
  const counted: number[] = []
  const underWay = openUnderWay<number>(4, (one) => void counted.push(one))
  const ends = [0, 1, 2].map(() => {
    let resolve = () => {}
    let reject = (_error: Error) => {}
    const promise = new Promise<void>((...both) => ([resolve, reject] = both))
    return { promise, resolve, reject }
  })
  for (const [n, { promise }] of ends.entries()) await underWay.add(promise, n)
  ends[2]?.resolve()
  ends[0]?.resolve()
  ends[1]?.reject(new Error('the log is gone'))
  await expect(underWay.settle()).rejects.toThrow('the log is gone')
  await underWay.abandon()
  expect(counted).toEqual([0])
})
