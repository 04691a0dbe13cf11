/** What questions over journeys take and answer: attribution, journeys, gaps, paths, funnels, profiles, lifecycle. */
import { z } from 'zod'
import { duration, subject, touch } from './conditions.js'
import { limit, time, timeOrDay, when, whoIsWho } from './timeline.js'

const words = z.string().trim().min(1).max(200)
const json = z.string().max(20_000)

const times = <Time extends z.ZodType>(at: Time) => ({
  from: at.optional().describe('Only what happened at or after this time'),
  to: at.optional().describe('Only what happened before this time'),
  as_of: at
    .optional()
    .describe('What had happened by then; definitions as they were. Who is who is as it is known now'),
})

/** Every question: of whom, when, as of when, and of whom only. Names are checked by the server, which knows the nearest. */
const asked = {
  subject: words.optional().describe('`account` or `person`; absent: what the goal says, else account'),
  ...times(time),
  filter: json.optional().describe('A condition as JSON: only subjects of whom it holds'),
  touch: json
    .optional()
    .describe('A touch filter as JSON, such as {"direction":"inbound"}: which touches count'),
  format: z
    .enum(['json', 'csv'])
    .optional()
    .describe('Else as the Accept header says; CSV is the rows alone'),
}
const inZone = {
  timezone: words.default('UTC').describe('IANA name: where days begin, those of from, to and as_of too'),
  ...times(timeOrDay),
}
const opened = {
  row: z.string().min(1).max(5_000).describe('The row to open'),
  limit: limit(10_000, 1_000),
}

export const definitionUsed = z.object({ kind: z.string(), id: z.string(), version: z.number().int() })
const answered = {
  asOf: when,
  subject,
  definitions: z.array(definitionUsed).describe('Which versions the answer was made with'),
  touchFilter: z.string().describe('Which touches counted'),
  whoIsWho,
}
const money = z.array(
  z.object({
    currency: z.string().nullable().describe('Null where the event names none'),
    amount: z.number(),
  }),
)
const number = z.number().nullable()

export const attributionQuery = z.object({
  goal: words,
  model: words
    .default('linear')
    .describe(
      'first, last, last-non-direct, linear, linear-channels, u, w, full-path, time-decay, markov, equal-split; several with commas',
    ),
  compare: words.optional().describe('More models, answered beside'),
  by: words.default('channel').describe('channel, source, medium, campaign, landing page or name'),
  lookback: words.default('90d').describe('How far a path reaches back: `90d`, `12h`, or `none`'),
  since: words.optional().describe('`lastConversion`: a path begins after the conversion before'),
  half_life: words.default('7d').describe('Of time-decay'),
  order: z.coerce
    .number()
    .int()
    .min(1, 'must be 1, 2 or 3')
    .max(3, 'must be 1, 2 or 3')
    .default(1)
    .describe('Of markov: 1 to 3'),
  milestones: words.optional().describe('Goals of w and full-path: `lc:lead,oc:opportunity,cw:won`'),
  ...asked,
})
export type AttributionQuery = z.infer<typeof attributionQuery>
export const attributionSubjectsQuery = attributionQuery.omit({ format: true, compare: true }).extend(opened)

const counted = z.object({ conversions: z.number(), value: money })
export const attributionRow = z.object({
  key: z.string(),
  conversions: z.number(),
  value: money,
  share: number,
  subjects: z.number().int().describe('Subjects whose conversions it has a part in'),
  medianDays: number.describe('From its first touch in the path to the conversion'),
  removalEffect: z.number().optional(),
  weight: z.number().optional(),
})
const modelAnswer = {
  model: z.string(),
  rows: z.array(attributionRow),
  attributed: counted,
  unattributed: counted,
  warnings: z.array(z.string()),
  isAvailable: z.boolean().optional().describe('Of markov: false where it cannot say; the warning says why'),
  conversionProbability: z.number().optional(),
  notConverting: z
    .number()
    .int()
    .optional()
    .describe('Subjects without a conversion by asOf, silent or open'),
}
export const attributionAnswer = z.object({
  goal: z.string(),
  by: z.string(),
  conversions: z.number().int(),
  value: money,
  total: counted,
  unverified: counted
    .optional()
    .describe('Of the total what no secret key and no userToken vouches for, where the goal is a touch'),
  ...modelAnswer,
  models: z.array(z.object(modelAnswer)).optional().describe('Where several models were asked: each of them'),
  ...answered,
})
export type AttributionAnswer = z.input<typeof attributionAnswer>

