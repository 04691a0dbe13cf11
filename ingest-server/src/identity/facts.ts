/**
 * Reads the recorded facts that stitch works on, by primary key. What a heavy user repeats with every page
 * seen is left out by ClickHouse, not read here: of a claimer's claims in a row on a device only the first
 * decides anything, and so of all its claims of one email or user. resolve.test.ts proves both.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import type { AccountTrait, Membership } from './accounts.js'
import { defaultCaps, isAnon, type Link } from './effective-links.js'

/** What is recorded about one identifier. */
export interface Node {
  identifier: string
  links: Link[]
  /** All facts that name it, and those of them in which the other side is no device. Neither ever falls. */
  facts: number
  coreFacts: number
}

export interface FactReader {
  /** An identifier that no fact names is left out. */
  nodes: (identifiers: readonly string[]) => Promise<Node[]>
  memberships: (identifiers: readonly string[]) => Promise<Membership[]>
  /** Domain and website traits of all accounts that ever claimed one of these domains. */
  domainTraits: (domains: readonly string[]) => Promise<AccountTrait[]>
  /** Of these accounts. */
  domainTraitsOf: (accounts: readonly string[]) => Promise<AccountTrait[]>
  /** Which of these addresses were ever stated. */
  knownEmails: (addresses: readonly string[]) => Promise<Set<string>>
}

export interface FactScope {
  project: string
  signedOnly: boolean
  /** Only what was received until then. */
  asOf?: string | undefined
}

export function openFacts(client: ClickHouseClient, scope: FactScope): FactReader {
  const common = {
    project: scope.project,
    signedOnly: scope.signedOnly,
    asOf: scope.asOf ?? '2299-12-31T23:59:59.999Z',
  }
  const ask = <Row>(query: string, keys: readonly string[]) =>
    askByKeys<Row>(client, query, keys, () => common)

  const domainTraitsOf = async (accounts: readonly string[]): Promise<AccountTrait[]> => {
    const rows = await ask<TraitRow>(domainTraitsSql, accounts)
    return rows.map(([account, name, value, at, messageId, verified]) => {
      return { account, name, value, at, messageId, verified }
    })
  }

  return {
    async nodes(identifiers) {
      const anons = identifiers.filter(isAnon)
      const others = identifiers.filter((identifier) => !isAnon(identifier))
      const rows = await Promise.all([ask<LinkRow>(deviceSql, anons), ask<LinkRow>(personSql, others)])
      return toNodes(rows.flat())
    },
    async memberships(identifiers) {
      const rows = await ask<MembershipRow>(membershipsSql, identifiers)
      return rows.map(([identifier, account, at, left, messageId]) => {
        return { identifier, account, at, left, messageId }
      })
    },
    async domainTraits(domains) {
      const rows = await ask<[string]>(claimantsSql, domains)
      return domainTraitsOf(rows.map(([account]) => account))
    },
    domainTraitsOf,
    async knownEmails(addresses) {
      const found = await askByKeys<[string]>(client, knownEmailsSql, addresses, (keys) => ({
        ...common,
        hosts: [...new Set(keys.map(hostOf))],
      }))
      return new Set(found.map(([email]) => email))
    },
  }
}

type LinkRow = [
  identifier: string,
  other: string,
  kind: Link['kind'],
  claimer: string,
  verified: boolean,
  at: string,
  messageId: string,
  receivedAt: string,
  facts: number,
  coreFacts: number,
]
type MembershipRow = [identifier: string, account: string, at: string, left: boolean, messageId: string]
type TraitRow = [
  account: string,
  name: string,
  value: string,
  at: string,
  messageId: string,
  verified: boolean,
]

const recorded = `
  FROM links FINAL
  WHERE project = {project: String} AND identifier IN {keys: Array(String)}
    AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')`

const columns = 'identifier, other, kind, claimer, verified, at, message_id, received_at, facts, core_facts'

// One more than the cap says that it is passed (R7); verified links are no part of it and are all read.
const personSql = `
SELECT ${columns}
FROM (
  SELECT identifier, other, kind, claimer, verified, first.1 AS at, first.2 AS message_id, first.3 AS received_at,
    sum(n) OVER (PARTITION BY identifier) AS facts,
    sum(if(startsWith(other, 'anon:'), 0, n)) OVER (PARTITION BY identifier) AS core_facts,
    trusted,
    dense_rank() OVER (PARTITION BY identifier, trusted, verified ORDER BY other) AS met
  FROM (
    SELECT identifier, other, kind, claimer, verified,
      min((at, message_id, received_at)) AS first,
      count() AS n,
      verified AND NOT (kind = 'claim' AND startsWith(other, 'anon:')) AS trusted
    ${recorded}
    GROUP BY identifier, other, kind, claimer, verified, if(kind IN ('unlink', 'relink'), message_id, '')
  )
)
WHERE (trusted OR met <= ${defaultCaps.othersOfUserOrEmail + 1}) AND (verified OR NOT {signedOnly: Bool})`

