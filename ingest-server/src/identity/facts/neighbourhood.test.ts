import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Node } from './facts.js'
import { emailsThatCount, type Caps, defaultCaps } from '../rules/link-caps.js'
import { neighbourhoodOf } from './neighbourhood.js'
import { resolve, type Link } from '../rules/resolve.js'

const pick = (prefix: string, count: number) =>
  fc.integer({ min: 1, max: count }).map((n) => `${prefix}:${n}${prefix === 'email' ? '@x.com' : ''}`)
const hour = (n: number) => new Date(Date.UTC(2026, 2, 1, n)).toISOString()

// Twice as many names as facts, so that there is something beyond every neighbourhood.
const user = pick('user', 8)
const email = pick('email', 6)
const anon = pick('anon', 8)
const history = fc
  .array(
    fc
      .record({
        pair: fc.oneof(
          { weight: 4, arbitrary: fc.tuple(fc.constant('claim' as const), fc.oneof(user, email), anon) },
          { weight: 2, arbitrary: fc.tuple(fc.constant('claim' as const), user, email) },
          { weight: 2, arbitrary: fc.tuple(fc.constant('alias' as const), user, fc.oneof(user, anon)) },
          {
            weight: 1,
            arbitrary: fc.tuple(
              fc.constantFrom('unlink' as const, 'relink' as const, 'release' as const),
              user,
              fc.oneof(anon, email, user),
            ),
          },
        ),
        at: fc.integer({ min: 0, max: 23 }),
        verified: fc.boolean(),
      })
      .map(({ pair: [kind, identifier, other], at, verified }) => ({
        kind,
        identifier,
        other,
        verified,
        at: hour(at),
        receivedAt: hour(at),
      })),
    { maxLength: 40 },
  )
  .map((links) => links.map((link, index): Link => ({ ...link, messageId: `m${index}` })))
const smallCaps: Caps = {
  othersOfUserOrEmail: 4,
  claimersOfAnon: 3,
  devicesOfLead: 2,
  identifiersByEmails: 6,
  devicesOfInference: 2,
  trustedOthers: 4,
  usersOfPerson: 3,
}
const caps = fc.constantFrom(
  smallCaps,
  { ...smallCaps, othersOfUserOrEmail: 2, claimersOfAnon: 2 },
  undefined,
)

const recordedAbout =
  (links: readonly Link[], someCaps: Caps = defaultCaps) =>
  (identifiers: readonly string[]) =>
    Promise.resolve(
      identifiers.flatMap((identifier): Node[] => {
        const own = linksOf(identifier, links)
        const core = own.filter((link) => !link.other.startsWith('anon:'))
        const emails = emailsThatCount(identifier, own, someCaps)
        const devicesOf = new Map(emails.map((one) => [one, devicesAt(one, links)]))
        return own.length === 0
          ? []
          : [{ identifier, links: own, facts: own.length, coreFacts: core.length, devicesOf }]
      }),
    )

const linksOf = (identifier: string, links: readonly Link[]) =>
  links.filter((link) => link.identifier === identifier || link.other === identifier)

const devicesAt = (address: string, links: readonly Link[]) =>
  new Set(
    links
      .filter(({ kind, identifier }) => kind === 'claim' && identifier === address)
      .map(({ other }) => other),
  ).size

test('what is resolved of a neighbourhood is what is resolved of everything', async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.array(fc.oneof(user, email, anon), { minLength: 1, maxLength: 3 }),
      caps,
      async (links, wanted, someCaps) => {
        const part = await neighbourhoodOf(wanted, recordedAbout(links, someCaps), { caps: someCaps })
        const all = resolve(links, { caps: someCaps })
        const seen = resolve(part.links, { caps: someCaps, devicesOf: part.devicesOf })
        for (const identifier of wanted) {
          expect(part.core.has(identifier) || part.devices.has(identifier)).toBe(true)
        }
        for (const identifier of [...part.core, ...part.devices]) {
          expect(seen.owners.get(identifier), identifier).toEqual(all.owners.get(identifier))
          expect(seen.contested.find((one) => one.email === identifier)).toEqual(
            all.contested.find((one) => one.email === identifier),
          )
          expect(seen.quarantined.find((one) => one.identifier === identifier)).toEqual(
            all.quarantined.find((one) => one.identifier === identifier),
          )
        }
        for (const id of part.core) {
          for (const held of all.people.find((person) => person.id === id)?.identifiers ?? [])
            expect(part.core.has(held.identifier) || part.devices.has(held.identifier), held.identifier).toBe(
              true,
            )
          expect(seen.people.find((person) => person.id === id)).toEqual(
            all.people.find((person) => person.id === id),
          )
        }
      },
    ),
    { numRuns: 2_000 },
  )
}, 120_000)