export const subjectsAnswer = z.object({
  total: z.number().int().describe('As many as the row says'),
  rows: z.array(
    z.object({ subject: z.string() }).catchall(z.unknown()).describe('With what the row knows of each'),
  ),
  whoIsWho,
})

const journeyAsked = {
  goal: words.default('won'),
  lost: words.optional().describe('The goal that says what is lost; absent: `lost`, where it is defined'),
  outcome: words.default('won').describe('won, lost or open'),
  ...asked,
}
export const summaryQuery = z.object(journeyAsked)
export const summarySubjectsQuery = summaryQuery.omit({ format: true }).extend({ limit: opened.limit })

const spread = z.object({ mean: number, median: number, p25: number, p75: number, p90: number })
export const summaryAnswer = z.object({
  goal: z.string(),
  outcome: z.string(),
  n: z.number().int(),
  touches: spread,
  channels: spread.describe('Different channels of a journey; touches without a channel are not counted'),
  people: spread,
  sessions: spread,
  days: spread,
  longestGapDays: spread,
  anonymousShare: number,
  ...answered,
})

export const gapsQuery = z.object({
  min: words.optional().describe('A gap is longer than this; absent: as the stage says, else 30d'),
  direction: words.default('any').describe('`inbound`: our own outreach does not end a silence; or `any`'),
  open: z
    .enum(['true', 'false'])
    .optional()
    .describe('Only gaps that last until now, or only those that ended'),
  stages: words.optional().describe('Which list of stages; absent: `default`, where it is defined'),
  firstTouch: z
    .enum(['true', 'false'])
    .optional()
    .describe('Also what first brought each, and how many touches and people it has'),
  ...asked,
  limit: opened.limit,
})
const firstTouch = z.object({
  at: when,
  kind: z.string(),
  name: z.string(),
  channel: z.string(),
  campaign: z
    .record(z.string(), z.string())
    .optional()
    .describe('source, medium and name of what brought it'),
  page: z.string().optional(),
  pages: z.number().int().optional().describe('Of a visit'),
  person: z.string(),
  messageId: z.string(),
})
export type FirstTouch = z.output<typeof firstTouch>
const gap = z.object({
  subject: z.string(),
  from: when,
  to: when.nullable(),
  days: z.number(),
  isOpen: z.boolean(),
  stage: z.string().nullable().describe('Where the subject was when it began'),
  silentDays: z
    .object({ any: z.number(), inbound: number })
    .nullable()
    .describe('Of an open gap: since anybody spoke, and since they did'),
  touches: z.number().int().optional().describe('With firstTouch'),
  people: z.number().int().optional().describe('With firstTouch'),
  firstTouch: firstTouch.optional(),
})
export const gapsAnswer = z.object({
  rows: z.array(gap),
  total: z.number().int(),
  direction: z.string(),
  ...answered,
})

export const pathsQuery = z.object({
  goal: words.optional(),
  by: words.default('channel').describe('channel, name or kind'),
  depth: z.coerce.number().int().min(1).max(50).default(5).describe('Steps from the first'),
  collapse: z.enum(['true', 'false']).default('true').describe('A step that repeats the one before is none'),
  ...asked,
  limit: limit(500, 20),
})
export const pathSubjectsQuery = pathsQuery.omit({ format: true }).extend({
  ...opened,
  row: opened.row.describe('The steps as a JSON list, or joined by ` → `; of an edge `edge:` before its two'),
})
export const pathsAnswer = z.object({
  subjects: z.number().int(),
  converted: z.number().int(),
  paths: z.array(
    z.object({
      steps: z.array(z.string()),
      subjects: z.number().int(),
      converted: z.number().int(),
      rate: number.describe('null without a goal'),
      medianDays: number,
    }),
  ),
  other: z.object({ paths: z.number().int(), subjects: z.number().int(), converted: z.number().int() }),
  edges: z.array(
    z.object({ from: z.string(), to: z.string(), count: z.number().int(), subjects: z.number().int() }),
  ),
  ...answered,
})

