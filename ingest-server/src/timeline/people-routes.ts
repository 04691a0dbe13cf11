/** Who a person is, why, and since when: profile, search, why, unlink and relink, export. */
import { Readable } from 'node:stream'
import { TouchlineError } from '../errors.js'
import { toEvent, toIdentifier, toInterval, toPersonHead, toStay, toTrait } from './answer.js'
import { appendDecision } from './apart.js'
import { personAsOf } from './as-of.js'
import type { Reader } from './ask.js'
import { notFound, projectOf, readerFor, type Api, type TimelineDeps } from './context.js'
import { exportPerson } from './export.js'
import { identifiersOf } from './identifiers.js'
import { accountsAt, findPerson, isWithin, type Person } from './people.js'
import { readSubjects } from './rows.js'
import { searchPeople } from './search.js'
import { findEvent } from './single-events.js'
import { readTraits, traitValues, type Trait } from './traits.js'
import { factsBetween, linkedWith, meaningOf, stateOf } from './why.js'
import { errors, idParams } from './wire.js'
import {
  asOfQuery,
  peopleFound,
  personProfile,
  searchQuery,
  unlinkAnswer,
  unlinkBody,
  whyAnswer,
  whyQuery,
} from './wire-people.js'

export function addPeople(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/people',
    schema: {
      summary: 'Find people by a part of an identifier or a name',
      tags: ['people'],
      querystring: searchQuery,
      response: { 200: peopleFound, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const found = await searchPeople(reader, request.query.q, request.query.limit)
      const people = await Promise.all(
        found.map(async (person) => ({
          id: person.id,
          identifiers: [...new Set(person.identifiers.map(({ identifier }) => identifier))],
          traits: traitValues(await readTraits(reader, person)),
          accounts: accountsAt(person.accounts, deps.clock()),
        })),
      )
      return { people }
    },
  })

  api.route({
    method: 'GET',
    url: '/v1/people/:id',
    schema: {
      summary: 'Who a person is: identifiers, traits and accounts, each with what said so',
      tags: ['people'],
      params: idParams,
      querystring: asOfQuery,
      response: { 200: personProfile, ...errors },
    },
    async handler(request) {
      const { id } = request.params
      const asOf = request.query.as_of
      const { person, traits } = await knownPerson(readerFor(request, deps), id, deps, asOf)
      return {
        id: person.id,
        identifiers: person.identifiers.map(toIdentifier),
        traits: traits.map(toTrait),
        accounts: person.accounts.map(toStay),
      }
    },
  })

  api.route({
    method: 'GET',
    url: '/v1/people/:id/why',
    schema: {
      summary: 'Why is this identifier, or this event, theirs?',
      tags: ['people'],
      params: idParams,
      querystring: whyQuery,
      response: { 200: whyAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const { person } = await knownPerson(reader, request.params.id, deps)
      return explain(reader, person, request.query, deps)
    },
  })

  for (const kind of ['unlink', 'relink'] as const) {
    api.route({
      method: 'POST',
      url: `/v1/people/:id/${kind}`,
      schema: {
        summary:
          kind === 'unlink'
            ? 'Take an identifier from a person, whatever is claimed later'
            : 'Give back an identifier that was taken from a person',
        tags: ['people'],
        params: idParams,
        body: unlinkBody,
        response: { 202: unlinkAnswer, ...errors },
      },
      async handler(request, reply) {
        const { reason, author } = request.body
        const reader = readerFor(request, deps)
        const { person } = await knownPerson(reader, request.params.id, deps)
        const pairs = await pairsOf(reader, person, request.body)
        const project = projectOf(request, deps).id
        const decision = { project, kind, person: person.id, pairs, reason, author }
        const messageId = await appendDecision(decision, deps)
        return reply.code(202).send({ success: true, messageId, pairs: pairs.map((pair) => [...pair]) })
      },
    })
  }

  api.route({
    method: 'GET',
    url: '/v1/people/:id/export',
    schema: {
      summary: 'Everything that is kept about a person, one JSON object a line',
      tags: ['people'],
      params: idParams,
      produces: ['application/x-ndjson'],
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const { person, traits } = await knownPerson(reader, request.params.id, deps)
      const head = toPersonHead(person, traits, deps.clock())
      const lines = exportPerson(reader, person, head)
      return reply.type('application/x-ndjson').send(Readable.from(lines))
    },
  })
}

/** NOT_FOUND for a person of whom nothing is known at all. */
async function knownPerson(
  reader: Reader,
  id: string,
  deps: TimelineDeps,
  asOf?: number,
): Promise<{ person: Person; traits: Trait[] }> {
  const candidates = identifiersOf(id)
  const person =
    asOf === undefined ? await findPerson(reader, candidates) : await personAsOf(reader, candidates, asOf)
  const traits = await readTraits(reader, person, asOf)
  if (person.isStitched || traits.length > 0) return { person, traits }
  if ((await readSubjects(reader, [person.id], asOf)).size > 0) return { person, traits }
  throw await notFound(`Nothing is known of ${id}.`, deps)
}

async function explain(
  reader: Reader,
  person: Person,
  asked: { identifier?: string | undefined; messageId?: string | undefined },
  deps: TimelineDeps,
) {
  const found = asked.messageId === undefined ? undefined : await findEvent(reader, asked.messageId)
  if (asked.messageId !== undefined && !found)
    throw await notFound(`There is no event ${asked.messageId}.`, deps)
  const identifier = found?.full.subject ?? identifiersOf(asked.identifier ?? person.id)[0] ?? person.id
  const [{ owners, state }, facts] = await Promise.all([
    stateOf(reader, identifier),
    factsBetween(reader, identifier, person),
  ])
  const theirs = person.identifiers.filter((held) => held.identifier === identifier)
  const decided = await Promise.all(
    [...new Set(owners.map(({ because }) => because))]
      .filter((because) => because !== '')
      .slice(0, 20)
      .map((because) => findEvent(reader, because)),
  )
  return {
    person: person.id,
    identifier,
    isTheirs: found ? theirs.some((held) => isWithin(held, found.full.at)) : theirs.length > 0,
    owners: owners.map((owner) => ({ ...toInterval(owner), meaning: meaningOf(owner.rule) })),
    state,
    decidedBy: decided.flatMap((event) => (event ? [toEvent(event.placed, event.full)] : [])),
    facts,
    event: found ? toEvent(found.placed, found.full) : null,
  }
}

/**
 * Without `other`: the person's own name and every user and email of theirs that the identifier was ever linked
 * with. Devices are left out unless asked for: taking a lead from a user must not take the lead's device away.
 */
async function pairsOf(
  reader: Reader,
  person: Person,
  body: { identifier: string; other?: string | undefined },
): Promise<(readonly [string, string])[]> {
  const [identifier] = identifiersOf(body.identifier)
  if (identifier === undefined) return []
  const others =
    body.other === undefined
      ? [person.id, ...(await linkedWith(reader, identifier, person))].filter(
          (other) => !other.startsWith('anon:'),
        )
      : identifiersOf(body.other).slice(0, 1)
  const pairs = [...new Set(others)]
    .filter((other) => other !== identifier)
    .map((other) => [other, identifier] as const)
  if (pairs.length === 0)
    throw new TouchlineError(
      'QUERY_INVALID',
      `${identifier} was never linked with ${person.id}; name \`other\`.`,
    )
  return pairs
}
