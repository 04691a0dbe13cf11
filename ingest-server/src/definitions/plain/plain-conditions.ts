/**
 * When a condition became true and stopped being so, worked out in this process from the touches of one subject: the same
 * that history.ts has in SQL, for conditions about the subject's own touches. A statement of all definitions takes ClickHouse
 * a second to understand; a few thousand subjects that changed are faster without (plain.test.ts holds the two to each other).
 */
import { durationMs, holdsForNone, type Condition, type Touch } from '@touchline/schemas/api'
import { comparesCount, type Count, type LeafOf } from '../sql/compiling.js'
import { groupBy } from '../../group-by.js'
import { historyOf, type PlainHistory } from './plain-history.js'
import { sequenceDone } from './plain-sequence.js'
import type { PlainContext, PlainSteps } from './plain-steps.js'
import { coverage, deltasOf, distinctCoverage, noSteps, sumSteps, type Delta, type Step } from './steps.js'
import { needsEvents, pageFields, pageOf, type Matcher, type PlainTouch } from './touch-matcher.js'

/** Undefined where it needs more than the subject's own touches: traits, stages, scores, lists, properties, proof. */
export function plainSteps(condition: Condition, context: PlainContext): PlainSteps | undefined {
  if ('all' in condition) return joined(condition.all, 'all', context)
  if ('any' in condition) return joined(condition.any, 'any', context)
  if ('not' in condition) return turned(plainSteps(condition.not, context))
  if ('touch' in condition) return touchSteps(condition, context)
  if ('sequence' in condition) return sequenceDone(condition, context)
  if ('silentFor' in condition) return silentSteps(condition, context)
  if ('firstSeen' in condition) return firstSeenSteps(condition)
  if ('lastSeen' in condition) return touchSteps({ touch: {}, within: condition.lastSeen.within }, context)
  if ('people' in condition) return peopleSteps(condition, context)
  if ('segment' in condition) return segmentSteps(condition, context)
  return undefined
}

function joined(
  conditions: readonly Condition[],
  how: 'all' | 'any',
  context: PlainContext,
): PlainSteps | undefined {
  const parts: PlainSteps[] = []
  for (const condition of conditions) {
    const part = plainSteps(condition, context)
    if (part === undefined) return undefined
    parts.push(part)
  }
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const base = parts.filter(({ initial }) => initial).length
  const least = how === 'all' ? parts.length : 1
  return {
    initial: base >= least,
    of(history) {
      const deltas: Delta[] = []
      for (const { of, initial } of parts) {
        const steps = of(history)
        // What never begins keeps the whole from ever being so.
        if (how === 'all' && steps.length === 0 && !initial) return noSteps
        for (const delta of deltasOf(steps, initial)) deltas.push(delta)
      }
      return sumSteps(deltas, (total) => total + base >= least)
    },
  }
}

function turned(inner: PlainSteps | undefined): PlainSteps | undefined {
  if (inner === undefined) return undefined
  return {
    initial: !inner.initial,
    of: (history) => inner.of(history).map(([ms, state]): Step => [ms, state === 1 ? 0 : 1]),
  }
}

/** The touches that a filter and a period let through; undefined where properties or proof are asked for. */
export function plainTouches(
  { touch, between }: Pick<LeafOf<'touch'>, 'touch' | 'between'>,
  { matcher }: PlainContext,
): ((history: PlainHistory) => readonly PlainTouch[]) | undefined {
  if (needsEvents(touch)) return undefined
  const filter = matcher.add(touch)
  if (between === undefined) return (history) => history.of(filter)
  const [from, to] = between.map((text) => Date.parse(text)) as [number, number]
  return (history) => history.of(filter).filter(({ at }) => at >= from && at < to)
}

const touchTimes = (touches: readonly PlainTouch[]) => touches.map(({ at }) => at)

function touchSteps(condition: LeafOf<'touch'>, context: PlainContext): PlainSteps | undefined {
  const { touch, within, by, distinct, count = { op: 'gte' as const, n: 1 } } = condition
  const found = plainTouches(condition, context)
  if (found === undefined) return undefined
  if (by === 'same person' && context.subject === 'account') return samePersonSteps(condition, context)
  const window = within === undefined ? undefined : durationMs(within)
  if (distinct !== undefined) {
    const valuesOf = distinctValues({ touch, distinct }, context.matcher)
    return distinctSteps(count, window, (history) => timesByValue(found(history), valuesOf))
  }
  const holds = (total: number) => comparesCount(count, total)
  const isFromNth = window === undefined && ((count.op === 'gte' && count.n > 0) || count.op === 'gt')
  if (isFromNth) {
    const nth = count.op === 'gt' ? count.n : count.n - 1
    return {
      initial: false,
      of(history) {
        const one = found(history)[nth]
        return one === undefined ? noSteps : [[one.at, 1]]
      },
    }
  }
  return {
    initial: holdsForNone(count),
    of: (history) => sumSteps(coverage(touchTimes(found(history)), window), holds),
  }
}

