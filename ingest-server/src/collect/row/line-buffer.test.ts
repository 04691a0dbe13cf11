import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineBuffer, type TakenLines } from './line-buffer.js'

test('what was added is what is taken, whatever its size', () => {
  const lines = createLineBuffer()
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.nat(3), (added, power) => {
      const repeated = added.map((line) => line.repeat(10 ** power))
      for (const line of repeated) lines.add(line)
      const { bytes, release } = lines.take()
      expect(bytes.toString()).toBe(repeated.join(''))
      release()
    }),
  )
})

test('what was taken stays as it was until it is released, whatever is added, cleared and released around it', () => {
  const action = fc.oneof(
    fc.record({ does: fc.constant('take'), size: fc.integer({ min: 0, max: 700_000 }) }),
    fc.record({ does: fc.constant('release'), at: fc.nat(20) }),
    fc.record({ does: fc.constant('abandon'), at: fc.nat(20) }),
    fc.record({ does: fc.constant('clear'), size: fc.integer({ min: 0, max: 700_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const lines = createLineBuffer()
      const held: { taken: TakenLines; text: string }[] = []
      for (const [index, one] of actions.entries()) {
        if (one.does === 'release' || one.does === 'abandon') {
          const [gone] = held.splice('at' in one ? one.at : 0, 1)
          if (one.does === 'release') {
            gone?.taken.release()
            // Said twice, it must not free what somebody else has by then.
            gone?.taken.release()
          }
        } else {
          const text = `${index}:`.repeat(('size' in one ? one.size : 0) >> 2)
          lines.add(text)
          lines.add('é\n')
          if (one.does === 'clear') lines.clear()
          else held.push({ taken: lines.take(), text: `${text}é\n` })
        }
      }
      for (const { taken, text } of held) expect(taken.bytes.equals(Buffer.from(text))).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('batches that are released in time share few slabs, however many there are', () => {
  const lines = createLineBuffer()
  const slabs = new Set<ArrayBufferLike>()
  const waiting: TakenLines[] = []
  for (let batch = 0; batch < 2_000; batch += 1) {
    for (let line = 0; line < 100; line += 1) lines.add('x'.repeat(600))
    const taken = lines.take()
    slabs.add(taken.bytes.buffer)
    waiting.push(taken)
    if (waiting.length > 64) waiting.shift()?.release()
  }
  expect(slabs.size).toBeLessThan(12)
})

test('what was cleared is gone', () => {
  const lines = createLineBuffer()
  lines.add('left over')
  lines.clear()
  expect(lines.take().bytes).toHaveLength(0)
})
