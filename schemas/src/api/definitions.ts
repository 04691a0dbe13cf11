/** Definitions: documents that say what a stage, a goal, a segment … is. Each change is a version that stays. */
import { z } from 'zod'
import { condition, duration, sentences, subject, touch, type Condition } from './conditions.js'
import { importBody, secretReference, sourceBody } from './imports.js'
import { json, when } from './timeline.js'

const id = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}_.:-]*$/u, 'must be letters, digits, and . _ : - after the first')
const name = z.string().trim().min(1).max(200).optional()
const property = z.strictObject({ property: z.string().min(1).max(200) })

const unique = (field: string) => (list: readonly { id: string }[], context: z.RefinementCtx) => {
  const seen = new Set<string>()
  for (const [index, one] of list.entries()) {
    if (seen.has(one.id))
      context.addIssue({
        code: 'custom',
        path: [index, 'id'],
        message: `${one.id} is there twice in ${field}`,
      })
    seen.add(one.id)
  }
}

export const goalBody = z.strictObject({
  name,
  subject: subject.default('account'),
  when: condition,
  value: property
    .optional()
    .describe('Property of the touch that holds the amount; absent: revenue, value, total, amount'),
  currency: property.optional(),
  count: z.enum(['first', 'each']).default('first').describe('One conversion a subject, or one a touch'),
})

export const stage = z.strictObject({
  id,
  name,
  enter: condition,
  exit: condition.optional(),
  silentAfter: duration.optional().describe('30d where nothing is said'),
  again: z.literal(true).optional().describe('May be entered from a later stage'),
})
export const stagesBody = z.strictObject({
  name,
  subject: subject.default('account'),
  stages: z.array(stage).min(1).max(50).superRefine(unique('stages')),
})

export const touchRulesBody = z.strictObject({
  name,
  rules: z
    .array(z.strictObject({ touch, stage: id }))
    .min(1)
    .max(500)
    .describe('The first that matches says which stage a touch is content for'),
})

export const segmentBody = z.union([
  z.strictObject({ name, subject: subject.default('account'), when: condition }),
  z.strictObject({
    name,
    subject: subject.default('account'),
    identifiers: z.array(z.string().min(1).max(600)).min(1).max(10_000),
  }),
])

/** Each such touch counts; of any other condition it counts that it holds. */
export const isTouchAlone = (when: Condition): boolean =>
  'touch' in when && [when.count, when.distinct, when.within, when.by].every((one) => one === undefined)

const scoreRule = z
  .strictObject({
    id,
    group: id.default('behaviour').describe('`fit` never decays'),
    when: condition,
    points: z.number().min(-1e6).max(1e6),
    halfLife: duration
      .optional()
      .describe(
        'Points fade: 2^(−age / halfLife) of them are left; age since the touch, or since it became true',
      ),
    window: duration.optional().describe('Counts for so long; stands instead of halfLife'),
    cap: z.number().optional().describe('At most so many points of this rule'),
    floor: z.number().optional().describe('At least so many, of a rule that takes points away'),
    oncePer: z
      .string()
      .regex(/^(page|name|property:.{1,200})$/, 'must be page, name or property:<name>')
      .optional(),
  })
  .superRefine(({ halfLife, window, group, cap, floor, oncePer, when }, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (halfLife !== undefined && window !== undefined)
      wrong('window', 'stands instead of halfLife, not beside it')
    if (halfLife !== undefined && group === 'fit')
      wrong('halfLife', 'stands in no rule of the group fit: fit never decays')
    if (cap !== undefined && floor !== undefined && floor > cap) wrong('floor', 'must not be above cap')
    if (oncePer !== undefined && !isTouchAlone(when))
      wrong('oncePer', 'stands with a touch alone, for it tells touches apart')
  })
export const scoreBody = z
  .strictObject({
    name,
    subject: subject.default('account'),
    people: z.enum(['sum', 'max', 'top3']).optional().describe('Of an account: what its people count for'),
    on: z.number(),
    off: z.number(),
    groups: z.record(id, z.strictObject({ cap: z.number().optional() })).optional(),
    rules: z.array(scoreRule).min(1).max(200).superRefine(unique('rules')),
  })
  .superRefine(({ on, off, subject: of, people, groups = {}, rules }, context) => {
    const wrong = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (!(off < on)) wrong(['off'], 'must be below on')
    if (people !== undefined && of === 'person') wrong(['people'], 'is asked of accounts; a person has none')
    const named = rules.map(({ group }) => group)
    for (const group of Object.keys(groups))
      if (!named.includes(group))
        wrong(['groups', group], `no rule is of this group; there are ${[...new Set(named)].join(', ')}`)
  })

const actShape = z.union([
  z.strictObject({ webhook: id, body: json.optional() }),
  z.strictObject({ handOff: id }),
  z.strictObject({ setTrait: z.strictObject({ name: z.string().min(1).max(200), value: z.unknown() }) }),
  z.strictObject({ addToSegment: id }),
])
const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 21:00')
const programStep = z.union([
  z.strictObject({ id, wait: duration }),
  z.strictObject({ id, waitUntil: z.union([condition, localTime]), timeout: duration.optional() }),
  z.strictObject({ id, branch: z.array(z.strictObject({ when: condition, to: id })).min(1), else: id }),
  z.strictObject({ id, act: actShape }),
  z.strictObject({ id, exit: z.string().min(1).max(200) }),
])
export const programBody = z.strictObject({
  name,
  subject: subject.default('person'),
  enter: condition,
  reenter: z
    .union([z.enum(['never', 'afterExit']), z.strictObject({ atMostEvery: duration })])
    .default('never'),
  goal: condition.optional(),
  quietHours: z.strictObject({ from: localTime, to: localTime }).optional(),
  weeklyCap: z
    .number()
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Acts a person a week at most, over all programs; more wait'),
  imports: z
    .boolean()
    .optional()
    .describe('What is told more than a day after it happened starts it too; else never'),
  steps: z.array(programStep).min(1).max(200).superRefine(unique('steps')),
})

