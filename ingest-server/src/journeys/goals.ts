/** Goals: which touches or moments are conversions, of whom, when and of what worth. */
import type { Condition, GoalBody, Touch } from '@touchline/schemas/api'
import type { Reader } from '../clickhouse/query.js'
import { openBag } from '../definitions/bag.js'
import { compileFirstTrue } from '../definitions/compile.js'
import { loadReferences } from '../definitions/references.js'
import { compileTouch } from '../definitions/compile-touch.js'
import { readDefinition, requireDefinition } from '../definitions/read.js'
import { touchesOf } from '../definitions/touches.js'
import { baseParams, fragment, type Fragment, type Question, type Subject } from './question.js'

export interface Goal {
  id: string
  version: number
  body: GoalBody
}

/** Ids and versions that an answer was made with. */
export interface UsedDefinition {
  kind: string
  id: string
  version: number
}

/** Throws QUERY_INVALID naming the nearest goal that there is. */
export async function goalOf(reader: Reader, id: string, asOf?: number): Promise<Goal> {
  const { version, body } = await requireDefinition(reader, 'goals', id, { asOf })
  return { id, version, body }
}

/** The goal, or undefined where nobody defined it. */
export async function goalIfAny(reader: Reader, id: string, asOf?: number): Promise<Goal | undefined> {
  const found = await readDefinition(reader, 'goals', id, { asOf })
  return found && { id, version: found.version, body: found.body }
}

export const usedGoals = (...goals: readonly (Goal | undefined)[]): UsedDefinition[] =>
  goals.flatMap((goal) => (goal ? [{ kind: 'goals', id: goal.id, version: goal.version }] : []))

export const subjectOf = (goal: Goal, asked: Subject | undefined): Subject => asked ?? goal.body.subject

/** Each touch of the kind is a conversion; of any other condition the moment when it first held is the only one. */
const isPlainTouch = (when: Condition): when is { touch: Touch } =>
  'touch' in when && Object.values({ ...when, touch: undefined }).every((said) => said === undefined)

/**
 * SELECT of all conversions up to asOf, whatever the window:
 *
 *     key, at, (end_id, end_touch) with `at` the place of the conversion in the total order, value Nullable(Float64), currency
 *
 * `prefix` keeps the parameters of several goals apart.
 */
export async function conversionsOf(
  reader: Reader,
  goal: Goal,
  { subject, asOf }: Pick<Question, 'subject' | 'asOf'>,
  prefix: string,
): Promise<Fragment> {
  const { when } = goal.body
  if (!isPlainTouch(when)) {
    const references = await loadReferences(reader, [when], { subject, asOf })
    const { sql, params } = compileFirstTrue(when, { subject, asOf, references, prefix })
    // Everything of the same millisecond belongs to the path: the moment has no place among its touches.
    return fragment(
      `SELECT key, at, char(255) AS end_id, toUInt64(0) AS end_touch, CAST(NULL, 'Nullable(Float64)') AS value, '' AS currency FROM (${sql})`,
      params,
    )
  }
  const touch = compileTouch(when.touch, { prefix })
  const first = goal.body.count === 'each' ? '' : ' ORDER BY key, at, message_id, touch LIMIT 1 BY key'
  const matched = `SELECT key, at, message_id AS end_id, touch AS end_touch, value, toString(currency) AS currency FROM ${touchesOf(subject)} WHERE ${touch.sql}${first}`
  const params = { ...baseParams({ asOf }), ...touch.params }
  return withWorth(fragment(matched, params), goal.body, `${prefix}w`)
}

/**
 * The amount and currency of the properties that the goal names; of what it does not name the touch's own (revenue,
 * value, total, amount). Of several copies of a message the first received counts.
 */
function withWorth(matched: Fragment, { value, currency }: GoalBody, prefix: string): Fragment {
  if (value === undefined && currency === undefined) return matched
  const bag = openBag(prefix)
  const columns = [
    value === undefined ? undefined : `${amountOf(bag.text(value.property))} AS amount`,
    currency === undefined ? undefined : `${currencyOf(bag.text(currency.property))} AS code`,
  ].filter((column) => column !== undefined)
  return fragment(
    `
SELECT key, at, end_id, end_touch,
  ${value === undefined ? 'touched.value' : 'told.amount'} AS value, ${currency === undefined ? 'touched.currency' : 'told.code'} AS currency
FROM (${matched.sql}) AS touched
LEFT JOIN (
  SELECT message_id, ${columns.join(', ')} FROM events
  WHERE project = {project: String} AND message_id IN (SELECT end_id FROM (${matched.sql}))
  GROUP BY message_id
) AS told ON told.message_id = touched.end_id`,
    { ...matched.params, ...bag.params },
  )
}

const firstReceived = (expression: string) => `argMin(${expression}, (received_at, batch_index))`

/** A number, or text that is one. argMin skips nulls, so a tuple goes through it. */
const amountOf = (property: string) =>
  `${firstReceived(`tuple(coalesce(JSONExtract(properties, ${property}, 'Nullable(Float64)'), toFloat64OrNull(trimBoth(JSONExtractString(properties, ${property})))))`)}.1`

const currencyOf = (property: string) =>
  `${firstReceived(`extract(upper(trimBoth(JSONExtractString(properties, ${property}))), '^[A-Z]{3}$')`)}`
