import type { LiveRow, LiveState } from '@touchline/schemas/api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mostRows, withChanges, withRows } from './rows.js'

const row = (seq: number, state: LiveState = 'durable'): LiveRow => ({
  seq,
  at: seq,
  kind: 'track',
  name: `e${seq}`,
  subject: null,
  person: null,
  messageId: `m${seq}`,
  state,
  storedAfterMs: null,
  channel: '',
  bot: false,
  code: state === 'refused' ? 'EVENT_NO_ID' : null,
  reason: null,
  test: false,
})

describe('live rows', () => {
  test('the newest stand first, at most 300, and a refused one stays while others go', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 900 }),
        fc.integer({ min: 1, max: 40 }),
        (kinds, at) => {
          let rows: readonly LiveRow[] = []
          const all = kinds.map((isRefused, index) => row(index + 1, isRefused ? 'refused' : 'durable'))
          for (let from = 0; from < all.length; from += at) rows = withRows(rows, all.slice(from, from + at))
          expect(rows.length).toBe(Math.min(all.length, mostRows))
          expect(rows.map(({ seq }) => seq)).toEqual([...rows.map(({ seq }) => seq)].sort((a, b) => b - a))
          const refused = all.filter(({ state }) => state === 'refused').map(({ seq }) => seq)
          const shown = rows.filter(({ state }) => state === 'refused').map(({ seq }) => seq)
          expect(shown).toEqual(refused.slice(-mostRows).reverse())
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a row moves on in its place, and no answer that comes late moves it back', () => {
    const before = withRows([], [row(1), row(2)])
    const linked = withChanges(before, [
      {
        seq: 1,
        messageId: 'm1',
        state: 'linked',
        storedAfterMs: 30,
        person: { id: 'user:u7', name: 'Aiko' },
        channel: 'Email',
      },
      { seq: 1, messageId: 'm1', state: 'stored', storedAfterMs: 30 },
    ])
    expect(linked.map(({ seq }) => seq)).toEqual([2, 1])
    expect(linked[1]).toMatchObject({
      state: 'linked',
      person: { name: 'Aiko' },
      channel: 'Email',
      storedAfterMs: 30,
    })
    // What did not change is the same object, so that it is not drawn anew.
    expect(linked[0]).toBe(before[0])
    expect(withRows(linked, [row(1)])[1]).toBe(linked[1])
  })
})
