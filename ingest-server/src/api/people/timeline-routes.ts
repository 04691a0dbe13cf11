/** GET /v1/users/:id/timeline and /v1/accounts/:id/timeline. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TouchlineError } from '../../errors.js'
import { isKnownAccount, readAccount } from '../../identity/account-people.js'
import { accountAsOf, personAsOf } from '../../timeline/as-of.js'
import { toEvent, toPersonHead, toTouchpoint } from '../answer.js'
import type { Reader } from '../../clickhouse/query.js'
import { accountNotFound, notFound, readerFor, type Api, type TimelineDeps } from '../context.js'
import { fromCursor, toCursor, type Position } from '../../timeline/cursor.js'
import { accountIdOf, personNames } from '../../timeline/identifiers.js'
import { plainEvents, touchpoints, type TimelineQuery } from '../../timeline/listing.js'
import { csvFileName, eventColumns, isCsvWanted, toCsv, touchpointColumns } from '../csv.js'
import { readEarly, readPage } from '../../timeline/page.js'
import { findPerson } from '../../identity/people.js'
import { rowKey, type WideRow } from '../../touchpoints/rows.js'
import { accountScope, personScope, type Scope } from '../../touchpoints/scope.js'
import { readAccountTraits, readTraits, traitValues } from '../../timeline/traits.js'
import {
  accountParams,
  accountTimeline,
  errors,
  idParams,
  orCsv,
  personTimeline,
  timelineQuery,
  type EventAnswer,
  type TimelineQuerystring,
  type TouchpointAnswer,
} from '@touchline/schemas/api'

export function addTimelines(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/users/:id/timeline',
    schema: {
      summary: 'What a person did, before and after their name was known',
      tags: ['Timelines'],
      params: idParams,
      querystring: timelineQuery,
      response: { 200: orCsv(personTimeline), ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const query = toQuery(request.query)
      const candidates = personNames(request.params.id)
      const { asOf } = query
      const early = readEarly(reader, candidates, query)
      const person =
        asOf === undefined ? await findPerson(reader, candidates) : await personAsOf(reader, candidates, asOf)
      const [list, traits] = await Promise.all([
        readList(reader, personScope(person), query, {
          detail: request.query.detail,
          early: candidates.includes(person.id) ? early : undefined,
        }),
        readTraits(reader, person, query.asOf),
      ])
      if (!list.hasEvents && !person.isStitched && traits.length === 0)
        throw await notFound(`Nothing is known of ${request.params.id}.`, deps)
      if (wantsCsv(request, reply)) return sendCsv(request, reply, `user-${request.params.id}`, list.answer)
      return { person: toPersonHead(person, traits, query.asOf ?? deps.clock()), ...list.answer }
    },
  })

  api.route({
    method: 'GET',
    url: '/v1/accounts/:id/timeline',
    schema: {
      summary: 'What the people of an account did',
      tags: ['Timelines'],
      params: accountParams,
      querystring: timelineQuery,
      response: { 200: orCsv(accountTimeline), ...errors },
    },
    async handler(request, reply) {
      const reader = readerFor(request, deps)
      const query = toQuery(request.query)
      const id = accountIdOf(request.params.id)
      const [account, traits] = await Promise.all([
        query.asOf === undefined ? readAccount(reader, id) : accountAsOf(reader, id, query.asOf),
        readAccountTraits(reader, id, query.asOf),
      ])
      if (!isKnownAccount(account) && traits.length === 0) throw await accountNotFound(id, deps)
      const list = await readList(reader, accountScope(account), query, { detail: request.query.detail })
      if (wantsCsv(request, reply)) return sendCsv(request, reply, `account-${id}`, list.answer)
      const head = { id, traits: traitValues(traits), people: account.memberships.length }
      return { account: head, ...list.answer }
    },
  })
}

async function readList(
  reader: Reader,
  scope: Scope,
  query: TimelineQuery,
  { detail, early }: { detail: TimelineQuerystring['detail']; early?: Promise<WideRow[]> | undefined },
) {
  if (detail === 'events') {
    const { items, wide, next, hasEvents } = await readPage(reader, scope, query, plainEvents, { early })
    const events = items.flatMap((event) => {
      const full = wide.get(rowKey(event.row))
      return full ? [toEvent(event, full)] : []
    })
    return { hasEvents, answer: { events, nextCursor: cursorOf(next) } }
  }
  const { items, wide, next, summary, hasEvents } = await readPage(reader, scope, query, touchpoints, {
    early,
  })
  const list = items.map((touchpoint) => toTouchpoint(touchpoint, wide))
  return { hasEvents, answer: { ...(summary && { summary }), touchpoints: list, nextCursor: cursorOf(next) } }
}

/** What is answered depends on the Accept header, whichever form it takes. */
function wantsCsv(
  { query, raw }: Pick<FastifyRequest<{ Querystring: TimelineQuerystring }>, 'query' | 'raw'>,
  reply: Pick<FastifyReply, 'header'>,
): boolean {
  reply.header('vary', 'accept')
  return isCsvWanted(query.format, raw)
}

interface Listed {
  touchpoints?: readonly TouchpointAnswer[]
  events?: readonly EventAnswer[]
  nextCursor: string | null
}

/** The list alone, as a file; where there is more, Link says where. */
function sendCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  { touchpoints, events, nextCursor }: Listed,
): FastifyReply {
  if (nextCursor !== null) {
    const next = new URL(request.url, 'http://host')
    next.searchParams.set('cursor', nextCursor)
    reply.header('link', `<${next.pathname}${next.search}>; rel="next"`)
  }
  return reply
    .header('content-disposition', `attachment; filename="${csvFileName(name)}"`)
    .type('text/csv; charset=utf-8; header=present')
    .send(events ? toCsv(eventColumns, events) : toCsv(touchpointColumns, touchpoints ?? []))
}

const cursorOf = (next: Position | undefined) => (next ? toCursor(next) : null)

function toQuery(asked: TimelineQuerystring): TimelineQuery {
  if (asked.detail === 'events' && asked.kind)
    throw new TouchlineError(
      'QUERY_INVALID',
      'kind chooses touchpoints; it has no meaning with detail=events.',
    )
  return {
    from: asked.from,
    to: asked.to,
    asOf: asked.as_of,
    channels: asked.channel,
    kinds: asked.kind,
    withBots: asked.bots === 'true',
    order: asked.order,
    limit: asked.limit,
    after: asked.cursor === undefined ? undefined : fromCursor(asked.cursor),
  }
}