/** While one person of the account has done it often enough. */
function samePersonSteps(condition: LeafOf<'touch'>, context: PlainContext): PlainSteps | undefined {
  const inner = touchSteps({ ...condition, by: 'anyone' }, context)
  const filter = context.matcher.add(condition.touch)
  if (inner === undefined) return undefined
  return {
    initial: false,
    of(history) {
      const people = groupBy(history.of(filter), ({ person }) => person)
      const deltas = [...people.values()].flatMap((touches) => deltasOf(inner.of(historyOf(touches)), false))
      return sumSteps(deltas, (total) => total > 0)
    },
  }
}

/** Of each value its times, sorted. */
function timesByValue(
  touches: readonly PlainTouch[],
  valuesOf: (touch: PlainTouch) => readonly string[],
): Map<string, number[]> {
  const times = new Map<string, number[]>()
  for (const touch of touches)
    for (const value of valuesOf(touch)) {
      const list = times.get(value)
      if (list === undefined) times.set(value, [touch.at])
      else list.push(touch.at)
    }
  return times
}

function distinctSteps(
  count: Count,
  window: number | undefined,
  timesIn: (history: PlainHistory) => Map<string, number[]>,
): PlainSteps {
  return {
    initial: holdsForNone(count),
    of(history) {
      const times = timesIn(history)
      const deltas =
        window === undefined
          ? [...times.values()].flatMap(([first]): Delta[] => (first === undefined ? [] : [[first, 1]]))
          : distinctCoverage(times.values(), window)
      return sumSteps(deltas, (total) => comparesCount(count, total))
    },
  }
}

/** What is told apart of a touch; of pages every one that a visit saw, or of them those that the filter names. */
export function distinctValues(
  { touch, distinct }: { touch: Touch; distinct: NonNullable<LeafOf<'touch'>['distinct']> },
  matcher: Matcher,
): (touch: PlainTouch) => readonly string[] {
  if (distinct === 'person') return ({ person }) => [person]
  if (distinct === 'day') return ({ at }) => [new Date(at).toISOString().slice(0, 10)]
  if (distinct === 'page') {
    matcher.reads(...pageFields(touch.page ?? '*'))
    const matches = pageOf(touch.page ?? '*')
    return ({ content: { host, path, paths } }) => [
      ...new Set([...paths, path].filter((one) => matches(host, one))),
    ]
  }
  matcher.reads(distinct)
  return ({ content }) => [content[distinct]]
}

function silentSteps({ silentFor, direction }: LeafOf<'silentFor'>, { matcher }: PlainContext): PlainSteps {
  if (direction === 'inbound') matcher.reads('direction')
  const window = durationMs(silentFor)
  return {
    initial: false,
    of({ touches }) {
      const heard =
        direction === 'inbound' ? touches.filter(({ content }) => content.direction === 'inbound') : touches
      const steps: Step[] = []
      for (const [place, { at }] of heard.entries()) {
        const next = heard[place + 1]?.at
        if (next === at) continue
        steps.push([at, 0])
        if (next === undefined || next > at + window) steps.push([at + window, 1])
      }
      return steps
    },
  }
}

function firstSeenSteps({ firstSeen }: LeafOf<'firstSeen'>): PlainSteps {
  const window = durationMs(firstSeen.within)
  return {
    initial: false,
    of: ({ begin }) =>
      begin === 0
        ? noSteps
        : [
            [begin, 1],
            [begin + window, 0],
          ],
  }
}

function peopleSteps({ people }: LeafOf<'people'>, { subject }: PlainContext): PlainSteps | undefined {
  if (subject === 'person') return undefined
  return distinctSteps(people, undefined, ({ touches }) => timesByValue(touches, ({ person }) => [person]))
}

/** A segment of the same subject is its condition, written out. */
function segmentSteps({ segment }: LeafOf<'segment'>, context: PlainContext): PlainSteps | undefined {
  const body = context.references.segments.get(segment)?.body
  if (body === undefined || 'identifiers' in body || body.subject !== context.subject) return undefined
  return plainSteps(body.when, context)
}
