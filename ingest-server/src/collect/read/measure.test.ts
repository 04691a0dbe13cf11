import fc from 'fast-check'
import { limits } from '@touchline/schemas'
import { describe, expect, test } from 'vitest'
import { jsonUpTo, measure } from './measure.js'

const nested = (levels: number): unknown => {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}
/** An event whose JSON text has exactly so many bytes. */
const eventOfBytes = (bytes: number, filling = 'x') => {
  const empty = Buffer.byteLength(JSON.stringify({ text: '' }))
  return { text: filling.repeat((bytes - empty) / Buffer.byteLength(filling)) }
}

describe('measure', () => {
  test('an event of 32 KB fits, one byte more does not', () => {
    expect(measure(eventOfBytes(limits.eventBytes))).toBe('fits')
    expect(measure(eventOfBytes(limits.eventBytes + 1))).toBe('too-large')
  })

  test('bytes of UTF-8 count, not characters', () => {
    expect(measure({ text: '語'.repeat(10_000) })).toBe('fits')
    expect(measure({ text: '語'.repeat(11_000) })).toBe('too-large')
  })

  test('what a batch merges under the event counts', () => {
    expect(measure(eventOfBytes(limits.eventBytes), 1)).toBe('too-large')
    expect(measure({ a: 1 }, limits.eventBytes)).toBe('too-large')
  })

  test('20 levels fit, 21 do not, 200,000 cost no stack', () => {
    expect(measure({ properties: nested(limits.eventDepth - 1) })).toBe('fits')
    expect(measure({ a: nested(limits.eventDepth) })).toBe('fits')
    expect(measure({ a: nested(limits.eventDepth + 1) })).toBe('too-deep')
    expect(measure({ a: nested(200_000) })).toBe('too-deep')
  })
})

describe('jsonUpTo', () => {
  test('is JSON.stringify for what is not cut', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonUpTo(value, 1e6)).toBe(JSON.stringify(value))
      }),
    )
  })

  test('is a beginning of it for what is cut', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(50), (value, maxChars) => {
        const cut = jsonUpTo(value, maxChars)
        expect(cut.length).toBeLessThanOrEqual(maxChars)
        // A long string is cut inside, so its own closing quote may stand at the very end.
        expect(JSON.stringify(value).startsWith(cut.slice(0, -1))).toBe(true)
      }),
    )
  })

  test('200,000 levels are cut without recursion', () => {
    expect(jsonUpTo(nested(200_000), 10)).toBe('[[[[[[[[[[')
  })
})
