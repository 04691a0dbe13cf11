/** R7 as an operator sees it: which links of an identifier its caps set apart, in the order of receipt. */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { capOf, defaultCaps } from './rules/link-caps.js'

export interface CappedLink {
  other: string
  /** Times as ISO 8601. */
  firstReceivedAt: string
  /** The first message that said so, and how many did. */
  messageId: string
  messages: number
  verified: boolean
}

// The order of link-caps.ts; released links count, and so do trusted ones up to their cap. Only users have links to
// addresses. Of the users whom aliases name those are listed who are not the same person: they are too many (large-people.ts).
const quarantinedLinksQuery: NamedQuery = {
  name: 'links-set-apart',
  sql: `
WITH
  named AS (
    SELECT *, multiIf(
      NOT verified OR (kind = 'claim' AND (startsWith(identifier, 'anon:') OR startsWith(other, 'anon:'))), 'plain',
      kind = 'alias' AND startsWith(identifier, 'user:') AND startsWith(other, 'user:'), 'joins',
      'trusted') AS class
    FROM links FINAL
    WHERE project = {project: String} AND identifier = {identifier: String} AND kind IN ('claim', 'alias')
      AND (verified OR NOT {signedOnly: Bool})
  ),
  same_person AS (
    SELECT identifier FROM identity_map FINAL
    WHERE project = {project: String} AND identifier IN (SELECT other FROM named WHERE class = 'joins')
      AND owners.person[1] = (
        SELECT if(count() = 0, {identifier: String}, any(owners.person[1])) FROM identity_map FINAL
        WHERE project = {project: String} AND identifier = {identifier: String})
  )
SELECT other, first_received_at AS firstReceivedAt, message_id AS messageId, messages, verified,
  toUInt32(count() OVER ()) AS total
FROM (
  SELECT *, sum(if(startsWith(other, 'email:') AND place <= {cap: UInt32}, 1 + least(devices, {cap: UInt32}), 0))
    OVER (PARTITION BY verified, class ORDER BY first_received_at, other) AS size
  FROM (
  SELECT *, row_number() OVER (PARTITION BY verified, class ORDER BY first_received_at, other) AS place
  FROM (
    SELECT other, verified, class, min(received_at) AS first_received_at, toUInt32(count()) AS messages,
      argMin(message_id, (received_at, message_id)) AS message_id
    FROM named
    WHERE other NOT IN (
      SELECT other FROM links FINAL
      WHERE project = {project: String} AND identifier = {identifier: String} AND kind = 'release' AND verified)
    GROUP BY other, verified, class
  ) AS own
  LEFT JOIN (
    SELECT identifier AS email, uniqExact(other) AS devices
    FROM links
    WHERE project = {project: String} AND startsWith(other, 'anon:') AND kind IN ('claim', 'alias')
      AND identifier IN (
        SELECT other FROM links
        WHERE project = {project: String} AND identifier = {identifier: String} AND startsWith(other, 'email:'))
    GROUP BY identifier
  ) AS brought ON brought.email = own.other
  )
)
WHERE multiIf(
    class = 'joins', other NOT IN (SELECT identifier FROM same_person),
    class = 'trusted', place > {trustedCap: UInt32},
    place > {cap: UInt32} OR (startsWith(other, 'email:') AND size > {maxSize: UInt32}))
  AND (empty({others: Array(String)}) OR has({others: Array(String)}, other))
ORDER BY firstReceivedAt, other
LIMIT {limit: UInt32}`,
}

export interface Asked {
  /** Only links with these; all when empty. */
  others?: readonly string[]
  limit: number
}

/** `total`: how many there are, beyond the limit too. */
export async function readCappedLinks(reader: Reader, identifier: string, { others = [], limit }: Asked) {
  const rows = await query<CappedLink & { total: number }>(reader, quarantinedLinksQuery, {
    identifier,
    others,
    limit,
    cap: capOf(identifier, defaultCaps),
    maxSize: defaultCaps.identifiersByEmails,
    trustedCap: defaultCaps.trustedOthers,
    signedOnly: reader.signedOnly,
  })
  return {
    total: rows[0]?.total ?? 0,
    links: rows.map(({ total: _total, ...link }): CappedLink => link),
  }
}
