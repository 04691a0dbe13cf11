/** What the reading API takes and answers: the zod schemas from which types, checks and OpenAPI come. */
import { z } from 'zod'
import { touchpointKinds } from '@touchline/schemas'

const written = z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
  error: 'must be a time such as 2026-03-01 or 2026-03-01T10:00:00Z',
})
export const time = written
  .transform((text) => Date.parse(text))
  .describe('ISO 8601, UTC where no offset is given')
/** Where a time zone is asked for: a date alone is midnight there, which who knows the zone reads. */
export const timeOrDay = written
  .transform((text) => (text.includes('T') ? Date.parse(text) : { day: text }))
  .describe('ISO 8601; a date alone is midnight in the time zone')
export type TimeOrDay = z.output<typeof timeOrDay>
const oneOrMore = <Item extends z.ZodType<string>>(item: Item, error: string) =>
  z.union([item, z.array(item)], { error }).transform((value) => (Array.isArray(value) ? value : [value]))
export const limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual)

export const idParams = z.object({
  id: z
    .string()
    .min(1)
    .max(600)
    .describe('URL-encoded; typed (`user:u1`, `email:ann@acme.com`, `anon:…`) or a bare user id'),
})
export const accountParams = z.object({
  id: z.string().min(1).max(600).describe('URL-encoded account id: a groupId, or `domain:acme.com`'),
})
export const timelineQuery = z.object({
  from: time.optional().describe('Only what happened at or after this time'),
  to: time.optional().describe('Only what happened before this time'),
  as_of: time
    .optional()
    .describe('As it could be told then: with the facts and events received until this time'),
  channel: oneOrMore(
    z.string().min(1).max(100),
    'must be the name of a channel, 1 to 100 characters',
  ).optional(),
  kind: oneOrMore(z.enum(touchpointKinds), `must be one of ${touchpointKinds.join(', ')}`)
    .optional()
    .describe('Touchpoints only'),
  bots: z.enum(['true', 'false']).default('false').describe('Crawlers and automated browsers too'),
  limit: limit(1_000, 100),
  cursor: z.string().max(2_000).optional().describe('nextCursor of the page before'),
  detail: z.enum(['touchpoints', 'events']).default('touchpoints'),
  order: z.enum(['asc', 'desc']).default('desc'),
  format: z
    .enum(['json', 'csv'])
    .optional()
    .describe(
      'Else as the Accept header says. CSV is the list alone; the next page is named by the Link header',
    ),
})
export type TimelineQuerystring = z.infer<typeof timelineQuery>

export const when = z.string().describe('ISO 8601, UTC')
export const interval = { from: when.nullable(), to: when.nullable() }
export const json = z.record(z.string(), z.unknown())
/** What questions over everybody cannot look back on: touchpoints stand in a table as who is who has them now. */
export const whoIsWho = z
  .literal('now')
  .optional()
  .describe('Where as_of is asked: who is who is as it is known now, not as it was known then')

export const identifierShape = z.object({
  identifier: z.string(),
  ...interval,
  because: z.string().describe('messageId of the event that decided; empty where nothing had to be said'),
  rule: z.string(),
  verified: z.boolean(),
})
export const accountStayShape = z.object({
  account: z.string(),
  how: z.string(),
  ...interval,
  because: z.string(),
  verified: z
    .boolean()
    .describe('Said with a secret key, a userToken that names the account, or by a verified address'),
})

export const personHead = z.object({
  id: z.string(),
  identifiers: z.array(identifierShape),
  traits: json,
  accounts: z.array(z.string()).describe('Accounts the person counts in now'),
})

export const accountHead = z.object({
  id: z.string(),
  traits: json,
  people: z.number().int().describe('Members, former ones included'),
})
export const summaryShape = z.object({
  exact: z
    .boolean()
    .describe(
      'False for more than 50,000 events as of an earlier time or with robots: then counted by event',
    ),
  asOf: when
    .optional()
    .describe('Of a large timeline: until when the table was up to date from which these figures are'),
  touchpoints: z.number().int(),
  channels: z.number().int(),
  sessions: z.number().int(),
  people: z.number().int(),
  firstAt: when.nullable(),
  lastAt: when.nullable(),
  days: z.number().int().describe('Whole days between the first and the last'),
  longestGapDays: z.number().int(),
  anonymousTouchpoints: z.number().int(),
})

