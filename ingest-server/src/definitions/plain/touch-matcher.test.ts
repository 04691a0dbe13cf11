import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openMatcher, type TouchContent } from './touch-matcher.js'

const nothing: TouchContent = {
  ...{ kind: '', name: '', channel: '', source: '', medium: '', campaign: '' },
  ...{ host: '', path: '', paths: [], referrerHost: '', direction: '' },
}

function matches(pattern: string, name: string): boolean {
  const matcher = openMatcher()
  matcher.add({ name: pattern })
  return matcher.matchedBy({ ...nothing, name }).length === 1
}

test('a star is any run of characters, wherever and however often it stands', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n'), maxLength: 8 })
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 6 })
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const shape = pattern.split('*').map((part) => part.replaceAll('.', '\\.'))
      expect(matches(pattern, text)).toBe(new RegExp(`^${shape.join('[^]*')}$`).test(text))
    }),
    { numRuns: 5_000 },
  )
})

test('many stars over what a visitor sends are one walk over it', () => {
  const pattern = `${'*a'.repeat(40)}*b`
  expect(matches(pattern, 'a'.repeat(4_000))).toBe(false)
  expect(matches(pattern, `${'a'.repeat(4_000)}b`)).toBe(true)
})
