/** Generated people, accounts, touches and traits, and conditions about them that are sometimes true. */
import type { ClickHouseClient } from '@clickhouse/client'
import fc from 'fast-check'
import type { Condition, Subject } from '@touchline/schemas/api'
import type { Fact, World, WorldTouch } from '../plainly/evaluate-condition.js'
import { eventRow } from '../event-rows.js'
import { insertLines } from '../../ingest-server/src/clickhouse/insert-lines.js'

const dayMs = 86_400_000
export const asOf = Date.parse('2026-05-01T00:00:00.000Z')

const people = Array.from({ length: 16 }, (_, n) => `user:p${n}`)
const accounts = Array.from({ length: 7 }, (_, n) => `acc${n}`)
const kinds = ['visit', 'action', 'email', 'crm'] as const
const names = ['Demo Requested', 'Signed Up', 'deal_won', '50% off', 'Über']
const channels = ['Paid Search', 'Email', 'Direct', '']
const sources = ['google', 'newsletter', '']
const media = ['cpc', 'email', '']
const campaigns = ['spring', 'Spring', '']
const hosts = ['acme.com', 'docs.acme.com']
const paths = ['/', '/pricing', '/pricing/team', '/docs/a_b', '/docs/ab']
const referrers = ['news.example', '']
const values: unknown[] = [
  1,
  200,
  200.5,
  '200',
  '7',
  'pro',
  'enterprise',
  'Pro',
  true,
  null,
  '',
  'N/A',
  ['a', 'pro'],
  '2026-03-01',
  '2026-03-01T10:00:00+02:00',
  '-5',
]
const windows = ['1d', '36h', '7d', '2w', '40d']

const pick = <Item>(items: readonly Item[]) => fc.constantFrom(...items)
/** Days and half-days, so that windows are met exactly and touches fall together. */
const someTime = fc.integer({ min: 0, max: 180 }).map((half) => asOf - half * (dayMs / 2))

const member = fc.record({
  person: pick(people.slice(0, -2)),
  at: someTime,
  kind: pick(kinds),
  name: pick(names),
  channel: pick(channels),
  source: pick(sources),
  medium: pick(media),
  campaign: pick(campaigns),
  host: pick(hosts),
  path: pick(paths),
  paths: fc.array(pick(paths), { maxLength: 3 }),
  referrerHost: pick(referrers),
  direction: pick(['inbound', 'outbound']),
  properties: fc.dictionary(pick(['plan', 'seats']), pick(values), { maxKeys: 2 }),
})
const fact = (of: readonly string[], name: readonly string[]) =>
  fc.record({ of: pick(of), name: pick(name), value: pick(values), at: someTime, verified: fc.boolean() })

/** The same world at every run. */
export function makeWorld(): World {
  const sample = <Item>(arb: fc.Arbitrary<Item>, numRuns: number, seed: number) =>
    fc.sample(arb, { numRuns, seed })
  const id = (prefix: string, n: number) => `${prefix}${String((n * 7919) % 100_003).padStart(6, '0')}`
  const joins = sample(fc.tuple(pick(people.slice(0, -3)), pick(accounts.slice(0, -1))), 18, 3)
  const members = new Map<string, string[]>()
  for (const [person, account] of joins)
    members.set(person, [...new Set([...(members.get(person) ?? []), account])])
  // Nobody did anything for this one.
  members.set('user:p14', ['acc-silent'])
  const touches = sample(member, 110, 1).map((one, n): WorldTouch => ({
    ...one,
    verified: n % 3 === 0,
    accounts: members.get(one.person) ?? [],
    messageId: id('m', n + 1),
    ...(one.kind === 'visit' ? { name: one.path } : { paths: [] }),
  }))
  const facts = (prefix: string, list: Omit<Fact, 'messageId'>[]) =>
    list.map((one, n): Fact => ({ ...one, messageId: id(prefix, n + 1) }))
  return {
    touches,
    traits: facts('t', sample(fact(people, ['role', 'seats']), 60, 2)),
    accountTraits: facts('a', sample(fact(accounts, ['plan', 'employees']), 40, 4)),
    members,
    segments: {
      frozen: { subject: 'person', identifiers: ['user:p1', 'user:p4', 'user:p15'] },
      busy: { subject: 'person', when: { touch: {}, count: { op: 'gte', n: 7 } } },
      quiet: { subject: 'account', when: { not: { touch: { kind: 'crm' }, within: '40d' } } },
    },
  }
}

