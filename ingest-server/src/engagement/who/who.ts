/** Who subjects are now: earlier ids → the person of today with everything that is known of them. */
import { groupBy } from '../../group-by.js'
import type { Subject } from '@touchline/schemas/api'
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { lonePerson, readOwners, readPeople, type Person } from '../../identity/people.js'
import { withoutNullLike } from '../../touchpoints/null-like.js'
import { isRefused, refusingTrait, subscribing, unsubscribing } from './consent.js'
import { isZone } from './zone.js'
import { isWithin } from '../../identity/interval.js'
import { isEmail } from '../../identity/rules/effective-links.js'
import { jsonOrText } from '../../json-or-text.js'

/** A subject's id at an earlier time, and that time. */
export interface Then {
  subject: string
  at: number
}

/** Everything that a step, a body or a rule asks of a subject; of an account its traits stand in `accountTraits`. */
export interface Who {
  kind: Subject
  /** Canonical id now. */
  id: string
  identifiers: readonly string[]
  /** Addresses that are theirs today; the trait `email` is only what somebody said. */
  emails: readonly string[]
  account: string | undefined
  traits: ReadonlyMap<string, unknown>
  accountTraits: ReadonlyMap<string, unknown>
  /** Why nothing may be sent any more; empty: it may. */
  refusal: string
  zone: string
}

/** All that events and answers may call it: its id now, and every identifier. */
export const namesOfWho = ({ id, identifiers }: Who): string[] => [...new Set([id, ...identifiers])]

const keyOf = ({ subject, at }: Then) => `${at} ${subject}`

/** Each under `keyOf` of what was asked. */
export interface People {
  of: (then: Then) => Person
}

/** An id names the person who held it at that time: a device passes from one to the next. */
export async function readPeopleOf(reader: Reader, wanted: readonly Then[]): Promise<People> {
  const subjects = [...new Set(wanted.map(({ subject }) => subject))]
  const states = new Map(
    (await readOwners(reader, subjects)).map((state) => [state.identifier, state.owners]),
  )
  const ids = new Map<string, string>()
  for (const then of wanted) {
    const owners = states.get(then.subject) ?? []
    const owner = owners.find((one) => isWithin(one, then.at)) ?? owners.at(-1)
    ids.set(keyOf(then), owner?.person ?? then.subject)
  }
  const found = await readPeople(reader, [...new Set(ids.values())])
  const people = new Map(found.map((person) => [person.id, person]))
  return {
    of(then) {
      const id = ids.get(keyOf(then)) ?? then.subject
      return people.get(id) ?? lonePerson(id)
    },
  }
}

interface SaidRow {
  identifier: string
  name: string
  value: string
  verified: boolean
  at: number
}

const traitsQuery: NamedQuery = {
  name: 'traits-of-runs',
  splitBy: 'identifiers',
  sql: `
SELECT identifier, name, value, verified, toUnixTimestamp64Milli(at) AS at FROM traits FINAL
WHERE project = {project: String} AND identifier IN {identifiers: Array(String)}
ORDER BY identifier, name, verified, at, message_id`,
}
const accountTraitsQuery: NamedQuery = {
  name: 'account-traits-of-runs',
  splitBy: 'identifiers',
  sql: `
SELECT account AS identifier, name, value, verified, toUnixTimestamp64Milli(at) AS at FROM account_traits FINAL
WHERE project = {project: String} AND account IN {identifiers: Array(String)}
ORDER BY identifier, name, verified, at, message_id`,
}

const wordsQuery: NamedQuery = {
  name: 'consent-of-runs',
  splitBy: 'identifiers',
  sql: `
SELECT subject AS identifier, verified,
  argMaxIf(consent, occurred_at, consent != '') AS said,
  toUnixTimestamp64Milli(maxIf(occurred_at, consent != '')) AS consentAt,
  toUnixTimestamp64Milli(maxIf(occurred_at, name IN {no: Array(String)})) AS refusedAt,
  toUnixTimestamp64Milli(maxIf(occurred_at, name IN {yes: Array(String)})) AS agreedAt,
  argMaxIf(JSONExtractString(context, 'timezone'), occurred_at, JSONHas(context, 'timezone')) AS zone
FROM events FINAL
WHERE project = {project: String} AND subject IN {identifiers: Array(String)}
GROUP BY subject, verified
ORDER BY verified DESC, subject`,
}

/** What events of one identifier say about refusing and agreeing: a row of the verified ones, and one of the others. */
interface Words {
  identifier: string
  verified: boolean
  said: string
  consentAt: number
  refusedAt: number
  agreedAt: number
  zone: string
}

export type Whos = ReadonlyMap<string, Who>
export const whoOf = (whos: Whos, then: Then): Who | undefined => whos.get(keyOf(then))

