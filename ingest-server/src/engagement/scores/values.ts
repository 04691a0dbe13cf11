/** Scores of everybody as derived rows: ClickHouse makes them and writes what is different. */
import { chunksOf, query, type NamedQuery } from '../../clickhouse/query.js'
import { compilePoints } from '../../definitions/compile.js'
import { referencesFrom } from '../../definitions/documents/references.js'
import { partsSql } from '../../definitions/scores/total.js'
import { onlyKeys } from '../../definitions/sql/touches.js'
import { conditionsOfBody } from '../../definitions/walk.js'
import { derive, type EngageSource } from '../source.js'
import type { Deriving } from '../segments/memberships.js'
import type { Score } from './explain.js'

/** Brings the rows of one score to what is so at `asOf`. */
export async function deriveScores(source: EngageSource, score: Score, deriving: Deriving): Promise<void> {
  const { only } = deriving
  for (const part of only === undefined ? [undefined] : chunksOf(only))
    await deriveScore(source, score, { ...deriving, only: part })
}

async function deriveScore(
  source: EngageSource,
  { id, version: scoreVersion, body }: Score,
  { all, asOf, version, only }: Omit<Deriving, 'only'> & { only: readonly string[] | undefined },
): Promise<void> {
  const conditions = conditionsOfBody('scores', body).map(({ condition }) => condition)
  const references = referencesFrom(all, conditions, { subject: body.subject })
  const { sql, params, settings } = compilePoints(body, { asOf, references, only, prefix: 'm' })
  const { fit, behaviour, total } = partsSql(body, 'points')
  const mine = only === undefined ? '' : ` AND subject_key IN ${onlyKeys}`
  // A subject without points, and none to come without a touch, has no row.
  const formed = `SELECT key, subject, points, next FROM (${sql}) WHERE next > 0 OR arrayExists(x -> x != 0, points)`
  const standing = `
SELECT subject_key AS key, subject, points, toUnixTimestamp64Milli(next_at) AS next, score_version
FROM score_values FINAL
WHERE project = {project: String} AND score = {score: String}${mine}`
  await derive(
    source,
    `
INSERT INTO score_values (project, score, subject_key, subject_kind, subject, score_version, at, fit, behaviour, total, points, next_at, version, is_deleted)
SELECT {project: String}, {score: String}, key, {kind: String}, subject, {scoreVersion: UInt32}, {asOf: DateTime64(3, 'UTC')},
  ${fit}, ${behaviour}, ${total}, points, fromUnixTimestamp64Milli(next, 'UTC'), {version: UInt64}, empty(points)
FROM (
  SELECT if(empty(new.points), old.key, new.key) AS key, if(empty(new.points), old.subject, new.subject) AS subject,
    new.points AS points, new.next AS next, old.points AS points_before, old.next AS next_before, old.score_version AS version_before
  FROM (${formed}) AS new
  FULL OUTER JOIN (${standing}) AS old ON old.key = new.key
)
WHERE points != points_before OR next != next_before OR version_before != {scoreVersion: UInt32}`,
    { ...params, score: id, scoreVersion, kind: body.subject, version: version.toString() },
    { ...settings, join_use_nulls: 0 },
  )
}

/** Deletes rows of scores that no longer exist. */
export async function forgetOtherScores(
  source: EngageSource,
  scores: readonly Score[],
  version: bigint,
): Promise<void> {
  await derive(
    source,
    `
INSERT INTO score_values (project, score, subject_key, subject_kind, subject, score_version, at, points, next_at, version, is_deleted)
SELECT project, score, subject_key, subject_kind, subject, score_version, at, [], toDateTime64(0, 3, 'UTC'), {version: UInt64}, 1
FROM score_values FINAL
WHERE project = {project: String} AND score NOT IN {scores: Array(String)}`,
    { scores: scores.map(({ id }) => id), version: version.toString() },
  )
}

/** Subjects at or above the threshold, by the rows that were just made. */
export async function readHot(
  source: EngageSource,
  { id, body }: Score,
  only?: readonly string[],
): Promise<string[]> {
  const named: NamedQuery = {
    name: 'scores-above-threshold',
    ...(only !== undefined && { splitBy: 'only' }),
    sql: `
SELECT subject FROM score_values FINAL
WHERE project = {project: String} AND score = {score: String}${only === undefined ? '' : ` AND subject_key IN ${onlyKeys}`} AND total >= {on: Float64}`,
  }
  const rows = await query<{ subject: string }>(source, named, {
    score: id,
    on: body.on,
    ...(only !== undefined && { only }),
  })
  return rows.map(({ subject }) => subject)
}