export const contentQuery = z.object({
  rules: words.default('default').describe('Id of the touch rules'),
  stages: words.optional().describe('Which list of stages; absent: `default`, where it is defined'),
  ...asked,
})
export const contentSubjectsQuery = contentQuery
  .omit({ format: true })
  .extend({ ...opened, row: opened.row.describe('Stage that the content is for, or `unmapped`') })
const contentRow = {
  touches: z.number().int(),
  subjects: z.number().int(),
  share: number.describe('Of all touches that count'),
  whileIn: z
    .array(z.object({ stage: z.string().nullable(), touches: z.number().int() }))
    .describe('The same touches by the stage that their subject was in then; null: in none'),
}
export const contentAnswer = z.object({
  rules: z.string(),
  touches: z.number().int(),
  subjects: z.number().int(),
  rows: z.array(z.object({ stage: z.string().describe('Stage that the content is for'), ...contentRow })),
  unmapped: z.object(contentRow).describe('Touches that no rule matches'),
  ...answered,
})

const name = z.string().trim().min(1).max(200)
export const funnelBody = z.strictObject({
  subject: subject.default('person'),
  steps: z.array(z.strictObject({ name, touch })).min(1, 'must have a step').max(16),
  window: duration.default('14d').describe('From the first step, inclusive'),
  mode: z.enum(['ordered', 'strict', 'any']).default('ordered'),
  from: time.optional(),
  to: time.optional(),
  as_of: time.optional(),
  filter: z.record(z.string(), z.unknown()).optional().describe('A condition'),
  breakdown: z
    .union([z.literal('channel'), z.strictObject({ trait: name })])
    .optional()
    .describe('`channel`: the one that the subject first came from'),
})
export type FunnelBody = z.output<typeof funnelBody>
const funnelGroup = {
  steps: z.array(
    z.object({
      name: z.string(),
      subjects: z.number().int(),
      ofFirst: number,
      ofPrevious: number,
      medianSecondsFromFirst: number,
      medianSecondsFromPrevious: number,
    }),
  ),
  pending: z.number().int().describe('Not through, and still inside the window'),
}
export const funnelAnswer = z.object({
  ...funnelGroup,
  breakdown: z.array(z.object({ key: z.string(), ...funnelGroup })).optional(),
  ...answered,
})
export const funnelSubjectsQuery = z.object({
  ...opened,
  row: opened.row.describe('Name of a step'),
  part: z.string().max(500).optional().describe('Of a breakdown: its key'),
})
export const funnelQuery = z.object({ format: asked.format })

const profileAsked = {
  goal: words.default('won'),
  lost: words.default('lost'),
  traits: words.default('close').describe('`close`: as known when it closed; `now`: as they are'),
  ...asked,
}
export const icpQuery = z.object({
  ...profileAsked,
  bands: z
    .string()
    .max(2_000)
    .optional()
    .describe('Bounds of numeric traits: `employees:50,200,1000;arr:1e6`; absent: quartiles'),
})
export const icpSubjectsQuery = icpQuery
  .omit({ format: true })
  .extend({ ...opened, row: opened.row.describe('trait=value') })
const finding = {
  n: z.number().int(),
  won: z.number().int(),
  rate: z.number(),
  lift: number.describe('rate ÷ base rate'),
  wilson95: z.tuple([z.number(), z.number()]).nullable(),
  p: z.number().describe('Fisher, two-sided'),
  q: z.number().describe('Benjamini–Hochberg, over all tested'),
  isSignificant: z.boolean(),
}
export const icpAnswer = z.object({
  closed: z.number().int(),
  won: z.number().int(),
  baseRate: number,
  findings: z.array(z.object({ trait: z.string(), value: z.string(), ...finding })),
  notTested: z.array(z.string()).describe('Traits with a value of its own for each'),
  ...answered,
})

export const personasQuery = z.object({
  ...profileAsked,
  personas: words.optional().describe('Which definition; absent: `default`, where there is one'),
})
export const personaSubjectsQuery = personasQuery.omit({ format: true }).extend(opened)
export const personasAnswer = z.object({
  closed: z.number().int(),
  won: z.number().int(),
  baseRate: number,
  personas: z.array(
    z.object({
      persona: z.string(),
      ...finding,
      lost: z.number().int(),
      people: z.number().int(),
      medianDay: number.describe('From the account’s first touch to theirs'),
      firstTouch: z.string().nullable(),
      mostTouched: z.string().nullable(),
      stage: z.string().nullable().describe('The account’s when they came'),
    }),
  ),
  perWonJourney: spread,
  unknown: z.number().int(),
  ...answered,
})

