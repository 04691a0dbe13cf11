/**
 * What callers write (the argument shapes of Segment's Node SDK) and the JSON that it becomes.
 * An event is built and serialised once, at the call: nothing that the caller changes later reaches it.
 */
import {
  buildAlias,
  buildGroup,
  buildIdentify,
  buildPage,
  buildScreen,
  buildTrack,
  type EventCommon,
  type OutgoingEvent,
} from '@touchline/schemas/build'
import { TouchlineError, errorTable } from './errors.js'
import { isGiven, isRounded, textOf, type Id } from './id.js'
import { isWritable, millisecondsOf, type Time } from './time.js'

export type Json = Record<string, unknown>
/** An object that JSON.stringify can write. Not a Record, which values typed by an interface would not fit. */
export type Fields = object
export type EventType = 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias'

interface EventOptions {
  context?: Fields | undefined
  /** When it happened; the time of the call if absent. A number is s, ms, µs or ns since 1970, by its size. */
  timestamp?: Time | undefined
  /** Makes a repeated call harmless: the server keeps one event a messageId. A UUIDv7 if absent. */
  messageId?: string | undefined
  integrations?: Fields | undefined
  /** Proves the `userId` where a write key cannot (mintUserToken). A secret key needs none. */
  userToken?: string | undefined
}
interface WithUser {
  userId: Id
  anonymousId?: Id | undefined
}
interface WithVisitor {
  userId?: Id | undefined
  anonymousId: Id
}
interface WithLead {
  userId?: Id | undefined
  anonymousId?: Id | undefined
  traits: Fields & { email: string }
}
export type WithId = WithUser | WithVisitor

export type TrackArguments = EventOptions & WithId & { event: string; properties?: Fields | undefined }
export type IdentifyArguments = EventOptions & ((WithId & { traits?: Fields | undefined }) | WithLead)
export type PageArguments = EventOptions &
  WithId & { name?: string | undefined; category?: string | undefined; properties?: Fields | undefined }
export type ScreenArguments = PageArguments
export type GroupArguments = EventOptions & WithId & { groupId: Id; traits?: Fields | undefined }
export type AliasArguments = EventOptions & { userId: Id; previousId: Id }

/** All that any of the calls may be given. */
export interface EventArguments extends EventOptions {
  userId?: Id | undefined
  anonymousId?: Id | undefined
  event?: string | undefined
  name?: string | undefined
  category?: string | undefined
  groupId?: Id | undefined
  previousId?: Id | undefined
  properties?: Fields | undefined
  traits?: Fields | undefined
}

/**
 * Throws a TouchlineError where the call lacks what every event of its type needs. Ids that are there but
 * name nobody (`"undefined"`) pass: the server refuses them and says so, and a web request should not fail for it.
 */
export function checkCall(type: EventType, args: EventArguments): void {
  if (typeof args !== 'object' || args === null) {
    throw new TouchlineError('EVENT_NO_ID', `${type} takes an object: ${type}({ userId, … }).`)
  }
  if (type === 'track' && (typeof args.event !== 'string' || args.event.trim() === '')) {
    throw new TouchlineError('EVENT_NO_NAME')
  }
  if (type === 'group' && !isGiven(args.groupId)) throw new TouchlineError('EVENT_NO_GROUP')
  if (type === 'alias') {
    if (!isGiven(args.previousId) || !isGiven(args.userId)) throw new TouchlineError('EVENT_NO_PREVIOUS')
    return
  }
  if (isGiven(args.userId) || isGiven(args.anonymousId)) return
  if (!hasEmail(args)) throw new TouchlineError('EVENT_NO_ID')
}

const hasEmail = ({ traits, context }: EventArguments): boolean =>
  isGiven(field(traits, 'email')) || isGiven(field(field(context, 'traits'), 'email'))

const rounded = (name: string, id: number) =>
  `${name} ${id} is a number beyond 2^53, which JavaScript rounds: two ids may have become this one. Give it as text or BigInt.`

