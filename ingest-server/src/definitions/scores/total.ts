/** A score of everybody, as SQL: what each rule gives at a time, and the times at which a total passes a limit. */
import type { CountOp, ScoreBody } from '@touchline/schemas/api'
import { asOfMsSql } from '../sql/bag.js'
import { comparesCount, countSigns, type Compiling } from '../sql/compiling.js'
import { openHistory } from '../sql/history.js'
import { beginOf } from '../sql/moments.js'
import { crossedKeys, crossedSteps } from '../sql/sets.js'
import { joinSteps } from '../sql/step-sql.js'
import { groupsOfVector, vectorSql } from './points.js'
import { isPerTouch, noSpans, spansOf } from './spans.js'

/** The spans of all rules in one statement, and how to make a vector of them at a time. */
interface Spans {
  /** SELECT key, subject, own spans `s0`…, and of an account whose people count `people` [(person_key, spans of each rule)]. */
  sql: string
  /** [spans of each rule], empty where it counts by person. */
  own: string
  /** [(person_key, [spans of each rule])]. */
  people: string
  /** The points at `t`: of each rule, then of each capped group (points.ts). */
  vector: (t: string) => string
  /** [ms] at which anything begins or ends. */
  bounds: string
}

const countsPeople = (body: ScoreBody) => body.subject === 'account' && body.people !== undefined

/** Places of the rules that are asked of each person of an account. */
const placesOfPeople = (body: ScoreBody): number[] =>
  countsPeople(body) ? body.rules.flatMap((rule, place) => (isPerTouch(rule) ? [place] : [])) : []

function spansSql(body: ScoreBody, compiling: Compiling, isEverybody: boolean): Spans {
  const inner = { ...compiling, subject: body.subject }
  const history = openHistory(inner)
  const begin = beginOf(history)
  const subject = history.aggregate('any(subject)')
  const ofPeople = placesOfPeople(body)
  const own = body.rules.flatMap((rule, index) =>
    ofPeople.includes(index) ? [] : [{ index, column: spansOf(rule, begin, history, inner) }],
  )
  const people = ofPeople.length === 0 ? undefined : history.join(peopleSpans(body, ofPeople, inner))
  if (isEverybody) history.askEverybody()
  const sql = history.select([
    `${subject} AS subject`,
    ...own.map(({ index, column }) => `${column} AS s${index}`),
    ...(people === undefined ? [] : [`${people} AS people`]),
  ])
  // The first of a person's tuple is who it is.
  const ofPerson = (index: number) =>
    ofPeople.includes(index) ? `p.${ofPeople.indexOf(index) + 2}` : undefined
  const ofSelf = (index: number) => (ofPeople.includes(index) ? undefined : `s${index}`)
  const listOf = (of: (index: number) => string | undefined) =>
    `[${body.rules.map((_, index) => of(index) ?? noSpans).join(', ')}]`
  const lists = body.rules.map((_, index) => {
    const column = ofPerson(index)
    return column === undefined ? `s${index}` : `arrayFlatten(arrayMap(p -> ${column}, people))`
  })
  return {
    sql,
    vector: (t) => vectorOfUnits(body, { ofSelf, ofPerson, isByPerson: people !== undefined }, t, inner),
    bounds: boundsSql(lists),
    own: listOf(ofSelf),
    people:
      people === undefined
        ? "CAST([], 'Array(Tuple(UInt64, Array(Array(Tuple(Int64, Int64)))))')"
        : `arrayMap(p -> (p.1, ${listOf(ofPerson)}), people)`,
  }
}

interface Units {
  ofSelf: (index: number) => string | undefined
  ofPerson: (index: number) => string | undefined
  isByPerson: boolean
}

/**
 * The points of an account plus those of its people where the score has `people` (all of them, the best three or the
 * best); else the subject's own.
 */
function vectorOfUnits(
  body: ScoreBody,
  { ofSelf, ofPerson, isByPerson }: Units,
  t: string,
  { bag }: Compiling,
): string {
  const self = vectorSql(body, ofSelf, t, bag)
  if (!isByPerson) return self
  const all = `arrayMap(p -> ${vectorSql(body, ofPerson, t, bag)}, people)`
  const counted =
    body.people === 'sum'
      ? all
      : `arraySlice(arrayReverseSort(v -> arraySum(v), ${all}), 1, ${body.people === 'max' ? 1 : 3})`
  return `arrayReduce('sumForEach', arrayPushBack(${counted}, ${self}))`
}

function boundsSql(lists: readonly string[]): string {
  const edges = lists.map((list) => `arrayFlatten(arrayMap(x -> [x.1, x.2], ${list}))`)
  const all = edges.length === 1 ? edges[0] : `arrayConcat(${edges.join(', ')})`
  return `arrayFilter(x -> x < 9000000000000000, arraySort(arrayDistinct(${all})))`
}

/** SELECT key, steps: of each account the spans of its people, by person in a steady order. */
function peopleSpans(body: ScoreBody, indexes: readonly number[], compiling: Compiling): string {
  const history = openHistory(compiling, { groupBy: 'key, person_key' })
  const columns = indexes.map((index) => {
    const rule = body.rules[index]
    return rule === undefined ? noSpans : spansOf(rule, '0', history, compiling)
  })
  const person = history.aggregate('any(person_key)')
  const one = history.select([
    `${person} AS person`,
    ...columns.map((column, place) => `${column} AS r${place}`),
  ])
  const tuple = `tuple(person, ${columns.map((_, place) => `r${place}`).join(', ')})`
  return `SELECT key, arraySort(x -> x.1, groupArray(${tuple})) AS steps FROM (${one}) GROUP BY key`
}

