/** Finding people and accounts by a part of what they are called. */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { canonicalAddress, canonicalHost } from '@touchline/schemas'
import { identifiersOf } from './identifiers.js'
import { findPerson, readPeople, type Person } from '../identity/people.js'

/** Names that people are called by; whatever else was said about them is not searched. */
const nameTraits = [
  'email',
  'name',
  'firstName',
  'lastName',
  'first_name',
  'last_name',
  'username',
  'phone',
  'company',
]
const accountNameTraits = ['name', 'domain', 'website', 'company']

const peopleQuery: NamedQuery = {
  name: 'search-people-by-identifier',
  sql: `
SELECT person
FROM people FINAL
WHERE project = {project: String}
  AND arrayExists(
    i -> positionCaseInsensitiveUTF8(i.identifier, {q: String}) > 0 OR position(i.identifier, {stored: String}) > 0,
    identifiers)
ORDER BY length(person), person
LIMIT {limit: UInt32}`,
}

const byTraitQuery: NamedQuery = {
  name: 'search-people-by-trait',
  sql: `
SELECT DISTINCT if(notEmpty(map.owners), map.owners[-1].person, said.identifier) AS person
FROM (
  SELECT DISTINCT identifier FROM traits
  WHERE project = {project: String} AND name IN {names: Array(String)}
    AND positionCaseInsensitiveUTF8(value, {q: String}) > 0
  ORDER BY identifier
  LIMIT {limit: UInt32}
) AS said
LEFT JOIN (
  SELECT identifier, owners FROM identity_map FINAL
  WHERE project = {project: String} AND identifier IN (
    SELECT identifier FROM traits
    WHERE project = {project: String} AND name IN {names: Array(String)}
      AND positionCaseInsensitiveUTF8(value, {q: String}) > 0)
) AS map ON map.identifier = said.identifier
ORDER BY person`,
}

const subjectQuery: NamedQuery = {
  name: 'search-subjects',
  sql: `
SELECT DISTINCT subject AS person FROM events
WHERE project = {project: String} AND subject IN {names: Array(String)}`,
}

interface Named {
  person: string
}

/** The exact match first, then the shortest names. */
export async function searchPeople(reader: Reader, q: string, limit: number): Promise<Person[]> {
  const exact = exactNames(q)
  const [byIdentifier, byTrait, bySubject] = await Promise.all([
    query<Named>(reader, peopleQuery, { q, stored: storedForm(q), limit }),
    query<Named>(reader, byTraitQuery, { q, limit, names: nameTraits }),
    query<Named>(reader, subjectQuery, { names: exact }),
  ])
  const found = [...bySubject, ...byIdentifier, ...byTrait].map(({ person }) => person)
  const ids = [...new Set(found)]
  const known = new Map((await readPeople(reader, ids)).map((person) => [person.id, person]))
  // A subject with no row of its own is part of somebody, or stands for itself.
  const people = await Promise.all(ids.map(async (id) => known.get(id) ?? (await findPerson(reader, [id]))))
  return [...new Map(people.map((person) => [person.id, person])).values()].slice(0, limit)
}

/** As addresses and `domain:` accounts are stored, with their domains in ASCII; else `q` itself. */
function storedForm(q: string): string {
  if (q.includes('@')) return canonicalAddress(q)
  const prefix = q.startsWith('domain:') ? 'domain:' : ''
  return prefix + (canonicalHost(q.slice(prefix.length)) ?? q)
}

function exactNames(q: string): string[] {
  const names = [`anon:${q}`, `user:${q}`, `email:${canonicalAddress(q)}`]
  try {
    return [...names, ...identifiersOf(q)]
  } catch {
    // Not an id at all, yet perhaps a part of a name.
    return names
  }
}

const accountsQuery: NamedQuery = {
  name: 'search-accounts',
  sql: `
SELECT account AS id, max(members) AS people
FROM (
  SELECT account, count() AS members FROM account_people FINAL
  WHERE project = {project: String} AND notEmpty(periods) AND (positionCaseInsensitiveUTF8(account, {q: String}) > 0 OR position(account, {stored: String}) > 0)
  GROUP BY account
  UNION ALL
  SELECT DISTINCT account, 0 FROM account_subjects
  WHERE project = {project: String} AND (positionCaseInsensitiveUTF8(account, {q: String}) > 0 OR position(account, {stored: String}) > 0)
  UNION ALL
  SELECT account, count() FROM account_people FINAL
  WHERE project = {project: String} AND notEmpty(periods) AND account IN (
    SELECT account FROM account_traits
    WHERE project = {project: String} AND name IN {names: Array(String)}
      AND positionCaseInsensitiveUTF8(value, {q: String}) > 0)
  GROUP BY account
)
GROUP BY account
ORDER BY id IN ({q: String}, {stored: String}) DESC, people DESC, id
LIMIT {limit: UInt32}`,
}

export async function searchAccounts(
  reader: Reader,
  q: string,
  limit: number,
): Promise<{ id: string; people: number }[]> {
  return query(reader, accountsQuery, { q, stored: storedForm(q), limit, names: accountNameTraits })
}

const eventNamesQuery: NamedQuery = {
  name: 'search-event-names',
  sql: `
SELECT toString(name) AS name, count() AS touches, max(at) AS last
FROM touchpoints_of_people FINAL
WHERE project = {project: String} AND kind NOT IN ('visit', 'identified', 'joined_account')
  AND name IN (
    SELECT DISTINCT name FROM touchpoints_of_people
    WHERE project = {project: String} AND positionCaseInsensitiveUTF8(toString(name), {q: String}) > 0 LIMIT 1000)
GROUP BY name ORDER BY touches DESC, name LIMIT {limit: UInt32}`,
}

/** Names of what people did, the most frequent first. */
export async function searchEventNames(
  reader: Reader,
  q: string,
  limit: number,
): Promise<{ name: string; touches: number; last: string }[]> {
  return query(reader, eventNamesQuery, { q, limit })
}
