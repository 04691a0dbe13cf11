/** Goals: which touches or moments are conversions, with their subject, time and worth. */
import type { Condition, GoalBody, Touch } from '@touchline/schemas/api'
import type { Reader } from '../clickhouse/query.js'
import { openBag } from '../definitions/sql/bag.js'
import { compileFirstTrue } from '../definitions/compile.js'
import { loadReferences } from '../definitions/documents/references.js'
import { compileTouch } from '../definitions/sql/compile-touch.js'
import { readDefinition, requireDefinition } from '../definitions/documents/read.js'
import { touchesEverOf, touchesOf } from '../definitions/sql/touches.js'
import { baseParams, fragment, paramsOf, type Fragment, type Question, type Subject } from './question.js'

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
export const isPlainTouch = (when: Condition): when is { touch: Touch } =>
  'touch' in when && Object.values({ ...when, touch: undefined }).every((said) => said === undefined)

export interface ConversionsWanted {
  /** Keeps the parameters of several goals apart. */
  prefix: string
  /** Condition on the column `key` that leaves few of them; without it everybody is looked at. */
  among?: string | undefined
  /** With the worth of each; else value is null. */
  withWorth?: boolean
  /** With whether each is verified (a secret key or a userToken); conversions of a goal that is no touch are not. */
  withProof?: boolean
}

/**
 * SELECT of all conversions up to asOf, whatever the window:
 *
 *     key, at, (end_id, end_touch) with `at` the place of the conversion in the total order, verified, value
 *     Nullable(Float64), currency
 *
 * Where only the first counts, it is the first verified one, if there is one: else anybody with a write key could date a
 * deal of 1 before the true one, and set what the deal was worth. `verified` is 0 without `withProof`.
 */
export async function conversionsOf(
  reader: Reader,
  goal: Goal,
  { subject, asOf }: Pick<Question, 'subject' | 'asOf'>,
  { prefix, among, withWorth = false, withProof = false }: ConversionsWanted,
): Promise<Fragment> {
  const { when } = goal.body
  if (!isPlainTouch(when)) {
    const moments = await firstMoments(reader, when, { subject, asOf }, prefix)
    // A moment has no place among the touches of its millisecond: all of them belong to the path.
    return fragment(
      `SELECT key, at, char(255) AS end_id, toUInt64(0) AS end_touch, false AS verified, CAST(NULL, 'Nullable(Float64)') AS value, '' AS currency FROM (${moments.sql}) WHERE ${among ?? '1'}`,
      moments.params,
    )
  }
  const touch = compileTouch(when.touch, { prefix })
  const touches = touchesOf(subject)
  // FINAL reads every column of every row. So the few who converted are found by narrow columns first.
  const few = among ?? `key IN (SELECT key FROM ${touchesEverOf(subject)} WHERE ${touch.sql})`
  const isFirst = goal.body.count !== 'each'
  const proven = provenOf(when.touch, prefix)
  const first = isFirst ? ' ORDER BY key, verified DESC, at, message_id, touch LIMIT 1 BY key' : ''
  const worth = withWorth
    ? 'value, toString(currency) AS currency, person_key'
    : "CAST(NULL, 'Nullable(Float64)') AS value, '' AS currency"
  const verified = isFirst || withProof ? proven : fragment('false')
  const matched = fragment(
    `SELECT key, at, message_id AS end_id, touch AS end_touch, toBool(${verified.sql}) AS verified, ${worth} FROM ${touches} WHERE ${touch.sql} AND ${few}${first}`,
    { ...baseParams({ asOf }), ...touch.params, ...verified.params },
  )
  return withWorth ? worthOf(matched, goal.body, `${prefix}w`) : matched
}

/**
 * Condition on a touch that the filter lets through: it is verified. A touchpoint has the key of its event, so few events
 * are read.
 */
function provenOf(filter: Touch, prefix: string): Fragment {
  const { where: _where, verified: _verified, ...ofTable } = filter
  const ofTouch = compileTouch(ofTable, { prefix: `${prefix}p` })
  return fragment(
    `message_id IN (
  SELECT message_id FROM events
  WHERE project = {project: String} AND verified AND (subject, client_time, message_id) IN (
    SELECT subject, client_time, message_ids[1] FROM touchpoints_of_people
    WHERE project = {project: String} AND ${ofTouch.sql}))`,
    ofTouch.params,
  )
}

async function firstMoments(
  reader: Reader,
  when: Condition,
  { subject, asOf }: Pick<Question, 'subject' | 'asOf'>,
  prefix: string,
): Promise<Fragment> {
  const references = await loadReferences(reader, [when], { subject, asOf })
  return compileFirstTrue(when, { subject, asOf, references, prefix })
}

