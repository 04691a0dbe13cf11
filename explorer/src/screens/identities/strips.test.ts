import { describe, expect, test } from 'vitest'
import { isOf, stripsOf } from './strips.js'

const event = (at: string, who: { userId?: string; anonymousId?: string; email?: string }) =>
  ({ occurredAt: at, userId: null, anonymousId: null, email: null, ...who }) as unknown as Parameters<
    typeof isOf
  >[0]

describe('two strips that become one', () => {
  test('before the claim each has its own events, after it there is one', () => {
    const at = Date.parse('2026-03-10T00:00:00Z')
    const strips = stripsOf(
      [
        event('2026-03-01T00:00:00Z', { anonymousId: 'a1' }),
        event('2026-03-02T00:00:00Z', { userId: 'ann', anonymousId: 'a2' }),
        event('2026-03-10T00:00:00Z', { userId: 'ann', anonymousId: 'a1' }),
        event('2026-03-12T00:00:00Z', { anonymousId: 'a1' }),
      ],
      'anon:a1',
      at,
    )
    expect([strips.own, strips.theirs, strips.together].map((list) => list.length)).toEqual([1, 1, 2])
    expect(strips.from).toBeLessThan(Date.parse('2026-03-01T00:00:00Z'))
    expect(strips.to).toBeGreaterThan(Date.parse('2026-03-12T00:00:00Z'))
  })

  test('an event that names a user is not its device’s', () => {
    const both = event('2026-03-01', { userId: 'ann', anonymousId: 'a1', email: 'ann@acme.com' })
    expect(['user:ann', 'anon:a1', 'email:ann@acme.com', 'user:eve'].map((id) => isOf(both, id))).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  test('a claim without any event has a joint all the same', () => {
    const { from, to, at } = stripsOf([], 'anon:x', 1_000_000)
    expect(from < at && at < to).toBe(true)
  })
})
