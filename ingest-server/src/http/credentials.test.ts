import { expect, test } from 'vitest'
import { keyInAuthorization } from './credentials.js'

const base64 = (text: string) => Buffer.from(text).toString('base64')

test.each([
  ['Basic ' + base64('wk_one:'), 'wk_one'],
  ['basic ' + base64('wk_one'), 'wk_one'],
  ['Bearer wk_one', 'wk_one'],
  ['Bearer chosen-by-hand', 'chosen-by-hand'],
  // A browser's prompt has two fields.
  ['Basic ' + base64(':wk_one'), 'wk_one'],
  ['Basic ' + base64('admin:sk_one'), 'sk_one'],
  ['Basic ' + base64('ada@example.com:sk_one'), 'sk_one'],
  ['Basic ' + base64(':chosen-by-hand'), 'chosen-by-hand'],
  ['Basic ' + base64('chosen-by-hand:x'), 'chosen-by-hand'],
  ['Basic ' + base64('sk_one:sk_two'), 'sk_one'],
  // As people write it who have read half of the documentation.
  ['wk_one', 'wk_one'],
  ['sk_one:', 'sk_one'],
  ['Basic wk_one', 'wk_one'],
  ['Basic wk_one:', 'wk_one'],
])('%s holds the key', (header, key) => {
  expect(keyInAuthorization(header)).toBe(key)
})

test.each([undefined, '', 'Basic ', 'Bearer  ', 'Digest wk_one', 'Basic ' + base64(':')])(
  '%s holds none',
  (header) => {
    expect(keyInAuthorization(header)).toBeUndefined()
  },
)
