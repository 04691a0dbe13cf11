/** What is waited for by its place in the log, against a list of every single event. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openPlaced } from './placed.js'

const step = fc.oneof(
  fc.record({
    part: fc.constantFrom('a/0', 'a/1', 'b/0'),
    count: fc.integer({ min: 1, max: 5 }),
    gap: fc.nat(3),
  }),
  fc.record({ part: fc.constantFrom('a/0', 'a/1', 'b/0'), handledTo: fc.nat(30) }),
)

test('counts and knows exactly what was not handled, however records of several parts come and go', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const placed = openPlaced()
      let waiting: { seq: number; part: string; offset: bigint }[] = []
      const ends = new Map<string, bigint>()
      let seq = 0
      for (const one of steps) {
        if ('count' in one) {
          // Refused ones take seqs too, and are awaited by nobody.
          const first = seq + one.gap + 1
          const offset = ends.get(one.part) ?? 0n
          ends.set(one.part, offset + 1n)
          seq = first + one.count - 1
          placed.add({ part: one.part, offset }, { first, last: seq })
          for (let at = first; at <= seq; at += 1) waiting.push({ seq: at, part: one.part, offset })
        } else {
          const offset = BigInt(one.handledTo)
          const isDone = (of: (typeof waiting)[number]) => of.part === one.part && of.offset < offset
          const ranges = placed.handledBefore({ part: one.part, offset })
          const found = ranges.flatMap(({ first, last }) =>
            Array.from({ length: last - first + 1 }, (_, at) => first + at),
          )
          expect(found).toEqual(waiting.filter(isDone).map((of) => of.seq))
          waiting = waiting.filter((of) => !isDone(of))
        }
        for (const after of [0, Math.floor(seq / 2), seq]) {
          expect(placed.countAfter(after)).toBe(waiting.filter((of) => of.seq > after).length)
          expect(placed.has(after)).toBe(waiting.some((of) => of.seq === after))
        }
      }
    }),
  )
})

test('beyond its bound nothing is kept of one more, counted all the same, and not handled before its own place', () => {
  const placed = openPlaced(2)
  for (let at = 0; at < 10; at += 1)
    placed.add({ part: 'a/0', offset: BigInt(at) }, { first: at * 3 + 1, last: at * 3 + 2 })
  expect(placed.countAfter(0)).toBe(20)
  placed.handledBefore({ part: 'a/0', offset: 5n })
  expect(placed.countAfter(0)).toBe(18)
  placed.handledBefore({ part: 'a/0', offset: 10n })
  expect(placed.countAfter(0)).toBe(0)
})
