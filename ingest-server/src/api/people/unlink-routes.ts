/** Taking people apart and putting them together again, by a person's decision. */
import { TouchlineError } from '../../errors.js'
import { appendDecision } from './unlink.js'
import { previewDecision } from './unlink-preview.js'
import type { Reader } from '../../clickhouse/query.js'
import { projectOf, readerFor, type Api, type TimelineDeps } from '../context.js'
import { identifiersOf } from '../../timeline/identifiers.js'
import { knownPerson } from '../known-person.js'
import type { Person } from '../../identity/people.js'
import { linkedWith } from '../../timeline/why.js'
import {
  errors,
  idParams,
  previewQuery,
  unlinkAnswer,
  unlinkBody,
  unlinkPreview,
} from '@touchline/schemas/api'

export function addUnlinks(api: Api, deps: TimelineDeps): void {
  for (const kind of ['unlink', 'relink'] as const) {
    api.route({
      method: 'POST',
      url: `/v1/people/:id/${kind}`,
      config: { onlyReads: 'preview' },
      schema: {
        summary:
          kind === 'unlink'
            ? 'Take an identifier from a person, whatever is claimed later'
            : 'Give back an identifier that was taken from a person',
        tags: ['People'],
        params: idParams,
        querystring: previewQuery,
        body: unlinkBody,
        response: { 200: unlinkPreview, 202: unlinkAnswer, ...errors },
      },
      async handler(request, reply) {
        const { reason, author } = request.body
        const reader = readerFor(request, deps)
        const { person } = await knownPerson(reader, request.params.id, deps)
        const pairs = await pairsOf(reader, person, request.body)
        const { preview } = request.query
        if (preview === '1' || preview === 'true')
          return reply.send(await previewDecision(reader, { kind, person, pairs }, deps.clock()))
        const project = projectOf(request, deps).id
        const decision = { project, kind, person: person.id, pairs, reason, author }
        const messageId = await appendDecision(decision, deps)
        return reply.code(202).send({ success: true, messageId, pairs: pairs.map((pair) => [...pair]) })
      },
    })
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
