/** What a funnel is broken down by: the channel that a subject first came from, or a trait. */
import { textOf } from '../../definitions/sql/compare.js'
import { latestTrait, saidTraits } from '../../definitions/sql/said-traits.js'
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
      joined(`SELECT key, ${textOf('value')} AS part FROM (${latestTraitSql(subject)}) WHERE ${which}`),
    sql: '',
    params: { ...baseParams({ asOf }), breakdownTrait: breakdown.trait },
  }
}

/** SELECT key, value (JSON text): of the trait the latest said by asOf, what was verified before what was not. */
const latestTraitSql = (subject: Question['subject']) =>
  `SELECT cityHash64(subject) AS key, ${latestTrait} AS value FROM (${saidTraits(subject, "name = {breakdownTrait: String} AND at <= {asOf: DateTime64(3, 'UTC')}")}) GROUP BY subject`
