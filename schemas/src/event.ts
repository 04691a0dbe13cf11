/**
 * What an event is on the wire: the Segment HTTP API's message, one zod schema per type.
 *
 *     event    = common & ( track | identify | page | screen | group | alias )
 *     batch    = { batch: event[], context?, sentAt?, writeKey? }
 *
 * The schemas are the truth; collect decides the common case by hand (they cost ten times a JSON.parse)
 * and a property test holds both to the same verdict. They accept what SDKs in use really send: `null`
 * stands for absent, a number for its text, fields nobody knows are let through, and a value that
 * cannot be an id is as good as absent (see ids.ts).
 */
import { z } from 'zod'
import './zod-words.js'
import { eventTypes, type EventType } from './event-types.js'
import { emailFrom, idFrom } from './ids.js'
import { limits } from './limits.js'

const id = z.union([z.string(), z.number(), z.null()]).optional().catch(undefined)
const text = z.union([z.string(), z.number(), z.null()], 'must be text or a number').optional()
// What is no time is as good as absent too: an event whose clock nobody can read happened all the same.
const time = z
  .union([z.string(), z.number(), z.looseObject({}), z.null()])
  .optional()
  .catch(undefined)
// PHP writes its empty map as an empty list.
const object = z.union([z.looseObject({}), z.null(), z.tuple([])], 'must be an object').optional()

const common = {
  messageId: text.describe(
    'By which a re-sent event is recognised; a random one is given where it is missing',
  ),
  timestamp: time.describe(
    'When it happened: ISO 8601, or seconds, milli-, micro- or nanoseconds since 1970',
  ),
  originalTimestamp: time.describe('The same, as RudderStack’s SDKs name it; timestamp comes first'),
  sentAt: time.describe('When the client sent the request, by the same clock as timestamp'),
  anonymousId: id.describe('The visitor'),
  userId: id.describe('The customer’s own id of the user'),
  context: object.describe(
    'page, campaign, userAgent, library, locale, consent, traits, sessionId, groupId, …',
  ),
}

const shapes = {
  track: z.looseObject({
    ...common,
    type: z.literal('track'),
    event: text.describe('What the person did'),
    properties: object,
  }),
  identify: z.looseObject({
    ...common,
    type: z.literal('identify'),
    traits: object.describe('What is known about the person; `email` makes a lead'),
  }),
  page: z.looseObject({
    ...common,
    type: z.literal('page'),
    name: text,
    category: text,
    properties: object,
  }),
  screen: z.looseObject({
    ...common,
    type: z.literal('screen'),
    name: text,
    category: text,
    properties: object,
  }),
  group: z.looseObject({
    ...common,
    type: z.literal('group'),
    groupId: id.describe('The account'),
    traits: object.describe('What is known about the account; `left: true` says that the person left it'),
  }),
  alias: z.looseObject({
    ...common,
    type: z.literal('alias'),
    previousId: id.describe('Who the person was called before; now `userId`'),
  }),
} satisfies Record<EventType, z.ZodType>

/** Why one event is refused. The codes stand in the server's error table with what they mean. */
export type EventProblemCode =
  | 'EVENT_INVALID'
  | 'EVENT_TYPE_UNKNOWN'
  | 'EVENT_NO_ID'
  | 'EVENT_NO_NAME'
  | 'EVENT_NO_GROUP'
  | 'EVENT_NO_PREVIOUS'

export interface EventProblem {
  code: EventProblemCode
  /** Names the field, the limit and the way out. */
  message: string
}

/** The fields that the rules below read, whatever the type. */
interface Claims {
  type: EventType
  messageId?: unknown
  userId?: unknown
  anonymousId?: unknown
  groupId?: unknown
  previousId?: unknown
  event?: unknown
  traits?: object | null | undefined
  context?: object | null | undefined
}

function emailIn(traits: unknown): string | undefined {
  return typeof traits === 'object' && traits !== null && 'email' in traits
    ? emailFrom(traits.email)
    : undefined
}

/** An event's own email: of its traits and context.traits; a group's traits speak of the account, not of a person. */
export function emailOf(event: Claims): string | undefined {
  const own = event.type === 'group' ? undefined : emailIn(event.traits)
  if (own !== undefined) return own
  const context = event.context
  return context && 'traits' in context ? emailIn(context.traits) : undefined
}

const hasIdentity = (event: Claims) =>
  idFrom(event.userId) !== undefined ||
  idFrom(event.anonymousId) !== undefined ||
  emailOf(event) !== undefined

