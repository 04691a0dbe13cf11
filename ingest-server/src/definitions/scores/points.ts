/**
 * From spans to points at a time, as SQL. The order is: each span fades, their sum a rule, cap and floor of the rule,
 * the sum of a group, the group's cap, the total.
 *
 *     faded = 2^(−age / halfLife)        age in ms since the span began; 1 without a half-life
 *     rule = max(floor, min(cap, points × Σ faded))
 *     group = min(cap, Σ rules)          total = Σ groups
 *
 * The answer is a vector: the points of each rule in the order of the definition, then of each capped group what its cap
 * took off (≤ 0). So the vector adds up to the total.
 */
import { durationMs, type ScoreBody } from '@touchline/schemas/api'
import type { Bag } from '../sql/bag.js'
import type { ScoreRule } from './spans.js'

/** Groups with a cap, in the order in which the rules name them. */
export const cappedGroups = ({ rules, groups = {} }: ScoreBody): { group: string; cap: number }[] =>
  [...new Set(rules.map(({ group }) => group))].flatMap((group) => {
    const cap = groups[group]?.cap
    return cap === undefined ? [] : [{ group, cap }]
  })

/** Of which group each place of the vector is. */
export const groupsOfVector = (body: ScoreBody): string[] => [
  ...body.rules.map(({ group }) => group),
  ...cappedGroups(body).map(({ group }) => group),
]

/** How much of a rule counts at `t`: Σ faded over the spans that hold then. */
export function fadedSum(rule: ScoreRule, spans: string, t: string, bag: Bag): string {
  const holds = `s.1 <= ${t} AND ${t} < s.2`
  if (rule.halfLife === undefined) return `toFloat64(arrayCount(s -> ${holds}, ${spans}))`
  const halfLife = bag.add(durationMs(rule.halfLife), 'Float64')
  return `arraySum(s -> if(${holds}, exp2(-(${t} - s.1) / ${halfLife}), 0.), ${spans})`
}

function ruleSql(rule: ScoreRule, spans: string, t: string, bag: Bag): string {
  const number = (value: number) => bag.add(value, 'Float64')
  const sum = `${number(rule.points)} * ${fadedSum(rule, spans, t, bag)}`
  const capped = rule.cap === undefined ? sum : `least(${number(rule.cap)}, ${sum})`
  return rule.floor === undefined ? capped : `greatest(${number(rule.floor)}, ${capped})`
}

/** The vector of one unit (a subject, or a person of an account); `spans` gives a rule's, undefined where the unit has none. */
export function vectorSql(
  body: ScoreBody,
  spans: (index: number) => string | undefined,
  t: string,
  bag: Bag,
): string {
  const rules = body.rules.map((rule, index) => {
    const of = spans(index)
    return of === undefined ? 'toFloat64(0)' : `toFloat64(${ruleSql(rule, of, t, bag)})`
  })
  const cuts = cappedGroups(body).map(({ group, cap }) => {
    const places = body.rules.flatMap((rule, index) => (rule.group === group ? [`v[${index + 1}]`] : []))
    return `least(0., ${bag.add(cap, 'Float64')} - (${places.join(' + ')}))`
  })
  const all = `[${rules.join(', ')}]`
  return cuts.length === 0
    ? all
    : `arrayFlatten(arrayMap(v -> arrayConcat(v, [${cuts.join(', ')}]), [${all}]))`
}
