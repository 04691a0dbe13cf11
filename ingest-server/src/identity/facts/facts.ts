/**
 * Reads the recorded facts that stitch works on, by primary key. What a heavy user repeats with every page
 * seen is left out by ClickHouse, not read here: of a claimer's claims in a row on a device only the first
 * decides anything, and so of all its claims of one email or user. resolve.test.ts proves both.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { emailIdentifier, shownAddresses } from '@touchline/schemas'
import { queryRows, type NamedQuery } from '../../clickhouse/query.js'
import type { AccountTrait, MembershipFact } from '../rules/accounts.js'
import { defaultCaps, isAnon, isEmail, isUser, type Link } from '../rules/effective-links.js'
import { emailsThatCount } from '../rules/link-caps.js'

/** What is recorded about one identifier. */
export interface Node {
  identifier: string
  links: Link[]
  /** How many facts name it; `coreFacts` without those whose other side is a device. Neither number ever falls. */
  facts: number
  coreFacts: number
  /** Of a user with many addresses: how many devices each of these has. */
  devicesOf?: ReadonlyMap<string, number> | undefined
}

export interface DomainTrait extends AccountTrait {
  /** Who said so; '' where nobody knows (any longer). */
  claimer: string
}

export interface FactReader {
  /** An identifier that no fact names is left out. */
  nodes: (identifiers: readonly string[]) => Promise<Node[]>
  /** Whom aliases join with these users, by however many steps; the nearest of many. */
  joinedAhead: (users: readonly string[]) => Promise<string[]>
  memberships: (identifiers: readonly string[]) => Promise<MembershipFact[]>
  /** Domain and website traits of all accounts that ever claimed one of these domains. */
  domainTraits: (domains: readonly string[]) => Promise<DomainTrait[]>
  /** Of these accounts. */
  domainTraitsOf: (accounts: readonly string[]) => Promise<DomainTrait[]>
  /** Which of these addresses were ever stated, and whether with a secret key or a token. */
  knownEmails: (addresses: readonly string[]) => Promise<Map<string, boolean>>
}

export interface FactScope {
  project: string
  signedOnly: boolean
  /** Only what was received until then. */
  asOf?: string | undefined
}

export function openFacts(client: ClickHouseClient, scope: FactScope): FactReader {
  const source = { client, project: scope.project }
  const common = {
    signedOnly: scope.signedOnly,
    asOf: scope.asOf ?? '2299-12-31T23:59:59.999Z',
  }
  const factsOf = <Row extends readonly unknown[]>(named: NamedQuery, keys: readonly string[]) =>
    queryRows<Row>(source, withFewThreads(named, keys), { ...common, keys })

  const domainTraitsOf = async (accounts: readonly string[]): Promise<DomainTrait[]> => {
    const rows = await factsOf<TraitRow>(domainTraitsQuery, accounts)
    const claimers = rows.flatMap(([, , , , , verified, claimer]) => (verified ? [] : [claimer]))
    const stated = new Map<string, string[]>()
    for (const [claimer, email] of await factsOf<[string, string]>(statedQuery, claimers.filter(isUser)))
      stated.set(claimer, [...(stated.get(claimer) ?? []), email.slice('email:'.length)])
    return rows.map(([account, name, value, at, messageId, verified, claimer, email]) => {
      const addresses = verified ? [] : addressesOf(claimer, email, stated.get(claimer) ?? [])
      return { account, name, value, at, messageId, verified, claimer, addresses }
    })
  }

  let aliases: Promise<ReadonlyMap<string, string[]>> | undefined
  return {
    async nodes(identifiers) {
      const anons = identifiers.filter(isAnon)
      const others = identifiers.filter((identifier) => !isAnon(identifier))
      const rows = await Promise.all([
        factsOf<LinkRow>(deviceQuery, anons),
        factsOf<LinkRow>(personQuery, others),
      ])
      const nodes = toNodes(rows.flat())
      await countDevices(nodes, (emails) => factsOf<[string, number]>(devicesOfQuery, emails))
      return nodes
    },
    async joinedAhead(users) {
      aliases ??= queryRows<[string, string]>(source, aliasesQuery, common).then(joinedBy)
      return reachedFrom(users, await aliases)
    },
    async memberships(identifiers) {
      const rows = await factsOf<MembershipRow>(membershipsQuery, identifiers)
      return rows.map(([identifier, account, at, left, messageId, verified]) => {
        return { identifier, account, at, left, messageId, verified }
      })
    },
    async domainTraits(domains) {
      const rows = await factsOf<[string]>(claimantsQuery, domains.flatMap(spellings))
      return domainTraitsOf(rows.map(([account]) => account))
    },
    domainTraitsOf,
    async knownEmails(addresses) {
      const found = await factsOf<[string]>(knownEmailsQuery, addresses)
      const proven = await factsOf<[string]>(
        verifiedEmailsQuery,
        found.map(([email]) => emailIdentifier(email)),
      )
      const verified = new Set(proven.map(([identifier]) => identifier))
      return new Map(found.map(([email]) => [email, verified.has(emailIdentifier(email))]))
    },
  }
}

