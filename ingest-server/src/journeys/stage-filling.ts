/**
 * All entries into the stages of a list as rows of a table: the statement of the HTTP route, with the message that
 * caused each entry.
 */
import type { Subject } from '@touchline/schemas/api'
import type { Params } from '../clickhouse/query.js'
import { asOfSql } from '../definitions/sql/bag.js'
import { compileStages } from '../definitions/compile.js'
import { compileTouches } from '../definitions/sql/compile-touch.js'
import { touchesOf } from '../definitions/sql/touches.js'
import { touchesAt } from '../definitions/walk.js'
import { paramsOf } from './question.js'
import type { StageList } from './stage-list.js'

/** key, ms, message_id of what was said of a subject. */
const facts: Record<Subject, string> = {
  account: `SELECT cityHash64(account) AS key, toUnixTimestamp64Milli(at) AS ms, message_id FROM account_traits WHERE project = {project: String} AND at <= ${asOfSql}`,
  person: `SELECT cityHash64(identifier) AS key, toUnixTimestamp64Milli(at) AS ms, message_id FROM traits WHERE project = {project: String} AND at <= ${asOfSql}`,
}

const names: Record<Subject, string> = {
  account: `
SELECT account_key AS key, account AS id FROM touchpoints_of_accounts WHERE project = {project: String}
UNION ALL SELECT cityHash64(account), account FROM account_people WHERE project = {project: String}
UNION ALL SELECT cityHash64(account), account FROM account_traits WHERE project = {project: String}`,
  person: `
SELECT person_key AS key, person AS id FROM touchpoints_of_people WHERE project = {project: String}
UNION ALL SELECT cityHash64(person), person FROM people WHERE project = {project: String}`,
}

/**
 * INSERT … SELECT into kept_stage_entries. It names `{list: String}` and `{filling: UInt64}` besides what it brings along.
 * An entry is because of the touch of its moment that the stage's condition asks for, else of any touch of that moment,
 * else of a trait that was set then (stage-subjects.ts has the same for one subject).
 */
export function fillingSql({ body, references }: StageList, asOf: number): { sql: string; params: Params } {
  const { subject, stages } = body
  const compiled = compileStages(body, { asOf, references })
  const asked = stages.map(({ enter }, index) =>
    compileTouches(
      touchesAt(enter).map(({ node }) => node),
      { prefix: `b${index}x` },
    ),
  )
  const matches = asked.map(({ sql }) => (sql.length === 0 ? 'toUInt8(0)' : `toUInt8(${sql.join(' OR ')})`))
  const none = stages.map(() => 'toUInt8(0)')
  return {
    sql: `
INSERT INTO kept_stage_entries (project, list, subject_kind, filling, subject, place, at, stage, left_at, message_id, worked_out_at)
SELECT {project: String}, {list: String}, '${subject}', {filling: UInt64}, named.id, entered.place + 1, fromUnixTimestamp64Milli(entered.ms, 'UTC'),
  {stageIds: Array(String)}[entered.place + 1], if(entered.left = 0, NULL, fromUnixTimestamp64Milli(entered.left, 'UTC')), entered.because, ${asOfSql}
FROM (
  SELECT e.key AS key, toUInt32(e.place) AS place, e.ms AS ms, e.left AS left,
    argMinIf(told.message_id, (if(told.matches[e.place + 1] = 1, 0, told.rank), told.message_id), told.message_id != '') AS because
  FROM (
    SELECT key, toUnixTimestamp64Milli(at) AS ms, message_id, [${matches.join(', ')}] AS matches, toUInt8(1) AS rank
    FROM ${touchesOf(subject)}
    UNION ALL
    SELECT key, ms, message_id, [${none.join(', ')}], toUInt8(2) FROM (${facts[subject]})
  ) AS told
  RIGHT JOIN (
    SELECT key, entry.1 AS place, entry.2 AS ms, entry.3 AS left FROM (${compiled.sql}) ARRAY JOIN entries AS entry
  ) AS e ON told.key = e.key AND told.ms = e.ms
  GROUP BY e.key, e.place, e.ms, e.left
) AS entered
INNER JOIN (SELECT key, any(id) AS id FROM (${names[subject]}) GROUP BY key) AS named ON named.key = entered.key`,
    params: {
      ...paramsOf(compiled, ...asked.map(({ params }) => ({ sql: '', params }))),
      stageIds: stages.map(({ id }) => id),
    },
  }
}
