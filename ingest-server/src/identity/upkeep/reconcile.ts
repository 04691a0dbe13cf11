/**
 * Brings the derived rows of some identifiers of one project to what the facts say. Level-triggered: it does
 * not matter why, how often, by how many at once or after how long it is called.
 */
import { domainMeanings, domainsOf } from '../rules/accounts.js'
import type { DomainRules } from '../rules/domains.js'
import {
  accountRows,
  completePeople,
  deriveRows,
  type AccountPersonRow,
  type Derived,
  type DerivedRows,
  type PersonRow,
} from './derive.js'
import {
  accountPersonKey,
  differences,
  type DerivedTables,
  type Line,
  type PresentRows,
} from './derived-tables.js'
import type { FactReader } from '../facts/facts.js'
import { neighbourhoodOf } from '../facts/neighbourhood.js'
import { resolve, type ResolvedOwnership } from '../rules/resolve.js'
import { partsOf } from '../../parts.js'

export interface ReconcileContext {
  facts: FactReader
  tables: DerivedTables
  signedOnly: boolean
  /** What the project says of domains; absent: nothing. */
  domainRules?: DomainRules
  /** Read before any fact, or rows from before an erasure would count as newer than it. */
  epoch: bigint
  /** Also write over a row that somebody seems to have known better about: the last resort of a slow pass. */
  repair: boolean
  /** Accounts that a person may have a row of, whatever `people` says. */
  accountsOnce: AccountsOnce
}

/** By person and project; what this process wrote lately, or a sweep found. */
export interface AccountsOnce {
  of: (person: string) => Iterable<string>
  add: (person: string, account: string) => void
}

/** One reading and writing of ClickHouse is worth this many identifiers; more only costs memory. */
const identifiersAtOnce = 2_000

/**
 * Brings the derived rows (`identity_map`, `people`, `account_people`) of these identifiers to date, and of everybody
 * whom a change of theirs concerns: reads the facts, resolves them, writes the rows that differ.
 *
 * `identifiers` have a kind in front (`user:ada`, `email:…`, `anon:…`), in any order, of one project. Idempotent: it
 * may run twice, late or in several processes at once. Resolves when all rows are written; rejects with the error of
 * ClickHouse, and a repetition then finds what is missing. `domains` are written by the caller (stitcher.ts).
 */
export async function reconcile(context: ReconcileContext, identifiers: Iterable<string>): Promise<void> {
  const asked = new Set(identifiers)
  const covered = new Set<string>()
  // Users first: with them come their emails and devices, which then need not be looked at again.
  for (const some of partsOf([...asked].sort(byKind), identifiersAtOnce)) {
    let wanted = new Set(some.filter((identifier) => !covered.has(identifier)))
    if (wanted.size === 0) continue
    const results = emptyResults()
    const done = new Set<string>()
    while (wanted.size > 0) {
      for (const identifier of wanted) done.add(identifier)
      const { affected, outdated } = await deriveInto(results, context, { wanted, asked })
      for (const identifier of outdated) done.delete(identifier)
      wanted = new Set([...affected, ...outdated].filter((identifier) => !done.has(identifier)))
      for (const identifier of wanted) asked.add(identifier)
    }
    await write(context, results)
    for (const identifier of coveredBy(results)) covered.add(identifier)
  }
}

const kinds = ['user:', 'email:', 'anon:']
const byKind = (a: string, b: string) => kindRank(a) - kindRank(b)
const kindRank = (identifier: string) => kinds.findIndex((kind) => identifier.startsWith(kind))

/** Whose row was derived, and the persons that it names with it. */
function coveredBy({ identifiers, people }: Results): string[] {
  return [...identifiers]
    .filter(([identifier, { row }]) =>
      row ? row.owners.every(({ person }) => people.has(person)) : people.has(identifier),
    )
    .map(([identifier]) => identifier)
}

interface Results extends DerivedRows {
  presentIdentifiers: PresentRows<'identity_map'>
  presentPeople: PresentRows<'people'>
}

const emptyResults = (): Results => ({
  identifiers: new Map(),
  people: new Map(),
  presentIdentifiers: new Map(),
  presentPeople: new Map(),
})

interface Asked {
  wanted: ReadonlySet<string>
  /** All that was or will be wanted: an anonymous id of these may have a row of its own in `people`. */
  asked: ReadonlySet<string>
}

interface ToLookAt {
  affected: string[]
  /** Also if they were looked at before. */
  outdated: string[]
}

/** Adds the rows of `wanted` to the results; answers who else has to be looked at because of them. */
async function deriveInto(
  results: Results,
  context: ReconcileContext,
  { wanted, asked }: Asked,
): Promise<ToLookAt> {
  const { facts, tables, signedOnly } = context
  const neighbourhood = await neighbourhoodOf(wanted, facts.nodes, { ahead: facts.joinedAhead })
  const { core, devices } = neighbourhood
  const resolution = resolve(neighbourhood.links, { signedOnly, devicesOf: neighbourhood.devicesOf })
  const people = completePeople(neighbourhood, resolution)
  const candidates = [...core, ...[...devices].filter((device) => asked.has(device))]
  const lone = candidates.filter((identifier) => !resolution.owners.has(identifier))

  const [memberships, knownEmails, traits, presentIdentifiers, presentPeople] = await Promise.all([
    facts.memberships([...core, ...devices]),
    facts.knownEmails(lone.flatMap((id) => (id.startsWith('email:') ? id.slice('email:'.length) : []))),
    facts.domainTraits(domainsOf([...core], context.domainRules)),
    tables.present('identity_map', [...core, ...devices]),
    tables.present('people', candidates),
  ])
  const meaningOf = domainMeanings(traits, context.domainRules)
  const rows = await deriveRows(neighbourhood, resolution, {
    candidates,
    people,
    lone,
    memberships,
    knownEmails,
    meaningOf,
    domainRules: context.domainRules,
  })
  const isElsewhere = (identifier: string) => !rows.people.has(identifier)
  const outdated = [...outdatedBy(rows, results)].filter(isElsewhere)
  keep(results.identifiers, rows.identifiers)
  keep(results.people, rows.people)
  keep(results.presentIdentifiers, presentIdentifiers)
  keep(results.presentPeople, presentPeople)
  const affected = [...affectedBy({ wanted, rows, presentIdentifiers, presentPeople })].filter(isElsewhere)
  return { affected, outdated }
}

