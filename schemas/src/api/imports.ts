/**
 * Maps: which column of a file, or which place of a webhook's body, is who, when and what. A map is a definition of kind
 * `import`; what other systems push (kind `sources`) names one. The answers of `/v1/imports` stand here too.
 */
import { z } from 'zod'
import { importedKinds, isTimeZone } from '@touchline/schemas'
import { json, when } from './timeline.js'

const column = z.string().min(1).max(300)
const oneOrMore = z.union([column, z.array(column).min(1).max(12)])
const scalar = z.union([z.string().max(2_000), z.number(), z.boolean()])

/** RegExp of JavaScript, run on text of at most 2,000 characters, and for 25 ms at most. */
const pattern = z.string().min(1).max(300).refine(isPattern, 'must be a regular expression')

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/**
 * Where a value comes from: a column (of NDJSON and webhooks a JSON pointer such as `/properties/email`), the first of
 * several that says something, a constant, or a text with columns in braces.
 */
const plainValue = z.union([
  oneOrMore,
  z.strictObject({ constant: scalar }),
  z.strictObject({ text: z.string().min(1).max(1_000) }),
  z.strictObject({
    column: oneOrMore,
    prefix: z.string().max(100).optional(),
    split: z.string().min(1).max(10).optional().describe('Of a list only the first: `1;2` with `;` is 1'),
    pattern: pattern.optional().describe('Only what matches, or its first group'),
    values: z
      .record(z.string().max(500), z.string().max(500))
      .optional()
      .describe('Value → what it means here'),
    otherwise: z.string().max(500).optional().describe('Where `values` does not have it; absent: as it is'),
    lower: z.literal(true).optional(),
  }),
])
export const mapValue = z.union([
  ...plainValue.options,
  z.strictObject({ first: z.array(plainValue).min(1).max(8) }).describe('The first that says something'),
])
export type MapValue = z.output<typeof mapValue>

const zone = z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin')

const format = z.string().min(1).max(60)
export const mapTime = z.union([
  oneOrMore,
  z.strictObject({
    column: oneOrMore,
    format: z
      .union([format, z.array(format).min(1).max(12)])
      .optional()
      .describe(
        "How it is written: `yyyy-MM-dd HH:mm`, `d/M/yyyy`, … (Luxon's tokens), `iso`, `unix`, `excel`",
      ),
    zone: zone.optional(),
    split: z.string().min(1).max(10).optional(),
    noon: z.literal(true).optional().describe('A day without a time of day counts from noon'),
  }),
])
export type MapTime = z.output<typeof mapTime>

export const mapCondition = z.strictObject({
  column: oneOrMore,
  op: z
    .enum([
      'eq',
      'ne',
      'in',
      'notIn',
      'contains',
      'startsWith',
      'matches',
      'notMatches',
      'filled',
      'empty',
      'gt',
      'lt',
    ])
    .default('eq'),
  value: z.union([scalar, z.array(scalar).max(200)]).optional(),
})
export type MapCondition = z.output<typeof mapCondition>

const conditions = z
  .array(mapCondition)
  .max(20)
  .optional()
  .describe('All must hold, or the row says nothing here')
const who = {
  userId: mapValue.optional(),
  anonymousId: mapValue.optional(),
  email: mapValue.optional(),
  account: mapValue.optional(),
}
const fields = z
  .union([column, z.record(z.string().min(1).max(200), mapValue)])
  .describe('Name → where from; `*`: every column; a column or pointer whose value is an object')
const amount = {
  unit: z.enum(['minor', 'micros']).optional().describe('Cents, or millionths, of the currency'),
  decimal: z.enum(['.', ',']).optional(),
}
const outputId = z
  .string()
  .regex(/^[\w-]{1,60}$/)
  .optional()
  .describe('Tells the outputs of one row apart; absent: its place in the list')

