/**
 * What is known about a person or an account: of each name the latest by occurred time, and what was said
 * with a secret key or a signed token before anything that was not.
 */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { isWithin, type Person } from '../identity/people.js'
import { saysNothing } from '../touchpoints/null-like.js'

export interface Trait {
  name: string
  value: unknown
  /** Milliseconds since 1970. */
  at: number
  messageId: string
  verified: boolean
  /** How often this name was said at all; the earlier values stay in the table `traits`. */
  told: number
}

interface Said {
  identifier: string
  name: string
  at: number
  messageId: string
  value: string
  verified: boolean
}

const columns = 'name, toUnixTimestamp64Milli(at) AS at, message_id AS messageId, value, verified'
const personQuery: NamedQuery = {
  name: 'traits-of-person',
  splitBy: 'identifiers',
  sql: `
SELECT identifier, ${columns}
FROM traits FINAL
WHERE project = {project: String} AND identifier IN {identifiers: Array(String)}
  AND received_at <= {until: DateTime64(3, 'UTC')}`,
}
const accountQuery: NamedQuery = {
  name: 'traits-of-account',
  sql: `
SELECT account AS identifier, ${columns}
FROM account_traits FINAL
WHERE project = {project: String} AND account = {account: String}
  AND received_at <= {until: DateTime64(3, 'UTC')}`,
}

const always = new Date('2200-01-01T00:00:00Z')
const untilOf = (asOf: number | undefined) => (asOf === undefined ? always : new Date(asOf))

export async function readTraits(reader: Reader, person: Person, asOf?: number): Promise<Trait[]> {
  const identifiers = [...new Set(person.identifiers.map(({ identifier }) => identifier))]
  const said = await query<Said>(reader, personQuery, { identifiers, until: untilOf(asOf) })
  // What was said on a shared device counts for whoever had it then.
  const own = said.filter(({ identifier, at }) =>
    person.identifiers.some((holding) => holding.identifier === identifier && isWithin(holding, at)),
  )
  return latestTraits(own)
}

export async function readAccountTraits(reader: Reader, account: string, asOf?: number): Promise<Trait[]> {
  return latestTraits(await query<Said>(reader, accountQuery, { account, until: untilOf(asOf) }))
}

export function latestTraits(said: readonly Said[]): Trait[] {
  const best = new Map<string, { said: Said; told: number }>()
  for (const one of said) {
    const known = best.get(one.name)
    if (known && !isBetter(one, known.said)) known.told += 1
    else best.set(one.name, { said: one, told: (known?.told ?? 0) + 1 })
  }
  return [...best.values()]
    .map(({ said: { name, value, at, messageId, verified }, told }) => ({
      name,
      value: JSON.parse(value) as unknown,
      at,
      messageId,
      verified,
      told,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isBetter(one: Said, other: Said): boolean {
  if (one.verified !== other.verified) return one.verified
  return one.at - other.at > 0 || (one.at === other.at && one.messageId > other.messageId)
}

/** Name → value, null-like ones left out. */
export const traitValues = (traits: readonly Trait[]): Record<string, unknown> =>
  Object.fromEntries(
    traits.filter(({ value }) => !saysNothing(value)).map(({ name, value }) => [name, value]),
  )
