/** What an identifier's cap set apart: shown, and released by a person's decision. */
import {
  errors,
  idParams,
  releaseAnswer,
  releaseBody,
  quarantinedLinksAnswer,
  quarantinedLinksQuery,
} from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { readCappedLinks } from '../../identity/capped-links.js'
import { identifiersOf } from '../../timeline/identifiers.js'
import { projectOf, readerFor, type Api, type TimelineDeps } from '../context.js'
import { appendDecision } from '../people/unlink.js'

/** One fact names so many pairs at most; what is left is released by asking again. */
const maxPairs = 1_000

export function addReleases(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/identity/quarantined/:id',
    schema: {
      summary: 'What too many links set apart: what a release would bring back',
      tags: ['Identity'],
      params: idParams,
      querystring: quarantinedLinksQuery,
      response: { 200: quarantinedLinksAnswer, ...errors },
    },
    async handler(request) {
      const identifier = identifierOf(request.params.id)
      const { total, links } = await readCappedLinks(readerFor(request, deps), identifier, {
        others: request.query.other === undefined ? [] : [identifierOf(request.query.other)],
        limit: request.query.limit,
      })
      return { identifier, total, links }
    },
  })

  api.route({
    method: 'POST',
    url: '/v1/identity/quarantined/:id/release',
    schema: {
      summary: 'Let links count that were set apart',
      tags: ['Identity'],
      params: idParams,
      body: releaseBody,
      response: { 202: releaseAnswer, ...errors },
    },
    async handler(request, reply) {
      const { others = [], reason, author } = request.body
      const identifier = identifierOf(request.params.id)
      const { total, links } = await readCappedLinks(readerFor(request, deps), identifier, {
        others: others.map(identifierOf),
        limit: maxPairs,
      })
      if (total === 0)
        throw new TouchlineError(
          'QUERY_INVALID',
          `Nothing of ${identifier} is set apart that could be released.`,
        )
      const pairs = [...new Set(links.map(({ other }) => other))].map((other) => [identifier, other] as const)
      const project = projectOf(request, deps).id
      const decision = { project, kind: 'release' as const, person: identifier, pairs, reason, author }
      const messageId = await appendDecision(decision, deps)
      return reply.code(202).send({
        success: true,
        messageId,
        pairs: pairs.map((pair) => [...pair]),
        remaining: total - links.length,
      })
    },
  })
}

const identifierOf = (id: string) => identifiersOf(id)[0] ?? id