const eventShape = {
  id: outputId,
  when: conditions,
  key: oneOrMore.optional().describe('Columns that name what it tells, where that is not the row'),
  ...who,
  at: mapTime.optional(),
  session: mapValue.optional(),
  page: z
    .strictObject({ url: mapValue.optional(), title: mapValue.optional(), referrer: mapValue.optional() })
    .optional(),
  campaign: z
    .strictObject({
      source: mapValue.optional(),
      medium: mapValue.optional(),
      name: mapValue.optional(),
      term: mapValue.optional(),
      content: mapValue.optional(),
    })
    .optional(),
  userAgent: mapValue.optional(),
}
const touchOutput = z.strictObject({
  as: z.literal('touch'),
  ...eventShape,
  at: mapTime,
  name: mapValue,
  kind: z.enum(importedKinds).optional().describe('Absent: an action'),
  channel: mapValue.optional(),
  direction: z.enum(['inbound', 'outbound']).optional(),
  value: mapValue.optional(),
  currency: mapValue.optional(),
  ...amount,
  properties: fields.optional(),
  eachColumn: pattern
    .optional()
    .describe(
      'One touch for each column whose name matches: `*` in `at` is the column, `*` in the constant of `name` the first group',
    ),
})
const pageOutput = z.strictObject({
  as: z.literal('page'),
  ...eventShape,
  at: mapTime,
  name: mapValue.optional(),
  properties: fields.optional(),
})
const identifyOutput = z.strictObject({ as: z.literal('identify'), ...eventShape, traits: fields.optional() })
const groupOutput = z.strictObject({
  as: z.literal('group'),
  ...eventShape,
  account: mapValue,
  traits: fields.optional(),
})
const costOutput = z.strictObject({
  as: z.literal('cost'),
  id: outputId,
  when: conditions,
  day: mapTime,
  channel: mapValue,
  source: mapValue.optional(),
  medium: mapValue.optional(),
  campaign: mapValue.optional(),
  currency: mapValue,
  amount: mapValue,
  ...amount,
  impressions: mapValue.optional(),
  clicks: mapValue.optional(),
  engagements: mapValue.optional(),
})
export const mapOutput = z.discriminatedUnion('as', [
  touchOutput,
  pageOutput,
  identifyOutput,
  groupOutput,
  costOutput,
])
export type MapOutput = z.output<typeof mapOutput>
export type EventOutput = Exclude<MapOutput, { as: 'cost' }>
export type CostOutput = Extract<MapOutput, { as: 'cost' }>

export const importBody = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  about: z.string().max(1_000).optional(),
  source: z
    .string()
    .regex(/^[\w.-]{1,60}$/, 'must be letters, digits, . _ or -')
    .describe('Who tells it, as timelines name it; also part of every messageId'),
  format: z.enum(['csv', 'ndjson']).optional().describe('Absent: found'),
  quotes: z.literal(false).optional().describe('Where a quote is text like any other'),
  delimiter: z.string().length(1).optional().describe('Absent: found'),
  encoding: z.string().min(1).max(40).optional().describe('Absent: found'),
  columns: z.array(column).min(1).max(500).optional().describe('Of a file without a header'),
  zone: zone.optional().describe('Of times that name none; absent: UTC'),
  decimal: z.enum(['.', ',']).default('.'),
  each: z.string().max(300).optional().describe('JSON pointer of the list whose items are the rows'),
  key: oneOrMore.optional().describe('Columns that name the row; absent: all of it'),
  when: conditions,
  rows: z.array(mapOutput).min(1).max(30).describe('What a row becomes'),
})
export type ImportBody = z.output<typeof importBody>

export const sourceVendors = [
  ...(['generic', 'standard', 'stripe', 'hubspot', 'calendly', 'cal', 'github'] as const),
] as const
export type SourceVendor = (typeof sourceVendors)[number]

export const secretReference = z
  .string()
  .regex(
    /^env:[A-Z_][A-Z0-9_]*$/,
    'must name a variable of the environment, env:NAME: no secret stands in a definition',
  )