export const subjectsOf = (world: World, subject: Subject): string[] =>
  subject === 'person'
    ? [...new Set([...world.touches.map(({ person }) => person), ...people])]
    : [...new Set([...[...world.members.values()].flat(), ...world.accountTraits.map(({ of }) => of)])]

const iso = (at: number) => new Date(at).toISOString()
const linesOf = (rows: readonly object[]) =>
  Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

export async function insertWorld(app: ClickHouseClient, world: World, project = 'default'): Promise<void> {
  const common = { project, version: 1 }
  const touches = world.touches.map((one, touch) => {
    const {
      person,
      at,
      kind,
      name,
      channel,
      source,
      medium,
      campaign,
      host,
      path,
      paths: seen,
      direction,
    } = one
    const said = { kind, name, channel, source, medium, campaign, host, path, paths: seen, direction }
    return { ...common, person, at: iso(at), touch: touch + 1, referrer_host: one.referrerHost, ...said, one }
  })
  const ofPeople = touches.map(({ one, ...row }) => ({
    ...row,
    accounts: one.accounts,
    message_ids: [one.messageId],
  }))
  const ofAccounts = touches.flatMap(({ one, ...row }) =>
    one.accounts.map((account) => ({ ...row, account, message_id: one.messageId })),
  )
  const events = world.touches.map((one) =>
    eventRow({
      project,
      at: iso(one.at),
      subject: one.person,
      user_id: one.person.slice('user:'.length),
      type: one.kind === 'visit' ? 'page' : 'track',
      name: one.name,
      message_id: one.messageId,
      properties: one.properties,
      verified: one.verified,
    }),
  )
  const facts = (list: readonly Fact[], column: string) =>
    list.map(({ of, name, value, at, verified, messageId }) => ({
      project,
      [column]: of,
      name,
      value: JSON.stringify(value),
      at: iso(at),
      verified,
      message_id: messageId,
      received_at: iso(at),
      version: 1,
    }))
  const stays = [...world.members].flatMap(([person, list]) => list.map((account) => ({ person, account })))
  const tables: [string, readonly object[]][] = [
    ['touchpoints_of_people', ofPeople],
    ['touchpoints_of_accounts', ofAccounts],
    ['events', events],
    ['traits', facts(world.traits, 'identifier')],
    ['account_traits', facts(world.accountTraits, 'account')],
    [
      'people',
      [...new Set([...people, ...world.members.keys()])].map((person) => ({
        ...common,
        person,
        identifiers: [{ identifier: person, from: null, to: null, because: '', rule: '', verified: true }],
        accounts: [],
      })),
    ],
    [
      'account_people',
      stays.map((stay) => ({
        ...common,
        ...stay,
        how: 'group',
        periods: [{ from: null, to: null, because: '' }],
      })),
    ],
  ]
  for (const [table, rows] of tables) await insertLines(app, table, linesOf(rows))
}

const maybe = <Item>(arb: fc.Arbitrary<Item>, weight = 3) => fc.option(arb, { nil: undefined, freq: weight })
/** Without the fields that are not there. */
const present = <Shape extends object>(shape: Shape): Shape =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Shape

const comparison = fc.oneof(
  fc.record({ op: pick(['eq', 'ne'] as const), value: pick([200, '200', 'pro', true, 'nothing']) }),
  fc.record({ op: fc.constant('in' as const), value: fc.constantFrom(['pro', 200], ['enterprise']) }),
  fc.record({ op: pick(['contains', 'startsWith'] as const), value: pick(['pro', 'p', 'ent']) }),
  fc.record({
    op: pick(['gt', 'gte', 'lt', 'lte'] as const),
    value: pick([7, 200, '2026-03-01', '2026-03-01T08:00:00Z']),
  }),
  fc.constantFrom({ op: 'exists' as const }, { op: 'exists' as const, value: false }),
  fc.record({ op: fc.constant('matches' as const), value: pick(['^p.o$', '\\d{3}', '(?i)PRO'].slice(0, 2)) }),
)

