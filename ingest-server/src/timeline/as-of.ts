/**
 * Who was who at an earlier time: the same rules over the facts that had been received until then. Nothing of
 * it is stored; it costs reading the facts of the people concerned.
 */
import { accountsOf, domainMeanings, domainsOf } from '../identity/rules/accounts.js'
import { domainRulesOf } from '../identity/rules/domains.js'
import { openFacts } from '../identity/facts/facts.js'
import { neighbourhoodOf } from '../identity/facts/neighbourhood.js'
import { resolve, selfHolding, type Link, type ResolvedPerson } from '../identity/rules/resolve.js'
import { readAccountNames, type Account } from '../identity/account-people.js'
import type { Reader } from '../clickhouse/query.js'
import { readSubjects } from '../identity/subjects.js'
import { lonePerson, parseInterval, type Ownership, type Person } from '../identity/people.js'

interface ThenKnown {
  people: Person[]
  /** Empty for an identifier that nobody had claimed. */
  ownersOf: (identifier: string) => readonly Ownership[]
}

/**
 * Everybody whom these identifiers named then, with all they held and the accounts they counted in; with `added` as if
 * these links were recorded too.
 */
export async function knownThen(
  reader: Reader,
  identifiers: Iterable<string>,
  asOfMs: number,
  added: readonly Link[] = [],
): Promise<ThenKnown> {
  const { client, project, signedOnly } = reader
  const asOf = new Date(asOfMs).toISOString()
  const facts = openFacts(client, { project, signedOnly, asOf })
  const domainRules = domainRulesOf(reader.domains)
  const wanted = new Set(identifiers)
  const neighbourhood = await neighbourhoodOf(wanted, facts.nodes, { ahead: facts.joinedAhead })
  const links = [...neighbourhood.links, ...added]
  const resolution = resolve(links, { signedOnly, asOf, devicesOf: neighbourhood.devicesOf })
  // Whom nothing links with anybody is a person of their own, who may have joined an account; an address
  // that nobody had stated yet is nobody.
  const unlinked = [...wanted].filter((identifier) => !resolution.owners.has(identifier))
  const stated = await readSubjects(reader, unlinked.filter(isEmail), asOfMs)
  const lone = unlinked.filter((identifier) => !isEmail(identifier) || stated.has(identifier))
  const proven = await facts.knownEmails(lone.filter(isEmail).map(addressOf))
  const people = [
    ...resolution.people.filter(({ id }) => neighbourhood.core.has(id)),
    ...lone.map((id): ResolvedPerson => ({
      id,
      identifiers: [selfHolding(id, proven.get(addressOf(id)) ?? false)],
    })),
  ]
  const held = people.flatMap((person) => person.identifiers.map(({ identifier }) => identifier))
  const [memberships, traits] = await Promise.all([
    facts.memberships(held),
    facts.domainTraits(domainsOf(held, domainRules)),
  ])
  const meaningOf = domainMeanings(traits, domainRules)
  return {
    people: people.map((person) => ({
      id: person.id,
      identifiers: person.identifiers.map(parseInterval),
      accounts: accountsOf({ identifiers: person.identifiers, memberships, meaningOf, domainRules }).map(
        parseInterval,
      ),
      isStitched: resolution.owners.has(person.id),
    })),
    ownersOf: (identifier) => (resolution.owners.get(identifier) ?? []).map(parseInterval),
  }
}

const isEmail = (identifier: string) => identifier.startsWith('email:')

const addressOf = (identifier: string) => identifier.slice('email:'.length)

/** The person whom the first known of `candidates` named then; an unknown one is a person of its own. */
export async function personAsOf(
  reader: Reader,
  candidates: readonly string[],
  asOf: number,
): Promise<Person> {
  const [{ ownersOf }, seen] = await Promise.all([
    knownThen(reader, candidates, asOf),
    // Whom nothing links with anybody is known by their events alone; the last is taken where none is known.
    readSubjects(reader, candidates.slice(0, -1), asOf),
  ])
  const isKnown = (candidate: string) => ownersOf(candidate).length > 0 || seen.has(candidate)
  const asked = candidates.find(isKnown) ?? candidates.at(-1) ?? ''
  const owner = ownersOf(asked).at(-1)?.person ?? asked
  const { people } = await knownThen(reader, [owner], asOf)
  return people.find(({ id }) => id === owner) ?? lonePerson(owner)
}

/** The people who are or were in the account, or named it in an event, as they were then. */
export async function accountAsOf(reader: Reader, id: string, asOf: number): Promise<Account> {
  const { identifiers, subjects } = await readAccountNames(reader, id)
  const { people, ownersOf } = await knownThen(reader, [...identifiers, ...subjects], asOf)
  const members = people.filter(({ accounts }) => accounts.some(({ account }) => account === id))
  return {
    id,
    people: members,
    guestPeople: people.filter((person) => !members.includes(person)),
    memberships: members.map((person) => {
      const stays = person.accounts.filter(({ account }) => account === id)
      return {
        person: person.id,
        how: stays[0]?.how ?? '',
        periods: stays,
        verified: stays[0]?.verified ?? false,
      }
    }),
    guests: subjects.map((subject) => ({ subject, owners: ownersOf(subject) })),
  }
}