export const sourceBody = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional(),
    vendor: z.enum(sourceVendors).default('generic'),
    secret: secretReference.optional(),
    secretBefore: secretReference.optional().describe('Still taken while a new secret is brought in'),
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/)
      .optional()
      .describe('generic: the header with the HMAC-SHA256 of the body, in hex or base64'),
    map: z.union([z.string().min(1).max(100), importBody]).describe('Id of a map, or the map itself'),
  })
  .superRefine(({ vendor, secret, header }, context) => {
    if (vendor !== 'generic' && secret === undefined)
      context.addIssue({
        code: 'custom',
        path: ['secret'],
        message: `is needed: ${vendor} signs what it sends`,
      })
    if (vendor === 'generic' && (secret === undefined) !== (header === undefined))
      context.addIssue({
        code: 'custom',
        path: [secret === undefined ? 'secret' : 'header'],
        message: 'header and secret stand together: the one has the signature that the other checks',
      })
  })
export type SourceBody = z.output<typeof sourceBody>

export const importId = z
  .string()
  .regex(/^[\w.:-]{1,100}$/, 'must be letters, digits, . _ : or -, at most 100')
export const importQuery = z.object({
  map: z.string().min(1).max(20_000).describe('Id of a saved or a ready map, or the map itself as JSON'),
  importId: importId.optional().describe('The same again goes on where it stopped; absent: a new one'),
  dryRun: z.enum(['0', '1', 'true', 'false']).optional().describe('Reads and shows, writes nothing'),
  name: z.string().max(300).optional().describe('Of the file, for people'),
})
export const importParams = z.object({ importId: importId.describe('As the import was called') })

export const importRowsQuery = z.object({
  after: z.coerce.number().int().min(0).default(0).describe('Only refused rows behind this line'),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
})

const rejectedRow = z.object({
  line: z.number().int().describe('In the file, from 1'),
  code: z.string(),
  reason: z.string(),
  row: z.string().describe('Its beginning'),
})
export type RejectedRowShape = z.infer<typeof rejectedRow>
const reading = z.object({
  column: z.string(),
  value: z.string(),
  dayFirst: z.string(),
  monthFirst: z.string(),
  taken: z.string().nullable().describe('As the map says; null: it does not say, so such rows are refused'),
})
export type AmbiguousTime = z.infer<typeof reading>

export const importStates = ['running', 'waiting', 'done', 'cut', 'interrupted', 'failed'] as const
export const importShape = z.object({
  id: z.string(),
  state: z
    .enum(importStates)
    .describe('`cut`: the file ended inside a row or inside its gzip; `interrupted`: send it again to go on'),
  map: z.string(),
  name: z.string(),
  format: z.string(),
  encoding: z.string(),
  delimiter: z.string(),
  columns: z.array(z.string()),
  rows: z.number().int().describe('Read, and durable or refused'),
  resumedAfter: z.number().int().describe('Rows that an earlier run had done'),
  accepted: z.number().int().describe('Rows that became something'),
  skipped: z.number().int().describe('Rows that the map has nothing to say of'),
  rejected: z.number().int(),
  events: z.number().int(),
  costs: z.number().int(),
  startedAt: when,
  updatedAt: when,
  warnings: z.array(z.string()),
})
export type ImportShape = z.infer<typeof importShape>
export const importAnswer = importShape.extend({
  rejectedRows: z.array(rejectedRow).describe('The first 1,000, by line'),
})
export const importRunAnswer = importAnswer.extend({
  preview: z
    .array(
      z.object({
        line: z.number().int(),
        becomes: z.array(json),
        reason: z.string().nullable().describe('Why it would be refused'),
      }),
    )
    .optional()
    .describe('Dry run: the first 20 rows'),
  ambiguous: z.array(reading).optional().describe('Dry run: times that may be read in two ways'),
})
export type ImportRunAnswer = z.input<typeof importRunAnswer>
export const mapList = z.object({
  maps: z.array(z.object({ id: z.string(), name: z.string(), about: z.string(), body: json })),
})
export const sourceParams = z.object({ id: z.string().min(1).max(100).describe('Id of the source') })
export const sourceAnswer = z.object({
  success: z.literal(true),
  accepted: z.number().int(),
  skipped: z.number().int(),
  rejected: z.number().int().describe('Kept with their reason in rejected_events'),
})