/**
 * SELECT key, at: subjects with a touch (or a moment) of the goal at all, by columns that are cheap to read. With
 * `isProven` those with a verified one; for a goal that is no touch there are none.
 */
export async function convertedKeys(
  reader: Reader,
  goal: Goal,
  { subject, asOf }: Pick<Question, 'subject' | 'asOf'>,
  prefix: string,
  isProven = false,
): Promise<Fragment> {
  const { when } = goal.body
  if (!isPlainTouch(when)) return isProven ? nobody : firstMoments(reader, when, { subject, asOf }, prefix)
  const proven = isProven ? provenOf(when.touch, prefix) : fragment('1')
  return keysAmong(touchesOf(subject), [compileTouch(when.touch, { prefix }), proven], asOf)
}

/**
 * SELECT key, at: subjects that may have a conversion, also some that have none any longer since a touch was written
 * anew. Faster than `convertedKeys`, for queries that look at each of them again.
 */
export async function maybeConvertedKeys(
  reader: Reader,
  { body: { when } }: Goal,
  { subject, asOf }: Pick<Question, 'subject' | 'asOf'>,
  prefix: string,
): Promise<Fragment> {
  if (!isPlainTouch(when)) return firstMoments(reader, when, { subject, asOf }, prefix)
  return keysAmong(touchesEverOf(subject), [compileTouch(when.touch, { prefix })], asOf)
}

const keysAmong = (touches: string, conditions: readonly Fragment[], asOf: number): Fragment =>
  fragment(`SELECT key, at FROM ${touches} WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`, {
    ...baseParams({ asOf }),
    ...paramsOf(...conditions),
  })

const nobody = fragment("SELECT toUInt64(0) AS key, toDateTime64(0, 3, 'UTC') AS at WHERE 0")

/**
 * Condition on `key`: the outcome is `won` or `lost`. Won comes before lost, for an account that was lost and came back
 * is won, and one that won and left later stays a won journey. But verified conversions come before unverified ones: a
 * page that sends "Deal Won" undoes no loss that a server sent.
 */
export async function closedBy(
  reader: Reader,
  { goal, lost }: { goal: Goal; lost: Goal | undefined },
  ask: Pick<Question, 'subject' | 'asOf'>,
): Promise<Record<'won' | 'lost', Fragment>> {
  if (lost === undefined) return { won: fragment('1'), lost: fragment('0') }
  const won = await convertedKeys(reader, goal, ask, 'anywon')
  const wonProven = await convertedKeys(reader, goal, ask, 'surewon', true)
  const lostProven = await convertedKeys(reader, lost, ask, 'surelost', true)
  const has = ({ sql }: Fragment) => `key IN (SELECT key FROM (${sql}))`
  const lostForSure = `(${has(lostProven)} AND NOT ${has(wonProven)})`
  const params = paramsOf(won, wonProven, lostProven)
  return {
    won: fragment(`NOT ${lostForSure}`, params),
    lost: fragment(`(NOT ${has(won)} OR ${lostForSure})`, params),
  }
}

/**
 * The amount and currency from the properties that the goal names; else those of the touch itself (revenue, value,
 * total, amount). A touch has the key of its event: of the first received copy of the message.
 */
function worthOf(matched: Fragment, { value, currency }: GoalBody, prefix: string): Fragment {
  if (value === undefined && currency === undefined)
    return fragment(
      `SELECT key, at, end_id, end_touch, verified, value, currency FROM (${matched.sql})`,
      matched.params,
    )
  const bag = openBag(prefix)
  const columns = [
    value === undefined ? undefined : `${amountOf(bag.text(value.property))} AS amount`,
    currency === undefined ? undefined : `${currencyOf(bag.text(currency.property))} AS code`,
  ].filter((column) => column !== undefined)
  const of = (column: string) => `(SELECT ${column} FROM (${matched.sql}))`
  return fragment(
    `
SELECT key, at, end_id, end_touch, verified,
  ${value === undefined ? 'touched.value' : 'told.amount'} AS value, ${currency === undefined ? 'touched.currency' : 'told.code'} AS currency
FROM (${matched.sql}) AS touched
LEFT JOIN (
  SELECT message_id, ${columns.join(', ')} FROM events
  WHERE project = {project: String} AND message_id IN ${of('end_id')} AND (subject, client_time) IN (
    SELECT subject, client_time FROM touchpoints_of_people FINAL
    WHERE project = {project: String} AND person_key IN ${of('person_key')})
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
