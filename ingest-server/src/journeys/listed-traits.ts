/** The traits of many subjects at once, for lists: the latest value of each trait, verified ones first. */
import type { Subject } from '@touchline/schemas/api'
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { saysSomething } from '../definitions/sql/compare.js'
import { latestTrait } from '../definitions/sql/said-traits.js'
import { parseExact } from '../exact-json.js'
import { withoutNullLike } from '../touchpoints/null-like.js'

const sources: Record<Subject, string> = {
  account: `
SELECT account AS id, name, value, verified, at, message_id FROM account_traits FINAL
WHERE project = {project: String} AND account IN {ids: Array(String)}`,
  person: `
SELECT held.person AS id, said.name AS name, said.value AS value, said.verified AS verified, said.at AS at, said.message_id AS message_id
FROM (
  SELECT person, i.identifier AS identifier, i.from AS from, i.to AS to FROM people FINAL ARRAY JOIN identifiers AS i
  WHERE project = {project: String} AND person IN {ids: Array(String)}
) AS held
INNER JOIN (
  SELECT * FROM traits FINAL WHERE project = {project: String} AND identifier IN (
    SELECT i.identifier FROM people FINAL ARRAY JOIN identifiers AS i WHERE project = {project: String} AND person IN {ids: Array(String)})
) AS said ON said.identifier = held.identifier
WHERE (held.from IS NULL OR said.at >= held.from) AND (held.to IS NULL OR said.at < held.to)`,
}

/** By id; a subject without traits is left out. */
export async function readTraitsOf(
  reader: Reader,
  subject: Subject,
  ids: readonly string[],
  asOf: number,
): Promise<Map<string, Record<string, unknown>>> {
  const named: NamedQuery = {
    name: `traits-of-${subject}-list`,
    splitBy: 'ids',
    sql: `
SELECT id, name, ${latestTrait} AS latest FROM (${sources[subject]})
WHERE at <= {asOf: DateTime64(3, 'UTC')} AND ${saysSomething('value')}
GROUP BY id, name ORDER BY id, name`,
  }
  const rows = await query<{ id: string; name: string; latest: string }>(reader, named, {
    ids,
    asOf: new Date(asOf),
  })
  const traits = new Map<string, Record<string, unknown>>()
  for (const { id, name, latest } of rows) {
    const value = withoutNullLike(parseExact(latest))
    if (value !== undefined) traits.set(id, { ...traits.get(id), [name]: value })
  }
  return traits
}
