/**
 * What the Explorer's pages ask beyond the lists and timelines: the session, search, what there is in a project, live
 * events, the journey map and the line's figures. Times in maps and live rows are milliseconds since 1970, UTC.
 */
import { z } from 'zod'
import { personProfile } from './people.js'
import { limit, time, when } from './timeline.js'

const ms = z.number().int().describe('Milliseconds since 1970, UTC')
const count = z.number().int()
const id = z.string()
const named = z.object({ id, name: z.string() })
export type Named = z.output<typeof named>

/** The first segment of each of its addresses; the bare `/` is one too. Whatever follows is the page's own. */
export const explorerPages = [
  'live',
  'people',
  'accounts',
  'journeys',
  'channels',
  'segments',
  'scores',
  'programs',
  'health',
  'identities',
  'signin',
] as const

const pagePath = new RegExp(`^/(?:(?:${explorerPages.join('|')})(?=[/?]|$)[^\\\\#]*|\\?[^\\\\#]*)?$`)
const dotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?:[/?]|$)/i
// What URL parsers drop or take for a slash; a path with it may lead elsewhere than it reads.
const odd = /[\p{Cc}\s\\]|\/\//u

/** Where a link may lead after signing in: a path of the Explorer, with its query. Undefined for anything else. */
export function explorerPathOf(text: string | null | undefined): string | undefined {
  if (text == null || text.length > 2_000 || !pagePath.test(text)) return undefined
  const [path = ''] = text.split('?', 1)
  return dotSegment.test(path) || odd.test(text) ? undefined : text
}

/** A link that signs somebody in, made with a key or in a session. */
export const signInLinkBody = z.strictObject({
  to: z.string().max(2_000).optional().describe('A path of the Explorer, such as /accounts/acme'),
  role: z.enum(['read', 'admin']).default('admin').describe('read: who opens it can change nothing'),
})
export const signInLinkAnswer = z.object({
  url: z.string().describe('Good once'),
  expiresAt: when,
})

/** What a link of the terminal or a person signs in with: the code works once, the key is a secret key of a project. */
export const sessionBody = z.union([
  z.strictObject({ code: z.string().min(1).max(200) }),
  z.strictObject({ key: z.string().min(1).max(500) }),
])
export type SessionBody = z.input<typeof sessionBody>
export const sessionRoles = ['read', 'admin'] as const
export type SessionRole = (typeof sessionRoles)[number]
export const sessionAnswer = z.object({
  project: named,
  role: z.enum(sessionRoles).describe('read asks only; admin also unlinks, erases and changes definitions'),
  zone: z.string().describe('IANA name of the time zone in which the project reads times'),
  currency: z.string().describe('Three capitals; empty where the project names none'),
  writeKey: z.string().nullable().describe('Public, stands in the tag; null where none is in force'),
  publicUrl: z.string().describe('Where browsers reach the server'),
  snippet: z
    .string()
    .nullable()
    .describe('The stub and the tag, to paste into pages; null where there is no write key'),
  version: z.string(),
  expiresAt: when,
  warnings: z.array(z.string()).describe('What the person should know, such as a connection without https'),
})
export type Session = z.output<typeof sessionAnswer>
/** A page of the Explorer sends it with everything that is not a GET; a form of another site cannot. */
export const explorerHeader = 'x-touchline-explorer'

export const metaAnswer = z.object({
  project: named,
  zone: z.string(),
  currency: z.string(),
  version: z.string(),
  now: when.describe('The server’s clock'),
  events: z.object({ first: when.nullable(), last: when.nullable(), total: count }),
  people: count,
  accounts: count,
  stages: z.array(named).describe('Of the list `default`, in order'),
  goals: z.array(named),
  segments: z.array(named),
  scores: z.array(named),
  programs: z.array(named),
  models: z.array(z.string()).describe('Attribution models'),
  channels: z.array(z.string()).describe('Seen in this project, the most used first'),
})
export type Meta = z.output<typeof metaAnswer>

