/** How many members each segment has, and which identifiers of a listed segment belong to a subject. */
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { readHeld } from '../people-now.js'
import type { Segment } from './memberships.js'

const standingQuery = {
  name: 'segments-standing',
  sql: `
SELECT segment, countIf(arrayCount(x -> x <= {now: Int64}, times) % 2 = 1) AS members
FROM segment_memberships FINAL
WHERE project = {project: String}
GROUP BY segment`,
}

/** Members by segment, as role engage last looked. */
export async function countStanding(reader: Reader, now: number): Promise<Map<string, number>> {
  const rows = await query<{ segment: string; members: number }>(reader, standingQuery, { now })
  return new Map(rows.map(({ segment, members }) => [segment, members]))
}

const addedQuery: NamedQuery = {
  name: 'segment-additions-of',
  splitBy: 'identifiers',
  sql: `
SELECT DISTINCT identifier FROM segment_additions
WHERE project = {project: String} AND segment = {segment: String} AND identifier IN {identifiers: Array(String)}`,
}

/** Identifiers of the list, or added to it, that are this subject's. */
export async function identifiersOf(
  reader: Reader,
  { id, body }: Segment,
  subject: string,
): Promise<string[]> {
  const held = body.subject === 'person' ? ((await readHeld(reader, [subject])).get(subject) ?? []) : []
  const identifiers = [subject, ...held]
  const listed = 'identifiers' in body ? new Set(body.identifiers) : new Set<string>()
  const added = await query<{ identifier: string }>(reader, addedQuery, { segment: id, identifiers })
  for (const { identifier } of added) listed.add(identifier)
  return identifiers.filter((one) => listed.has(one)).sort()
}