test('the weight of a row only rises as facts are added, whatever else is read, and equal weights are equal rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      history,
      fc.array(fc.oneof(user, email, anon), { minLength: 1, maxLength: 3 }),
      caps,
      async (before, more, wanted, someCaps) => {
        // What is added is received later: a cap goes by the order of receipt.
        const added = more
          .slice(0, 3)
          .map((link, n) => ({ ...link, messageId: `more-${link.messageId}`, receivedAt: hour(30 + n) }))
        const all = [...before, ...added]
        const once = await neighbourhoodOf(wanted, recordedAbout(before, someCaps), { caps: someCaps })
        const later = await neighbourhoodOf(wanted, recordedAbout(all, someCaps), { caps: someCaps })
        const [people, peopleLater] = [resolve(before, { caps: someCaps }), resolve(all, { caps: someCaps })]
        for (const identifier of [...once.core, ...once.devices]) {
          const facts = once.weightOf(identifier)
          const alone = await neighbourhoodOf([identifier], recordedAbout(before, someCaps), {
            caps: someCaps,
          })
          expect(alone.weightOf(identifier)).toBe(facts)
          if (!later.core.has(identifier) && !later.devices.has(identifier)) continue
          expect(later.weightOf(identifier)).toBeGreaterThanOrEqual(facts)
          if (later.weightOf(identifier) > facts) continue
          expect(peopleLater.owners.get(identifier)).toEqual(people.owners.get(identifier))
          const personOf = (all: typeof people) => all.people.find(({ id }) => id === identifier)
          if (once.core.has(identifier)) expect(personOf(peopleLater)).toEqual(personOf(people))
        }
      },
    ),
    { numRuns: 1_000 },
  )
}, 120_000)

/** Somebody's addresses, each typed on devices of its own. */
function addressesWithDevices(
  user: string,
  { emails, devices }: { emails: number; devices: number },
): Link[] {
  return Array.from({ length: emails }, (_, e): Link[] => {
    const address = `email:${user.slice('user:'.length)}-${e}@x.com`
    return [
      claim(user, address, e),
      ...Array.from({ length: devices }, (__, d) => claim(address, `anon:${address}-${d}`, e)),
    ]
  }).flat()
}

function claim(identifier: string, other: string, n: number): Link {
  const at = new Date(Date.UTC(2026, 2, 1) + n).toISOString()
  return {
    kind: 'claim',
    identifier,
    other,
    verified: false,
    at,
    receivedAt: at,
    messageId: `${identifier}>${other}`,
  }
}

/** Users who all claim the same addresses, and the devices of each other's. */
function everybodyOnEverything({
  users,
  emails,
  devices,
}: {
  users: number
  emails: number
  devices: number
}): Link[] {
  const links: Link[] = []
  for (let e = 0; e < emails; e += 1) {
    for (let u = 0; u < users; u += 1) links.push(claim(`user:${u}`, `email:${e}@x.com`, u))
    for (let d = 0; d < devices; d += 1)
      links.push(claim(`email:${e}@x.com`, `anon:${(e + d) % emails}-${d}`, e))
  }
  for (let u = 0; u < users; u += 1)
    for (let d = 0; d < devices; d += 1) links.push(claim(`user:${u}`, `anon:${u % emails}-${d}`, 1_000 + u))
  return links
}

/** As an index would find them. */
function indexed(links: readonly Link[]) {
  const about = new Map<string, Link[]>()
  for (const link of links)
    for (const name of [link.identifier, link.other]) about.set(name, [...(about.get(name) ?? []), link])
  const devicesOf = (address: string) =>
    new Set((about.get(address) ?? []).map(({ other }) => other).filter((other) => other.startsWith('anon:')))
      .size
  return (identifiers: readonly string[]) =>
    Promise.resolve(
      identifiers.flatMap((identifier): Node[] => {
        const own = about.get(identifier)
        if (!own) return []
        const emails = emailsThatCount(identifier, own, defaultCaps)
        return [
          {
            identifier,
            links: own,
            facts: own.length,
            coreFacts: own.filter(({ other }) => !other.startsWith('anon:')).length,
            devicesOf: new Map(emails.map((one) => [one, devicesOf(one)])),
          },
        ]
      }),
    )
}

