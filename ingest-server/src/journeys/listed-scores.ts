/** The score that a list shows and sorts by. */
import type { Subject } from '@touchline/schemas/api'
import { TouchlineError } from '../errors.js'
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { compilePoints } from '../definitions/compile.js'
import type { Definition } from '../definitions/documents/definition.js'
import { meant } from '../definitions/nearest.js'
import { listDefinitions } from '../definitions/documents/read.js'
import { loadReferences, type References } from '../definitions/documents/references.js'
import { partsSql } from '../definitions/scores/total.js'
import { namesOf } from '../definitions/sql/subject-names.js'
import { conditionsOfBody } from '../definitions/walk.js'
import type { Fragment } from './question.js'

export interface ListedScore {
  definition: Definition<'scores'>
  references: References
}

/**
 * The score that is asked for; else `lead`, else the first about this kind of subject, undefined where there is none.
 * Throws QUERY_INVALID naming the nearest where the one that is asked for does not exist or is about the other kind.
 */
export async function scoreOfList(
  reader: Reader,
  subject: Subject,
  { score, asOf }: { score?: string | undefined; asOf: number },
): Promise<ListedScore | undefined> {
  const all = (await listDefinitions(reader, 'scores', { asOf })).filter(
    ({ body }) => body.subject === subject,
  )
  const definition =
    score === undefined ? (all.find(({ id }) => id === 'lead') ?? all[0]) : all.find(({ id }) => id === score)
  if (definition === undefined && score !== undefined) {
    const known = all.map(({ id }) => id)
    const what = subject === 'person' ? 'persons' : 'accounts'
    throw new TouchlineError(
      'QUERY_INVALID',
      `score ${score}: there is no such score of ${what}${meant(score, known)}`,
    )
  }
  if (definition === undefined) return undefined
  const conditions = conditionsOfBody('scores', definition.body).map(({ condition }) => condition)
  return { definition, references: await loadReferences(reader, conditions, { subject, asOf }) }
}

/** SELECT key, score: the total of everybody. */
export function totalsSql({ definition, references }: ListedScore, asOf: number): Fragment {
  const { sql, params } = compilePoints(definition.body, { asOf, references, prefix: 's' })
  return { sql: `SELECT key, arraySum(points) AS score FROM (${sql})`, params }
}

export interface ListedPoints {
  id: string
  total: number
  fit: number
  behaviour: number
}

/** Total by id; a subject without points is left out. */
export async function readListedScores(
  reader: Reader,
  { definition, references }: ListedScore,
  ids: readonly string[],
  asOf: number,
): Promise<Map<string, ListedPoints>> {
  if (ids.length === 0) return new Map()
  const { body, id } = definition
  const { sql, params, settings } = compilePoints(body, { asOf, references, only: ids })
  const { fit, behaviour, total } = partsSql(body, 'points')
  const named: NamedQuery = {
    name: 'listed-scores',
    sql: `SELECT toString(key) AS key, ${total} AS total, ${fit} AS fit, ${behaviour} AS behaviour FROM (${sql})`,
    settings,
  }
  const rows = await query<Omit<ListedPoints, 'id'> & { key: string }>(reader, named, params)
  const names = await namesOf(
    reader,
    body.subject,
    rows.map(({ key }) => key),
  )
  return new Map(
    rows.flatMap(({ key, ...points }) => {
      const subject = names.get(key)
      return subject === undefined ? [] : [[subject, { id, ...points }] as const]
    }),
  )
}