const fewKeys = 500

/** A few keys are read faster than threads are started. */
export const withFewThreads = (named: NamedQuery, keys: readonly string[]): NamedQuery =>
  keys.length < fewKeys ? { ...named, settings: { max_threads: 1 } } : named

type LinkRow = [
  identifier: string,
  other: string,
  kind: Link['kind'],
  claimer: string,
  verified: boolean,
  at: string,
  messageId: string,
  receivedAt: string,
  firstReceivedAt: string,
  facts: number,
  coreFacts: number,
]
type MembershipRow = [
  identifier: string,
  account: string,
  at: string,
  left: boolean,
  messageId: string,
  verified: boolean,
]
type TraitRow = [
  account: string,
  name: string,
  value: string,
  at: string,
  messageId: string,
  verified: boolean,
  claimer: string,
  claimerEmail: string,
]

const addressesOf = (claimer: string, email: string, stated: readonly string[]): string[] =>
  [...new Set([...stated, email, isEmail(claimer) ? claimer.slice('email:'.length) : ''])]
    .filter((address) => address !== '')
    .sort()

const recorded = `
  FROM links FINAL
  WHERE project = {project: String} AND identifier IN {keys: Array(String)}
    AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')`

const columns =
  'identifier, other, kind, claimer, verified, at, message_id, received_at, first_received_at, facts, core_facts'

// One more than a cap says that it is passed (R7), in the order of receipt as link-caps.ts has it. Of the users whom
// aliases join more than a person may have are not read either.
const personQuery: NamedQuery = {
  name: 'links-of-people',
  splitBy: 'keys',
  sql: `
SELECT ${columns}
FROM (
  SELECT identifier, other, kind, claimer, verified, first.1 AS at, first.2 AS message_id, first.3 AS received_at,
    sum(n) OVER (PARTITION BY identifier) AS facts,
    sum(if(startsWith(other, 'anon:'), 0, n)) OVER (PARTITION BY identifier) AS core_facts,
    trusted, released, joins_users, first_received_at,
    dense_rank() OVER (PARTITION BY identifier, trusted, joins_users, verified, released ORDER BY first_received_at, other) AS met
  FROM (
    SELECT *,
      max(kind = 'release' AND verified) OVER (PARTITION BY identifier, other) AS released,
      min(received_first) OVER (PARTITION BY identifier, trusted, verified, other) AS first_received_at
    FROM (
      SELECT identifier, other, kind, claimer, verified,
        min((at, message_id, received_at)) AS first,
        min(received_at) AS received_first,
        count() AS n,
        verified AND NOT (kind = 'claim' AND startsWith(other, 'anon:')) AS trusted,
        trusted AND startsWith(identifier, 'user:') AND startsWith(other, 'user:') AS joins_users
      ${recorded}
      GROUP BY identifier, other, kind, claimer, verified, if(kind IN ('claim', 'alias'), '', message_id)
    )
  )
)
WHERE (released OR kind NOT IN ('claim', 'alias')
    OR met <= multiIf(joins_users, ${defaultCaps.usersOfPerson + 1}, trusted, ${defaultCaps.trustedOthers + 1}, ${defaultCaps.othersOfUserOrEmail + 1}))
  AND (verified OR NOT {signedOnly: Bool})`,
}

const deviceQuery: NamedQuery = {
  name: 'links-of-devices',
  splitBy: 'keys',
  sql: `
SELECT ${columns}
FROM (
  SELECT *,
    count() OVER (PARTITION BY identifier) AS facts,
    0 AS core_facts,
    lagInFrame((claimer, verified, kind)) OVER (
      PARTITION BY identifier ORDER BY at, message_id, claimer ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
    ) != (claimer, verified, kind) AS begins,
    dense_rank() OVER (PARTITION BY identifier, joins, trusted, verified, released ORDER BY first_received_at, other) AS met
  FROM (
    SELECT *,
      max(kind = 'release' AND verified) OVER (PARTITION BY identifier, other) AS released,
      min(received_at) OVER (PARTITION BY identifier, joins, trusted, verified, other) AS first_received_at
    FROM (
      SELECT identifier, other, kind, claimer, verified, at, message_id, received_at,
        kind IN ('claim', 'alias') AS joins,
        verified AND kind != 'claim' AS trusted
      ${recorded}
    )
  )
)
WHERE (NOT joins OR (begins AND (released OR met <= if(trusted, ${defaultCaps.trustedOthers + 1}, ${defaultCaps.claimersOfAnon + 1}))))
  AND (verified OR NOT {signedOnly: Bool})`,
}

/**
 * A chain of users, each joined with the next, would take a reading for each: all aliases of the project are one reading.
 * They say only what to read next, so those beyond the limit cost time and no answer.
 */
const mostAliases = 200_000
const mostAhead = 2 * defaultCaps.usersOfPerson

const aliasesQuery: NamedQuery = {
  name: 'aliases-of-project',
  sql: `
SELECT DISTINCT identifier, other
FROM links
WHERE project = {project: String} AND kind = 'alias' AND verified AND claimer = identifier
  AND startsWith(identifier, 'user:') AND startsWith(other, 'user:')
  AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')
LIMIT ${mostAliases}`,
}

