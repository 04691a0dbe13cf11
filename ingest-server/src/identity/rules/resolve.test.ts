import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { effectiveLinks, type Caps } from './effective-links.js'
import { resolve, type Link, type Resolution, type ResolveOptions } from './resolve.js'
import { ruleExamples } from './resolve.rules.js'

const smallCaps: Caps = {
  othersOfUserOrEmail: 3,
  claimersOfAnon: 2,
  devicesOfLead: 2,
  identifiersByEmails: 3,
  devicesOfInference: 2,
  trustedOthers: 4,
  usersOfPerson: 2,
}
const midnight = Date.parse('2026-03-01T00:00:00.000Z')
const hour = (n: number | string) => new Date(midnight + Number(n) * 3_600_000).toISOString()

describe('the rules, one by one', () => {
  test.each(ruleExamples.map((example) => [`${example.rule}: ${example.says}`, example] as const))(
    '%s',
    (_, { facts, people, contested = [], quarantined = [], asOf, signedOnly }) => {
      const links = facts.map(linkOf)
      const options = { asOf: asOf === undefined ? undefined : hour(asOf), signedOnly }
      for (const order of [links, [...links].reverse(), [...links, ...links]]) {
        const answer = resolve(order, options)
        expect(answer.people.map(personAsText).sort()).toEqual(people.map(inOrder).sort())
        expect(
          answer.contested.map(
            ({ email, owner, claims }) =>
              `${short(email)} of ${short(owner)} also ${claims
                .map(({ by }) => short(by))
                .sort()
                .join(', ')}`,
          ),
        ).toEqual(contested)
        expect(answer.quarantined.map((found) => `${short(found.identifier)} ${found.others}`)).toEqual(
          quarantined,
        )
      }
    },
  )

  test('every holding names the message that decided, and a device is never verified by a claim', () => {
    const answer = resolve(['1! A → d1 as m1', '2! A → a@x.com as m2', '3! B → d1 as m3'].map(linkOf))
    expect(answer.owners.get('anon:d1')).toEqual([
      { person: 'user:A', from: null, to: hour(3), because: 'm1', rule: 'R1', verified: false },
      { person: 'user:B', from: hour(3), to: null, because: 'm3', rule: 'R1', verified: false },
    ])
    expect(answer.owners.get('email:a@x.com')).toEqual([
      { person: 'user:A', from: null, to: null, because: 'm2', rule: 'R3', verified: true },
    ])
  })
})

