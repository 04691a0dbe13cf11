/** What a token vouches for, and what of an event stays as anybody's word: each by itself. */
import { expect, test } from 'vitest'
import {
  accountTraitsThatCount,
  personTraitsThatCount,
  unverifiedOfAccount,
  unsigned,
  verifyFacts,
  type Trust,
} from './claims.js'
import { isInForce, type TokenClaims } from './user-token.js'

const claims: TokenClaims = {
  userId: 'u1',
  email: 'ada@example.com',
  previousId: undefined,
  accounts: new Map([
    ['own', 'owner'],
    ['run', 'admin'],
    ['in', ''],
  ]),
  notBeforeMs: 0,
  expiresAtMs: 0,
}
const byToken = (more: Partial<TokenClaims> = {}, isAlone = true): Trust => ({
  ...{ kind: 'token', isAlone },
  claims: { ...claims, ...more },
})

type Facts = Parameters<typeof verifyFacts>[0]
const fact = (kind: string, identifier: string, other: string) => ({
  kind,
  identifier,
  other,
  verified: false,
})
const verified = (facts: object[], trust: Trust) =>
  verifyFacts(facts as unknown as Facts, trust).map((one) => one.verified)

test('of facts those about the token’s own user are verified, and only what it says', () => {
  const facts = [
    fact('identify', 'user:u1', 'email:ada@example.com'),
    fact('identify', 'user:u1', 'anon:phone'),
    fact('identify', 'user:u1', 'email:eve@example.com'),
    fact('identify', 'user:u2', 'email:ada@example.com'),
    fact('identify', 'user:u2', 'anon:phone'),
    fact('alias', 'user:u1', 'anon:phone'),
    fact('alias', 'user:u1', 'user:old'),
  ]
  expect(verified(facts, byToken())).toEqual([true, true, false, false, false, false, false])
  const former = byToken({ previousId: 'old' })
  expect(verified(facts, former)).toEqual([true, true, false, false, false, false, true])
  expect(verified(facts, byToken({ email: undefined }))).toEqual([
    false,
    true,
    ...facts.slice(2).map(() => false),
  ])
  expect(verified(facts, unsigned)).toEqual(facts.map(() => false))
  const named = [fact('identify', 'user:ada@example.com', 'email:ada@example.com')]
  expect(verified(named, byToken({ userId: 'ada@example.com', email: undefined }))).toEqual([true])
})

type Read = Parameters<typeof unverifiedOfAccount>[0]
const group = (groupId: string) => ({ groupId }) as Read
const traits = [
  { name: 'name', value: '"Acme"' },
  { name: 'domain', value: '"acme.com"' },
  { name: 'website', value: '"acme.com"' },
]
const namesOf = (list: readonly { name: string }[]) => list.map(({ name }) => name)
const ofAccount = (groupId: string, trust: Trust) =>
  namesOf(accountTraitsThatCount(traits, group(groupId), trust))

test('of an account a token says what the role of its user lets it, and never the domain', () => {
  const unverified = (groupId: string, trust = byToken()) => unverifiedOfAccount(group(groupId), trust)
  expect(['own', 'run', 'in', 'other', ''].map((id) => unverified(id))).toEqual([
    ...['domain', 'domain', 'traits', 'all', ''],
  ])
  expect(unverified('own', unsigned)).toBe('')
  expect(unverified('', unsigned)).toBe('')
  expect(ofAccount('own', byToken())).toEqual(['name'])
  expect(ofAccount('in', byToken())).toEqual([])
  expect(ofAccount('other', byToken())).toEqual([])
  expect(ofAccount('', byToken())).toEqual(['name', 'domain', 'website'])
  // What is not verified may count beside it, where the project lets pages say things.
  expect(ofAccount('other', byToken({}, false))).toEqual(['name', 'domain', 'website'])
  expect(ofAccount('other', unsigned)).toEqual(['name', 'domain', 'website'])
})

test('of a person a token alone says any trait, and no address but its own', () => {
  const said = (value: string) => [
    { name: 'email', value: JSON.stringify(value) },
    { name: 'plan', value: '"pro"' },
  ]
  const kept = (value: string, trust: Trust) => namesOf(personTraitsThatCount(said(value), trust))
  expect(kept('Ada@Example.com', byToken())).toEqual(['email', 'plan'])
  expect(kept('eve@example.com', byToken())).toEqual(['plan'])
  expect(kept('eve@example.com', byToken({}, false))).toEqual(['email', 'plan'])
  expect(kept('eve@example.com', unsigned)).toEqual(['email', 'plan'])
})

test('a token is in force from a minute before to a minute after, and for what waited 12 hours at most', () => {
  const at = Date.parse('2026-03-01T12:00:00Z')
  const minute = 60_000
  const hours = 3_600_000
  const isEnded = (expiresAtMs: number, occurredAt = at) =>
    !isInForce({ ...claims, expiresAtMs }, occurredAt, at)
  expect([at - minute, at - minute + 1].map((end) => isEnded(end))).toEqual([true, false])
  const early = (notBeforeMs: number) =>
    isInForce({ ...claims, notBeforeMs, expiresAtMs: at + hours }, at, at)
  expect([at + minute, at + minute + 1].map(early)).toEqual([true, false])
  // By its own times it happened before the end; those of the future and of long ago are not believed.
  expect(isEnded(at - 2 * hours, at - 3 * hours)).toBe(false)
  expect(isEnded(at - 13 * hours, at - 14 * hours)).toBe(true)
  expect(isEnded(at + hours, at + 24 * hours)).toBe(false)
})
