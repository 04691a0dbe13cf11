/** Whose score is how high, reckoned at any time. */
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { compilePoints } from '../../definitions/compile.js'
import { requireDefinition } from '../../definitions/documents/read.js'
import type { References } from '../../definitions/documents/references.js'
import { partsSql } from '../../definitions/scores/total.js'
import { referencesOf, type Score } from './explain.js'

export interface OpenedScore {
  score: Score
  references: References
  used: { kind: string; id: string; version: number }[]
  asOf: number
}

/** Throws QUERY_INVALID naming the nearest score. */
export async function openScore(reader: Reader, id: string, asOf: number): Promise<OpenedScore> {
  const score = await requireDefinition(reader, 'scores', id, { asOf })
  const references = await referencesOf(reader, score, asOf)
  const own = { kind: 'scores', id: score.id, version: score.version }
  return { score, references, used: [own, ...references.used], asOf }
}

export interface ScoredSubject {
  key: string
  subject: string
  total: number
  fit: number
  behaviour: number
}

export interface ScoreCursor {
  total: number
  key: string
}

/** By total; who has no points at all is left out. */
export async function readScored(
  reader: Reader,
  { score, references, asOf }: OpenedScore,
  { order, limit, after }: { order: 'asc' | 'desc'; limit: number; after?: ScoreCursor | undefined },
): Promise<{ rows: ScoredSubject[]; next: ScoreCursor | undefined }> {
  const { sql, params, settings } = compilePoints(score.body, { asOf, references })
  const { fit, behaviour, total } = partsSql(score.body, 'points')
  const [sign, direction] = order === 'desc' ? ['<', 'DESC'] : ['>', 'ASC']
  const page =
    after === undefined ? '' : `WHERE (total, k) ${sign} ({afterTotal: Float64}, {afterKey: UInt64})`
  const named: NamedQuery = {
    name: 'scored-subjects',
    sql: `
SELECT toString(k) AS key, subject, total, fit, behaviour FROM (
  SELECT key AS k, subject, ${total} AS total, ${fit} AS fit, ${behaviour} AS behaviour
  FROM (${sql}) WHERE arrayExists(x -> x != 0, points)
)
${page}
ORDER BY total ${direction}, k ${direction} LIMIT {limit: UInt32}`,
    settings,
  }
  const found = await query<ScoredSubject>(reader, named, {
    ...params,
    limit: limit + 1,
    ...(after && { afterTotal: after.total, afterKey: after.key }),
  })
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last ? { total: last.total, key: last.key } : undefined }
}