export const searchTypes = ['person', 'account', 'event', 'eventName'] as const
export const searchQuery = z.object({
  q: z
    .string()
    .trim()
    .min(1)
    .max(300)
    .describe('Part of an identifier, a name, a domain, an event name, or a messageId'),
  limit: limit(50, 12),
})
export const searchAnswer = z.object({
  rows: z.array(
    z.object({
      type: z.enum(searchTypes),
      id: z.string().describe('Id of the person or account, messageId, or the name of the event'),
      name: z.string(),
      detail: z.string().describe('What tells it from others of its name'),
    }),
  ),
})
export type SearchRow = z.output<typeof searchAnswer>['rows'][number]

/** What became of an event: durable in the log, stored in ClickHouse, linked to a person; or refused. */
export const liveStates = ['durable', 'stored', 'linked', 'refused'] as const
export type LiveState = (typeof liveStates)[number]
export const liveQuery = z.object({
  id: z
    .string()
    .min(1)
    .max(600)
    .optional()
    .describe('Only events with this identifier, messageId or name; all of them are shown then'),
})
export const liveRow = z.object({
  seq: z.number().int().describe('Order in which the server saw it; also the SSE id’s last part'),
  at: ms.describe('When it was received'),
  kind: z.string().describe('Type of the call: track, identify, page, screen, group or alias'),
  name: z.string(),
  subject: z
    .string()
    .nullable()
    .describe('Its identifier, such as `user:u7`; of an identify both: `anon:7f3a = user:u7`'),
  person: named.nullable(),
  messageId: z.string(),
  state: z.enum(liveStates),
  storedAfterMs: z.number().nullable(),
  channel: z.string(),
  bot: z.boolean(),
  code: z.string().nullable().describe('Of a refused one: its error code'),
  reason: z.string().nullable(),
  test: z.boolean().describe('Sent with context.test = true'),
})
export type LiveRow = z.output<typeof liveRow>
/** What changed of a row that was shown. */
export const liveChange = liveRow
  .pick({ seq: true, messageId: true, state: true, storedAfterMs: true })
  .extend({ person: named.nullable().optional(), channel: z.string().optional() })
export type LiveChange = z.output<typeof liveChange>
/** Since the stream began (or since it was first begun, where Last-Event-ID resumes it); exact, whatever is shown. */
export const liveCount = z.object({
  received: count,
  stored: count,
  refused: count,
  waiting: count.describe('In the log and not stored yet'),
  shown: count.describe('Sent as rows'),
  scope: z.literal('all').describe('Of every process that collects'),
  logAway: z.boolean().describe('The log does not answer; what arrives meanwhile is counted once it does'),
  at: ms,
})
export type LiveCount = z.output<typeof liveCount>

