/** Which identifiers became one person lately, and what people decided about who is who. */
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'

/** How long identity_changes_seen keeps what changed. */
export const mergesKeptDays = 7

export interface Merge {
  /** Whom the identifier belongs to since. */
  person: string
  identifier: string
  /** The other side of the claim. */
  other: string
  kind: string
  at: string
  rule: string
  because: string
  verified: boolean
}

/**
 * Pairs that were claimed in these days, the first claim of each; those whose claim is what an identifier's owner
 * stands on became one by it. Only the latest of the pairs are looked at: a device claims anew with each page seen.
 */
const mergesQuery: NamedQuery = {
  name: 'recent-merges',
  sql: `
WITH recent AS (
  SELECT identifier AS claimer, other AS claimed, argMin(message_id, (at, message_id)) AS message,
    argMin(kind, (at, message_id)) AS claim_kind, min(at) AS claimed_at, max(stored_at) AS seen
  FROM identity_changes_seen
  WHERE project = {project: String} AND kind IN ('claim', 'alias', 'release') AND other != ''
  GROUP BY claimer, claimed
  ORDER BY seen DESC
  LIMIT 5000
)
SELECT known.person AS person, known.identifier AS identifier,
  if(recent.claimer = known.identifier, recent.claimed, recent.claimer) AS other, toString(recent.claim_kind) AS kind,
  recent.claimed_at AS at, known.rule AS rule, known.because AS because, known.verified AS verified
FROM (
  SELECT identifier, owner.person AS person, owner.rule AS rule, owner.because AS because, owner.verified AS verified
  FROM identity_map FINAL ARRAY JOIN owners AS owner
  WHERE project = {project: String} AND identifier IN (SELECT arrayJoin([claimer, claimed]) FROM recent)
    AND owner.person != identifier
) AS known
INNER JOIN recent ON recent.message = known.because
WHERE recent.claimer = known.identifier OR recent.claimed = known.identifier
ORDER BY recent.seen DESC, at DESC, identifier
LIMIT 1 BY person, identifier
LIMIT {limit: UInt32}`,
}

/** The latest first. */
export const readMerges = (reader: Reader, limit: number): Promise<Merge[]> =>
  query<Merge>(reader, mergesQuery, { limit })

export interface Decided {
  kind: 'unlink' | 'relink' | 'release'
  person: string
  pairs: string[][]
  reason: string
  author: string
  at: string
  messageId: string
}

// By the type alone, which is one byte a row: there are few of them, and no key leads to them.
const decisionsQuery: NamedQuery = {
  name: 'identity-decisions',
  sql: `
SELECT toString(type) AS kind, subject AS person, JSONExtract(properties, 'pairs', 'Array(Array(String))') AS pairs,
  JSONExtractString(properties, 'reason') AS reason, JSONExtractString(properties, 'author') AS author,
  received_at AS at, message_id AS messageId
FROM events
PREWHERE type IN ('unlink', 'relink', 'release')
WHERE project = {project: String}
ORDER BY received_at DESC, message_id
LIMIT 1 BY message_id
LIMIT {limit: UInt32}`,
}

/** The latest first; an undone one stays, for undoing is a decision too. */
export const readDecisions = (reader: Reader, limit: number): Promise<Decided[]> =>
  query<Decided>(reader, decisionsQuery, { limit })
