/** Why is this identifier, or this event, theirs? */
import { toEvent, toIntervalAnswer } from '../answer.js'
import type { Reader } from '../../clickhouse/query.js'
import { notFound, readerFor, type Api, type TimelineDeps } from '../context.js'
import { identifiersOf } from '../../timeline/identifiers.js'
import { knownPerson } from '../known-person.js'
import type { Person } from '../../identity/people.js'
import { findEvent } from '../../timeline/single-events.js'
import { factsBetween, meaningOf, stateOf } from '../../timeline/why.js'
import { errors, idParams, whyAnswer, whyQuery } from '@touchline/schemas/api'
import { isWithin } from '../../identity/interval.js'

export function addWhy(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/people/:id/why',
    schema: {
      summary: 'Why is this identifier, or this event, theirs?',
      tags: ['People'],
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
    owners: owners.map((owner) => ({ ...toIntervalAnswer(owner), meaning: meaningOf(owner.rule) })),
    state,
    decidedBy: decided.flatMap((event) => (event ? [toEvent(event.placed, event.full)] : [])),
    facts,
    event: found ? toEvent(found.placed, found.full) : null,
  }
}
