import { expect, test } from 'vitest'
import type { ReadRecord } from '../log/log.js'
import { rememberDelivered } from './delivered-once.js'

const record = (position: string, id?: string): ReadRecord => ({
  table: 'events',
  lines: Buffer.from('{}\n'),
  rows: { a: 1 },
  position,
  ...(id !== undefined && { id }),
})

test('a record that is delivered again, or was sent twice, is known', () => {
  const delivered = rememberDelivered()
  delivered.remember([record('events/0/1', 'one'), record('embedded/1')])
  expect(delivered.isRepeated(record('events/0/1', 'one'))).toBe(true)
  expect(delivered.isRepeated(record('events/3/7', 'one'))).toBe(true)
  expect(delivered.isRepeated(record('embedded/1'))).toBe(true)
  expect(delivered.isRepeated(record('events/0/2', 'two'))).toBe(false)
})

test('the oldest are forgotten first', () => {
  const delivered = rememberDelivered(2)
  delivered.remember([record('1'), record('2'), record('3')])
  expect(['1', '2', '3'].map((position) => delivered.isRepeated(record(position)))).toEqual([
    false,
    true,
    true,
  ])
})