export interface TotalOptions {
  /** Also who has no touch. */
  isEverybody?: boolean
  /** The time in ms as SQL; asOf where it is absent. */
  at?: string
}

/** SELECT key, subject, points (points.ts), next: when it changes next without a touch, in ms, 0 for never. */
export function pointsSql(body: ScoreBody, compiling: Compiling, options: TotalOptions = {}): string {
  const { isEverybody = false, at = asOfMsSql } = options
  const { sql, vector, bounds } = spansSql(body, compiling, isEverybody)
  return `
SELECT key, subject, ${vector(at)} AS points, arrayFirst(x -> x > ${at}, ${bounds}) AS next
FROM (${sql})`
}

/** SELECT key, subject, own, people: the spans themselves, for whoever explains them (engagement/scores/evaluate.ts). */
export function listedSpansSql(body: ScoreBody, compiling: Compiling): string {
  const { sql, own, people } = spansSql(body, compiling, false)
  return `SELECT key, subject, ${own} AS own, ${people} AS people FROM (${sql})`
}

/** SELECT key, total. */
export const totalSql = (body: ScoreBody, compiling: Compiling, options: TotalOptions = {}): string =>
  `SELECT key, arraySum(points) AS total FROM (${pointsSql(body, compiling, options)})`

/**
 * SELECT key, lowest: the least total in (since, asOf], `since` in ms as SQL over `key`. Points only fade between bounds,
 * so it is at one of them, just before one, or now.
 */
export function lowestSql(body: ScoreBody, since: string, compiling: Compiling): string {
  const { sql, vector, bounds } = spansSql(body, compiling, false)
  const times = `arrayPushBack(arrayFilter(x -> x > ${since} AND x <= ${asOfMsSql}, arrayFlatten(arrayMap(x -> [x - 1, x], ${bounds}))), ${asOfMsSql})`
  return `SELECT key, arrayMin(t -> arraySum(${vector('t')}), ${times}) AS lowest FROM (${sql})`
}

interface Limit {
  op: CountOp
  n: number
}

/** Whether it holds for who has no points at all. */
export const holdsForNobody = (limit: Limit): boolean => comparesCount(limit, 0)

/** SELECT key: of whom the score is so at asOf. */
export function scoreHolds(body: ScoreBody, limit: Limit, compiling: Compiling): string {
  const inner = within(body, compiling)
  const isEverybody = holdsForNobody(limit)
  const total = totalSql(body, inner, { isEverybody })
  const keys = `SELECT key FROM (${total}) WHERE total ${countSigns[limit.op]} ${compiling.bag.add(limit.n, 'Float64')}`
  return crossedKeys(keys, body.subject, compiling)
}

const within = (body: ScoreBody, compiling: Compiling): Compiling => ({
  ...compiling,
  subject: body.subject,
  isOnly: compiling.isOnly === true && body.subject === compiling.subject,
})

/** Doublings that go from a millisecond to a hundred years. */
const halvings = 42

/**
 * SELECT key, steps (step-sql.ts): when the score begins and stops to be so. Between two bounds points only fade, so that a
 * limit is passed once at most; where it is, is found by halving, to the millisecond. (Rules with points of both signs
 * that fade at different speeds could pass it twice between two bounds; that is not looked for.)
 */
export function scoreSteps(body: ScoreBody, limit: Limit, compiling: Compiling): string {
  const inner = within(body, compiling)
  const initial = holdsForNobody(limit)
  const isCrossed = body.subject !== compiling.subject
  const { sql, vector, bounds } = spansSql(body, inner, isCrossed && initial)
  const holds = (t: string) =>
    `toUInt8(arraySum(${vector(t)}) ${countSigns[limit.op]} ${inner.bag.add(limit.n, 'Float64')})`
  const fades = body.rules.some(({ halfLife }) => halfLife !== undefined)
  const century = 'toInt64(3155760000000)'
  const times = `SELECT *, ${bounds} AS times FROM (${sql})`
  const states = `SELECT *, arrayMap(t -> ${holds('t')}, times) AS states, arrayMap((t, u) -> if(u = 0, t + ${century}, u - 1), times, arrayShiftLeft(times, 1, toInt64(0))) AS ends FROM (${times})`
  const edges = `arrayZip(times, states)`
  const half = 'intDiv(acc.1 + acc.2, 2)'
  const found = `arrayMap((t, e, h) -> (arrayFold((acc, k) -> if(${holds(half)} = h, (${half}, acc.2), (acc.1, ${half})), range(${halvings}), (t, e)).2, toUInt8(1 - h)), times, ends, states)`
  const faded = `SELECT *, arrayMap(e -> ${holds('e')}, ends) AS after FROM (${states})`
  const passed = `arrayFilter((x, a, h) -> a != h, ${found}, after, states)`
  const steps = fades
    ? `SELECT key, arraySort(arrayConcat(${edges}, ${passed})) AS steps FROM (${faded})`
    : `SELECT key, ${edges} AS steps FROM (${states})`
  if (!isCrossed) return steps
  const always = initial
    ? `SELECT key, arrayPushFront(steps, (toInt64(0), toUInt8(1))) AS steps FROM (${steps})`
    : steps
  return crossedSteps(always, body.subject, compiling, joinSteps)
}

/** fit, behaviour and total of a vector, as SQL. */
export function partsSql(body: ScoreBody, points: string): { fit: string; behaviour: string; total: string } {
  const groups = groupsOfVector(body)
  const sumOf = (isFit: boolean) => {
    const places = groups.flatMap((group, place) =>
      (group === 'fit') === isFit ? [`${points}[${place + 1}]`] : [],
    )
    return places.length === 0 ? 'toFloat64(0)' : places.join(' + ')
  }
  return { fit: sumOf(true), behaviour: sumOf(false), total: `arraySum(${points})` }
}
