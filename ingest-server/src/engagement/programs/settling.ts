/**
 * Identifiers whose touchpoints may still be with their former owner: who-is-who changes first, and touchpoints follow a
 * moment later. A decision by touches in between would use those of the person before.
 */
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'

// Rows can be seen a little after their own time, as far as the upkeep of touchpoints looks back. Where that upkeep stands
// still, programs wait for it no longer than a minute.
const unsettledQuery: NamedQuery = {
  name: 'identifiers-unsettled',
  splitBy: 'identifiers',
  sql: `
WITH (
  SELECT min(until) FROM (
    SELECT slot, argMax(ifNull(settled_until, toDateTime64(0, 3, 'UTC')), (term, beat)) AS until
    FROM projection_leases WHERE name = 'touchpoints' AND slot < 65535 GROUP BY slot)
) AS settled
SELECT DISTINCT identifier FROM touchpoint_changes
WHERE stored_at > now64(3, 'UTC') - INTERVAL 60 SECOND AND stored_at > settled - INTERVAL 3 SECOND
  AND project = {project: String} AND low IS NULL AND identifier IN {identifiers: Array(String)}`,
}

/** Of these identifiers those whose owner changed, and whose touchpoints were not formed since. */
export async function readUnsettled(reader: Reader, identifiers: readonly string[]): Promise<Set<string>> {
  if (identifiers.length === 0) return new Set()
  const rows = await query<{ identifier: string }>(reader, unsettledQuery, { identifiers })
  return new Set(rows.map(({ identifier }) => identifier))
}

/**
 * People who are looked at again until they are settled, with the time up to which all changes were worked in when they
 * were put off: after a crash the next process looks from there.
 */
export function openPutOff() {
  const since = new Map<string, { project: string; id: string; until: string }>()
  const keyOf = (project: string, id: string) => JSON.stringify([project, id])
  return {
    add(project: string, id: string, until: string): void {
      const key = keyOf(project, id)
      if (!since.has(key)) since.set(key, { project, id, until })
    },
    end: (project: string, id: string) => void since.delete(keyOf(project, id)),
    all: () => [...since.values()],
    /** The earliest of these times; empty where nobody is put off. */
    oldest: () => [...since.values()].map(({ until }) => until).sort()[0] ?? '',
  }
}
