/** What `init()` was given wrongly is said, and never lets more happen than was meant. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { initOptions } from './init-options.js'

let said: string[] = []
beforeEach(() => {
  said = []
  vi.spyOn(console, 'warn').mockImplementation((text: string) => said.push(text))
})
afterEach(() => {
  vi.restoreAllMocks()
})
const site = { writeKey: 'wk_1', host: 'https://t.example.com' }
const from = (given: object) => initOptions({ ...site, ...given })

test.each(['$visitor', 'my+site', 'visitor(1)', 'a b', 'a;b', 'a=b', '', 'ünï', {}])(
  'a cookieName %j, by which nobody would be known again, is not taken, and that is said',
  (cookieName) => {
    expect(from({ cookieName })).toEqual({ key: 'wk_1', host: site.host })
    expect(said).toEqual([expect.stringMatching(/unknown cookieName=".*": letters, digits/)])
  },
)

test.each(['shop_visitor', '.shop.v1', '__Secure-visitor', 'V2'])(
  'a cookieName %j is taken',
  (cookieName) => {
    expect(from({ cookieName })).toMatchObject({ cookieName })
    expect(said).toEqual([])
  },
)

test.each([
  [{ 'data-write-key': 'wk_2' }, /init\(\) knows no option data-write-key; taken for key/],
  [{ Consent: 'required' }, /init\(\) knows no option Consent; taken for consent/],
  [{ writeKey: '' }, /init\(\) needs writeKey, which on the tag is data-key/],
  [{ host: 't.example.com' }, /init\(\) needs host, the address of the Touchline server/],
  [{ host: undefined }, /init\(\) needs host/],
])('%j is named', (given, pattern) => {
  from(given)
  expect(said[0]).toMatch(pattern)
})