const deviceSql = `
SELECT ${columns}
FROM (
  SELECT *,
    count() OVER (PARTITION BY identifier) AS facts,
    0 AS core_facts,
    uniqExactIf(other, joins AND NOT trusted AND (verified OR NOT {signedOnly: Bool})) OVER (PARTITION BY identifier) AS claimers,
    lagInFrame((claimer, verified, kind)) OVER (
      PARTITION BY identifier ORDER BY at, message_id, claimer ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
    ) != (claimer, verified, kind) AS begins,
    row_number() OVER (PARTITION BY identifier, trusted, verified, other ORDER BY at, message_id) AS nth,
    dense_rank() OVER (PARTITION BY identifier, trusted, verified ORDER BY other) AS met
  FROM (
    SELECT identifier, other, kind, claimer, verified, at, message_id, received_at,
      kind IN ('claim', 'alias') AS joins,
      verified AND kind != 'claim' AS trusted
    ${recorded}
  )
)
WHERE (NOT joins OR if(trusted OR claimers <= ${defaultCaps.claimersOfAnon}, begins, nth = 1 AND met <= ${defaultCaps.claimersOfAnon + 1}))
  AND (verified OR NOT {signedOnly: Bool})`

const membershipsSql = `
SELECT identifier, account, at, left, message_id
FROM memberships FINAL
WHERE project = {project: String} AND identifier IN {keys: Array(String)}
  AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')
  AND (verified OR NOT {signedOnly: Bool})`

const claimantsSql = `
SELECT DISTINCT account
FROM account_hosts
WHERE project = {project: String} AND host IN {keys: Array(String)}`

const domainTraitsSql = `
SELECT account, name, value, at, message_id, verified
FROM account_traits FINAL
WHERE project = {project: String} AND account IN {keys: Array(String)} AND name IN ('domain', 'website')
  AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')
  AND (verified OR NOT {signedOnly: Bool})`

const knownEmailsSql = `
SELECT DISTINCT email
FROM email_hosts
WHERE project = {project: String} AND email IN {keys: Array(String)}
  AND host IN {hosts: Array(String)}`

const hostOf = (address: string) => address.slice(address.lastIndexOf('@') + 1)

function toNodes(rows: readonly LinkRow[]): Node[] {
  const nodes = new Map<string, Node>()
  for (const [
    identifier,
    other,
    kind,
    claimer,
    verified,
    at,
    messageId,
    receivedAt,
    facts,
    coreFacts,
  ] of rows) {
    let node = nodes.get(identifier)
    if (!node) nodes.set(identifier, (node = { identifier, links: [], facts, coreFacts }))
    const claimed = claimer === identifier ? other : identifier
    node.links.push({ kind, identifier: claimer, other: claimed, verified, at, messageId, receivedAt })
  }
  return [...nodes.values()]
}

// ClickHouse refuses a form field over 128 KiB (http_max_field_value_size); escapes and commas are in it too.
const maxKeyBytes = 90_000
const fewKeys = 500

/**
 * Asks for all keys, in as many questions as their length needs; none without keys. Everything that is to be
 * found by primary key is a parameter of its own: `IN arrayMap(… {keys} …)` reads the whole table instead.
 */
export async function askByKeys<Row>(
  client: ClickHouseClient,
  query: string,
  keys: readonly string[],
  paramsOf: (keys: readonly string[]) => Record<string, unknown>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const chunk of chunksOf([...new Set(keys)].sort())) {
    const answer = await client.query({
      query,
      query_params: { ...paramsOf(chunk), keys: chunk },
      format: 'JSONCompactEachRow',
      use_multipart_params: true,
      clickhouse_settings: {
        date_time_output_format: 'iso',
        output_format_json_quote_64bit_integers: 0,
        // A few keys are read faster than threads are started.
        max_threads: chunk.length < fewKeys ? 1 : 0,
      },
    })
    for (const row of await answer.json<Row>()) rows.push(row)
  }
  return rows
}

function* chunksOf(keys: readonly string[]): Generator<string[]> {
  let chunk: string[] = []
  let bytes = 0
  for (const key of keys) {
    const size = Buffer.byteLength(key) * 2 + 3
    if (bytes + size > maxKeyBytes && chunk.length > 0) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(key)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}