test.each([
  ['900 addresses with 20 devices each', addressesWithDevices('user:x', { emails: 900, devices: 20 })],
  ['400 addresses with 5 devices each', addressesWithDevices('user:x', { emails: 400, devices: 5 })],
  [
    'three people who are none',
    ['a', 'b', 'c'].flatMap((name) => addressesWithDevices(`user:${name}`, { emails: 300, devices: 20 })),
  ],
  [
    '300 users on the same 100 addresses and their devices',
    everybodyOnEverything({ users: 300, emails: 100, devices: 20 }),
  ],
  ['900 users on the same 30 addresses', everybodyOnEverything({ users: 900, emails: 30, devices: 20 })],
])('weighing all rows costs no more than a few steps for each link: %s', async (_what, links) => {
  const names = new Set(links.flatMap(({ identifier, other }) => [identifier, other]))
  const part = await neighbourhoodOf(names, indexed(links))
  const membersOf = part.membersWhere((device) => device.endsWith('-0'))
  for (const name of names) {
    part.weightOf(name)
    membersOf(name)
  }
  expect(part.steps()).toBeLessThan(12 * links.length)
  const once = part.steps()
  for (const name of names) part.weightOf(name)
  expect(part.steps()).toBe(once)
})

test('of whom accounts speak too: users, addresses and what is said of their devices', async () => {
  const links = [
    claim('user:a', 'email:1@x.com', 0),
    claim('email:1@x.com', 'anon:1', 1),
    claim('email:1@x.com', 'anon:2', 1),
    claim('user:a', 'anon:3', 2),
    claim('email:2@x.com', 'anon:3', 1),
    claim('email:2@x.com', 'anon:4', 1),
    { ...claim('user:a', 'user:b', 3), kind: 'alias' as const, verified: true },
    claim('user:b', 'anon:5', 3),
    claim('user:c', 'anon:5', 2),
  ]
  const { membersWhere } = await neighbourhoodOf(['user:a'], indexed(links))
  const members = (matters: (device: string) => boolean) => membersWhere(matters)('user:a').sort()
  const always = ['email:1@x.com', 'email:2@x.com', 'user:a', 'user:b']
  expect(members(() => false)).toEqual(always)
  expect(members(() => true)).toEqual(['anon:1', 'anon:2', 'anon:3', 'anon:4', 'anon:5', ...always])
  expect(membersWhere(() => true)('email:1@x.com').sort()).toEqual(['anon:1', 'anon:2', 'email:1@x.com'])
  expect(membersWhere(() => false)('anon:3')).toEqual(['anon:3'])
})

const alias = (identifier: string, other: string, n: number): Link => ({
  ...claim(identifier, other, n),
  kind: 'alias',
  verified: true,
})

/** Whom aliases join, as facts.ts finds them. */
const aheadIn = (links: readonly Link[]) => {
  const joined = new Map<string, string[]>()
  for (const { identifier, other } of links)
    for (const [one, two] of [
      [identifier, other],
      [other, identifier],
    ] as const)
      joined.set(one, [...(joined.get(one) ?? []), two])
  return (users: readonly string[]) => {
    const reached = new Set(users)
    let front = [...users]
    while (front.length > 0 && reached.size < 2 * defaultCaps.usersOfPerson) {
      front = front.flatMap((one) => joined.get(one) ?? []).filter((one) => !reached.has(one))
      for (const one of front) reached.add(one)
    }
    return Promise.resolve([...reached].slice(0, 2 * defaultCaps.usersOfPerson))
  }
}

const many = 5_000
const shapes: [string, Link[]][] = [
  ['a chain', Array.from({ length: many }, (_, n) => alias(`user:u${n + 1}`, `user:u${n}`, n))],
  ['a star', Array.from({ length: many }, (_, n) => alias('user:hub', `user:u${n}`, n))],
  [
    'a tree',
    Array.from({ length: many }, (_, n) => alias(`user:u${n + 1}`, `user:u${Math.floor(n / 2)}`, n)),
  ],
  [
    'hubs behind each other',
    Array.from({ length: many }, (_, n) => alias(`user:u${n + 1}`, `user:u${n - (n % 50)}`, n)),
  ],
]

test.each(shapes)(
  'who of 5,000 users that aliases join in %s is wanted costs no more than a person may have, in few readings',
  async (_shape, links) => {
    const all = resolve(links)
    for (const wanted of ['user:u7', 'user:u2500', 'user:u4999']) {
      const read = indexed(links)
      let readings = 0
      const asked = new Set<string>()
      const part = await neighbourhoodOf(
        [wanted],
        (identifiers) => {
          readings += 1
          for (const identifier of identifiers) asked.add(identifier)
          return read(identifiers)
        },
        { ahead: aheadIn(links) },
      )
      expect(readings).toBeLessThan(12)
      expect(asked.size).toBeLessThan(3 * defaultCaps.usersOfPerson)
      expect(resolve(part.links).owners.get(wanted)).toEqual(all.owners.get(wanted))
      expect(part.weightOf(wanted)).toBeGreaterThan(1n << 60n)
    }
  },
  60_000,
)
