import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageIds } from './message-id.js'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('message ids', () => {
  it('are UUIDv7s that carry the clock', () => {
    const id = messageIds(() => 0x0199_8877_6655)()
    expect(id).toMatch(uuidV7)
    expect(id.startsWith('01998877-6655-7')).toBe(true)
  })

  it('sort in the order of the calls, whatever the clock does', () => {
    const clocks = fc.array(fc.integer({ min: 0, max: 2 ** 47 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(clocks, (times) => {
        let call = 0
        const next = messageIds(() => times[call++] ?? 0)
        const ids = times.map(() => next())
        expect(ids).toEqual([...ids].sort())
        expect(new Set(ids).size).toBe(ids.length)
      }),
    )
  })

  it('sort also when one millisecond needs more than the counter holds', () => {
    const next = messageIds(() => 1_000)
    const ids = Array.from({ length: 10_000 }, next)
    expect(ids).toEqual([...ids].sort())
    expect(ids.every((id) => uuidV7.test(id))).toBe(true)
  })
})
