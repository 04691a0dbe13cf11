import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accountsOf, domainMeanings, type MembershipFact } from '../rules/accounts.js'
import { accountRows } from './derive.js'
import { keyOf, type DerivedTables, type RowOf, type Table } from './derived-tables.js'
import type { DomainTrait, FactReader, Node } from '../facts/facts.js'
import { linksFrom } from '../rules/links.js'
import { resolve, type Link } from '../rules/resolve.js'
import { reconcile } from './reconcile.js'

/** Facts and derived tables in memory, so that thousands of histories can be played; stitch.test.ts plays some on ClickHouse. */
interface World {
  links: Link[]
  memberships: MembershipFact[]
  traits: DomainTrait[]
  /** Address → a verified message said so. */
  emails: Map<string, boolean>
  tables: Map<string, { row: object; version: bigint; isDeleted: boolean }>
}

const hour = (n: number) => new Date(Date.UTC(2026, 2, 1, n)).toISOString()

interface Event {
  at: number
  userId?: string
  anonymousId?: string
  email?: string
  previousId?: string
  pair?: readonly [string, string]
  type?: string
  verified?: boolean
  group?: { id: string; left: boolean; domain?: string | undefined }
}

/** Adds the facts of an event; answers whom they are about. */
function recordEvent(world: World, event: Event, messageId: string): string[] {
  const at = hour(event.at)
  const { type = 'identify', verified = false, group } = event
  const time = Date.parse(at)
  const facts = linksFrom({ ...event, type, verified, occurredAt: time, receivedAt: time })
  for (const fact of facts) world.links.push({ ...fact, messageId, receivedAt: at })
  const addresses = [
    event.email,
    ...facts.flatMap(({ identifier, other }) => [identifier, other].map(addressOf)),
  ]
  for (const address of addresses)
    if (address !== undefined) world.emails.set(address, verified || (world.emails.get(address) ?? false))
  const about = facts.flatMap(({ identifier, other }) => [identifier, other])
  if (event.email !== undefined) about.push(`email:${event.email}`)
  if (!group) return about
  const identifier =
    event.userId !== undefined
      ? `user:${event.userId}`
      : event.anonymousId !== undefined
        ? `anon:${event.anonymousId}`
        : `email:${event.email ?? ''}`
  world.memberships.push({ identifier, account: group.id, at, left: group.left, messageId, verified })
  return [...about, identifier]
}

const addressOf = (identifier: string) =>
  identifier.startsWith('email:') ? identifier.slice('email:'.length) : undefined

function factsOf(world: World): FactReader {
  const domainTraitsOf = () => Promise.resolve(world.traits)
  return {
    nodes: (identifiers) =>
      Promise.resolve(
        identifiers.flatMap((identifier): Node[] => {
          const links = world.links.filter(
            (link) => link.identifier === identifier || link.other === identifier,
          )
          const coreFacts = links.filter((link) => !link.other.startsWith('anon:')).length
          return links.length === 0 ? [] : [{ identifier, links, facts: links.length, coreFacts }]
        }),
      ),
    joinedAhead: () => Promise.resolve([]),
    memberships: (identifiers) =>
      Promise.resolve(world.memberships.filter(({ identifier }) => identifiers.includes(identifier))),
    domainTraits: domainTraitsOf,
    domainTraitsOf,
    knownEmails: (addresses) =>
      Promise.resolve(new Map([...world.emails].filter(([address]) => addresses.includes(address)))),
  }
}

/** As ReplacingMergeTree keeps rows: the highest version, of equal ones the last. */
function tablesOf(world: World, onWrite: () => void = () => undefined): DerivedTables {
  return {
    present: <T extends Table>(table: T, keys: Iterable<string>) => {
      const found = new Map<string, { row: RowOf[T]; text: string; version: bigint }>()
      for (const key of keys) {
        const there = world.tables.get(`${table} ${key}`)
        if (!there || there.isDeleted) continue
        const row = there.row as RowOf[T]
        found.set(key, { row, text: JSON.stringify(row), version: there.version })
      }
      return Promise.resolve(found)
    },
    versions: (table, keys) => {
      const found = [...keys].map((key): [string, bigint | undefined] => [
        key,
        world.tables.get(`${table} ${key}`)?.version,
      ])
      return Promise.resolve(
        new Map(found.flatMap(([key, version]) => (version === undefined ? [] : [[key, version]]))),
      )
    },
    write: (table, lines) => {
      if (lines.length > 0) onWrite()
      for (const { version, is_deleted, ...row } of lines) {
        const key = `${table} ${keyOf(table, row as unknown as RowOf[typeof table])}`
        const there = world.tables.get(key)
        if (there && there.version > BigInt(version)) continue
        world.tables.set(key, { row, version: BigInt(version), isDeleted: is_deleted === 1 })
      }
      return Promise.resolve()
    },
  }
}

