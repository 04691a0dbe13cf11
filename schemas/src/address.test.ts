import { describe, expect, test } from 'vitest'
import { canonicalAddress, canonicalHost, shownAddresses } from './address.js'
import { emailFrom } from './ids.js'
import { emailOf, problemOf } from './event.js'

describe('one person is not two for the spelling of an address', () => {
  test.each([
    ['zoë@bücher.example', 'zoë@xn--bcher-kva.example'],
    ['ZOË@BÜCHER.Example', 'zoë@xn--bcher-kva.example'],
    ['zoë@XN--BCHER-KVA.example', 'zoë@xn--bcher-kva.example'],
    ['zoe\u0308@bu\u0308cher.example', 'zoë@xn--bcher-kva.example'],
    ['\u200bann@acme.dev\ufeff', 'ann@acme.dev'],
    ['ann\u200d@ac\u00adme.dev', 'ann@acme.dev'],
    ['\u202aann@acme.dev\u202c', 'ann@acme.dev'],
    ['\u00a0Ann@Acme.dev\u2003', 'ann@acme.dev'],
    ['ann\uff20acme.dev', 'ann@acme.dev'],
    ['ann@acme\u3002dev', 'ann@acme.dev'],
    ['иван@почта.рф', 'иван@xn--80a1acny.xn--p1ai'],
    ['ИВАН@ПОЧТА.РФ', 'иван@xn--80a1acny.xn--p1ai'],
    ['ÅSA@example.se', 'åsa@example.se'],
    ['straße@straße.example', 'straße@xn--strae-oqa.example'],
  ])('%j is %s', (written, canonical) => {
    expect(emailFrom(written)).toBe(canonical)
    expect(emailFrom(canonical)).toBe(canonical)
    expect(emailOf({ type: 'identify', traits: { email: written } })).toBe(canonical)
    expect(problemOf({ type: 'identify', traits: { email: written } })).toBeUndefined()
  })

  test.each([
    'mailto:ann@acme.dev',
    'MAILTO:Ann@Acme.dev?subject=Hello%20you&cc=bob@acme.dev',
    '<ann@acme.dev>',
    'Ann Lee <ann@acme.dev>',
    '"Lee, Ann" <Ann@ACME.dev>; ',
    'ann@acme.dev.',
    'ann@acme.dev, ',
  ])('%j, as it is pasted, is the address in it', (written) => {
    expect(emailFrom(written)).toBe('ann@acme.dev')
    expect(problemOf({ type: 'identify', traits: { email: written } })).toBeUndefined()
  })

  test.each([
    'ann@acme.dev, bob@acme.dev',
    '<ann@acme.dev> <bob@acme.dev',
    'mailto:',
    '<>',
    `${'x'.repeat(400)} <ann@acme.dev>`,
  ])('%j is no one address', (written) => {
    expect(emailFrom(written)).toBeUndefined()
  })

  test.each(['ann@', '@acme.dev', 'ann@ac me.dev', 'ann@\u200b', 'ann@@acme.dev', '\u200b'])(
    '%j is no address',
    (written) => {
      expect(emailFrom(written)).toBeUndefined()
    },
  )
})

test('what is no address is only put in lower case', () => {
  expect(canonicalAddress(' JÜRGEN ')).toBe('jürgen')
  expect(canonicalHost('')).toBeUndefined()
  expect(canonicalHost('München.DE')).toBe('xn--mnchen-3ya.de')
})

test.each([
  ['email:zoë@xn--bcher-kva.example', 'email:zoë@bücher.example'],
  ['{"id":"domain:xn--bcher-kva.example"}', '{"id":"domain:bücher.example"}'],
  ['a@mail.xn--bcher-kva.example, b@acme.dev', 'a@mail.bücher.example, b@acme.dev'],
  ['https://xn--bcher-kva.example/', 'https://xn--bcher-kva.example/'],
  ['ann@xn--\u0000', 'ann@xn--\u0000'],
])('%j is shown as %j', (stored, shown) => {
  expect(shownAddresses(stored)).toBe(shown)
})
