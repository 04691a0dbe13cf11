import { describe, expect, test } from 'vitest'
import { linksFrom, type LinkSource } from './links.js'

const receivedAt = Date.parse('2026-03-01T12:00:00.000Z')
const event = (fields: Partial<LinkSource>): LinkSource => ({
  type: 'track',
  occurredAt: receivedAt - 1_000,
  receivedAt,
  verified: false,
  ...fields,
})
const stated = (fields: Partial<LinkSource>) =>
  linksFrom(event(fields)).map(({ kind, identifier, other }) => `${kind} ${identifier} → ${other}`)

describe('what an event states', () => {
  const cases: [string, Partial<LinkSource>, string[]][] = [
    ['a visitor alone states nothing', { anonymousId: 'a1' }, []],
    ['a user alone states nothing', { userId: 'u1' }, []],
    ['an address alone states nothing', { email: 'ann@acme.com' }, []],
    [
      'a page seen by a known user links the device',
      { type: 'page', userId: 'u1', anonymousId: 'a1' },
      ['claim user:u1 → anon:a1'],
    ],
    [
      'a form with an address only links the device to the lead',
      { type: 'identify', anonymousId: 'a1', email: ' Ann@Acme.com ' },
      ['claim email:ann@acme.com → anon:a1'],
    ],
    [
      'with a user id the user alone claims the device',
      { type: 'identify', userId: 'u1', anonymousId: 'a1', email: 'ann@acme.com' },
      ['claim user:u1 → anon:a1', 'claim user:u1 → email:ann@acme.com'],
    ],
    [
      'a user id that is an address claims that address',
      { userId: 'Ann@acme.com', email: 'ann@home.org' },
      ['claim user:Ann@acme.com → email:ann@home.org', 'claim user:Ann@acme.com → email:ann@acme.com'],
    ],
    [
      'the same address twice is one claim',
      { userId: 'ann@acme.com', email: 'ann@acme.com' },
      ['claim user:ann@acme.com → email:ann@acme.com'],
    ],
    [
      'an alias states previousId as a visitor and as a user',
      { type: 'alias', userId: 'u1', previousId: 'x' },
      ['alias user:u1 → anon:x', 'alias user:u1 → user:x'],
    ],
    [
      'an alias to itself states no user',
      { type: 'alias', userId: 'u1', previousId: 'u1' },
      ['alias user:u1 → anon:u1'],
    ],
    ['previousId counts in an alias only', { type: 'track', userId: 'u1', previousId: 'x' }, []],
    ['an illegal user id states nothing', { userId: 'undefined', anonymousId: 'a1' }, []],
    [
      'an illegal user id leaves the address its claim',
      { userId: '[object Object]', anonymousId: 'a1', email: 'ann@acme.com' },
      ['claim email:ann@acme.com → anon:a1'],
    ],
    [
      'an illegal device is left out',
      { userId: 'u1', anonymousId: '00000000-0000-0000-0000-000000000000', email: 'ann@acme.com' },
      ['claim user:u1 → email:ann@acme.com'],
    ],
    ['an illegal previousId states nothing', { type: 'alias', userId: 'u1', previousId: 'guest' }, []],
    ['what does not look like an address is none', { anonymousId: 'a1', email: 'n/a' }, []],
    [
      'an unlink states its pair',
      { type: 'unlink', pair: ['user:u1', 'anon:a1'], verified: true },
      ['unlink user:u1 → anon:a1'],
    ],
    ['an unlink without a secret key states nothing', { type: 'unlink', pair: ['user:u1', 'anon:a1'] }, []],
    ['nothing is apart from itself', { type: 'unlink', pair: ['user:u1', 'user:u1'], verified: true }, []],
  ]
  test.each(cases)('%s', (_, fields, expected) => {
    expect(stated(fields)).toEqual(expected)
  })
})

describe('when a claim counts from', () => {
  const old = Date.parse('1990-06-01T00:00:00.000Z')
  const identify = (verified: boolean) =>
    linksFrom(
      event({
        type: 'identify',
        userId: 'u1',
        anonymousId: 'a1',
        email: 'ann@acme.com',
        occurredAt: old,
        verified,
      }),
    )

  test('an unsigned claim of an address is dated no earlier than 12 hours before its receipt', () => {
    expect(identify(false).map(({ other, at }) => [other, at])).toEqual([
      ['anon:a1', '1990-06-01T00:00:00.000Z'],
      ['email:ann@acme.com', '2026-03-01T00:00:00.000Z'],
    ])
  })

  test('an import with the secret key keeps its date', () => {
    expect(identify(true).map(({ at, verified }) => [at, verified])).toEqual([
      ['1990-06-01T00:00:00.000Z', true],
      ['1990-06-01T00:00:00.000Z', true],
    ])
  })
})