describe('whatever happened, in whatever order it was read', () => {
  const runs = { numRuns: 1_500 }
  // Few names and few instants, so that histories collide; small caps, so that quarantine happens.
  const user = fc.constantFrom('user:A', 'user:B', 'user:C', 'user:D')
  const email = fc.constantFrom('email:a@x.com', 'email:b@x.com')
  const anon = fc.constantFrom('anon:d1', 'anon:d2', 'anon:d3')
  const pair = fc.oneof(
    fc.tuple(fc.constant('claim' as const), user, anon),
    fc.tuple(fc.constant('claim' as const), email, anon),
    fc.tuple(fc.constant('claim' as const), user, email),
    fc.tuple(fc.constant('alias' as const), user, fc.oneof(anon, user)),
    fc.tuple(
      fc.constantFrom('unlink' as const, 'relink' as const, 'release' as const),
      user,
      fc.oneof(anon, email, user),
    ),
  )
  const link: fc.Arbitrary<Link> = fc
    .record({
      pair,
      at: fc.integer({ min: 0, max: 12 }),
      delay: fc.integer({ min: 0, max: 3 }),
      messageId: fc.integer({ min: 0, max: 40 }),
      verified: fc.boolean(),
    })
    .map(({ pair: [kind, identifier, other], at, delay, messageId, verified }) => ({
      kind,
      identifier,
      other,
      verified,
      at: hour(at),
      receivedAt: hour(at + delay),
      messageId: `m${messageId}`,
    }))
  const history = fc.array(link, { maxLength: 24 })
  const options: fc.Arbitrary<ResolveOptions> = fc.record({
    asOf: fc.option(fc.integer({ min: 0, max: 15 }).map(hour), { nil: undefined }),
    signedOnly: fc.boolean(),
    caps: fc.constantFrom(smallCaps, undefined),
  })
  const shuffledWithCopies = history.chain((links) =>
    fc.tuple(
      fc.constant(links),
      fc.shuffledSubarray([...links, ...links], { minLength: links.length * 2, maxLength: links.length * 2 }),
    ),
  )

  test('any permutation and duplication of the same facts gives the same people', () => {
    fc.assert(
      fc.property(shuffledWithCopies, options, ([links, copies], how) => {
        expect(plain(resolve(copies, how))).toEqual(plain(resolve(links, how)))
      }),
      runs,
    )
  })

  test('no unverified fact changes why, or for whom, a verified claim of a user or an email counts', () => {
    const proven = (links: readonly Link[]) => links.filter(({ verified }) => verified)
    const said = (links: readonly Link[]) => {
      const { owners, contested } = resolve(links)
      return {
        owners,
        contested: new Map(
          contested.map(({ email, claims }) => [email, claims.filter(({ verified }) => verified)]),
        ),
      }
    }
    fc.assert(
      fc.property(history, (recorded) => {
        // Of copies of one message the one received first counts, whoever sent it.
        const links = recorded.map((link, index) => ({ ...link, messageId: `m${index}` }))
        const alone = said(proven(links))
        // Users whom nothing verified but an alias names are one person, named by whatever they claimed (R2).
        const claimers = new Set(
          effectiveLinks(proven(links)).links.flatMap(({ kind, identifier }) =>
            kind === 'claim' ? [identifier] : [],
          ),
        )
        const together = said(links)
        for (const [identifier, owners] of alone.owners) {
          const [owner] = owners
          // A device is whose claim is the latest (R1); a lead becomes whoever claims the address (R4).
          if (!owner?.verified || identifier.startsWith('anon:') || isEmail(owner.person)) continue
          if (!claimers.has(owner.person)) continue
          expect(together.owners.get(identifier), identifier).toEqual(owners)
        }
        for (const [email, refused] of alone.contested)
          expect(together.contested.get(email), email).toEqual(refused)
      }),
      { ...runs, numRuns: 3_000 },
    )
  })

  test('a link in another component changes nothing', () => {
    const elsewhere = (links: readonly Link[]) =>
      links.map((fact) => ({
        ...fact,
        identifier: fact.identifier.replace(':', ':other-'),
        other: fact.other.replace(':', ':other-'),
        messageId: `other-${fact.messageId}`,
      }))
    fc.assert(
      fc.property(history, history, options, (here, there, how) => {
        const together = resolve([...here, ...elsewhere(there)], how)
        const alone = resolve(here, how)
        expect(together.people.filter(({ id }) => !id.includes(':other-'))).toEqual(alone.people)
        expect(together.contested.filter(({ email }) => !email.includes(':other-'))).toEqual(alone.contested)
      }),
      runs,
    )
  })

  test('two users are one person only by a chain of verified aliases', () => {
    fc.assert(
      fc.property(history, options, (links, how) => {
        const answer = resolve(links, how)
        const aliases = links.filter(({ kind, verified }) => kind === 'alias' && verified)
        for (const { identifiers } of answer.people) {
          const users = [...new Set(identifiers.map((held) => held.identifier))].filter(isUser)
          for (const other of users.slice(1)) expect(areChained(users[0] ?? '', other, aliases)).toBe(true)
        }
      }),
      runs,
    )
  })

  test('an identifier belongs to at most one person at any time, and a claimed device always to one', () => {
    fc.assert(
      fc.property(history, options, (links, how) => {
        for (const [identifier, owners] of resolve(links, how).owners) {
          expect(owners[0]?.from).toBeNull()
          expect(owners.at(-1)?.to).toBeNull()
          for (const [index, owner] of owners.entries()) {
            expect(owner.to).toBe(owners[index + 1]?.from ?? null)
            expect(owner.person).not.toBe(owners[index + 1]?.person)
          }
          if (!identifier.startsWith('anon:')) expect(owners).toHaveLength(1)
        }
      }),
      runs,
    )
  })

  test('an unlinked pair equals never having had its links', () => {
    const onPair = (link: Link, [a, b]: readonly [string, string]) =>
      (link.identifier === a && link.other === b) || (link.identifier === b && link.other === a)
    const anyPair = fc.oneof(
      fc.tuple(user, anon),
      fc.tuple(email, anon),
      fc.tuple(user, user),
      fc.tuple(user, email),
    )
    fc.assert(
      fc.property(history, anyPair, (links, [a, b]) => {
        fc.pre(a !== b)
        const last = { messageId: 'last', at: hour(99), receivedAt: hour(99), verified: true }
        const unlink: Link = { ...last, kind: 'unlink', identifier: a, other: b }
        const without = links.filter((link) => !onPair(link, [a, b]))
        // A user and an email may not come back together by inference, which R8 keeps apart as well; so there
        // the unlink itself stays. For every other pair it is as if nothing had been.
        const never = b.startsWith('email:') ? [...without, unlink] : without
        expect(plain(resolve([...links, unlink]))).toEqual(plain(resolve(never)))
      }),
      runs,
    )
  })

  test('an unlinked user and email are apart whatever is claimed, unless an alias joins that user to another', () => {
    fc.assert(
      fc.property(history, user, email, (links, a, b) => {
        fc.pre(
          !links.some(({ kind, identifier, other }) => kind === 'alias' && [identifier, other].includes(a)),
        )
        const last = { messageId: 'last', at: hour(99), receivedAt: hour(99), verified: true }
        const unlink: Link = { ...last, kind: 'unlink', identifier: a, other: b }
        const later: Link = { ...last, kind: 'claim', identifier: a, other: b, messageId: 'later' }
        const { owners } = resolve([...links, unlink, later])
        expect(owners.get(b)?.[0]?.person).not.toBe(a)
      }),
      runs,
    )
  })

  test('copies received later change nothing, whatever they say', () => {
    const altered = fc.record({
      index: fc.nat(),
      at: fc.integer({ min: 0, max: 12 }),
      later: fc.integer({ min: 4, max: 9 }),
      verified: fc.boolean(),
    })
    fc.assert(
      fc.property(history, fc.array(altered, { maxLength: 8 }), options, (links, copies, how) => {
        fc.pre(links.length > 0)
        const received = Math.max(...links.map((link) => Date.parse(link.receivedAt)))
        const late = copies.flatMap(({ index, at, later, verified }) => {
          const link = links[index % links.length]
          if (!link) return []
          const receivedAt = new Date(received + later * 3_600_000).toISOString()
          return [{ ...link, at: hour(at), verified, receivedAt }]
        })
        expect(plain(resolve([...late, ...links], how))).toEqual(plain(resolve(links, how)))
      }),
      runs,
    )
  })

  test('as of a time is what was known then', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 15 }), (links, n) => {
        const known = links.filter((link) => link.receivedAt <= hour(n))
        expect(plain(resolve(links, { asOf: hour(n) }))).toEqual(plain(resolve(known)))
      }),
      runs,
    )
  })

  test('of a claimer’s claims in a row on a device only the first matters', () => {
    fc.assert(
      fc.property(history, options, (links, { asOf, signedOnly }) => {
        // What stitch loads; small caps would not change it, for every claimer keeps its first claim.
        const how = { asOf, signedOnly }
        const first = resolve(links, how)
        expect(plain(resolve(withoutRepeats(links, how), how))).toEqual(plain(first))
      }),
      runs,
    )
  })
})