const emptyWorld = (): World => ({
  links: [],
  memberships: [],
  traits: [],
  emails: new Map(),
  tables: new Map(),
})

function accountsOnceOf() {
  const known = new Map<string, Set<string>>()
  return {
    of: (person: string) => known.get(person) ?? [],
    add: (person: string, account: string) => {
      known.set(person, (known.get(person) ?? new Set<string>()).add(account))
    },
  }
}

const contextOf = (world: World, tables = tablesOf(world)) => ({
  facts: factsOf(world),
  tables,
  signedOnly: false,
  epoch: 0n,
  repair: false,
  accountsOnce: accountsOnceOf(),
})

/** What the tables should say, from everything at once. */
function expected({ links, memberships, traits, emails }: World): Map<string, object> {
  const rows = new Map<string, object>()
  const { owners, people } = resolve(links)
  for (const [identifier, list] of owners) rows.set(`identity_map ${identifier}`, list)
  const about = [
    ...memberships.map(({ identifier }) => identifier),
    ...[...emails.keys()].map((email) => `email:${email}`),
  ]
  const lone = [...new Set(about)].filter((identifier) => !owners.has(identifier))
  const self = (identifier: string) => ({
    ...{ identifier, from: null, to: null, because: '', rule: 'self' as const },
    verified: emails.get(addressOf(identifier) ?? '') ?? false,
  })
  const meaningOf = domainMeanings(traits)
  for (const { id, identifiers } of [...people, ...lone.map((id) => ({ id, identifiers: [self(id)] }))]) {
    const accounts = accountsOf({ identifiers, memberships, meaningOf })
    rows.set(`people ${id}`, { identifiers, accounts })
    for (const [account, { periods }] of accountRows({ person: id, identifiers, accounts }))
      rows.set(`account_people ${JSON.stringify([account, id])}`, periods)
  }
  return rows
}

function stored(world: World): Map<string, object> {
  const rows = new Map<string, object>()
  for (const [key, { row, isDeleted }] of world.tables) {
    if (isDeleted) continue
    if (key.startsWith('identity_map ')) {
      const { owners } = row as RowOf['identity_map']
      if (owners.length > 0) rows.set(key, owners)
    } else if (key.startsWith('people ')) {
      const { identifiers, accounts } = row as RowOf['people']
      rows.set(key, { identifiers, accounts })
    } else rows.set(key, (row as RowOf['account_people']).periods)
  }
  return rows
}

const sorted = (rows: Map<string, object>) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))

const user = fc.constantFrom('A', 'B', 'C', 'D')
const device = fc.constantFrom('d1', 'd2', 'd3')
const email = fc.constantFrom('a@x.dev', 'b@y.dev', 'c@gmail.com')
const at = fc.integer({ min: 0, max: 20 })
const verified = fc.boolean()
const group = fc.record({ id: fc.constantFrom('g1', 'g2'), left: fc.boolean() })
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ at, userId: user, anonymousId: device }),
  fc.record({ at, anonymousId: device, email }),
  fc.record({ at, userId: user, email, verified }),
  fc.record({ at, email }),
  fc.record({ at, anonymousId: device, group }),
  fc.record({ at, userId: user, group, verified }),
  fc.record({ at, email, group, verified }),
  fc.record({ at, type: fc.constant('alias'), userId: user, previousId: fc.oneof(user, device), verified }),
  fc.record({
    at,
    type: fc.constantFrom('unlink', 'relink'),
    pair: fc.tuple(
      user.map((id) => `user:${id}`),
      fc.oneof(
        device.map((id) => `anon:${id}`),
        email.map((id) => `email:${id}`),
        user.map((id) => `user:${id}`),
      ),
    ),
    verified: fc.constant(true),
  }),
)
const portions = fc.array(fc.array(event, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 })

