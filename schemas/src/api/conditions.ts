/**
 * The condition language: what a definition may ask of a person or an account. One tree of JSON, which the server
 * compiles to SQL (ingest-server/src/definitions) and sentence.ts reads out. docs/journeys.md says what each means.
 */
import { z } from 'zod'
import { touchpointKinds } from '@touchline/schemas'

export const subjects = ['person', 'account'] as const
export const subject = z.enum(subjects)
export type Subject = z.infer<typeof subject>

/** What `sentencesOf` says, in every language. */
export const sentences = z.object({ en: z.string(), ja: z.string() })

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
const durationShape = /^(\d+)([smhdw])$/
const mostDays = 36_525
/** The longest time that a definition or a question may name. */
export const longestMs = mostDays * unitMs.d
export const tooLong = `must be ${mostDays}d (100 years) at most`

/** `90d`, `2w`, `12h`, `30m`, `45s` in milliseconds; NaN for anything else. */
export function durationMs(text: string): number {
  const found = durationShape.exec(text)
  return found === null ? Number.NaN : Number(found[1]) * unitMs[found[2] as keyof typeof unitMs]
}

export const duration = z
  .string()
  .regex(durationShape, 'must be a time such as 30d, 2w, 12h or 45m')
  .refine((text) => !(durationMs(text) <= 0), 'must be longer than 0')
  .refine((text) => !(durationMs(text) > longestMs), tooLong)

const text = z.string().min(1).max(500)
const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
  error: 'must be a time such as 2026-03-01 or 2026-03-01T10:00:00Z',
})

export const valueOps = [
  'eq',
  'ne',
  'in',
  'contains',
  'startsWith',
  'gt',
  'gte',
  'lt',
  'lte',
  'exists',
  'matches',
] as const
export type ValueOp = (typeof valueOps)[number]
export const countOps = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const
export type CountOp = (typeof countOps)[number]

const scalar = z.union([z.string().max(500), z.number(), z.boolean()], {
  error: 'must be a text, a number or true or false',
})
export type Scalar = z.infer<typeof scalar>
/** What a date looks like, as a value and in what is stored; without an offset it is UTC. */
export const dateShape = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/
/** What a number looks like where it comes as text. */
export const numberShape = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/

const compared = {
  op: z.enum(valueOps),
  value: z.union([scalar, z.array(scalar).min(1).max(1_000)]).optional(),
}

interface Compared {
  op: ValueOp
  value?: Scalar | Scalar[] | undefined
}

/** What is wrong with a value for its operator; undefined: nothing. */
function wrongValue({ op, value }: Compared): string | undefined {
  if (op === 'exists')
    return value === undefined || typeof value === 'boolean' ? undefined : 'must be true, false or absent'
  if (value === undefined) return `is missing: ${op} compares with something`
  if (op === 'in') return Array.isArray(value) ? undefined : 'must be a list for `in`'
  if (Array.isArray(value)) return `must be one value; \`in\` takes a list`
  if (op === 'eq' || op === 'ne') return undefined
  if (op === 'contains' || op === 'startsWith' || op === 'matches')
    return typeof value === 'string' && value !== '' ? undefined : `must be a text for ${op}`
  const isOrdered =
    typeof value === 'number' ||
    (typeof value === 'string' && (dateShape.test(value) || numberShape.test(value)))
  return isOrdered ? undefined : `must be a number or a date for ${op}`
}

const checkValue = (one: Compared, context: z.RefinementCtx) => {
  const message = wrongValue(one)
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['value'], message })
}

export const propertyFilter = z.strictObject({ property: text, ...compared }).superRefine(checkValue)
export type PropertyFilter = z.infer<typeof propertyFilter>

/** Which touchpoints: all that is said holds. `*` is any run of characters in `name` and `page`. */
export const touch = z.strictObject({
  kind: z.enum(touchpointKinds).optional(),
  name: text.optional().describe('`*` is any run of characters'),
  channel: text.optional(),
  source: text.optional(),
  medium: text.optional(),
  campaign: text.optional(),
  page: text
    .optional()
    .describe('Host and path, or a path alone (`/pricing*`); `*` is any run of characters'),
  referrerHost: text.optional(),
  where: z.array(propertyFilter).min(1).max(20).optional(),
  direction: z.enum(['inbound', 'outbound']).optional(),
  verified: z.literal(true).optional().describe('Only what a secret key or a userToken vouches for'),
})
export type Touch = z.infer<typeof touch>

