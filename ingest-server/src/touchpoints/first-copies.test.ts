import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstCopies, type Copy } from './first-copies.js'

const copy = (fields: Partial<Copy>): Copy => ({
  messageId: 'm',
  subject: 'user:u',
  clientTime: '2026-01-01 00:00:00.000',
  at: 0,
  receivedAt: 0,
  batchIndex: 0,
  ...fields,
})
const firsts = (...copies: Copy[]) =>
  firstCopies(
    copies,
    ({ messageId }) => messageId,
    (one) => one,
  )

test('the first received stays, whatever its time or subject', () => {
  const first = copy({ receivedAt: 1, at: 500, subject: 'user:z' })
  const other = copy({ messageId: 'other' })
  expect(firsts(copy({ receivedAt: 2 }), other, first, copy({ receivedAt: 3, at: 1 }))).toEqual([
    other,
    first,
  ])
})

test('of two in one request the first stays; of one key the last, as ClickHouse keeps it', () => {
  const stamped = copy({ batchIndex: 1, clientTime: '2026-01-02 00:00:00.000' })
  expect(firsts(stamped, copy({ batchIndex: 0 }))).toEqual([copy({ batchIndex: 0 })])
  expect(firsts(copy({ batchIndex: 0 }), copy({ batchIndex: 1 }))).toEqual([copy({ batchIndex: 1 })])
})

test('neither the order of reading nor what was merged already changes which one stays', () => {
  const copies = fc.array(
    fc.record({
      messageId: fc.constantFrom('a', 'b'),
      subject: fc.constantFrom('anon:x', 'user:u'),
      clientTime: fc.constantFrom('1', '2'),
      at: fc.nat(2),
      receivedAt: fc.nat(2),
      batchIndex: fc.nat(2),
    }),
    { maxLength: 12 },
  )
  const sorted = (list: readonly Copy[]) => list.map((one) => JSON.stringify({ ...one, at: 0 })).sort()
  fc.assert(
    fc.property(copies, fc.infiniteStream(fc.nat()), (list, random) => {
      const shuffled = list
        .map((one) => ({ one, rank: random.next().value as number }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ one }) => one)
      const merged = list.filter(
        (one) =>
          !list.some(
            (other) =>
              other.messageId === one.messageId &&
              other.subject === one.subject &&
              other.clientTime === one.clientTime &&
              (other.receivedAt < one.receivedAt ||
                (other.receivedAt === one.receivedAt && other.batchIndex > one.batchIndex)),
          ),
      )
      expect(sorted(firsts(...shuffled))).toEqual(sorted(firsts(...list)))
      expect(new Set(sorted(firsts(...merged)))).toEqual(new Set(sorted(firsts(...list))))
    }),
  )
})
