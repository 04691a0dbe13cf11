/** When two people were found to be one: what makes a score cross without a touch. Kept for an hour, in memory. */
import { chunksOf, query, type NamedQuery } from '../../clickhouse/query.js'
import type { Change } from '../changes.js'
import type { EngageSource } from '../source.js'

const keptMs = 3_600_000

// Somebody with more than themselves, one of whom had a score of their own.
const mergedQuery: NamedQuery = {
  name: 'merged-people',
  sql: `
SELECT DISTINCT p.person AS person
FROM (
  SELECT person, arrayJoin(identifiers.identifier) AS held FROM people FINAL
  WHERE project = {project: String} AND person IN {people: Array(String)}
) AS p
WHERE p.held != p.person AND cityHash64(p.held) IN (
  SELECT subject_key FROM score_values FINAL
  WHERE project = {project: String} AND subject_kind = 'person' AND subject_key IN (
    SELECT arrayJoin(arrayMap(x -> cityHash64(x), identifiers.identifier)) FROM people FINAL
    WHERE project = {project: String} AND person IN {people: Array(String)}))`,
}

export type Merges = ReturnType<typeof openMerges>

export function openMerges() {
  const byProject = new Map<string, Map<string, number>>()
  const of = (project: string) => {
    const known = byProject.get(project) ?? new Map<string, number>()
    byProject.set(project, known)
    return known
  }
  return {
    of,
    /** Before scores are derived anew, while those of the people before still stand. */
    async note(source: EngageSource, changes: readonly Change[], now: number): Promise<void> {
      const known = of(source.project)
      for (const [person, at] of known) if (now - at > keptMs) known.delete(person)
      const people = changes.flatMap(({ kind, id }) => (kind === 'people' ? [id] : []))
      for (const part of chunksOf([...new Set(people)]))
        for (const { person } of await query<{ person: string }>(source, mergedQuery, { people: part }))
          if (!known.has(person)) known.set(person, now)
    },
  }
}