/**
 * What is wrong with ids that are numbers beyond 2^53 (the server refuses such an id too, but would not know it in a
 * text): `refused` where the call has no other id, else `leftOut` of the event.
 */
export function roundedIds(
  type: EventType,
  args: EventArguments,
): { refused?: TouchlineError; leftOut?: string } {
  const { userId, anonymousId, groupId, previousId } = args
  if (type === 'group' && isRounded(groupId))
    return { refused: refusal('EVENT_NO_GROUP', 'groupId', groupId) }
  if (type === 'alias') {
    if (isRounded(userId)) return { refused: refusal('EVENT_NO_PREVIOUS', 'userId', userId) }
    if (isRounded(previousId)) return { refused: refusal('EVENT_NO_PREVIOUS', 'previousId', previousId) }
  }
  const [name, id] = isRounded(userId) ? ['userId', userId] : ['anonymousId', anonymousId]
  if (!isRounded(id)) return {}
  const hasOther =
    [userId, anonymousId].some((other) => isGiven(other) && !isRounded(other)) || hasEmail(args)
  return hasOther ? { leftOut: rounded(name, id) } : { refused: refusal('EVENT_NO_ID', name, id) }
}

const refusal = (code: keyof typeof errorTable, name: string, id: number) =>
  new TouchlineError(code, `${errorTable[code]} ${rounded(name, id)}`)

/** Writes calls as JSON. Throws EVENT_NOT_JSON or EVENT_INVALID where the data cannot be written. */
export function eventWriter(clock: () => number) {
  // A burst makes hundreds of events in one millisecond, and toISOString costs a tenth of an event.
  let lastTime = NaN
  let lastTimeText = ''

  function timeOf(timestamp: Time | null | undefined): string {
    // The server reads more forms of text than would fit here, and names those that it cannot read.
    if (typeof timestamp === 'string') return timestamp
    const time = timestamp === undefined || timestamp === null ? clock() : millisecondsOf(timestamp)
    if (time !== lastTime) {
      if (!isWritable(time)) throw new RangeError('not a time')
      lastTimeText = new Date(time).toISOString()
      lastTime = time
    }
    return lastTimeText
  }

  return function write(type: EventType, args: EventArguments, messageId: string): string {
    let timestamp: string
    try {
      timestamp = timeOf(args.timestamp)
    } catch (cause) {
      throw new TouchlineError('EVENT_INVALID', unreadable(args.timestamp), { cause })
    }
    const common: EventCommon = {
      messageId,
      timestamp,
      anonymousId: textOf(args.anonymousId),
      userId: textOf(args.userId),
      context: json(args.context),
    }
    const event: OutgoingEvent & { userToken?: string } = build(type, common, args)
    if (args.userToken !== undefined) event.userToken = args.userToken
    try {
      return JSON.stringify(
        args.integrations === undefined ? event : { ...event, integrations: args.integrations },
      )
    } catch (cause) {
      throw new TouchlineError('EVENT_NOT_JSON', undefined, { cause })
    }
  }
}

/** `value` of a timestamp that is none, as a short text: it may be anything. */
function unreadable(value: unknown): string {
  const shown = typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
  return `timestamp is ${shown}, which is no time: give a Date, ISO 8601 text, or s, ms, µs or ns since 1970.`
}

function kindOf(value: unknown): string {
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date beyond the year 9999'
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`
}

function build(type: EventType, common: EventCommon, args: EventArguments): OutgoingEvent {
  switch (type) {
    case 'track':
      return buildTrack(common, args.event ?? '', json(args.properties))
    case 'identify':
      return buildIdentify(common, json(args.traits))
    case 'page':
      return buildPage(common, args.name, json(args.properties), args.category)
    case 'screen':
      return buildScreen(common, args.name, json(args.properties), args.category)
    case 'group':
      return buildGroup(common, textOf(args.groupId) ?? '', json(args.traits))
    case 'alias':
      return buildAlias(common, textOf(args.previousId) ?? '')
  }
}

const json = (fields: Fields | undefined): Json | undefined => (fields ?? undefined) as Json | undefined

const field = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? (of as Json)[name] : undefined
