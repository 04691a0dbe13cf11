import { expect, test } from 'vitest'
import { fromCursor, toCursor } from './cursor.js'

const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a cursor says where a page ended', () => {
  const position = { at: Date.parse('2026-03-01T00:00:00.001Z'), key: 'a,"b', windowMs: 86_400_000 }
  expect(fromCursor(toCursor(position))).toEqual(position)
  expect(fromCursor(toCursor({ at: -1, key: '' }))).toEqual({ at: -1, key: '', windowMs: undefined })
})

test.each([
  ['a time that no date is', [-9e15, 'x', 1]],
  ['a time before all that can be stored', [Date.UTC(1899, 11, 31), 'x', null]],
  ['a time after all that can be stored', [Date.UTC(2300, 0), 'x', null]],
  ['a window without end', [1, 'x', 1e300]],
  ['no window at all', [1, 'x', 0]],
  ['half a millisecond', [0.5, 'x', null]],
  ['another tuple', [1, 'x']],
  ['nothing', null],
])('one of %s is refused as one that this server did not make', (_what, value) => {
  expect(() => fromCursor(cursorOf(value))).toThrow(
    expect.objectContaining({ code: 'QUERY_INVALID' }) as Error,
  )
})