test('after each portion of facts the rows are what all facts together say', async () => {
  await fc.assert(
    fc.asyncProperty(portions, async (all) => {
      const world = emptyWorld()
      const context = contextOf(world)
      for (const [n, portion] of all.entries()) {
        const about = portion.flatMap((one, index) => recordEvent(world, one, `m${n}-${index}`))
        await reconcile(context, about)
        expect(sorted(stored(world))).toEqual(sorted(expected(world)))
      }
    }),
    { numRuns: 1_000 },
  )
}, 120_000)

test('whoever dies between two writes leaves enough for the next one to find all of it', async () => {
  const dyingAfter = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(portions, dyingAfter, async (all, deaths) => {
      const world = emptyWorld()
      let pending: string[] = []
      for (const [n, portion] of all.entries()) {
        pending.push(...portion.flatMap((one, index) => recordEvent(world, one, `m${n}-${index}`)))
        let writes = 0
        const dying = tablesOf(world, () => {
          writes += 1
          if (writes > (deaths[n] ?? 0)) throw new Error('killed')
        })
        // The changes were not marked as worked in, so the next one sees them again, with what came since.
        await reconcile(contextOf(world, dying), pending).then(
          () => (pending = []),
          () => undefined,
        )
      }
      await reconcile(contextOf(world), pending)
      expect(sorted(stored(world))).toEqual(sorted(expected(world)))
    }),
    { numRuns: 1_000 },
  )
}, 120_000)

test('facts that come between two readings of one pass are all worked in by the next', async () => {
  const after = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 6, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(portions, after, async (all, readings) => {
      const world = emptyWorld()
      const recordPortion = (n: number) =>
        (all[n] ?? []).flatMap((one, index) => recordEvent(world, one, `m${n}-${index}`))
      let about = recordPortion(0)
      for (const n of all.keys()) {
        const context = contextOf(world)
        let next: string[] | undefined
        let read = 0
        const nodes = (identifiers: readonly string[]) => {
          if (read++ === readings[n]) next = recordPortion(n + 1)
          return context.facts.nodes(identifiers)
        }
        await reconcile({ ...context, facts: { ...context.facts, nodes } }, about)
        about = next ?? recordPortion(n + 1)
      }
      expect(sorted(stored(world))).toEqual(sorted(expected(world)))
    }),
    { numRuns: 1_000 },
  )
}, 120_000)

test('several at once, each as slow as it likes, come to what one would', async () => {
  await fc.assert(
    fc.asyncProperty(portions, fc.scheduler(), async (all, scheduler) => {
      const world = emptyWorld()
      const slowStitcher = () => {
        const { present, versions, write } = tablesOf(world)
        const { nodes, ...facts } = factsOf(world)
        const turn = () => scheduler.schedule(Promise.resolve())
        return {
          ...contextOf(world, {
            versions,
            present: async (table, keys) => {
              await turn()
              return present(table, keys)
            },
            write: async (table, lines) => {
              if (lines.length > 0) await turn()
              await write(table, lines)
            },
          }),
          facts: {
            ...facts,
            nodes: async (identifiers: readonly string[]) => {
              if (identifiers.length > 0) await turn()
              return nodes(identifiers)
            },
          },
        }
      }
      // Facts come while the stitchers work; each of them works in every change, in its own time.
      let recorded: Promise<string[]> = Promise.resolve([])
      const stitchers = [1, 2, 3].map(() => ({ context: slowStitcher(), passed: Promise.resolve() }))
      for (const [n, portion] of all.entries()) {
        recorded = recorded
          .then(() => scheduler.schedule(Promise.resolve()))
          .then(() => portion.flatMap((one, index) => recordEvent(world, one, `m${n}-${index}`)))
        for (const stitcher of stitchers)
          stitcher.passed = Promise.all([recorded, stitcher.passed]).then(([about]) =>
            reconcile(stitcher.context, about),
          )
      }
      await scheduler.waitFor(Promise.all(stitchers.map(({ passed }) => passed)))
      expect(sorted(stored(world))).toEqual(sorted(expected(world)))
    }),
    { numRuns: 200 },
  )
}, 120_000)
