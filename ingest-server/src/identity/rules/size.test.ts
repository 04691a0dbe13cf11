/** R7 and R4: a person is bounded in size, and what a flood adds takes nothing from what was there before. */
import { expect, test } from 'vitest'
import { defaultCaps, type Caps } from './link-caps.js'
import type { Link } from './link.js'
import { resolve } from './resolve.js'

const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 0, n)).toISOString()
let count = 0
function link(identifier: string, other: string, at: number, more: Partial<Link> = {}): Link {
  count += 1
  return {
    kind: 'claim',
    identifier,
    other,
    verified: false,
    at: minute(at),
    receivedAt: minute(at),
    messageId: `m${count}`,
    ...more,
  }
}

const address = (user: string, n: number) => `email:${user}-${n}@x.com`
const addresses = (user: string, { from = 0, to, devices }: { from?: number; to: number; devices: number }) =>
  Array.from({ length: to - from }, (_, i) => from + i).flatMap((n) => [
    link(`user:${user}`, address(user, n), n),
    ...Array.from({ length: devices }, (__, d) => link(address(user, n), `anon:${user}-${n}-${d}`, n)),
  ])

const sizeOf = (links: readonly Link[], person: string, caps?: Caps) =>
  resolve(links, { caps }).people.find(({ id }) => id === person)?.identifiers.length ?? 0
const ownerOf = (links: readonly Link[], identifier: string) =>
  resolve(links).owners.get(identifier)?.[0]?.person

test.each([
  [900, 20],
  [600, 30],
  [12, 999],
])('%i addresses with %i devices each are no person: beyond 10,000 they stay leads', (emails, devices) => {
  const links = addresses('x', { to: emails, devices })
  const within = Math.floor(defaultCaps.identifiersByEmails / (1 + devices))
  expect(sizeOf(links, 'user:x')).toBe(1 + within * (1 + devices))
  expect(ownerOf(links, address('x', within - 1))).toBe('user:x')
  expect(ownerOf(links, address('x', within))).toBe(address('x', within))
  expect(resolve(links).quarantined).toContainEqual({ identifier: 'user:x', others: emails })
})

test('somebody with many addresses and few devices is within the size', () => {
  const links = addresses('x', { to: 300, devices: 3 })
  expect(resolve(links).quarantined).toEqual([])
  expect(sizeOf(links, 'user:x')).toBe(1 + 300 * 4)
})

test('a burst later on takes no address away, nor what a secret key or a release said', () => {
  const before = addresses('x', { to: 3, devices: 2 })
  const verified = link('user:x', 'email:proven@x.com', 5_000, { verified: true })
  const burst = addresses('x', { from: 100, to: 800, devices: 20 })
  const release = link('user:x', address('x', 799), 6_000, { kind: 'release', verified: true })
  const links = [...burst, release, verified, ...before]
  for (const n of [0, 1, 2]) expect(ownerOf(links, address('x', n))).toBe('user:x')
  expect(ownerOf(links, 'email:proven@x.com')).toBe('user:x')
  expect(ownerOf(links, address('x', 799))).toBe('user:x')
  expect(ownerOf(links, address('x', 798))).toBe(address('x', 798))
})

test('a release without a secret key releases nothing', () => {
  const links = [
    ...addresses('x', { to: 900, devices: 20 }),
    link('user:x', address('x', 899), 6_000, { kind: 'release' }),
  ]
  expect(ownerOf(links, address('x', 899))).toBe(address('x', 899))
})

test('leads that devices tell to be somebody’s come from the first 200 devices only', () => {
  const leads = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => from + i).flatMap((n) => [
      ...Array.from({ length: 20 }, (__, d) => link(address('lead', n), `anon:on-${n}-${d}`, 1)),
      link('user:x', `anon:on-${n}-0`, 2 + n),
    ])
  const links = leads(0, 900)
  // Each brings 19 other devices with it.
  expect(sizeOf(links, 'user:x')).toBe(1 + 200 * 21 + 700)
  expect(ownerOf(links, address('lead', 199))).toBe('user:x')
  expect(ownerOf(links, address('lead', 200))).toBe(address('lead', 200))
  // What was inferred first stays inferred, whatever comes later.
  expect(ownerOf(leads(0, 10), address('lead', 9))).toBe('user:x')
  expect(ownerOf(links, address('lead', 9))).toBe('user:x')
})

