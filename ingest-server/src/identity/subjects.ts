/** Which identifiers are the subject of any event, whichever person they belong to. */
import { queryRows, type NamedQuery, type Reader } from '../clickhouse/query.js'

const subjectsQuery: NamedQuery = {
  name: 'subjects-with-events',
  splitBy: 'subjects',
  sql: `
SELECT DISTINCT subject FROM events
WHERE project = {project: String} AND subject IN {subjects: Array(String)}
  AND received_at <= {until: DateTime64(3, 'UTC')}`,
}

const always = Date.parse('2200-01-01T00:00:00Z')

/** Which of these subjects have events, received until then. */
export async function readSubjects(
  reader: Reader,
  subjects: readonly string[],
  receivedUntil = always,
): Promise<Set<string>> {
  const rows = await queryRows(reader, subjectsQuery, { subjects, until: new Date(receivedUntil) })
  return new Set(rows.map(([subject]) => String(subject)))
}
