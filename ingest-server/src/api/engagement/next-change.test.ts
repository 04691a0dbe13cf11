import { expect, test, vi } from 'vitest'
import type { Reader } from '../../clickhouse/query.js'
import { openNextChange } from './next-change.js'

const readerOf = (project: string) => ({ project }) as Reader

test('all who wait in a project share one look, and each project has its own', async () => {
  const read = vi.fn((reader: Reader) => Promise.resolve(reader.project === 'a' ? 5n : 9n))
  const { look } = openNextChange(read)
  const all = ['a', 'b', ...Array.from({ length: 200 }, () => 'a')]
  const found = await Promise.all(all.map((project) => look(readerOf(project))))
  expect(new Set(found)).toEqual(new Set([5n, 9n]))
  expect(read).toHaveBeenCalledTimes(2)
  expect(await look(readerOf('a'))).toBe(5n)
  expect(read).toHaveBeenCalledTimes(3)
})

test('a look that fails fails for those who waited, and not for who comes later', async () => {
  const read = vi.fn<() => Promise<bigint>>().mockRejectedValueOnce(new Error('away')).mockResolvedValue(1n)
  const { look } = openNextChange(read)
  const both = await Promise.allSettled([look(readerOf('a')), look(readerOf('a'))])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await look(readerOf('a'))).toBe(1n)
})
