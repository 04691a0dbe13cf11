import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Node } from './facts.js'
import { neighbourhoodOf } from './neighbourhood.js'
import { resolve, type Link } from './resolve.js'

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
const caps = fc.constantFrom({ othersOfUserOrEmail: 4, claimersOfAnon: 3, devicesOfLead: 2 }, undefined)

const recordedAbout = (links: readonly Link[]) => (identifiers: readonly string[]) =>
  Promise.resolve(
    identifiers.flatMap((identifier): Node[] => {
      const own = links.filter((link) => link.identifier === identifier || link.other === identifier)
      const core = own.filter((link) => !link.other.startsWith('anon:'))
      return own.length === 0 ? [] : [{ identifier, links: own, facts: own.length, coreFacts: core.length }]
    }),
  )

test('what is resolved of a neighbourhood is what is resolved of everything', async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.array(fc.oneof(user, email, anon), { minLength: 1, maxLength: 3 }),
      caps,
      async (links, wanted, someCaps) => {
        const part = await neighbourhoodOf(wanted, recordedAbout(links), someCaps)
        const all = resolve(links, { caps: someCaps })
        const seen = resolve(part.links, { caps: someCaps })
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
        const once = await neighbourhoodOf(wanted, recordedAbout(before), someCaps)
        const later = await neighbourhoodOf(wanted, recordedAbout(all), someCaps)
        const [people, peopleLater] = [resolve(before, { caps: someCaps }), resolve(all, { caps: someCaps })]
        for (const identifier of [...once.core, ...once.devices]) {
          const { facts } = once.weightOf(identifier)
          const alone = await neighbourhoodOf([identifier], recordedAbout(before), someCaps)
          expect(alone.weightOf(identifier).facts).toBe(facts)
          if (!later.core.has(identifier) && !later.devices.has(identifier)) continue
          expect(later.weightOf(identifier).facts).toBeGreaterThanOrEqual(facts)
          if (later.weightOf(identifier).facts > facts) continue
          expect(peopleLater.owners.get(identifier)).toEqual(people.owners.get(identifier))
          const personOf = (all: typeof people) => all.people.find(({ id }) => id === identifier)
          if (once.core.has(identifier)) expect(personOf(peopleLater)).toEqual(personOf(people))
        }
      },
    ),
    { numRuns: 1_000 },
  )
}, 120_000)