const isUser = (identifier: string) => identifier.startsWith('user:')
const isEmail = (identifier: string) => identifier.startsWith('email:')
const plain = ({ owners, ...rest }: Resolution) => ({
  ...rest,
  owners: Object.fromEntries([...owners].sort(([a], [b]) => (a < b ? -1 : 1))),
})

function areChained(a: string, b: string, aliases: readonly Link[]): boolean {
  const reached = new Set([a])
  for (let grew = true; grew;) {
    grew = false
    for (const { identifier, other } of aliases) {
      if (reached.has(identifier) === reached.has(other)) continue
      reached.add(identifier).add(other)
      grew = true
    }
  }
  return reached.has(b)
}

function withoutRepeats(links: readonly Link[], { asOf, signedOnly }: ResolveOptions): Link[] {
  const firstCopy = new Map<string, Link>()
  const order = (a: Link, b: Link) =>
    a.receivedAt < b.receivedAt
      ? -1
      : a.receivedAt > b.receivedAt
        ? 1
        : a.at < b.at
          ? -1
          : a.at > b.at
            ? 1
            : 0
  for (const link of [...links].filter((l) => asOf === undefined || l.receivedAt <= asOf)) {
    const key = [link.messageId, link.kind, link.identifier, link.other].join()
    const known = firstCopy.get(key)
    const earlier = !known || order(link, known) < 0 || (order(link, known) === 0 && !link.verified)
    if (earlier) firstCopy.set(key, link)
  }
  const place = ({ at, messageId, identifier }: Link) => [at, messageId, identifier].join()
  const sorted = [...firstCopy.values()]
    .filter((link) => link.verified || !signedOnly)
    .sort((a, b) => (place(a) < place(b) ? -1 : 1))
  const last = new Map<string, string>()
  return sorted.filter(({ kind, identifier, other, verified }) => {
    if (kind === 'unlink' || kind === 'relink' || !other.startsWith('anon:')) return true
    // As stitch loads it: a verified claim after unverified ones says more than they do.
    const claimed = `${identifier} ${verified} ${kind}`
    const repeats = last.get(other) === claimed
    last.set(other, claimed)
    return kind === 'alias' || !repeats
  })
}

