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

const positionsOf = (records: readonly ReadRecord[]) => records.map(({ position }) => position)

test('a record that is delivered again, or was sent twice, is not fresh', () => {
  const delivered = rememberDelivered()
  delivered.remember([record('events/0/1', 'one'), record('embedded/1')])
  const again = [record('events/0/1', 'one'), record('events/3/7', 'one'), record('embedded/1')]
  expect(delivered.freshOf(again)).toEqual([])
  const fresh = record('events/0/2', 'two')
  expect(delivered.freshOf([...again, fresh])).toEqual([fresh])
})

test('of two copies in one batch the first is fresh', () => {
  const copies = [record('events/0/1', 'one'), record('events/0/2', 'two'), record('events/3/7', 'one')]
  expect(positionsOf(rememberDelivered().freshOf(copies))).toEqual(['events/0/1', 'events/0/2'])
})

test('the oldest are forgotten first', () => {
  const delivered = rememberDelivered(2)
  delivered.remember([record('1'), record('2'), record('3')])
  expect(positionsOf(delivered.freshOf([record('1'), record('2'), record('3')]))).toEqual(['1'])
})
