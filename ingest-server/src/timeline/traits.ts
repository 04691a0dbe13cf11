/**
 * What is known about a person or an account: of each name the latest by occurred time, and what was said
 * with a secret key or a signed token before anything that was not.
 */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { outranks } from '../identity/rules/outranks.js'
import type { Person } from '../identity/people.js'
import { parseExact } from '../exact-json.js'
import { withoutNullLike } from '../touchpoints/null-like.js'
import { isWithin } from '../identity/interval.js'

export interface Trait {
  name: string
  value: unknown
  /** Milliseconds since 1970. */
  at: number
  messageId: string
  verified: boolean
  /** How often this name was said, where it is verified by verified messages; the earlier values stay in `traits`. */
  told: number
}

interface Said {
  identifier: string
  name: string
  at: number
  messageId: string
  /** JSON text. */
  value: string
  verified: boolean
  /** Milliseconds since 1970. */
  receivedAt: number
}

const columns =
  'name, toUnixTimestamp64Milli(at) AS at, message_id AS messageId, value, verified, toUnixTimestamp64Milli(received_at) AS receivedAt'
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
  // A trait stated on a shared device counts for the person who held the device at that time.
  const own = said.filter(({ identifier, at }) =>
    person.identifiers.some((holding) => holding.identifier === identifier && isWithin(holding, at)),
  )
  return latestTraits(own)
}

export async function readAccountTraits(reader: Reader, account: string, asOf?: number): Promise<Trait[]> {
  return latestTraits(await query<Said>(reader, accountQuery, { account, until: untilOf(asOf) }))
}

/** What only says "nothing" (a sync that sends "N/A"), at any depth, changes nothing about what is known. */
export function latestTraits(said: readonly Said[]): Trait[] {
  const best = new Map<string, { said: Said; value: unknown; told: number }>()
  for (const one of onceByMessage(said)) {
    const value = withoutNullLike(parseExact(one.value))
    if (value === undefined) continue
    const known = best.get(one.name)
    // What nobody proved does not even count beside what somebody did.
    const before = known?.said.verified === one.verified ? known.told : 0
    if (known === undefined || outranks(one, known.said))
      best.set(one.name, { said: one, value, told: before + 1 })
    else if (before > 0) known.told += 1
  }
  return [...best.values()]
    .map(({ said: { name, at, messageId, verified }, value, told }) => ({
      name,
      value,
      at,
      messageId,
      verified,
      told,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A message that came again under another identifier of the person says it once: the first received copy. */
function onceByMessage(said: readonly Said[]): Iterable<Said> {
  const kept = new Map<string, Said>()
  for (const one of said) {
    const key = `${one.messageId}\n${one.name}`
    const known = kept.get(key)
    if (known === undefined || isReceivedBefore(one, known)) kept.set(key, one)
  }
  return kept.values()
}

const isReceivedBefore = (one: Said, other: Said) =>
  one.receivedAt < other.receivedAt ||
  (one.receivedAt === other.receivedAt &&
    (one.at < other.at || (one.at === other.at && one.identifier < other.identifier)))

/** Name → value. */
export const traitValues = (traits: readonly Trait[]): Record<string, unknown> =>
  Object.fromEntries(traits.map(({ name, value }) => [name, value]))
