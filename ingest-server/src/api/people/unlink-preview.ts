/** What taking people apart, or putting them together, would make of them: the rules over the facts and one fact more. Writes nothing. */
import type { UnlinkPreview } from '@touchline/schemas/api'
import type { Reader } from '../../clickhouse/query.js'
import type { Link } from '../../identity/rules/link.js'
import { accountsAt, lonePerson, type Person } from '../../identity/people.js'
import { displayNameOf } from '../../journeys/map/display-name.js'
import { knownThen } from '../../timeline/as-of.js'
import { readTraits, traitValues } from '../../timeline/traits.js'
import { toIntervalAnswer } from '../answer.js'
import { linksOfDecision, type Decision } from './unlink.js'

/** Facts are stamped by the server that took them, whose clock may be ahead of this one. */
const allFacts = Date.UTC(2200, 0, 1)

export async function previewDecision(
  reader: Reader,
  { kind, person, pairs }: Pick<Decision, 'kind' | 'pairs'> & { person: Person },
  now: number,
): Promise<UnlinkPreview> {
  const at = new Date(now).toISOString()
  const added = linksOfDecision({ kind, pairs }, now).map((link): Link => ({
    ...link,
    messageId: 'preview',
    receivedAt: at,
  }))
  const concerned = new Set([
    person.id,
    ...person.identifiers.map(({ identifier }) => identifier),
    ...pairs.flat(),
  ])
  const [before, after] = await Promise.all(
    [[], added].map(async (more) => {
      const { people } = await knownThen(reader, concerned, allFacts, more)
      const found = people.filter(({ identifiers }) =>
        identifiers.some(({ identifier }) => concerned.has(identifier)),
      )
      // An identifier that no person holds any longer is a person of its own, also an address under which no event is
      // stored.
      const held = new Set(found.flatMap((one) => one.identifiers.map(({ identifier }) => identifier)))
      return [...found, ...[...concerned].filter((one) => !held.has(one)).map(lonePerson)]
    }),
  )
  return {
    before: { people: await previewOf(reader, before ?? [], now) },
    after: { people: await previewOf(reader, after ?? [], now) },
    pairs: pairs.map((pair) => [...pair]),
  }
}

async function previewOf(
  reader: Reader,
  people: readonly Person[],
  now: number,
): Promise<UnlinkPreview['before']['people']> {
  const all = await Promise.all(
    people.map(async (person) => ({
      id: person.id,
      name: displayNameOf(person.id, traitValues(await readTraits(reader, person))),
      identifiers: [...new Set(person.identifiers.map(({ identifier }) => identifier))].sort(),
      accounts: person.accounts
        .filter(({ account }) => accountsAt(person.accounts, now).includes(account))
        .map(toIntervalAnswer),
    })),
  )
  return all.sort((one, other) => (one.id < other.id ? -1 : 1))
}