type Rule = [holds: (event: Claims) => boolean, code: EventProblemCode, message: string]

const shortMessageId: Rule = [
  ({ messageId }) => typeof messageId !== 'string' || messageId.length <= limits.idLength,
  'EVENT_INVALID',
  `messageId: longer than ${limits.idLength} characters.`,
]
const identified: Rule = [
  hasIdentity,
  'EVENT_NO_ID',
  'No usable userId, anonymousId or traits.email: one of them must say who it was.',
]

function ruled<T extends z.ZodType<Claims>>(shape: T, ...rules: Rule[]): T {
  return shape.superRefine((event, check) => {
    const broken = [shortMessageId, ...rules, identified].find(([holds]) => !holds(event))
    if (broken) check.addIssue({ code: 'custom', message: broken[2], params: { code: broken[1] } })
  })
}

/** A track's `event` as text, blanks around it removed; empty where there is none. */
export const eventNameFrom = (value: unknown): string =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''

export const eventSchemas = {
  track: ruled(
    shapes.track,
    [
      ({ event }) => eventNameFrom(event) !== '',
      'EVENT_NO_NAME',
      'event: a track needs the name of what happened.',
    ],
    [
      ({ event }) => eventNameFrom(event).length <= limits.eventNameLength,
      'EVENT_INVALID',
      `event: longer than ${limits.eventNameLength} characters; put what varies into properties.`,
    ],
  ),
  identify: ruled(shapes.identify),
  page: ruled(shapes.page),
  screen: ruled(shapes.screen),
  group: ruled(shapes.group, [
    ({ groupId }) => idFrom(groupId) !== undefined,
    'EVENT_NO_GROUP',
    'groupId: a group needs the usable id of an account.',
  ]),
  alias: ruled(shapes.alias, [
    ({ previousId, userId }) => idFrom(previousId) !== undefined && idFrom(userId) !== undefined,
    'EVENT_NO_PREVIOUS',
    'previousId, userId: an alias needs both, usable.',
  ]),
} satisfies Record<EventType, z.ZodType>

export const eventSchema = z.discriminatedUnion('type', [
  eventSchemas.track,
  eventSchemas.identify,
  eventSchemas.page,
  eventSchemas.screen,
  eventSchemas.group,
  eventSchemas.alias,
])

/** `POST /v1/batch`. Events are checked one by one: a bad one never fails the others. */
export const batchSchema = z.looseObject({
  batch: z.array(z.unknown()).max(limits.eventsPerBatch),
  context: object.describe('Merged under the context of each event'),
  sentAt: text.describe('When the client sent the request; for events without their own'),
  writeKey: z.string().nullable().optional(),
})

/** What collect answers with 200. */
export const collectAnswerSchema = z.object({
  success: z.literal(true),
  accepted: z.number().int(),
  rejected: z.array(
    z.object({
      index: z.number().int().describe('Place in the batch, from 0'),
      messageId: z.string().nullable(),
      code: z.string(),
      message: z.string(),
    }),
  ),
  warnings: z
    .array(z.object({ index: z.number().int(), messageId: z.string(), message: z.string() }))
    .optional()
    .describe('Events that were taken, but not quite as their sender meant'),
})
export type CollectAnswer = z.infer<typeof collectAnswerSchema>

const typeByName: ReadonlyMap<unknown, EventType> = new Map(eventTypes.map((type) => [type, type]))

/** `identify` of `identify`, and of `Identify` or ` IDENTIFY `; undefined for what is no type of an event. */
export const eventTypeFrom = (value: unknown): EventType | undefined =>
  typeByName.get(value) ??
  (typeof value === 'string' ? typeByName.get(value.trim().toLowerCase()) : undefined)

/** Why the schemas refuse an event, or undefined where they accept it. `event` must be an object. */
export function problemOf(event: Record<string, unknown>): EventProblem | undefined {
  const type = eventTypeFrom(event.type)
  if (type === undefined) {
    return { code: 'EVENT_TYPE_UNKNOWN', message: `type: must be one of ${eventTypes.join(', ')}.` }
  }
  const issue = eventSchemas[type].safeParse({ ...event, type }).error?.issues[0]
  if (!issue) return undefined
  if (issue.code === 'custom') return { code: codeIn(issue.params), message: issue.message }
  return { code: 'EVENT_INVALID', message: `${issue.path.join('.')}: ${issue.message}.` }
}

const codeIn = (params: Record<string, unknown> | undefined) =>
  (params?.code ?? 'EVENT_INVALID') as EventProblemCode
