import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wellFormed } from './well-formed.js'

test('only half surrogate pairs change', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '\udc00', '\\ud800', '\\'))),
      (parts) => {
        const text = parts.join('')
        const expected = text.replace(/\p{Cs}/gu, '\ufffd')
        expect(JSON.parse(wellFormed(JSON.stringify(text)))).toBe(expected)
      },
    ),
  )
})