export const mapQuery = z.object({
  from: time.optional().describe('Only what happened at or after this time'),
  to: time.optional().describe('Only what happened before this time'),
  columns: z.coerce
    .number()
    .int()
    .min(16)
    .max(1_024)
    .default(512)
    .describe('Of a folded map, over its window'),
})
const ints = z.array(z.number().int())
const mapPerson = z.object({
  id,
  name: z.string().describe('name, or first and last name, of the traits; else an address or the identifier'),
  title: z.string().describe('Trait title, role or position; empty where none is known'),
  group: z.string().describe('Trait department, team or group; empty where none is known'),
  anonymousUntil: ms
    .nullable()
    .describe('When the person was first known by a user id or an address; null: never was known'),
  spans: z
    .array(z.tuple([ms, ms.nullable()]))
    .describe('When they counted in the account: [from, to), null while they still do'),
  touches: count.describe('In the window'),
  first: ms.nullable(),
  last: ms.nullable(),
  stages: z.array(z.tuple([z.string(), ms])).describe('Entries into stages of people'),
})
export type MapPerson = z.output<typeof mapPerson>
const mapTouches = z.object({
  person: ints.describe('Index into people'),
  start0: ms.nullable().describe('Of the first touch'),
  dt: ints.describe('Milliseconds since the touch before; 0 for the first'),
  len: ints.describe('How long it lasted, in milliseconds'),
  ch: ints.describe('Index into channels'),
  kind: ints.describe('Index into kinds'),
  name: ints.describe('Index into names'),
  out: ints.describe('1 for our own outreach, 0 for what the person did'),
  id: z.array(z.string()).optional().describe('messageId of the first event; absent above 2,000 touches'),
})
export type MapTouches = z.output<typeof mapTouches>
const mapFolded = z.object({
  columns: count.describe('The window cut into so many equal parts'),
  perPerson: z.array(
    z.object({
      person: count.describe('Index into people'),
      col: ints.describe('Column in which a run begins, ascending'),
      run: ints.describe('How many columns it is long'),
      n: ints.describe('Touches in all columns of the run together'),
      ch: ints.describe('The most frequent channel of the run, as index into channels'),
    }),
  ),
})
export type MapFolded = z.output<typeof mapFolded>
export const mapAnswer = z.object({
  account: z.object({
    id,
    name: z.string(),
    stage: z.string().nullable(),
    score: z.number().nullable(),
    owner: z.string().nullable(),
    people: count,
    touches: count.describe('In the window'),
    channels: count,
    days: z.number().describe('From the first touch to the last'),
    longestSilenceDays: z.number(),
  }),
  from: ms,
  to: ms,
  asOf: ms,
  channels: z.array(z.string()),
  kinds: z.array(z.string()),
  names: z.array(z.string()),
  people: z.array(mapPerson).describe('By their first touch'),
  others: z
    .object({ people: count, touches: count })
    .nullable()
    .describe('People beyond those listed, of a very large account'),
  touches: mapTouches.nullable().describe('null where the map is folded'),
  folded: mapFolded.nullable(),
  gaps: z.array(
    z.object({
      from: ms,
      to: ms.nullable(),
      stage: z.string().nullable(),
      days: z.number(),
      direction: z.enum(['any', 'inbound']).describe('any: nobody at all; inbound: nobody of theirs'),
      open: z.boolean(),
    }),
  ),
  stages: z.array(
    z.object({ id, name: z.string(), from: ms, to: ms.nullable().describe('null while it is in it') }),
  ),
  milestones: z.array(
    z.object({
      goal: z.string(),
      name: z.string(),
      at: ms,
      amount: z.number().nullable(),
      currency: z.string().nullable(),
    }),
  ),
})
export type JourneyMap = z.output<typeof mapAnswer>

const refusedReason = z.object({
  code: z.string(),
  n: count,
  first: when,
  last: when,
  example: z.string().describe('The last one, as it was sent'),
})
/** received = refused + inLog; inLog + fromBefore = handled + waiting; handled = stored + deadLetters. */
export const lineAnswer = z.object({
  since: when.describe('When this server began to count'),
  at: when,
  scope: z.enum(['all', 'process']).describe('process: one of several, which counts its own part'),
  received: count,
  refused: count,
  accepted: count,
  inLog: count,
  handled: count,
  fromBefore: count.describe('Handled, and put into the log before this process started'),
  waiting: count,
  stored: count,
  deadLetters: count,
  differences: z
    .array(z.object({ name: z.string(), left: z.number(), right: z.number() }))
    .describe('Equations that do not hold; empty: everything is accounted for'),
  lag: count.describe('Records of the log, of all projects, that are not stored yet'),
  oldestWaitingMs: z.number(),
  insertP95Ms: z.number().nullable(),
  stitchAgeMs: z.number().nullable().describe('How long the oldest event waits to be given to a person'),
  diskFreeBytes: z.number().nullable().describe('null where nothing stands on this machine’s disk'),
  refusedByReason: z.array(refusedReason),
})
export type Line = z.output<typeof lineAnswer>

export const previewQuery = z.object({
  preview: z
    .enum(['1', '0', 'true', 'false'])
    .optional()
    .describe('1: says what it would do, and writes nothing'),
})
const previewedPeople = z.object({
  people: z.array(
    personProfile.pick({ id: true, accounts: true }).extend({
      name: z.string(),
      identifiers: z.array(z.string()),
      events: count.optional().describe('That are theirs'),
    }),
  ),
})
export const unlinkPreview = z.object({
  before: previewedPeople,
  after: previewedPeople,
  pairs: z.array(z.array(z.string())).describe('The pairs that the fact would be about'),
})
export type UnlinkPreview = z.output<typeof unlinkPreview>
