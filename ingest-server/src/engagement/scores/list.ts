/** The numbers for the list of scores, and the totals of a page of subjects. */
import { query, type Reader } from '../../clickhouse/query.js'

const countedQuery = {
  name: 'scores-counted',
  sql: `
SELECT score, count() AS subjects, countIf(total >= {on: Array(Float64)}[indexOf({scores: Array(String)}, score)]) AS above
FROM score_values FINAL
WHERE project = {project: String} AND score IN {scores: Array(String)} AND arrayExists(x -> x != 0, points)
GROUP BY score`,
}

export interface Counted {
  subjects: number
  /** At or above the threshold. */
  above: number
}

/** How many have points, by score, as role engage last looked. */
export async function countScored(
  reader: Reader,
  scores: readonly { id: string; body: { on: number } }[],
): Promise<Map<string, Counted>> {
  const params = { scores: scores.map(({ id }) => id), on: scores.map(({ body }) => body.on) }
  const rows = await query<Counted & { score: string }>(reader, countedQuery, params)
  return new Map(rows.map(({ score, ...counted }) => [score, counted]))
}
