/** Keys back to ids: conditions answer with keys, since those are what tables are joined by. */
import type { Subject } from '@touchline/schemas/api'
import { query, type NamedQuery, type QuerySource } from '../clickhouse/query.js'
import type { Compiled } from './bag.js'
import { touchSettings } from './touches.js'

// Keys go as text: a UInt64 is more than a number of JavaScript holds.
const wanted = '(SELECT toUInt64(arrayJoin({keys: Array(String)})))'
const known: Record<Subject, string> = {
  person: `
SELECT DISTINCT person_key AS key, person AS id FROM touchpoints_of_people
WHERE project = {project: String} AND person_key IN ${wanted} AND is_deleted = 0
UNION DISTINCT
SELECT cityHash64(person) AS key, person AS id FROM people FINAL
WHERE project = {project: String} AND cityHash64(person) IN ${wanted}`,
  account: `
SELECT DISTINCT account_key AS key, account AS id FROM touchpoints_of_accounts
WHERE project = {project: String} AND account_key IN ${wanted} AND is_deleted = 0
UNION DISTINCT
SELECT DISTINCT cityHash64(account) AS key, account AS id FROM account_people
WHERE project = {project: String} AND cityHash64(account) IN ${wanted}
UNION DISTINCT
SELECT DISTINCT cityHash64(account) AS key, account AS id FROM account_traits
WHERE project = {project: String} AND cityHash64(account) IN ${wanted}`,
}

/** Ids by key, both as text. */
export async function namesOf(
  source: QuerySource,
  subject: Subject,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const named: NamedQuery = {
    name: `names-of-${subject}-keys`,
    splitBy: 'keys',
    sql: `SELECT toString(key) AS key, any(id) AS id FROM (${known[subject]}) GROUP BY key`,
    settings: touchSettings,
  }
  const rows = await query<{ key: string; id: string }>(source, named, { keys })
  return new Map(rows.map(({ key, id }) => [key, id]))
}

/** How many subjects a compiled condition holds for, and some of them by name. */
export async function countHolding(
  source: QuerySource,
  subject: Subject,
  { sql, params }: Compiled,
  examples = 10,
): Promise<{ subjects: number; examples: string[] }> {
  const named: NamedQuery = {
    name: `preview-${subject}`,
    sql: `SELECT count() AS subjects, arrayMap(x -> toString(x), groupArraySorted(${examples})(key)) AS keys FROM (${sql})`,
    settings: touchSettings,
  }
  const [row] = await query<{ subjects: number; keys: string[] }>(source, named, params)
  const names = await namesOf(source, subject, row?.keys ?? [])
  return { subjects: row?.subjects ?? 0, examples: [...names.values()].sort() }
}