const touch = fc
  .record(
    {
      verified: maybe(fc.constant(true as const), 1),
      kind: maybe(pick(kinds), 2),
      name: maybe(pick([...names, '*', 'De*o *', '%', '*won', '50% *'])),
      channel: maybe(pick(channels.filter((one) => one !== '')), 2),
      source: maybe(pick(['google', 'Google']), 1),
      medium: maybe(pick(['cpc', 'Email']), 1),
      campaign: maybe(pick(['spring', 'Spring']), 1),
      page: maybe(
        pick([
          '/pricing*',
          '*/pricing',
          'acme.com/*',
          '*docs*',
          '/docs/a_b',
          'https://acme.com/pricing',
          '*',
        ]),
      ),
      referrerHost: maybe(pick(['news.example']), 1),
      direction: maybe(pick(['inbound', 'outbound'] as const), 1),
      where: maybe(
        fc.array(
          comparison.chain((one) => pick(['plan', 'seats']).map((property) => ({ property, ...one }))),
          { minLength: 1, maxLength: 2 },
        ),
        1,
      ),
    },
    { noNullPrototype: true },
  )
  .map((all) => {
    // All fields at once match nothing: two or three of them are kept.
    const kept = Object.entries(present(all)).slice(0, 3)
    return Object.fromEntries(kept)
  })

const count = fc.record({
  op: pick(['eq', 'ne', 'gt', 'gte', 'gte', 'lt', 'lte'] as const),
  n: fc.integer({ min: 0, max: 4 }),
})
const window = pick(windows)

const touchCondition = fc
  .record(
    {
      touch,
      count: maybe(count, 2),
      distinct: maybe(pick(['page', 'day', 'person', 'name', 'channel', 'kind'] as const), 1),
      within: maybe(window, 2),
      by: maybe(fc.constant('same person' as const), 1),
    },
    { noNullPrototype: true },
  )
  .map((all) => {
    const one = present(all)
    const needsOne = one.by !== undefined && one.count !== undefined
    return needsOne ? { ...one, count: { op: 'gte' as const, n: Math.max(1, one.count?.n ?? 1) } } : one
  })
const betweenCondition = fc.record({
  touch,
  count: fc.constant({ op: 'gte' as const, n: 2 }),
  between: fc.constant(['2026-03-01', '2026-04-15']),
})
const sequence = fc
  .record(
    {
      sequence: fc.array(touch, { minLength: 2, maxLength: 4 }),
      within: maybe(window, 2),
      without: maybe(fc.array(touch, { minLength: 1, maxLength: 2 }), 1),
    },
    { noNullPrototype: true },
  )
  .map(present)

const leaves = (subject: Subject) =>
  fc.oneof(
    { weight: 5, arbitrary: touchCondition },
    { weight: 1, arbitrary: betweenCondition },
    { weight: 2, arbitrary: sequence },
    {
      weight: 2,
      arbitrary: comparison.chain((one) => pick(['role', 'seats']).map((trait) => ({ trait, ...one }))),
    },
    {
      weight: 2,
      arbitrary: comparison.chain((one) =>
        pick(['plan', 'employees']).map((accountTrait) => ({ accountTrait, ...one })),
      ),
    },
    { weight: 1, arbitrary: fc.record({ silentFor: window, direction: pick(['inbound', 'any'] as const) }) },
    {
      weight: 1,
      arbitrary: window.chain((within) =>
        fc.constantFrom({ firstSeen: { within } }, { lastSeen: { within } }),
      ),
    },
    { weight: 1, arbitrary: pick(['frozen', 'busy', 'quiet']).map((segment) => ({ segment })) },
    ...(subject === 'account' ? [{ weight: 1, arbitrary: count.map((people) => ({ people })) }] : []),
  )

export function conditionsAbout(subject: Subject): fc.Arbitrary<Condition> {
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: false },
      { weight: 5, arbitrary: leaves(subject) },
      { weight: 1, arbitrary: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })) },
      { weight: 2, arbitrary: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })) },
      { weight: 1, arbitrary: tie('tree').map((not) => ({ not })) },
    ),
  }))
  return tree as fc.Arbitrary<Condition>
}