const page = z
  .object({ url: z.string(), path: z.string(), title: z.string(), referrer: z.string() })
  .partial()
const visitPage = z.object({
  path: z.string(),
  title: z.string(),
  at: when,
  seconds: z.number().nullable().describe('How long it was seen; null where the page never said'),
  scroll: z
    .number()
    .nullable()
    .describe('How far it was scrolled, in percent of its height; null where unknown'),
})
/** An event with a write key alone may be anybody's. */
const verified = z
  .boolean()
  .describe(
    'A secret key, or a userToken of this user, vouches for who did it; else anybody may have sent it',
  )
export const touchpointShape = z.object({
  kind: z.enum(touchpointKinds),
  name: z.string().describe('Of a visit the title of its landing page, else its name or path'),
  at: when,
  channel: z.string().describe('Empty where nothing says where it came from'),
  channelRule: z.string(),
  person: z.string(),
  accounts: z.array(z.string()),
  shared: z.boolean().describe('Counts in more than one account'),
  direction: z
    .enum(['inbound', 'outbound'])
    .describe('outbound: our own outreach (email, ad, crm, or as the importer says)'),
  messageIds: z.array(z.string()),
  sources: z
    .array(z.string())
    .describe('Who reported it: the SDK’s library, else web or server; or the importer’s name'),
  verified,
  page,
  campaign: z.object({ source: z.string(), medium: z.string(), name: z.string() }).partial(),
  properties: json.describe('Without null-like values'),
  value: z
    .number()
    .optional()
    .describe('revenue, value, total or amount of the properties, where one is there'),
  currency: z.string().nullable().optional().describe('Beside value: three capitals, null where unknown'),
  sessionId: z.string().optional(),
  sameSession: z
    .boolean()
    .optional()
    .describe('Of a visit: another campaign or paid click in the middle of a session'),
  pages: z.array(visitPage).optional().describe('Of a visit: the pages seen, in order'),
  lastPage: page.optional(),
  until: when.optional(),
  durationSeconds: z.number().optional(),
})
export type TouchpointAnswer = z.input<typeof touchpointShape>

export const eventShape = z.object({
  messageId: z.string(),
  type: z.string(),
  name: z.string(),
  occurredAt: when,
  clientTime: when,
  receivedAt: when,
  anonymousId: z.string().nullable(),
  userId: z.string().nullable(),
  email: z.string().nullable(),
  groupId: z.string().nullable(),
  sessionId: z.string().nullable(),
  channel: z.string(),
  channelRule: z.string(),
  source: z.string(),
  medium: z.string(),
  campaign: z.string(),
  referrer: z.string(),
  url: z.string(),
  title: z.string(),
  properties: json,
  traits: json,
  person: z.string(),
  accounts: z.array(z.string()),
  because: z.string(),
  verified,
})
export type EventAnswer = z.input<typeof eventShape>

const pages = { nextCursor: z.string().nullable() }
const listed = {
  summary: summaryShape.optional().describe('With the first page of touchpoints'),
  touchpoints: z.array(touchpointShape).optional(),
  events: z.array(eventShape).optional(),
  ...pages,
}
/** A 200 that is JSON, or the same list as a table. */
export const orCsv = <Shape extends z.ZodType>(shape: Shape) => ({
  description: 'The timeline',
  content: { 'application/json': { schema: shape }, 'text/csv': { schema: z.string() } },
})
export const personTimeline = z.object({ person: personHead, ...listed })
export const accountTimeline = z.object({ account: accountHead, ...listed })

export const errorShape = z.object({
  success: z.literal(false),
  code: z.string(),
  message: z.string(),
  requestId: z.string(),
})
export const errors = {
  400: errorShape,
  401: errorShape,
  404: errorShape,
  500: errorShape,
  503: errorShape,
}
