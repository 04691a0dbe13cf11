/** What a header may say before its checksum is judged: nobody makes room for what cannot be there. */
import { expect, test } from 'vitest'
import { decodeFrame } from './frame.js'

const header = (bytes: number | string) =>
  Buffer.from(
    `{"frame":1,"group":1,"at":1,"records":1,"table":"events","rows":{},"bytes":${bytes},"crc":"00000000"}\n`,
  )

test.each([
  ['more than a record has', 300 * 1024 * 1024],
  ['more than any memory', Number.MAX_SAFE_INTEGER],
  ['less than nothing', -1],
  ['half a byte', 0.5],
  ['a text', '"9"'],
])('a header that says %s is damage, and no reason to read on', (_what, bytes) => {
  expect(decodeFrame(header(bytes), 0)).toBe('broken')
})

test('one that says what can be there asks for as much', () => {
  const start = header(1_000_000)
  expect(decodeFrame(start, 0)).toEqual({ needs: start.length + 1_000_000 })
})
