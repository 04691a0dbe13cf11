/** Keys back to ids: conditions answer with keys, since those are what tables are joined by. */
import type { Subject } from '@touchline/schemas/api'
import { query, type NamedQuery, type QuerySource } from '../../clickhouse/query.js'
import type { Compiled } from './bag.js'
import { amongKeys, touchSettings } from './touches.js'

/** Of who has touches, by primary key. */
const touched: Record<Subject, string> = {
  person: `
SELECT person_key AS key, person AS id FROM touchpoints_of_people
WHERE project = {project: String} AND person_key ${amongKeys} AND is_deleted = 0`,
  account: `
SELECT account_key AS key, account AS id FROM touchpoints_of_accounts
WHERE project = {project: String} AND account_key ${amongKeys} AND is_deleted = 0`,
}
/** Of all others: there is no key to find them by. */
const untouched: Record<Subject, string> = {
  person: `
SELECT cityHash64(person) AS key, person AS id FROM people FINAL
WHERE project = {project: String} AND cityHash64(person) ${amongKeys}`,
  account: `
SELECT cityHash64(account) AS key, account AS id FROM account_people
WHERE project = {project: String} AND cityHash64(account) ${amongKeys}
UNION ALL
SELECT cityHash64(account) AS key, account AS id FROM account_traits
WHERE project = {project: String} AND cityHash64(account) ${amongKeys}`,
}

/** Ids by key, both as text. */
export async function namesOf(
  source: QuerySource,
  subject: Subject,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const names = await readNames(source, `names-of-${subject}-keys`, touched[subject], keys)
  const others = keys.filter((key) => !names.has(key))
  for (const [key, id] of await readNames(
    source,
    `names-of-untouched-${subject}-keys`,
    untouched[subject],
    others,
  ))
    names.set(key, id)
  return names
}

async function readNames(
  source: QuerySource,
  name: string,
  from: string,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const sql = `SELECT toString(key) AS key, any(id) AS id FROM (${from}) GROUP BY key`
  const named: NamedQuery = { name, splitBy: 'keys', sql, settings: touchSettings }
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
