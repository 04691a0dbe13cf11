/**
 * Who → identifiers, before any event is read. A person is what stitch derived; an identifier that stitch
 * has not seen (a visitor who never said who they are) is its own person.
 */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import type { ResolvedStay } from './rules/accounts.js'
import { isWithin } from './interval.js'
import type { ResolvedHolding, ResolvedInterval, ResolvedOwnership } from './rules/resolve.js'
import { readSubjects } from './subjects.js'

/** Times in milliseconds since 1970; undefined is open. An interval is [from, to). */
export interface Interval {
  from: number | undefined
  to: number | undefined
}

export interface Holding extends Interval {
  identifier: string
  /** The message that decided, and by which rule. Empty for an identifier that nothing was said about. */
  because: string
  rule: string
  verified: boolean
}

export interface AccountStay extends Interval {
  account: string
  how: string
  because: string
  /** Said with a secret key or a token that names the account, or by a verified address. */
  verified: boolean
}

export interface Person {
  id: string
  identifiers: readonly Holding[]
  accounts: readonly AccountStay[]
  /** False where only the asked identifier is known; then events decide whether there is such a person. */
  isStitched: boolean
}

/** Who an identifier belongs to, over time. */
export interface Ownership extends Interval {
  person: string
  because: string
  rule: string
  verified: boolean
}

/** A row of `people`: what resolve.ts decided, with its times as text. Named tuples come as objects. */
export interface StoredPerson {
  person: string
  identifiers: ResolvedHolding[]
  accounts: ResolvedStay[]
}

const time = (text: string | null) => (text === null ? undefined : Date.parse(text))

/** Times as text (resolve.ts, and rows of it) → milliseconds since 1970, undefined where it is open; `toIntervalAnswer` goes on from there. */
export function parseInterval<T extends ResolvedInterval>(stored: T) {
  return { ...stored, from: time(stored.from), to: time(stored.to) }
}

export function toPerson(stored: StoredPerson): Person {
  return {
    id: stored.person,
    identifiers: stored.identifiers.map(parseInterval),
    accounts: stored.accounts.map(parseInterval),
    isStitched: true,
  }
}

/** Of an identifier that no fact gives to anybody: it stands for itself, by no rule. */
export function loneHolding(identifier: string): Holding {
  return { identifier, from: undefined, to: undefined, because: '', rule: '', verified: false }
}

export function lonePerson(id: string): Person {
  return { id, identifiers: [loneHolding(id)], accounts: [], isStitched: false }
}

/** The accounts that a person counts in at a time, each once, sorted. */
export function accountsAt(stays: readonly AccountStay[], at: number): string[] {
  const found: string[] = []
  for (const stay of stays) if (isWithin(stay, at) && !found.includes(stay.account)) found.push(stay.account)
  return found.sort()
}

const peopleQuery: NamedQuery = {
  name: 'people-by-id',
  splitBy: 'people',
  sql: `
SELECT person, identifiers, accounts
FROM people FINAL
WHERE project = {project: String} AND person IN {people: Array(String)} AND notEmpty(identifiers)`,
}

const ownersQuery: NamedQuery = {
  name: 'owners-of-identifiers',
  splitBy: 'identifiers',
  sql: `
SELECT identifier, owners, state
FROM identity_map FINAL
WHERE project = {project: String} AND identifier IN {identifiers: Array(String)}`,
}

/** The persons with these ids that stitch knows, in no order. */
export async function readPeople(reader: Reader, people: readonly string[]): Promise<Person[]> {
  const rows = await query<StoredPerson>(reader, peopleQuery, { people })
  return rows.map(toPerson)
}

export interface IdentifierState {
  identifier: string
  owners: readonly Ownership[]
  /** Empty, `contested` or `quarantined`. */
  state: string
}

export async function readOwners(reader: Reader, identifiers: readonly string[]): Promise<IdentifierState[]> {
  const rows = await query<{ identifier: string; owners: ResolvedOwnership[]; state: string }>(
    reader,
    ownersQuery,
    {
      identifiers,
    },
  )
  return rows.map((row) => ({ ...row, owners: row.owners.map(parseInterval) }))
}

/**
 * The person whom one of `candidates` names; the first that is known counts. An identifier that had several
 * owners names its last one. Never undefined: an unknown identifier is a person of its own.
 */
export async function findPerson(reader: Reader, candidates: readonly string[]): Promise<Person> {
  const [states, direct, subjects] = await Promise.all([
    readOwners(reader, candidates),
    readPeople(reader, candidates),
    // The last is taken where none is known, so nobody needs to look for it.
    readSubjects(reader, candidates.slice(0, -1)),
  ])
  for (const candidate of candidates) {
    const owner = states.find((state) => state.identifier === candidate)?.owners.at(-1)?.person ?? candidate
    const known = direct.find(({ id }) => id === owner)
    if (known) return known
    if (owner !== candidate) {
      const [person] = await readPeople(reader, [owner])
      return person ?? withOwner(lonePerson(owner), candidate)
    }
    if (subjects.has(candidate)) return lonePerson(candidate)
  }
  return lonePerson(candidates.at(-1) ?? '')
}

/** identity_map and people are written one after the other; in between the map alone already says who. */
function withOwner(person: Person, identifier: string): Person {
  return { ...person, identifiers: [...person.identifiers, loneHolding(identifier)], isStitched: true }
}