/**
 * Facts may come between two readings of one pass. Where a row then comes out otherwise than before in this pass, the
 * persons that the earlier one named rest on the earlier reading, and nothing that stands in the tables names them.
 */
function outdatedBy(rows: DerivedRows, earlier: DerivedRows): Set<string> {
  const outdated = new Set<string>()
  for (const [identifier, { row }] of rows.identifiers) {
    const before = earlier.identifiers.get(identifier)?.row?.owners ?? []
    if (areSame(before, row?.owners ?? [])) continue
    for (const { person } of before) outdated.add(person)
  }
  for (const [person, { row }] of rows.people)
    for (const identifier of noLongerHeld(earlier.people.get(person)?.row, row)) outdated.add(identifier)
  return outdated
}

function noLongerHeld(before: PersonRow | undefined, now: PersonRow | undefined): string[] {
  const holds = new Set(now?.identifiers.map(({ identifier }) => identifier))
  return (before?.identifiers ?? []).map(({ identifier }) => identifier).filter((one) => !holds.has(one))
}

const areSame = (before: readonly ResolvedOwnership[], now: readonly ResolvedOwnership[]) =>
  before.length === now.length &&
  before.every((one, index) => {
    const other = now[index]
    return (
      one.person === other?.person &&
      one.from === other.from &&
      one.to === other.to &&
      one.because === other.because &&
      one.rule === other.rule &&
      one.verified === other.verified
    )
  })

interface Affecting {
  wanted: ReadonlySet<string>
  rows: DerivedRows
  presentIdentifiers: PresentRows<'identity_map'>
  presentPeople: PresentRows<'people'>
}

/**
 * The owners of each wanted identifier; the former and the present owners of an identifier that changed hands; and
 * every identifier that a person no longer holds.
 */
function affectedBy({ wanted, rows, presentIdentifiers, presentPeople }: Affecting): Set<string> {
  const affected = new Set<string>()
  for (const [identifier, { row }] of rows.identifiers) {
    const before = presentIdentifiers.get(identifier)?.row.owners ?? []
    const now = row?.owners ?? []
    if (!wanted.has(identifier) && areSame(before, now)) continue
    for (const { person } of [...before, ...now]) affected.add(person)
  }
  for (const [person, { row }] of rows.people)
    for (const identifier of noLongerHeld(presentPeople.get(person)?.row, row)) affected.add(identifier)
  return affected
}

/**
 * Writes in an order that lets the next pass find everything if this process ends in between: an account loses people
 * before `people` forgets the account, gains them after `people` names it, and identity_map, which says whom
 * else a change concerns, comes last.
 */
async function write(context: ReconcileContext, results: Results): Promise<void> {
  const { tables, epoch, repair, accountsOnce } = context
  const accounts = accountsWanted(results, accountsOnce)
  const presentAccounts = await tables.present('account_people', accounts.keys())
  const absent = [...accounts].filter(([key, { row }]) => !row && !presentAccounts.has(key))
  const versions = await tables.versions(
    'account_people',
    absent.map(([key]) => key),
  )
  const common = { epoch, repair }
  const ofAccounts = differences('account_people', {
    derived: accounts,
    present: presentAccounts,
    versions,
    ...common,
  })
  const ofPeople = differences('people', {
    derived: results.people,
    present: results.presentPeople,
    ...common,
  })
  const ofIdentifiers = differences('identity_map', {
    derived: results.identifiers,
    present: results.presentIdentifiers,
    ...common,
  })
  for (const { person, account } of ofAccounts) accountsOnce.add(person, account)
  const isGone = (line: Line<'account_people'>) => line.is_deleted === 1
  await tables.write('account_people', ofAccounts.filter(isGone))
  await tables.write('people', ofPeople)
  await tables.write(
    'account_people',
    ofAccounts.filter((line) => !isGone(line)),
  )
  await tables.write('identity_map', ofIdentifiers)
}

/**
 * Every account that the persons count in or may count in, with or without a row now. Where facts speak of an
 * account and the person does not count there, that is written down too: a stitcher that has read less may
 * still be about to say that they do, and `people` names only accounts that somebody wrote before.
 */
function accountsWanted(
  { people, presentPeople }: Results,
  accountsOnce: AccountsOnce,
): Map<string, Derived<AccountPersonRow>> {
  const wanted = new Map<string, Derived<AccountPersonRow>>()
  for (const [person, { row, weight, accountsSpokenOf }] of people) {
    const rows = row ? accountRows(row) : new Map<string, AccountPersonRow>()
    const before = (presentPeople.get(person)?.row.accounts ?? []).map(({ account }) => account)
    const spokenOf = row ? accountsSpokenOf : []
    for (const account of [...before, ...spokenOf, ...accountsOnce.of(person), ...rows.keys()])
      wanted.set(accountPersonKey({ account, person }), { row: rows.get(account), weight })
  }
  return wanted
}

function keep<Value>(into: Map<string, Value>, from: ReadonlyMap<string, Value>): void {
  for (const [key, value] of from) into.set(key, value)
}
