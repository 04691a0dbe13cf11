/** What a funnel is broken down by: the channel that a subject first came from, or a trait. */
import { touchesOf } from '../../definitions/sql/touches.js'
import { baseParams, type Fragment, type Question } from '../question.js'
import { notSet } from '../attribution/attribution-question.js'

export type Breakdown = { by: 'channel' } | { by: 'trait'; trait: string }

/** Joins to `walked`, of those for whom a condition on `key` holds. Without a breakdown everybody is in one group. */
export function breakdownSql({
  breakdown,
  subject,
  asOf,
}: Pick<Question, 'subject' | 'asOf'> & { breakdown?: Breakdown | undefined }): Fragment & {
  column: string
  joinOf: (which: string) => string
} {
  if (breakdown === undefined) return { column: "''", joinOf: () => '', sql: '', params: {} }
  const column = `if(parted.part = '', '${notSet}', parted.part)`
  const joined = (sql: string) => `LEFT JOIN (${sql}) AS parted ON parted.key = walked.key`
  if (breakdown.by === 'channel') {
    const channels = (which: string) =>
      `SELECT key, toString(argMin(channel, (at, message_id, touch))) AS part FROM ${touchesOf(subject)} WHERE ${which} AND channel != '' GROUP BY key`
    return { column, joinOf: (which) => joined(channels(which)), sql: '', params: baseParams({ asOf }) }
  }
  return {
    column,
    joinOf: (which) =>
      joined(`SELECT key, ${shownValue} AS part FROM (${latestTraitSql(subject)}) WHERE ${which}`),
    sql: '',
    params: { ...baseParams({ asOf }), breakdownTrait: breakdown.trait },
  }
}

/** Text as it is, everything else as JSON. */
const shownValue = `if(JSONType(value) = 'String', JSONExtractString(value), value)`

/** SELECT key, value (JSON text): of the trait the latest said by asOf, what was verified before what was not. */
function latestTraitSql(subject: Question['subject']): string {
  const latest = 'argMax(value, (verified, at, message_id)) AS value'
  const said = "name = {breakdownTrait: String} AND at <= {asOf: DateTime64(3, 'UTC')}"
  if (subject === 'account')
    return `SELECT cityHash64(account) AS key, ${latest} FROM account_traits FINAL WHERE project = {project: String} AND ${said} GROUP BY account`
  return `
SELECT cityHash64(person) AS key, ${latest}
FROM (
  SELECT if(notEmpty(map.owners), map.owners[-1].person, traits.identifier) AS person, value, verified, at, message_id
  FROM (SELECT * FROM traits FINAL WHERE project = {project: String} AND ${said}) AS traits
  LEFT JOIN (SELECT identifier, owners FROM identity_map FINAL WHERE project = {project: String}) AS map ON map.identifier = traits.identifier
)
GROUP BY person`
}