test('the order in which links are read changes nothing', () => {
  const links = addresses('x', { to: 700, devices: 15 })
  const forth = resolve(links)
  const back = resolve([...links].reverse())
  expect(back.people).toEqual(forth.people)
  expect(back.quarantined).toEqual(forth.quarantined)
})

const verified = { verified: true }
const chain = (users: number, name = 'c') =>
  Array.from({ length: users - 1 }, (_, n) =>
    link(`user:${name}${n + 1}`, `user:${name}${n}`, n, { kind: 'alias', ...verified }),
  )
const star = (users: number) =>
  Array.from({ length: users - 1 }, (_, n) =>
    link('user:hub', `user:u${n}`, n, { kind: 'alias', ...verified }),
  )
const most = defaultCaps.usersOfPerson

test.each([
  ['in a chain', chain, 'user:c0'],
  ['around one', star, 'user:hub'],
] as const)(
  'a thousand users whom aliases join %s are one person, one more and nobody is',
  (_how, of, one) => {
    const person = (links: readonly Link[]) => resolve(links).owners.get(one)?.[0]?.person
    const own = link(one, 'email:own@x.com', 9_000, verified)
    const before = of(most)
    expect(resolve([...before, own]).people).toHaveLength(1)
    const after = [...of(most + 1), own]
    expect(person(after)).toBe(one)
    expect(resolve(after).owners.get('email:own@x.com')?.[0]).toMatchObject({ person: one, verified: true })
    expect(sizeOf(after, one)).toBe(2)
    expect(resolve(after).quarantined.map(({ identifier }) => identifier)).toContain(one)
    // Nothing that nobody vouches for puts anybody there.
    const unsigned = of(most + 1).map((alias) => ({ ...alias, verified: false }))
    expect(resolve(unsigned).quarantined).toEqual([])
  },
)

test('an operator puts together those of too many users who are right, and no more than a person may have', () => {
  const release = (identifier: string, other: string, more: Partial<Link> = verified) =>
    link(identifier, other, 9_000, { kind: 'release', ...more })
  const many = chain(2 * most)
  const personOf = (links: readonly Link[], user: string) => resolve(links).owners.get(user)?.[0]?.person
  const pair = [...many, release('user:c7', 'user:c8'), release('user:c9', 'user:c8')]
  expect(new Set(['user:c7', 'user:c8', 'user:c9'].map((user) => personOf(pair, user))).size).toBe(1)
  expect(personOf(pair, 'user:c10')).not.toBe(personOf(pair, 'user:c9'))
  const byNobody = [...many, release('user:c7', 'user:c8', {})]
  expect(personOf(byNobody, 'user:c7') ?? 'user:c7').not.toBe(personOf(byNobody, 'user:c8') ?? 'user:c8')
  const all = [...many, ...many.map(({ identifier, other }) => release(identifier, other))]
  expect(personOf(all, 'user:c7') ?? 'user:c7').not.toBe(personOf(all, 'user:c8') ?? 'user:c8')
})

test('of what a secret key says of one user no more counts than ten thousand, those that were received first', () => {
  const links = Array.from({ length: defaultCaps.trustedOthers + 5 }, (_, n) =>
    link('user:x', `email:${String(n).padStart(5, '0')}@x.com`, n, verified),
  )
  expect(sizeOf([...links].reverse(), 'user:x')).toBe(1 + defaultCaps.trustedOthers)
  expect(ownerOf(links, 'email:00000@x.com')).toBe('user:x')
  expect(ownerOf(links, 'email:10004@x.com')).not.toBe('user:x')
  const release = link('user:x', 'email:10004@x.com', 20_000, { kind: 'release', ...verified })
  expect(ownerOf([...links, release], 'email:10004@x.com')).toBe('user:x')
})
