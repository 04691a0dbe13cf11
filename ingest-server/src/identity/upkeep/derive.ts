/**
 * From facts to the rows of identity_map, people and account_people. Pure; the rows are a function of the
 * recorded facts alone, their version too, which is why a rebuild gives the same bytes.
 */
import { createBreather, type Breather } from '../../breathe.js'
import {
  accountsOf,
  domainsOf,
  type ResolvedStay,
  type DomainMeaning,
  type MembershipFact,
} from '../rules/accounts.js'
import type { DomainRules } from '../rules/domains.js'
import { isAnon, isEmail, isUser } from '../rules/effective-links.js'
import type { Neighbourhood } from '../facts/neighbourhood.js'
import type {
  ResolvedHolding,
  ResolvedInterval,
  ResolvedOwnership,
  ResolvedPerson,
  Resolution,
} from '../rules/resolve.js'
import { selfHolding } from '../rules/resolve.js'

/** Property names are column names; the order of properties is theirs as well. */
export interface IdentityRow {
  identifier: string
  owners: ResolvedOwnership[]
  state: '' | 'contested' | 'quarantined'
  contested: { identifier: string; at: string; because: string; verified: boolean }[]
}
export interface PersonRow {
  person: string
  identifiers: ResolvedHolding[]
  accounts: ResolvedStay[]
}
export interface AccountPersonRow {
  account: string
  person: string
  how: 'group' | 'domain'
  periods: (ResolvedInterval & { because: string })[]
  verified: boolean
}

/** A row, or undefined where there is to be none, and the number of facts that decide it. */
export interface Derived<Row> {
  row: Row | undefined
  weight: bigint
}

export interface DerivedPerson extends Derived<PersonRow> {
  /** Every account that the considered facts name, whether or not the person counts in it. */
  accountsSpokenOf: ReadonlySet<string>
}

export interface DerivedRows {
  identifiers: Map<string, Derived<IdentityRow>>
  people: Map<string, DerivedPerson>
}

export function completePeople({ core }: Neighbourhood, { people }: Resolution): ResolvedPerson[] {
  return people.filter(({ id }) => core.has(id))
}

export interface PeopleFacts {
  /** Who may have a row in `people`. */
  candidates: readonly string[]
  people: readonly ResolvedPerson[]
  /** Identifiers that no link makes a person; a membership of their own, or being a known address, does. */
  lone: readonly string[]
  memberships: readonly MembershipFact[]
  /** Address → whether a secret key or a token stated it. */
  knownEmails: ReadonlyMap<string, boolean>
  meaningOf: (domain: string) => DomainMeaning
  domainRules?: DomainRules | undefined
}

export async function deriveRows(
  neighbourhood: Neighbourhood,
  resolution: Resolution,
  facts: PeopleFacts,
): Promise<DerivedRows> {
  const breather = createBreather()
  return {
    identifiers: await identityRows(neighbourhood, resolution, breather),
    people: await peopleRows(neighbourhood, facts, breather),
  }
}

async function identityRows(
  neighbourhood: Neighbourhood,
  resolution: Resolution,
  breather: Breather,
): Promise<DerivedRows['identifiers']> {
  const contested = new Map(resolution.contested.map(({ email, claims }) => [email, claims]))
  const quarantined = new Set(resolution.quarantined.map(({ identifier }) => identifier))
  const rows: DerivedRows['identifiers'] = new Map()
  for (const identifier of [...neighbourhood.core, ...neighbourhood.devices]) {
    if (breather.isDue()) await breather.rest()
    const owners = resolution.owners.get(identifier) ?? []
    const disputes = contested.get(identifier) ?? []
    const state = quarantined.has(identifier) ? 'quarantined' : disputes.length > 0 ? 'contested' : ''
    const row: IdentityRow = {
      identifier,
      owners: owners.map(({ person, from, to, because, rule, verified }) => {
        return { person, from, to, because, rule, verified }
      }),
      state,
      contested: disputes.map(({ by, at, because, verified }) => ({ identifier: by, at, because, verified })),
    }
    const isThere = owners.length > 0 || state !== ''
    rows.set(identifier, { row: isThere ? row : undefined, weight: neighbourhood.weightOf(identifier) })
  }
  return rows
}

async function peopleRows(
  neighbourhood: Neighbourhood,
  facts: PeopleFacts,
  breather: Breather,
): Promise<DerivedRows['people']> {
  const about = new Map<string, MembershipFact[]>()
  for (const fact of facts.memberships) {
    const list = about.get(fact.identifier)
    if (list) list.push(fact)
    else about.set(fact.identifier, [fact])
  }
  const rows: DerivedRows['people'] = new Map()
  const membersOf = neighbourhood.membersWhere((device) => about.has(device))
  // A candidate that is no person gets no row, and loses the one it had: it became part of another person.
  for (const identifier of facts.candidates) {
    if (breather.isDue()) await breather.rest()
    const linked = neighbourhood.weightOf(identifier)
    const members = membersOf(identifier)
    const joined = members.flatMap((member) => about.get(member) ?? [])
    const meanings = domainsOf(members, facts.domainRules).map(facts.meaningOf)
    const accountsSpokenOf = new Set([
      ...joined.map(({ account }) => account),
      ...meanings.flatMap(({ domain, claims }) => [
        `domain:${domain}`,
        ...claims.map(({ account }) => account),
      ]),
    ])
    rows.set(identifier, { row: undefined, weight: linked + BigInt(joined.length), accountsSpokenOf })
  }
  for (const person of [...facts.people, ...lonePeople(facts, about)]) {
    if (breather.isDue()) await breather.rest()
    const known = rows.get(person.id) ?? { weight: 0n, accountsSpokenOf: new Set<string>() }
    rows.set(person.id, { ...known, row: personRow(person, about, facts) })
  }
  return rows
}

function personRow(
  { id, identifiers }: ResolvedPerson,
  about: ReadonlyMap<string, MembershipFact[]>,
  { meaningOf, domainRules }: PeopleFacts,
): PersonRow {
  const memberships = [...new Set(identifiers.map(({ identifier }) => identifier))].flatMap(
    (identifier) => about.get(identifier) ?? [],
  )
  const stays = accountsOf({ identifiers, memberships, meaningOf, domainRules })
  return {
    person: id,
    identifiers: identifiers.map(({ identifier, from, to, because, rule, verified }) => {
      return { identifier, from, to, because, rule, verified }
    }),
    accounts: stays.map(({ account, how, from, to, because, verified }) => {
      return { account, how, from, to, because, verified }
    }),
  }
}

function lonePeople(
  { lone, knownEmails }: PeopleFacts,
  about: ReadonlyMap<string, MembershipFact[]>,
): ResolvedPerson[] {
  return lone
    .filter(
      (id) =>
        (about.has(id) && (isAnon(id) || isUser(id) || isEmail(id))) ||
        (isEmail(id) && knownEmails.has(id.slice('email:'.length))),
    )
    .map((id) => ({
      id,
      identifiers: [selfHolding(id, knownEmails.get(id.slice('email:'.length)) ?? false)],
    }))
}

/** Account → row, one for each account that the person ever counted in. */
export function accountRows({ person, accounts }: PersonRow): Map<string, AccountPersonRow> {
  const rows = new Map<string, AccountPersonRow>()
  for (const { account, how, from, to, because, verified } of accounts) {
    const row = rows.get(account) ?? { account, person, how, periods: [], verified }
    row.periods.push({ from, to, because })
    rows.set(account, row)
  }
  return rows
}