const count = z.strictObject({ op: z.enum(countOps), n: z.number().int().min(0).max(1_000_000) })
export const distinctOf = [
  'page',
  'day',
  'person',
  'name',
  'channel',
  'source',
  'medium',
  'campaign',
  'kind',
] as const

const touchCondition = z
  .strictObject({
    touch,
    count: count.optional().describe('Without it: at least one'),
    distinct: z
      .enum(distinctOf)
      .optional()
      .describe('Counts different pages, days, people … instead of touches'),
    within: duration.optional(),
    between: z.tuple([moment, moment]).optional().describe('[from, to)'),
    by: z.enum(['anyone', 'same person']).optional(),
  })
  .superRefine(({ within, between, by, count }, context) => {
    if (within !== undefined && between !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['between'],
        message: 'stands instead of within, not beside it',
      })
    if (between !== undefined && !(Date.parse(between[0]) < Date.parse(between[1])))
      context.addIssue({ code: 'custom', path: ['between'], message: 'must end after it begins' })
    if (by === 'same person' && count !== undefined && holdsForNone(count))
      context.addIssue({
        code: 'custom',
        path: ['by'],
        message: '`same person` needs a count of at least one, for nobody is counted who did nothing',
      })
  })

/** A count that holds where there is nothing to count. */
export const holdsForNone = ({ op, n }: { op: CountOp; n: number }): boolean =>
  (op === 'eq' && n === 0) ||
  (op === 'ne' && n !== 0) ||
  (op === 'lt' && n > 0) ||
  op === 'lte' ||
  (op === 'gte' && n === 0)

const sequenceCondition = z.strictObject({
  sequence: z.array(touch).min(2).max(10),
  within: duration.optional().describe('From the first touch of the sequence to the last'),
  without: z.array(touch).min(1).max(10).optional().describe('None of these between the first and the last'),
})
const traitCondition = z.strictObject({ trait: text, ...compared }).superRefine(checkValue)
const accountTraitCondition = z.strictObject({ accountTrait: text, ...compared }).superRefine(checkValue)
const stageCondition = z
  .strictObject({
    stage: text,
    op: z.enum(['is', 'reached', 'before']),
    for: duration.optional().describe('It has been so for at least as long'),
  })
  .superRefine(({ op, for: since }, context) => {
    if (op === 'before' && since !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['for'],
        message: 'stands with is and reached, not with before',
      })
  })
const scoreCondition = z.strictObject({ score: text, op: z.enum(countOps), n: z.number() })
const segmentCondition = z.strictObject({ segment: text })
const silentCondition = z.strictObject({
  silentFor: duration,
  direction: z.enum(['inbound', 'any']).optional(),
})
const peopleCondition = z.strictObject({ people: count })
const recent = z.strictObject({ within: duration })
const firstSeenCondition = z.strictObject({ firstSeen: recent })
const lastSeenCondition = z.strictObject({ lastSeen: recent })

export type TouchCondition = z.infer<typeof touchCondition>
export type SequenceCondition = z.infer<typeof sequenceCondition>
export type TraitCondition = z.infer<typeof traitCondition>
export type AccountTraitCondition = z.infer<typeof accountTraitCondition>
export type StageCondition = z.infer<typeof stageCondition>
export type ScoreCondition = z.infer<typeof scoreCondition>
export type SegmentCondition = z.infer<typeof segmentCondition>
export type SilentCondition = z.infer<typeof silentCondition>
export type PeopleCondition = z.infer<typeof peopleCondition>
export type FirstSeenCondition = z.infer<typeof firstSeenCondition>
export type LastSeenCondition = z.infer<typeof lastSeenCondition>
export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | TouchCondition
  | SequenceCondition
  | TraitCondition
  | AccountTraitCondition
  | StageCondition
  | ScoreCondition
  | SegmentCondition
  | SilentCondition
  | PeopleCondition
  | FirstSeenCondition
  | LastSeenCondition

/** What a node of the tree is told by: the field that only it has. */
export const conditionHeads = [
  'all',
  'any',
  'not',
  'touch',
  'sequence',
  'trait',
  'accountTrait',
  'stage',
  'score',
  'segment',
  'silentFor',
  'people',
  'firstSeen',
  'lastSeen',
] as const

export const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(condition).min(1).max(50) }),
    z.strictObject({ any: z.array(condition).min(1).max(50) }),
    z.strictObject({ not: condition }),
    touchCondition,
    sequenceCondition,
    traitCondition,
    accountTraitCondition,
    stageCondition,
    scoreCondition,
    segmentCondition,
    silentCondition,
    peopleCondition,
    firstSeenCondition,
    lastSeenCondition,
  ]),
)
