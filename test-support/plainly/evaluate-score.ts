/** The spans of a score's rules evaluated plainly over a generated world: what the compiled SQL is held to. */
import { durationMs, type Condition, type ScoreBody } from '@touchline/schemas/api'
import {
  countsTouches,
  type Span,
  type SpanLists,
  type SubjectSpans,
} from '../../ingest-server/src/engagement/scores/evaluate.js'
import {
  evaluate,
  pagesOf,
  touchesOfSubject,
  touchMatches,
  type World,
  type WorldTouch,
} from './evaluate-condition.js'

type Rule = ScoreBody['rules'][number]
const never = 9_000_000_000_000_000

function touchSpans({ when, oncePer, window }: Rule, touches: readonly WorldTouch[]): Span[] {
  if (!('touch' in when)) throw new Error('is about no touch')
  const { touch, between } = when
  const mine = touches.filter(
    (one) =>
      touchMatches(touch, one) &&
      (between === undefined || (one.at >= Date.parse(between[0]) && one.at < Date.parse(between[1]))),
  )
  const end = (from: number) => (window === undefined ? never : from + durationMs(window))
  const valuesOf = (one: WorldTouch): string[] => {
    if (oncePer === 'page') return [...new Set(pagesOf(touch.page, one))]
    if (oncePer === 'name') return [one.name]
    const value = one.properties[(oncePer ?? '').slice('property:'.length)]
    return [value === undefined ? '' : JSON.stringify(value)]
  }
  if (oncePer === undefined) return mine.map(({ at }) => [at, end(at)] as const)
  const byValue = new Map<string, number[]>()
  for (const one of mine)
    for (const value of valuesOf(one)) byValue.set(value, [...(byValue.get(value) ?? []), one.at])
  return [...byValue.values()].flatMap((times) =>
    times
      .sort((a, b) => a - b)
      .map((at, index) => [at, Math.min(times[index + 1] ?? never, end(at))] as const),
  )
}

interface Asked {
  subject: 'person' | 'account'
  id: string
  now: number
}

/** While the condition holds, looked for at every time at which anything could change. */
function stateSpans(rule: Rule, world: World, { subject, id, now }: Asked): Span[] {
  const holds = (at: number) => evaluate(rule.when, world, { subject, id, now: at })
  const touches = touchesOfSubject(world, { subject, id, now })
  const begin = touches[0]?.at ?? 0
  const from = holds(0) ? begin : 0
  const times = [from, ...timesOf(rule.when, world).filter((at) => at > from && at <= now)]
  const spans: [number, number][] = []
  let since: number | undefined
  for (const at of times) {
    const isTrue = holds(at)
    if (isTrue && since === undefined) since = at
    if (!isTrue && since !== undefined) {
      spans.push([since, at])
      since = undefined
    }
  }
  if (since !== undefined) spans.push([since, never])
  const window = rule.window === undefined ? never : durationMs(rule.window)
  return spans.map(([start, end]) => [start, Math.min(end, start + window)])
}

function timesOf(condition: Condition, world: World): number[] {
  const texts = [...JSON.stringify([condition, world.segments]).matchAll(/"(\d+[smhdw])"/g)]
  const windows = [0, ...texts.map(([, text]) => durationMs(text ?? ''))]
  const times = new Set(world.touches.flatMap(({ at }) => windows.map((window) => at + window)))
  for (const { at } of [...world.traits, ...world.accountTraits]) times.add(at)
  return [...times].sort((a, b) => a - b)
}

export function spansOfSubject(body: ScoreBody, world: World, asked: Asked): SubjectSpans {
  const touches = touchesOfSubject(world, asked)
  const isByPerson = (rule: Rule) =>
    body.subject === 'account' && body.people !== undefined && countsTouches(rule)
  const lists = (
    of: readonly WorldTouch[],
    isWanted: (rule: Rule) => boolean,
    withState: boolean,
  ): SpanLists =>
    body.rules.map((rule) => {
      if (!isWanted(rule)) return []
      if (countsTouches(rule)) return touchSpans(rule, of)
      return withState ? stateSpans(rule, world, asked) : []
    })
  const persons = [...new Set(touches.map(({ person }) => person))]
  return {
    own: lists(touches, (rule) => !isByPerson(rule), true),
    people: body.rules.some(isByPerson)
      ? persons.map((person) => [
          person,
          lists(
            touches.filter((one) => one.person === person),
            isByPerson,
            false,
          ),
        ])
      : [],
  }
}