export const lifecycleQuery = z.object({
  by: words.default('month').describe('day, week, month or quarter'),
  customer: words.optional().describe('Goal; absent: `customer`, else `won`, where defined'),
  order: words
    .optional()
    .describe('Goal, each touch of it an order; absent: `order`, else the customer goal'),
  lead: words.optional().describe('Goal; absent: `lead`, where defined'),
  years: z.coerce.number().positive().max(100).default(1).describe('Of a customer’s life, for CLV'),
  margin: z.coerce.number().positive().max(1).default(1).describe('Part of the revenue, for CLV'),
  channel: words
    .optional()
    .describe('Costs of it, and subjects that first came from it; `(not set)`: who came from none'),
  split: words.optional().describe('`channel`: the same of each channel apart too, a row a channel'),
  ...asked,
  ...inZone,
})
export const lifecycleSubjectsQuery = lifecycleQuery.omit({ format: true }).extend({
  ...opened,
  row: opened.row.describe('newCustomers, leads, orders, converting or active'),
})
const per = { currency: z.string().nullable(), amount: number }
const lifecycleNumbers = {
  periods: z.array(
    z.object({
      from: when,
      to: when,
      cac: z.array(z.object({ ...per, spend: z.number(), customers: z.number().int() })),
      aov: z.array(z.object({ ...per, revenue: z.number(), orders: z.number().int() })),
      frequency: z.object({ value: number, orders: z.number().int(), customers: z.number().int() }),
      clv: z.array(
        z.object({ ...per, aov: number, frequencyPerYear: number, years: z.number(), margin: z.number() }),
      ),
      conversion: z.object({ value: number, converting: z.number().int(), subjects: z.number().int() }),
      costPerImpression: z.array(z.object({ ...per, cost: z.number(), impressions: number })),
      costPerClick: z.array(z.object({ ...per, cost: z.number(), clicks: number })),
      costPerLead: z.array(z.object({ ...per, cost: z.number(), leads: z.number().int() })),
      email: z.object({
        impressions: z.number().int().describe('Opens'),
        delivered: z.number().int(),
        sent: z.number().int(),
      }),
      engagement: z.object({ value: number, engagements: number, followers: number }),
      newCustomers: z.number().int(),
      leads: z.number().int(),
    }),
  ),
  cohorts: z.array(
    z.object({
      from: when,
      customers: z.number().int(),
      periods: z.array(
        z.object({ from: when, retained: z.number().int(), retention: number, churn: number }),
      ),
    }),
  ),
}
export const lifecycleAnswer = z.object({
  by: z.string(),
  timezone: z.string(),
  ...lifecycleNumbers,
  channels: z.array(z.object({ channel: z.string(), ...lifecycleNumbers })).optional(),
  warnings: z.array(z.string()),
  ...answered,
})

const volume = z.number().int().min(0).max(1e15).optional()
const place = z.string().trim().max(200).default('')
export const costRow = z.strictObject({
  day: z.iso
    .date({ error: 'must be a day such as 2026-03-01' })
    .describe('In the time zone of the questions'),
  channel: z.string().trim().min(1).max(200),
  source: place,
  medium: place,
  campaign: place,
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be three capitals such as EUR'),
  amount: z.number().min(0).max(1e12),
  impressions: volume,
  clicks: volume,
  engagements: volume,
  followers: volume,
})
export type CostRow = z.output<typeof costRow>
export const costsBody = z.strictObject({ rows: z.array(costRow).min(1).max(10_000) })
export const costsAnswer = z.object({ success: z.literal(true), accepted: z.number().int() })

export const costsQuery = z
  .object({ by: words.default('channel').describe('channel, source, medium or campaign'), ...inZone })
  .omit({ as_of: true })
export const costsSummed = z.object({
  by: z.string(),
  timezone: z.string(),
  rows: z.array(
    z.object({
      key: z.string(),
      currency: z.string(),
      amount: z.number(),
      impressions: number,
      clicks: number,
    }),
  ),
})