function linkOf(fact: string, index: number): Link {
  const shape =
    /^(\d+)(!?) (?:(alias|unlink|relink|release) )?(\S+) [→~] (\S+?)(?: received (\d+))?(?: as (\S+))?$/.exec(
      fact,
    )
  if (!shape) throw new Error(`Not a fact: ${fact}`)
  const [, at = '', verified, kind = 'claim', claimer = '', other = '', received, messageId] = shape
  return {
    kind: kind as Link['kind'],
    identifier: long(claimer),
    other: long(other),
    verified: verified === '!',
    at: hour(at),
    receivedAt: hour(received ?? at),
    messageId: messageId ?? `m${String(index).padStart(5, '0')}`,
  }
}

function long(name: string): string {
  if (name.includes(':')) return name
  if (name.includes('@')) return `email:${name}`
  return /^d\d+$/.test(name) ? `anon:${name}` : `user:${name}`
}

function short(identifier: string): string {
  const name = identifier.slice(identifier.indexOf(':') + 1)
  return long(name) === identifier ? name : identifier
}

function personAsText({ id, identifiers }: Resolution['people'][number]): string {
  const holdings = identifiers
    .filter((held) => held.identifier !== id)
    .map(({ identifier, from, to, rule }) => {
      const when = from === null && to === null ? '' : `[${hoursOf(from)}..${hoursOf(to)})`
      return `${short(identifier)}${when} by ${rule}`
    })
  return inOrder([short(id), ...holdings].join(', '))
}

/** The person's name stays first; the order of the holdings means nothing. */
function inOrder(person: string): string {
  const [name = '', ...holdings] = person.split(', ')
  return [name, ...holdings.sort()].join(', ')
}

const hoursOf = (time: string | null) =>
  time === null ? '' : String((Date.parse(time) - midnight) / 3_600_000)
