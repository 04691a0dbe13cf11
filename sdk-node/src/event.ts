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
import { TouchlineError } from './errors.js'
import { messageIds } from './message-id.js'

export type Json = Record<string, unknown>
/** An object that JSON.stringify can write. Not a Record, which values typed by an interface would not fit. */
export type Fields = object
export type EventType = 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias'

/** A number is written as its text. */
export type Id = string | number

interface EventOptions {
  context?: Fields | undefined
  /** When it happened; the time of the call if absent. */
  timestamp?: Date | string | number | undefined
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
  if (isGiven(field(args.traits, 'email')) || isGiven(field(field(args.context, 'traits'), 'email'))) return
  throw new TouchlineError('EVENT_NO_ID')
}

/** Writes calls as JSON. Throws EVENT_NOT_JSON or EVENT_INVALID where the data cannot be written. */
export function eventWriter(clock: () => number) {
  const nextMessageId = messageIds(clock)
  // A burst makes hundreds of events in one millisecond, and toISOString costs a tenth of an event.
  let lastTime = NaN
  let lastTimeText = ''

  function timeOf(timestamp: Date | string | number | undefined): string {
    if (typeof timestamp === 'string') return timestamp
    const time = timestamp === undefined ? clock() : Number(timestamp)
    if (time !== lastTime) {
      lastTimeText = new Date(time).toISOString()
      lastTime = time
    }
    return lastTimeText
  }

  return function write(type: EventType, args: EventArguments): { messageId: string; json: string } {
    const messageId = args.messageId ?? nextMessageId()
    let timestamp: string
    try {
      timestamp = timeOf(args.timestamp)
    } catch (cause) {
      throw new TouchlineError('EVENT_INVALID', 'timestamp is not a valid time.', { cause })
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
      const json = JSON.stringify(
        args.integrations === undefined ? event : { ...event, integrations: args.integrations },
      )
      return { messageId, json }
    } catch (cause) {
      throw new TouchlineError('EVENT_NOT_JSON', undefined, { cause })
    }
  }
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

const isGiven = (id: unknown): boolean =>
  typeof id === 'string' ? id.trim() !== '' : typeof id === 'number' && Number.isFinite(id)

const textOf = (id: Id | undefined): string | undefined =>
  typeof id === 'number' ? String(id) : (id ?? undefined)

const json = (fields: Fields | undefined): Json | undefined => (fields ?? undefined) as Json | undefined

const field = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? (of as Json)[name] : undefined
