/** Why an identifier, or an event, is a person's: the rule and message that decided, and all that was ever said. */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { readOwners, type IdentifierState, type Person } from '../identity/people.js'

/** The rules of docs/identity.md, in a sentence each. */
export const ruleMeanings: Record<string, string> = {
  self: 'The person is named by this identifier.',
  R1: 'A device belongs to whoever claims it, until somebody else does; what came before the first claim is the first claimer’s.',
  R2: 'Two user ids are one person because an alias with a secret key or a signed token says so.',
  R3: 'An email is the user’s who claimed it first, or with a secret key or a signed token.',
  R4: 'A lead became the user who claimed that email, or who signed up next on the device that captured it.',
}
export const meaningOf = (rule: string) =>
  ruleMeanings[rule] ?? 'Nothing had to be said: it stands for itself.'

export interface Fact {
  kind: string
  claimer: string
  claimed: string
  at: string
  receivedAt: string
  messageId: string
  verified: boolean
}

const mostFacts = 1_000
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const factsQuery: NamedQuery = {
  name: 'facts-between',
  splitBy: 'others',
  sql: `
SELECT kind, claimer, if(claimer = identifier, other, identifier) AS claimed, at, received_at AS receivedAt,
  message_id AS messageId, verified
FROM links FINAL
WHERE project = {project: String} AND identifier = {identifier: String} AND other IN {others: Array(String)}
ORDER BY links.at, message_id
LIMIT ${mostFacts}`,
}

/** At most 1,000, the earliest: a device claims anew with each page seen. */
export async function factsBetween(reader: Reader, identifier: string, person: Person): Promise<Fact[]> {
  const others = person.identifiers.map((held) => held.identifier)
  const facts = await query<Fact>(reader, factsQuery, { identifier, others })
  return facts.sort((a, b) => order(a.at, b.at) || order(a.messageId, b.messageId)).slice(0, mostFacts)
}

export async function stateOf(reader: Reader, identifier: string): Promise<IdentifierState> {
  const [state] = await readOwners(reader, [identifier])
  return state ?? { identifier, owners: [], state: '' }
}

const linkedQuery: NamedQuery = {
  name: 'linked-identifiers',
  splitBy: 'others',
  sql: `
SELECT DISTINCT other
FROM links
WHERE project = {project: String} AND identifier = {identifier: String} AND other IN {others: Array(String)}
ORDER BY other`,
}

/** With which of the person's identifiers it was ever linked. */
export async function linkedWith(reader: Reader, identifier: string, person: Person): Promise<string[]> {
  const others = person.identifiers.map((held) => held.identifier).filter((other) => other !== identifier)
  const rows = await query<{ other: string }>(reader, linkedQuery, { identifier, others })
  return rows.map(({ other }) => other).sort(order)
}
