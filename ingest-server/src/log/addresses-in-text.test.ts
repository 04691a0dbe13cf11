import { canonicalAddress } from '@touchline/schemas'
import { describe, expect, test } from 'vitest'
import { addressesIn, patternOf } from './addresses-in-text.js'

const jurgen = canonicalAddress('jürgen@bücher.example')

describe('an address that is not all ASCII is found wherever it stands', () => {
  test.each([
    ['as it is', 'mail to jürgen@bücher.example, please'],
    ['in capitals', 'JÜRGEN@BÜCHER.EXAMPLE'],
    ['with its domain in ASCII', '<jürgen@xn--bcher-kva.example>'],
    ['in two parts', 'jürgen@bücher.example'.normalize('NFD')],
    ['escaped in JSON', String.raw`{"m":"j\u00fcrgen@b\u00FCcher.example"}`],
    [
      'all of it escaped',
      [...'jürgen@bücher.example'].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    ],
    ['in the address of a page', `https://x.test/?m=${encodeURIComponent('jürgen@bücher.example')}&n=1`],
    ['with a blank that nobody sees', 'jür\u200bgen@bücher.example'],
    ['with signs of East Asia', 'jürgen＠bücher。example'],
  ])('%s', (_how, text) => {
    expect(addressesIn(text)).toContain(jurgen)
    expect(text.replace(patternOf(jurgen), '[erased]')).toMatch(/^[^@＠]*\[erased\][^@＠]*$/)
  })

  test.each([
    'https://a.test/?next=https%3A%2F%2Fb.test%2F%3Fm%3Dada%2540example.com%26n%3D1',
    'm%253Dada%252540example.com',
    '%2520ada%2540example.com%2520',
  ])('and in an address within an address: %s', (text) => {
    expect(addressesIn(text)).toContain('ada@example.com')
    expect(addressesIn(text.replace(patternOf('ada@example.com'), '[erased]'))).toEqual([])
  })

  const inText = JSON.stringify({ text: 'Hello,\nada@example.com\tBye' })
  test.each([
    ['JSON in a text', inText],
    ['JSON in JSON in a text', JSON.stringify({ a: [inText] })],
    ['the address of a page', encodeURIComponent(inText)],
    ['an address within an address', encodeURIComponent(encodeURIComponent(inText))],
    ['escapes of escapes', String.raw`{\"m\":\"\u0061da@example.com\"}`],
  ])('and in %s, behind a line’s end', (_how, sent) => {
    expect(addressesIn(JSON.stringify(sent))).toContain('ada@example.com')
    const clean = sent.replace(patternOf('ada@example.com'), '[erased]')
    expect(clean).toContain('[erased]')
    expect(addressesIn(JSON.stringify(clean))).toEqual([])
  })

  test('a backslash before an address is no part of it', () => {
    expect(addressesIn(JSON.stringify(String.raw`C:\ada@example.com`))).toContain('ada@example.com')
  })

  test('and so is one of ASCII that is written in escapes', () => {
    const text = String.raw`\u0041da%40example.com`
    expect(addressesIn(text)).toContain('ada@example.com')
    expect(text.replace(patternOf('ada@example.com'), '[erased]')).toBe('[erased]')
  })
})

test.each([
  'jurgen@bücher.example',
  'jürgen@bücherei.example',
  'xjürgen@bücher.example',
  'jürgen at bücher.example',
])('%s is somebody else’s', (text) => {
  expect(addressesIn(text)).not.toContain(jurgen)
})

test('a long text without any address costs no more than reading it', () => {
  const named = patternOf('ada@example.com')
  for (const hostile of ['\\\\', '%5C', '%255c', '%25', '\\\\u', 'a\u200b', 'a\\\\u200b'])
    expect(hostile.repeat(50_000).replace(named, '')).toBe(hostile.repeat(50_000))
  for (const text of [
    'ü'.repeat(500_000),
    '%'.repeat(500_000),
    'ü@'.repeat(250_000),
    'a.'.repeat(250_000) + '@',
  ])
    expect(addressesIn(text)).toEqual([])
})
