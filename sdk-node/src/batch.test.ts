import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addEvent, bodyOf, emptyBatch, eventJson, eventsOf, halves, type Batch } from './batch.js'

function batchOf(jsons: readonly string[]): Batch {
  const batch = emptyBatch(0)
  for (const json of jsons) addEvent(batch, { json, messageId: '' }, Buffer.byteLength(json))
  return batch
}
const parsedBody = (batch: Batch, sentAt = 0) =>
  JSON.parse(bodyOf(batch, sentAt).toString()) as { sentAt: string; batch: unknown[] }

const events = fc.array(fc.json({ stringUnit: 'grapheme' }), { maxLength: 60 })

describe('a batch', () => {
  it('is the body of a request with exactly the events that were added', () => {
    fc.assert(
      fc.property(events, (jsons) => {
        const batch = batchOf(jsons)
        expect(parsedBody(batch, 86_400_000)).toEqual({
          sentAt: '1970-01-02T00:00:00.000Z',
          context: { library: { name: '@touchline/node', version: expect.any(String) as string } },
          batch: jsons.map((json) => JSON.parse(json) as unknown),
        })
        expect(jsons.map((_json, index) => eventJson(batch, index))).toEqual(jsons)
      }),
    )
  })

  it('can be stamped again for each try and still grow in between', () => {
    const batch = batchOf(['1'])
    expect(parsedBody(batch, 0).batch).toEqual([1])
    addEvent(batch, { json: '"ü"', messageId: '' }, 4)
    expect(parsedBody(batch, 1_000)).toMatchObject({ sentAt: '1970-01-01T00:00:01.000Z', batch: [1, 'ü'] })
  })

  it('is halved without losing, repeating or reordering an event or its callback', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), (count) => {
        const batch = emptyBatch(7)
        const called: number[] = []
        for (let n = 0; n < count; n += 1) {
          const json = JSON.stringify({ n, messageId: `m${n}` })
          addEvent(batch, { json, messageId: `m${n}`, callback: () => called.push(n) }, json.length)
        }
        const both = halves(batch)
        const ids = both.flatMap((half) => [...eventsOf(half)].map(({ messageId }) => messageId))
        expect(ids).toEqual(Array.from({ length: count }, (_, n) => `m${n}`))
        expect(both.every((half) => half.count > 0 && half.count < count)).toBe(true)
        expect(both[1].firstNumber).toBe(7 + both[0].count)
        for (const half of both)
          for (const { callback } of eventsOf(half)) callback?.(undefined, { messageId: '' })
        expect(called).toEqual(Array.from({ length: count }, (_, n) => n))
      }),
    )
  })
})