function joinedBy(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string[]> {
  const joined = new Map<string, string[]>()
  const add = (user: string, other: string) => {
    const others = joined.get(user)
    if (others) others.push(other)
    else joined.set(user, [other])
  }
  for (const [user, other] of pairs) {
    add(user, other)
    add(other, user)
  }
  return joined
}

/** With these users, whom they reach, the nearest first. */
function reachedFrom(users: readonly string[], joined: ReadonlyMap<string, string[]>): string[] {
  const reached = new Set(users)
  // A set that is walked comes by what is added meanwhile.
  for (const user of reached) {
    if (reached.size >= mostAhead) break
    for (const other of joined.get(user) ?? []) reached.add(other)
  }
  return [...reached].slice(0, mostAhead)
}

// Counted where it is stored: what an address brings is not read for it.
const devicesOfQuery: NamedQuery = {
  name: 'devices-of-emails',
  splitBy: 'keys',
  sql: `
SELECT identifier, toUInt32(uniqExact(other))
FROM links
WHERE project = {project: String} AND identifier IN {keys: Array(String)}
  AND startsWith(other, 'anon:') AND kind IN ('claim', 'alias')
  AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')
  AND (verified OR NOT {signedOnly: Bool})
GROUP BY identifier`,
}

const membershipsQuery: NamedQuery = {
  name: 'memberships-of-identifiers',
  splitBy: 'keys',
  sql: `
SELECT identifier, account, at, left, message_id, verified
FROM memberships FINAL
WHERE project = {project: String} AND identifier IN {keys: Array(String)}
  AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')
  AND (verified OR NOT {signedOnly: Bool})`,
}

// A website is kept as it was sent, in Unicode or not.
const spellings = (domain: string) => [
  ...new Set([domain, shownAddresses(`domain:${domain}`).slice('domain:'.length)]),
]

const claimantsQuery: NamedQuery = {
  name: 'claimants-of-domains',
  splitBy: 'keys',
  sql: `
SELECT DISTINCT account
FROM account_hosts
WHERE project = {project: String} AND host IN {keys: Array(String)}`,
}

const domainTraitsQuery: NamedQuery = {
  name: 'domain-traits',
  splitBy: 'keys',
  sql: `
SELECT account, name, value, at, message_id, verified, claimer, claimer_email
FROM account_traits FINAL
WHERE project = {project: String} AND account IN {keys: Array(String)} AND name IN ('domain', 'website')
  AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')
  AND (verified OR NOT {signedOnly: Bool})`,
}

// More than anybody has; in the order of receipt, so that what is added later hides none.
const statedQuery: NamedQuery = {
  name: 'stated-addresses',
  splitBy: 'keys',
  sql: `
SELECT identifier, other
FROM links FINAL
WHERE project = {project: String} AND identifier IN {keys: Array(String)} AND startsWith(other, 'email:')
  AND kind = 'claim' AND claimer = identifier
  AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')
  AND (verified OR NOT {signedOnly: Bool})
GROUP BY identifier, other
ORDER BY identifier, min(received_at), other
LIMIT 100 BY identifier`,
}

// An address without links is said by its own traits alone.
const verifiedEmailsQuery: NamedQuery = {
  name: 'verified-emails',
  splitBy: 'keys',
  sql: `
SELECT DISTINCT identifier
FROM traits
WHERE project = {project: String} AND identifier IN {keys: Array(String)} AND verified
  AND received_at <= parseDateTime64BestEffort({asOf: String}, 3, 'UTC')`,
}

const knownEmailsQuery: NamedQuery = {
  name: 'known-emails',
  splitBy: 'keys',
  along: (keys) => ({ hosts: [...new Set(keys.map(hostOf))] }),
  sql: `
SELECT DISTINCT email
FROM email_hosts
WHERE project = {project: String} AND email IN {keys: Array(String)}
  AND host IN {hosts: Array(String)}`,
}

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
    firstReceivedAt,
    facts,
    coreFacts,
  ] of rows) {
    let node = nodes.get(identifier)
    if (!node) nodes.set(identifier, (node = { identifier, links: [], facts, coreFacts }))
    const claimed = claimer === identifier ? other : identifier
    node.links.push({
      kind,
      identifier: claimer,
      other: claimed,
      verified,
      at,
      messageId,
      receivedAt,
      firstReceivedAt,
    })
  }
  return [...nodes.values()]
}

/** Adds `devicesOf` to users whose size their addresses decide. */
async function countDevices(
  nodes: readonly Node[],
  read: (emails: readonly string[]) => Promise<[email: string, devices: number][]>,
): Promise<void> {
  const wanted = new Map(
    nodes.map((node) => [node, emailsThatCount(node.identifier, node.links, defaultCaps)] as const),
  )
  const emails = [...new Set([...wanted.values()].flat())]
  if (emails.length === 0) return
  const devices = new Map(await read(emails))
  for (const [node, own] of wanted)
    if (own.length > 0) node.devicesOf = new Map(own.map((email) => [email, devices.get(email) ?? 0]))
}
