/**
 * Spans to points, plainly: the same rules as definitions/scores/points.ts has in SQL, for explaining a score and for
 * holding the SQL to. Pure.
 *
 *     faded = 2^(−age / halfLife)       rule = max(floor, min(cap, points × Σ faded))       group = min(cap, Σ rules)
 */
import { durationMs, isTouchAlone, type ScoreBody } from '@touchline/schemas/api'

/** [from, to) in milliseconds. */
export type Span = readonly [from: number, to: number]
/** The spans of each rule. */
export type SpanLists = readonly (readonly Span[])[]
type Rule = ScoreBody['rules'][number]

export interface SubjectSpans {
  own: SpanLists
  /** Of an account whose people count: those of each person, by key. */
  people: readonly (readonly [person: string, spans: SpanLists])[]
}

/** What one span gives at `t`, before cap and floor. */
export function spanPoints({ points, halfLife }: Rule, [from, to]: Span, t: number): number {
  if (t < from || t >= to) return 0
  return halfLife === undefined ? points : points * 2 ** (-(t - from) / durationMs(halfLife))
}

function rulePoints(rule: Rule, spans: readonly Span[], t: number): number {
  const sum = spans.reduce((total, span) => total + spanPoints(rule, span, t), 0)
  const capped = rule.cap === undefined ? sum : Math.min(rule.cap, sum)
  return rule.floor === undefined ? capped : Math.max(rule.floor, capped)
}

const groupsOf = ({ rules }: ScoreBody) => [...new Set(rules.map(({ group }) => group))]

export interface Contribution {
  /** Id of the rule; `cap:<group>` is what the cap of a group took off. */
  rule: string
  group: string
  points: number
}

/** Of one unit: each rule, then each cap that took something off; together the unit's total. */
function contributions(body: ScoreBody, spans: SpanLists, isCounted: (index: number) => boolean, t: number) {
  const rules = body.rules.map((rule, index): Contribution => ({
    rule: rule.id,
    group: rule.group,
    points: isCounted(index) ? rulePoints(rule, spans[index] ?? [], t) : 0,
  }))
  const cuts = groupsOf(body).flatMap((group): Contribution[] => {
    const cap = body.groups?.[group]?.cap
    if (cap === undefined) return []
    const sum = rules.filter((one) => one.group === group).reduce((total, { points }) => total + points, 0)
    return [{ rule: `cap:${group}`, group, points: Math.min(0, cap - sum) }]
  })
  return [...rules, ...cuts]
}

const totalOf = (list: readonly Contribution[]) => list.reduce((sum, { points }) => sum + points, 0)

export interface Evaluated {
  fit: number
  behaviour: number
  total: number
  contributions: Contribution[]
  /** Of an account whose people count: the keys of those who do. */
  people: string[]
}

/** A rule that counts each touch; of an account whose people count it is asked of each of them. */
export const countsTouches = ({ when }: Rule): boolean => isTouchAlone(when)

export function evaluateScore(body: ScoreBody, { own, people }: SubjectSpans, t: number): Evaluated {
  const isByPerson = (index: number) => {
    const rule = body.rules[index]
    return (
      body.subject === 'account' && body.people !== undefined && rule !== undefined && countsTouches(rule)
    )
  }
  const self = contributions(body, own, (index) => !isByPerson(index), t)
  const units = people.map(([key, spans]) => ({ key, list: contributions(body, spans, isByPerson, t) }))
  const sorted = units.sort((a, b) => totalOf(b.list) - totalOf(a.list))
  const counted = sorted.slice(0, body.people === 'max' ? 1 : body.people === 'top3' ? 3 : undefined)
  const all = counted.reduce(
    (sum, { list }) => sum.map((one, place) => ({ ...one, points: one.points + (list[place]?.points ?? 0) })),
    self,
  )
  const of = (isFit: boolean) => totalOf(all.filter(({ group }) => (group === 'fit') === isFit))
  return {
    fit: of(true),
    behaviour: of(false),
    total: totalOf(all),
    contributions: all,
    people: counted.map(({ key }) => key),
  }
}
