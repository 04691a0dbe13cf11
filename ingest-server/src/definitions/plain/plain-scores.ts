/** The spans of a score's rules (scores/spans.ts) from the touches of one subject, worked out in this process. */
import { durationMs, isTouchAlone, type ScoreBody } from '@touchline/schemas/api'
import type { LeafOf } from '../sql/compiling.js'
import type { ScoreRule } from '../scores/spans.js'
import { distinctValues, plainSteps, plainTouches } from './plain-conditions.js'
import type { PlainContext } from './plain-steps.js'
import type { PlainHistory } from './plain-history.js'
import { alternatingTimes } from './steps.js'

/** [from, to) in milliseconds. */
export type Span = readonly [from: number, to: number]

/** No end, as in scores/spans.ts. */
const never = 9_000_000_000_000_000

export interface PlainScore {
  /** Of each rule. */
  spansOf: (history: PlainHistory) => Span[][]
  /** It may give points to who has no touch. */
  asksEverybody: boolean
}

/** Undefined where it needs more than the subject's own touches, or adds up those of an account's people. */
export function plainScore(body: ScoreBody, context: PlainContext): PlainScore | undefined {
  if (body.people !== undefined) return undefined
  const rules: PlainRule[] = []
  for (const rule of body.rules) {
    const one = plainRule(rule, context)
    if (one === undefined) return undefined
    rules.push(one)
  }
  return {
    spansOf: (history) => rules.map(({ of }) => of(history)),
    asksEverybody: rules.some(({ asksEverybody }) => asksEverybody),
  }
}

interface PlainRule {
  of: (history: PlainHistory) => Span[]
  asksEverybody: boolean
}

function plainRule(rule: ScoreRule, context: PlainContext): PlainRule | undefined {
  const all = isTouchAlone(rule.when)
    ? touchSpans(rule, rule.when as LeafOf<'touch'>, context)
    : stateSpans(rule, context)
  if (all === undefined || rule.window === undefined) return all
  const window = durationMs(rule.window)
  return {
    ...all,
    of: (history) => all.of(history).map(([from, to]): Span => [from, Math.min(to, from + window)]),
  }
}

function stateSpans({ when }: ScoreRule, context: PlainContext): PlainRule | undefined {
  const steps = plainSteps(when, context)
  if (steps === undefined) return undefined
  return {
    asksEverybody: steps.initial,
    of(history) {
      const times = alternatingTimes(steps.of(history), steps.initial, history.begin)
      return times.flatMap((from, place): Span[] =>
        place % 2 === 0 ? [[from, times[place + 1] ?? never]] : [],
      )
    },
  }
}

function touchSpans(
  { oncePer }: ScoreRule,
  when: LeafOf<'touch'>,
  context: PlainContext,
): PlainRule | undefined {
  const found = plainTouches(when, context)
  if (found === undefined || oncePer?.startsWith('property:') === true) return undefined
  if (oncePer === undefined)
    return { asksEverybody: false, of: (history) => found(history).map(({ at }): Span => [at, never]) }
  const distinct = oncePer === 'page' ? 'page' : 'name'
  const valuesOf = distinctValues({ touch: when.touch, distinct }, context.matcher)
  return {
    asksEverybody: false,
    of(history) {
      const touches = found(history)
      // The next touch of the same value ends a span; touches are in order.
      const last = new Map<string, number>()
      const spans: [number, number][] = []
      for (const touch of touches)
        for (const value of valuesOf(touch)) {
          const before = last.get(value)
          if (before !== undefined) (spans[before] as [number, number])[1] = touch.at
          last.set(value, spans.push([touch.at, never]) - 1)
        }
      return spans
    },
  }
}
