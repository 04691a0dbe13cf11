import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Node } from '../facts/facts.js'
import { createRecentClaims } from './recent-claims.js'
import { resolve, type Link, type Resolution } from '../rules/resolve.js'

const hour = (n: number) => new Date(Date.UTC(2026, 2, 1, n)).toISOString()
const user = fc.constantFrom('user:A', 'user:B', 'user:C')
const email = fc.constantFrom('email:a@x.dev', 'email:b@x.dev')
const anon = fc.constantFrom('anon:d1', 'anon:d2')
const link: fc.Arbitrary<Link> = fc
  .record({
    pair: fc.oneof(fc.tuple(fc.oneof(user, email), anon), fc.tuple(user, email)),
    at: fc.integer({ min: 0, max: 12 }),
    messageId: fc.integer({ min: 0, max: 60 }),
    verified: fc.boolean(),
  })
  .map(({ pair: [identifier, other], at, messageId, verified }) => {
    const time = hour(at)
    return {
      kind: 'claim',
      identifier,
      other,
      verified,
      at: time,
      receivedAt: time,
      messageId: `m${messageId}`,
    }
  })

/** As the table holds them: of the copies of a message about one pair there is one. */
const history = fc.uniqueArray(link, {
  maxLength: 20,
  selector: ({ identifier, other, messageId }) => `${identifier} ${other} ${messageId}`,
})

test('what is called a repeat changes nothing about anybody', async () => {
  let repeated = 0
  await fc.assert(
    fc.asyncProperty(history, link, (known, next) => {
      const repeats = createRecentClaims()
      repeats.remember('p', nodesOf(known))
      if (!repeats.isRepeat('p', next)) return Promise.resolve()
      repeated += 1
      expect(plain(resolve([...known, next]))).toEqual(plain(resolve(known)))
      return Promise.resolve()
    }),
    { numRuns: 5_000 },
  )
  expect(repeated).toBeGreaterThan(100)
})

test('the same claim an hour later is a repeat; by another, about another, or unread, it is none', () => {
  const repeats = createRecentClaims()
  const first: Link = {
    kind: 'claim',
    identifier: 'user:A',
    other: 'anon:d1',
    verified: false,
    at: hour(1),
    receivedAt: hour(1),
    messageId: 'm1',
  }
  repeats.remember('p', nodesOf([first]))
  const later = { ...first, at: hour(2), messageId: 'm2' }
  expect(repeats.isRepeat('p', later)).toBe(true)
  expect(repeats.isRepeat('q', later)).toBe(false)
  expect(repeats.isRepeat('p', { ...later, identifier: 'user:B' })).toBe(false)
  expect(repeats.isRepeat('p', { ...later, verified: true })).toBe(false)
  expect(repeats.isRepeat('p', { ...later, at: hour(0) })).toBe(false)
  expect(repeats.isRepeat('p', { ...later, messageId: 'm1' })).toBe(false)
  repeats.forget()
  expect(repeats.isRepeat('p', later)).toBe(false)
})

function nodesOf(links: readonly Link[]): Node[] {
  const identifiers = new Set(links.flatMap(({ identifier, other }) => [identifier, other]))
  return [...identifiers].map((identifier) => {
    const own = links.filter((one) => one.identifier === identifier || one.other === identifier)
    return { identifier, links: own, facts: own.length, coreFacts: 0 }
  })
}

const plain = ({ owners, ...rest }: Resolution) => ({ ...rest, owners: Object.fromEntries(owners) })