export const personasBody = z.strictObject({
  name,
  traits: z.array(z.string().min(1).max(200)).min(1).max(20).describe('Which traits say what somebody is'),
  groups: z
    .record(z.string().min(1).max(200), z.array(z.string().min(1).max(200)).min(1))
    .default({})
    .describe('Persona → values of those traits; `*` is any run of characters'),
})

export const endpointBody = z.strictObject({
  name,
  url: z.url(),
  secret: secretReference,
  secretBefore: secretReference.optional(),
})

export const changeKinds = ['person', 'account', 'score', 'stage', 'segment', 'handOff'] as const
export const feedFormats = [
  'generic',
  'hubspot-contact',
  'hubspot-company',
  'salesforce-lead',
  'slack',
] as const
export const feedBody = z.strictObject({
  name,
  changes: z.array(z.enum(changeKinds)).min(1).describe('What is told'),
  of: z
    .array(id)
    .min(1)
    .max(100)
    .optional()
    .describe('Only these segments, scores and lists of stages; absent: all'),
  endpoint: id,
  format: z.enum(feedFormats).default('generic'),
  most: z.number().int().min(1).max(1_000).default(100).describe('Changes in one delivery at most'),
})

/** Each kind with the schema of its body. */
export const definitionBodies = {
  goals: goalBody,
  stages: stagesBody,
  'touch-rules': touchRulesBody,
  segments: segmentBody,
  scores: scoreBody,
  programs: programBody,
  personas: personasBody,
  endpoints: endpointBody,
  feeds: feedBody,
  import: importBody,
  sources: sourceBody,
} as const
export type DefinitionKind = keyof typeof definitionBodies
export type BodyOf<Kind extends DefinitionKind> = z.output<(typeof definitionBodies)[Kind]>
export type GoalBody = BodyOf<'goals'>
export type StagesBody = BodyOf<'stages'>
export type Stage = z.output<typeof stage>
export type TouchRulesBody = BodyOf<'touch-rules'>
export type SegmentBody = BodyOf<'segments'>
export type ScoreBody = BodyOf<'scores'>
export type ProgramBody = BodyOf<'programs'>
export type EndpointBody = BodyOf<'endpoints'>
export type FeedBody = BodyOf<'feeds'>
export type ChangeKind = (typeof changeKinds)[number]
export type FeedFormat = (typeof feedFormats)[number]
export type PersonasBody = BodyOf<'personas'>

export const definitionKinds = Object.keys(definitionBodies) as DefinitionKind[]

export const kindParams = z.object({ kind: z.string().min(1).max(100) })
export const definitionParams = z.object({ kind: z.string().min(1).max(100), id })
export const definitionQuery = z.object({
  version: z.coerce.number().int().min(1).optional().describe('Absent: the latest'),
})
export const definitionPut = json.describe(
  'The body of the kind (docs/journeys.md); author and note may stand beside its fields',
)
export const definitionShape = z.object({
  kind: z.string(),
  id: z.string(),
  version: z.number().int(),
  name: z.string(),
  body: json,
  author: z.string(),
  at: when,
  note: z.string(),
  isDeleted: z.boolean().optional(),
  sentences: z
    .array(z.object({ path: z.string(), en: z.string(), ja: z.string() }))
    .optional()
    .describe('Each condition of the body in words'),
})
const warning = z.object({
  path: z.string(),
  message: z.string(),
  nearest: z.string().nullable().describe('The known name that is nearest'),
})
export const definitionAnswer = definitionShape.extend({
  warnings: z.array(warning).describe('Names that nothing bears yet'),
})
export const definitionVersions = z.object({ versions: z.array(definitionShape).describe('Latest first') })
export type DefinitionAnswer = z.input<typeof definitionShape>
export type DefinitionWarning = z.infer<typeof warning>
export const definitionList = z.object({ definitions: z.array(definitionShape) })
export const definitionConflict = z.object({
  success: z.literal(false),
  code: z.string(),
  message: z.string(),
  requestId: z.string(),
  current: definitionShape.nullable(),
  sent: json.nullable(),
})

export const previewBody = json.describe(
  '{ kind, body } for a whole definition, or { subject, when } for a condition alone; as_of and with (definitions that would be saved along) may stand beside',
)
export const previewAnswer = z.object({
  asOf: when,
  subject,
  subjects: z.number().int().describe('For how many it holds'),
  examples: z.array(z.string()).describe('Ten of them'),
  stages: z
    .array(z.object({ id: z.string(), subjects: z.number().int(), examples: z.array(z.string()) }))
    .optional()
    .describe('Of a list of stages: who reached each'),
  sentence: sentences.nullable(),
  warnings: z.array(warning),
})
export const checkBodyShape = z.object({ kind: z.string().min(1).max(100), id, body: json })
export const checkAnswer = z.object({
  normal: json.describe('The body with what was left out filled in'),
  warnings: z.array(warning),
})
export const templateParams = z.object({ template: z.string().min(1).max(100) })
export const templateList = z.object({
  templates: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      about: z.string(),
      definitions: z.array(z.object({ kind: z.string(), id: z.string(), body: json })),
    }),
  ),
})
export const templateAnswer = z.object({
  saved: z.array(z.string()),
  kept: z.array(z.string()).describe('Were there already, and are as they were'),
})
