/** What stitch could not decide: claims that changed nothing, and identifiers that too many claim. */
import { query, type NamedQuery } from '../../clickhouse/query.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import {
  contestedAnswer,
  decisionsAnswer,
  errors,
  listQuery,
  mergesAnswer,
  quarantinedAnswer,
} from '@touchline/schemas/api'
import { mergesKeptDays, readDecisions, readMerges } from '../../timeline/merges.js'
import { meaningOf } from '../../timeline/why.js'

const emailsQuery: NamedQuery = {
  name: 'contested-emails',
  sql: `
SELECT substring(identifier, 7) AS email, owners[1].person AS owner,
  arrayMap(c -> CAST((c.identifier, c.at, c.because, c.verified),
    'Tuple(by String, at DateTime64(3, \\'UTC\\'), because String, verified Bool)'), contested) AS claims
FROM identity_map FINAL
WHERE project = {project: String} AND state = 'contested'
ORDER BY identifier
LIMIT {limit: UInt32}`,
}

const domainsQuery: NamedQuery = {
  name: 'contested-domains',
  sql: `
SELECT domain, claims
FROM domains FINAL
WHERE project = {project: String} AND state = 'contested'
ORDER BY domain
LIMIT {limit: UInt32}`,
}

const quarantinedQuery: NamedQuery = {
  name: 'quarantined-identifiers',
  sql: `
SELECT identifier
FROM identity_map FINAL
WHERE project = {project: String} AND state = 'quarantined'
ORDER BY identifier
LIMIT {limit: UInt32}`,
}

interface Claim {
  at: string
  because: string
  verified: boolean
}

export function addIdentity(api: Api, deps: TimelineDeps): void {
  addUndecided(api, deps)
  addHistory(api, deps)
}

function addUndecided(api: Api, deps: TimelineDeps): void {
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
        query<{ email: string; owner: string; claims: (Claim & { by: string })[] }>(reader, emailsQuery, {
          limit,
        }),
        query<{ domain: string; claims: (Claim & { account: string })[] }>(reader, domainsQuery, { limit }),
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
      const found = await query<{ identifier: string }>(readerFor(request, deps), quarantinedQuery, { limit })
      return { identifiers: found.map(({ identifier }) => identifier) }
    },
  })
}

function addHistory(api: Api, deps: TimelineDeps): void {
  api.route({
    method: 'GET',
    url: '/v1/identity/merges',
    schema: {
      summary: 'Which identifiers became one person in the last 7 days, each with the claim that made it so',
      tags: ['Identity'],
      querystring: listQuery,
      response: { 200: mergesAnswer, ...errors },
    },
    async handler(request) {
      const merges = await readMerges(readerFor(request, deps), request.query.limit)
      return { days: mergesKeptDays, merges: merges.map((one) => ({ ...one, meaning: meaningOf(one.rule) })) }
    },
  })

  api.route({
    method: 'GET',
    url: '/v1/identity/decisions',
    schema: {
      summary: 'What people decided about who is who: unlink, relink and release, the latest first',
      tags: ['Identity'],
      querystring: listQuery,
      response: { 200: decisionsAnswer, ...errors },
    },
    handler: async (request) => ({
      decisions: await readDecisions(readerFor(request, deps), request.query.limit),
    }),
  })
}
