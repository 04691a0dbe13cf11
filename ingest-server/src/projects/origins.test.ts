import { expect, test } from 'vitest'
import { isOriginPattern, matchesOrigin } from './origins.js'

test.each([
  ['https://app.example.com', 'https://app.example.com', true],
  ['https://app.example.com', 'https://APP.example.com', true],
  ['https://app.example.com', 'http://app.example.com', false],
  ['https://app.example.com', 'https://app.example.com:8443', false],
  ['https://app.example.com:8443', 'https://app.example.com:8443', true],
  ['https://app.example.com', 'https://app.example.com.evil.test', false],
  ['https://app.example.com', 'https://evil-app.example.com', false],
  ['https://app.example.com', 'https://app.example.com@evil.test', false],
  ['https://app.example.com', 'https://app.example.com/', true],
  ['https://*.example.com', 'https://a.b.example.com', true],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*.example.com', 'https://evilexample.com', false],
  ['*.example.com', 'http://shop.example.com', true],
  ['example.com', 'http://example.com', true],
  ['example.com', 'https://example.com', true],
  ['example.com', 'https://example.com:444', false],
  ['localhost:*', 'http://localhost:5173', true],
  ['[::1]:*', 'http://[::1]:3000', true],
  ['app.example.com', 'null', false],
  ['app.example.com', '', false],
  ['app.example.com', 'ftp://app.example.com', false],
  ['aXexample.com', 'https://a.example.com', false],
  ['a.example.com', 'https://axexample.com', false],
])('%s lets %s in: %s', (pattern, origin, isIn) => {
  expect(matchesOrigin([pattern], origin)).toBe(isIn)
})

test.each([
  '*',
  'https://*',
  'https://a.*',
  '*.*.example.com',
  'https://',
  'https://a b',
  'https://a.test/path',
])('%s is not a pattern', (text) => {
  expect(isOriginPattern(text)).toBe(false)
})
