/** What stitch could not decide: claims that changed nothing, and identifiers that too many claim. */
import { ask } from '../clickhouse/query.js'
import { readerFor, type Api, type TimelineDeps } from './context.js'
import { contestedAnswer, errors, listQuery, quarantinedAnswer } from '@touchline/schemas/api'

const emailsSql = `
SELECT substring(identifier, 7) AS email, owners[1].person AS owner,
  arrayMap(c -> CAST((c.identifier, c.at, c.because, c.verified),
    'Tuple(by String, at DateTime64(3, \\'UTC\\'), because String, verified Bool)'), contested) AS claims
FROM identity_map FINAL
WHERE project = {project: String} AND state = 'contested'
ORDER BY identifier
LIMIT {limit: UInt32}`

const domainsSql = `
SELECT domain, claims
FROM domains FINAL
WHERE project = {project: String} AND state = 'contested'
ORDER BY domain
LIMIT {limit: UInt32}`

const quarantinedSql = `
SELECT identifier
FROM identity_map FINAL
WHERE project = {project: String} AND state = 'quarantined'
ORDER BY identifier
LIMIT {limit: UInt32}`

interface Claim {
  at: string
  because: string
  verified: boolean
}

export function addIdentity(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/identity/contested',
    schema: {
      summary: 'Emails and domains that several claim, with the claims that changed nothing',
      tags: ['Identity'],
      querystring: listQuery,
      response: { 200: contestedAnswer, ...errors },
    },
    async handler(request) {
      const reader = readerFor(request, deps)
      const { limit } = request.query
      const [emails, domains] = await Promise.all([
        ask<{ email: string; owner: string; claims: (Claim & { by: string })[] }>(reader, emailsSql, {
          limit,
        }),
        ask<{ domain: string; claims: (Claim & { account: string })[] }>(reader, domainsSql, { limit }),
      ])
      return { emails, domains }
    },
  })

  api.route({
    method: 'GET',
    url: '/v1/identity/quarantined',
    schema: {
      summary: 'Identifiers that too many are linked with, whose unverified links do not count',
      tags: ['Identity'],
      querystring: listQuery,
      response: { 200: quarantinedAnswer, ...errors },
    },
    async handler(request) {
      const { limit } = request.query
      const found = await ask<{ identifier: string }>(readerFor(request, deps), quarantinedSql, { limit })
      return { identifiers: found.map(({ identifier }) => identifier) }
    },
  })
}
