/** The definitions about one kind of subject that are worked out from its own touches; the others are left to ClickHouse. */
import type { Condition, ScoreBody, Subject } from '@touchline/schemas/api'
import type { Definition } from '../documents/definition.js'
import type { References } from '../documents/references.js'
import { plainSteps } from './plain-conditions.js'
import type { PlainHistory } from './plain-history.js'
import { plainScore, type PlainScore } from './plain-scores.js'
import { alternatingTimes } from './steps.js'
import { openMatcher, type Matcher } from './touch-matcher.js'

export interface PlainSegment {
  segment: Definition<'segments'>
  /** When a subject began and stopped to be in it by turns, in ms; as compileTimes. */
  membershipTimes: (history: PlainHistory) => readonly number[]
  /** It may hold for who has no touch. */
  asksEverybody: boolean
}

export interface PlainSet {
  matcher: Matcher
  segments: PlainSegment[]
  scores: (PlainScore & { score: Definition<'scores'> })[]
  /** What needs more than touches. */
  others: { segments: Definition<'segments'>[]; scores: Definition<'scores'>[] }
}

export function plainSetOf(
  subject: Subject,
  segments: readonly Definition<'segments'>[],
  scores: readonly Definition<'scores'>[],
  references: References,
): PlainSet {
  const context = { subject, references, matcher: openMatcher() }
  const set: PlainSet = {
    matcher: context.matcher,
    segments: [],
    scores: [],
    others: { segments: [], scores: [] },
  }
  for (const segment of segments) {
    const { body } = segment
    if (body.subject !== subject) continue
    const times = 'when' in body ? plainTimes(body.when, context) : undefined
    if (times === undefined) set.others.segments.push(segment)
    else set.segments.push({ segment, ...times })
  }
  for (const score of scores) {
    const body: ScoreBody = score.body
    if (body.subject !== subject) continue
    const plain = plainScore(body, context)
    if (plain === undefined) set.others.scores.push(score)
    else set.scores.push({ score, ...plain })
  }
  return set
}

/** As compileTimes; undefined where it needs more than touches. */
export function plainTimes(
  when: Condition,
  context: Parameters<typeof plainSteps>[1],
): Pick<PlainSegment, 'membershipTimes' | 'asksEverybody'> | undefined {
  const steps = plainSteps(when, context)
  if (steps === undefined) return undefined
  return {
    membershipTimes: (history) => alternatingTimes(steps.of(history), steps.initial, history.begin),
    asksEverybody: steps.initial,
  }
}
