/** Who is who today: the identifiers of a person, and the person of an identifier. */
import { query, type NamedQuery, type QuerySource } from '../clickhouse/query.js'

const heldQuery: NamedQuery = {
  name: 'engage-held-identifiers',
  splitBy: 'people',
  sql: `
SELECT person, identifiers.identifier AS held FROM people FINAL
WHERE project = {project: String} AND person IN {people: Array(String)}`,
}

/** Person → the other identifiers that they hold or held; an id that is no stitched person is left out. */
export async function readHeld(
  source: QuerySource,
  people: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await query<{ person: string; held: string[] }>(source, heldQuery, { people })
  return new Map(rows.map(({ person, held }) => [person, held.filter((one) => one !== person)]))
}

const ownersQuery: NamedQuery = {
  name: 'engage-owners',
  splitBy: 'identifiers',
  sql: `
SELECT identifier, owners.person AS persons FROM identity_map FINAL
WHERE project = {project: String} AND identifier IN {identifiers: Array(String)}`,
}

/** Identifier → everybody who holds or held it, the latest last; one without an owner is left out. */
export async function readPersons(
  source: QuerySource,
  identifiers: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await query<{ identifier: string; persons: string[] }>(source, ownersQuery, { identifiers })
  return new Map(
    rows.flatMap(({ identifier, persons }) => (persons.length === 0 ? [] : [[identifier, persons]])),
  )
}

const accountsQuery: NamedQuery = {
  name: 'engage-accounts-of-people',
  splitBy: 'people',
  sql: `
SELECT DISTINCT arrayJoin(accounts.account) AS id FROM people FINAL
WHERE project = {project: String} AND person IN {people: Array(String)}`,
}

export const readAccountsOf = async (source: QuerySource, people: readonly string[]): Promise<string[]> =>
  (await query<{ id: string }>(source, accountsQuery, { people })).map(({ id }) => id)

const peopleQuery: NamedQuery = {
  name: 'engage-people-of-accounts',
  splitBy: 'accounts',
  sql: `
SELECT DISTINCT person AS id FROM account_people FINAL
WHERE project = {project: String} AND account IN {accounts: Array(String)}`,
}

export const readPeopleOf = async (source: QuerySource, accounts: readonly string[]): Promise<string[]> =>
  (await query<{ id: string }>(source, peopleQuery, { accounts })).map(({ id }) => id)
