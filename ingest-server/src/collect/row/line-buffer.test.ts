import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineBuffer } from './line-buffer.js'

test('what was added is what is taken, whatever its size', () => {
  const lines = createLineBuffer()
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.nat(3), (added, power) => {
      const repeated = added.map((line) => line.repeat(10 ** power))
      for (const line of repeated) lines.add(line)
      expect(lines.take().toString()).toBe(repeated.join(''))
    }),
  )
})

test('what was taken does not change when more is added', () => {
  const lines = createLineBuffer()
  lines.add('first')
  const taken = lines.take()
  lines.add('other')
  expect(taken.toString()).toBe('first')
})

test('what was cleared is gone', () => {
  const lines = createLineBuffer()
  lines.add('left over')
  lines.clear()
  expect(lines.take()).toHaveLength(0)
})