/** Of persons or of accounts; each under the subject and time that was asked for. */
export async function readWhos(
  reader: Reader,
  kind: Subject,
  wanted: readonly Then[],
  { zone, now }: { zone: string; now: number },
): Promise<Whos> {
  if (kind === 'account') return readAccounts(reader, wanted, zone)
  const people = await readPeopleOf(reader, wanted)
  const persons = new Map(wanted.map((then) => [keyOf(then), people.of(then)]))
  const identifiers = [
    ...new Set([...persons.values()].flatMap((one) => one.identifiers.map(({ identifier }) => identifier))),
  ]
  const [said, words] = await Promise.all([
    query<SaidRow>(reader, traitsQuery, { identifiers }),
    query<Words>(reader, wordsQuery, { identifiers, no: unsubscribing, yes: subscribing }),
  ])
  const accounts = [...persons.values()].flatMap((one) => accountOf(one, now) ?? [])
  const accountTraits = groupBy(
    await query<SaidRow>(reader, accountTraitsQuery, { identifiers: accounts }),
    ({ identifier }) => identifier,
  )
  const saidOf = groupBy(said, ({ identifier }) => identifier)
  const wordsOf = groupBy(words, ({ identifier }) => identifier)
  return new Map(
    [...persons].map(([key, person]) => {
      const account = accountOf(person, now)
      const traits = latest(
        person.identifiers.flatMap((held) =>
          (saidOf.get(held.identifier) ?? []).filter(({ at }) => isWithin(held, at)),
        ),
      )
      const spoken = person.identifiers
        .flatMap(({ identifier }) => wordsOf.get(identifier) ?? [])
        .sort((a, b) => Number(b.verified) - Number(a.verified))
      const ofAccount = latest(account === undefined ? [] : (accountTraits.get(account) ?? []))
      const who: Who = {
        kind,
        id: person.id,
        identifiers: person.identifiers.map(({ identifier }) => identifier),
        emails: emailsOf(person, now),
        account,
        traits,
        accountTraits: ofAccount,
        refusal: refusalOf(traits, spoken),
        zone: zoneOf([zoneIn(traits), ...spoken.map((one) => one.zone), zoneIn(ofAccount)], zone),
      }
      return [key, who]
    }),
  )
}

async function readAccounts(reader: Reader, wanted: readonly Then[], zone: string): Promise<Whos> {
  const accounts = [...new Set(wanted.map(({ subject }) => subject))]
  const said = groupBy(
    await query<SaidRow>(reader, accountTraitsQuery, { identifiers: accounts }),
    ({ identifier }) => identifier,
  )
  return new Map(
    wanted.map((then) => {
      const traits = latest(said.get(then.subject) ?? [])
      const who: Who = {
        kind: 'account',
        id: then.subject,
        identifiers: [then.subject],
        emails: [],
        account: then.subject,
        traits,
        accountTraits: traits,
        refusal: '',
        zone: zoneOf([zoneIn(traits)], zone),
      }
      return [keyOf(then), who]
    }),
  )
}

const emailsOf = ({ identifiers }: Person, now: number): string[] =>
  identifiers
    .filter((held) => isEmail(held.identifier) && isWithin(held, now))
    .map(({ identifier }) => identifier.slice('email:'.length))

const accountOf = (person: Person, now: number): string | undefined =>
  person.accounts.find((stay) => isWithin(stay, now))?.account

/** Trait → its latest value, verified before unverified. */
function latest(said: readonly SaidRow[]): Map<string, unknown> {
  const best = new Map<string, SaidRow & { read: unknown }>()
  for (const one of said) {
    const read = withoutNullLike(jsonOrText(one.value))
    if (read === undefined) continue
    const known = best.get(one.name)
    const wins = known === undefined || (one.verified === known.verified ? one.at >= known.at : one.verified)
    if (wins) best.set(one.name, { ...one, read })
  }
  return new Map([...best].map(([name, { read }]) => [name, read]))
}

function refusalOf(traits: ReadonlyMap<string, unknown>, spoken: readonly Words[]): string {
  const trait = refusingTrait(traits)
  if (trait !== undefined) return `unsubscribed (trait ${trait})`
  // Anybody with a write key may opt somebody out. A verified opt-out is undone only by a verified opt-in.
  return refusalIn(spoken.filter(({ verified }) => verified)) || refusalIn(spoken)
}

function refusalIn(spoken: readonly Words[]): string {
  const refusedAt = Math.max(0, ...spoken.map((one) => one.refusedAt))
  const agreedAt = Math.max(0, ...spoken.map((one) => one.agreedAt))
  if (refusedAt > agreedAt) return 'unsubscribed'
  const last = [...spoken].sort((a, b) => a.consentAt - b.consentAt).at(-1)
  return last !== undefined && last.said !== '' && isRefused(last.said) ? 'unsubscribed (consent)' : ''
}

const zoneNames = ['timezone', 'timeZone', 'time_zone', 'tz']
const zoneIn = (traits: ReadonlyMap<string, unknown>): unknown =>
  zoneNames.map((name) => traits.get(name)).find(isZone)

const zoneOf = (candidates: readonly unknown[], otherwise: string): string =>
  candidates.find(isZone) ?? otherwise
