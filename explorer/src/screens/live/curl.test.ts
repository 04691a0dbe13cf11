import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { curlOf, quoted } from './curl.js'

describe('the line that sends an event again', () => {
  test('is one word to a shell, whatever an event says', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => !text.includes('\0')),
        (text) => {
          const said = execFileSync('/bin/sh', ['-c', `printf %s ${quoted(text)}`]).toString()
          expect(said).toBe(text)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('names the call, the key and the address', () => {
    const line = curlOf({ url: 'https://t.example', key: 'wk_1' }, 'identify', `{"userId":"o'neill"}`)
    expect(line).toContain(`curl -u 'wk_1:' 'https://t.example/v1/identify'`)
    expect(line).toContain(String.raw`{"userId":"o'\''neill"}`)
    expect(curlOf({ url: 'x', key: null }, 'nonsense; rm -rf /', '{}')).toContain(`'x/v1/track'`)
  })
})
