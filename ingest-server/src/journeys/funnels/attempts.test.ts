import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { furthestAttempt, type FunnelMode, type Walk } from './attempts.js'

const at = (ms: number, n = 0) => ms * 1024 + n
const walkOf = (touches: readonly [ms: number, mask: number][]): Walk => ({
  codes: touches.map(([ms], index) =>
    at(ms, touches.slice(0, index).filter(([other]) => other === ms).length),
  ),
  masks: touches.map(([, mask]) => mask),
})
const [a, b, c, other] = [1, 2, 4, 0]

describe('the furthest attempt', () => {
  test.each<{
    name: string
    mode: FunnelMode
    touches: [number, number][]
    windowMs: number
    times: number[]
  }>([
    {
      name: 'allows others between',
      mode: 'ordered',
      touches: [
        [0, a],
        [1, other],
        [2, b],
        [3, c],
      ],
      windowMs: 10,
      times: [0, 2, 3],
    },
    {
      name: 'is the earliest of those',
      mode: 'ordered',
      touches: [
        [0, a],
        [1, a],
        [2, b],
      ],
      windowMs: 10,
      times: [0, 2],
    },
    {
      name: 'may be a later one',
      mode: 'ordered',
      touches: [
        [0, a],
        [50, a],
        [52, b],
      ],
      windowMs: 10,
      times: [50, 52],
    },
    {
      name: 'ends with the window, inclusive',
      mode: 'ordered',
      touches: [
        [0, a],
        [10, b],
        [11, c],
      ],
      windowMs: 10,
      times: [0, 10],
    },
    {
      name: 'counts one touch for one step',
      mode: 'ordered',
      touches: [[0, a | b]],
      windowMs: 10,
      times: [0],
    },
    {
      name: 'orders two touches of one millisecond',
      mode: 'ordered',
      touches: [
        [5, a],
        [5, b],
      ],
      windowMs: 0,
      times: [5, 5],
    },
    {
      name: 'without the first step is none',
      mode: 'ordered',
      touches: [
        [0, b],
        [1, c],
      ],
      windowMs: 10,
      times: [],
    },
    {
      name: 'in strict mode has nothing between',
      mode: 'strict',
      touches: [
        [0, a],
        [1, other],
        [2, a],
        [3, b],
      ],
      windowMs: 10,
      times: [2, 3],
    },
    {
      name: 'in any order',
      mode: 'any',
      touches: [
        [0, c],
        [1, a],
        [2, b],
      ],
      windowMs: 10,
      times: [0, 1, 2],
    },
    {
      name: 'in any order finds a step for each touch',
      mode: 'any',
      touches: [
        [0, a | b],
        [1, a],
      ],
      windowMs: 10,
      times: [0, 1],
    },
  ])('$name', ({ mode, touches, windowMs, times }) => {
    expect(furthestAttempt(walkOf(touches), { mode, steps: 3, windowMs })).toEqual(times)
  })

  test('in order is never shorter than any that brute force finds', () => {
    const touch = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 7 }))
    fc.assert(
      fc.property(fc.array(touch, { maxLength: 9 }), fc.integer({ min: 0, max: 20 }), (list, windowMs) => {
        const walk = walkOf([...list].sort(([x], [y]) => x - y))
        expect(furthestAttempt(walk, { mode: 'ordered', steps: 3, windowMs })).toHaveLength(
          longest(walk, windowMs),
        )
      }),
      { numRuns: 500 },
    )
  })
})

function longest({ codes, masks }: Walk, windowMs: number): number {
  const ms = (place: number) => Math.floor((codes[place] ?? 0) / 1024)
  const from = (start: number, place: number, step: number): number => {
    let best = step
    for (let next = place + 1; next < codes.length && step < 3; next += 1)
      if (((masks[next] ?? 0) >> step) & 1 && ms(next) - ms(start) <= windowMs)
        best = Math.max(best, from(start, next, step + 1))
    return best
  }
  return Math.max(0, ...codes.map((_code, place) => ((masks[place] ?? 0) & 1 ? from(place, place, 1) : 0)))
}
