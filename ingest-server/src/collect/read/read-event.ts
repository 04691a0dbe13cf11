/**
 * One event as it came, read into what the row needs. Decides by hand what the zod schemas decide (they are
 * the truth; read-event.test.ts holds both to the same verdict on generated events), because they cost more
 * than parsing the request.
 */
import {
  emailOf,
  eventNameFrom,
  eventTypeFrom,
  idFrom,
  isIllegalId,
  limits,
  type EventProblemCode,
  type EventType,
} from '@touchline/schemas'
import { randomUUID } from 'node:crypto'

export type Json = Record<string, unknown>

export interface ReadEvent {
  type: EventType
  messageId: string
  anonymousId: string
  userId: string
  email: string
  previousId: string
  groupId: string
  name: string
  /** As the client wrote them, any type. */
  clientTime: unknown
  sentAt: unknown
  properties: Json | undefined
  traits: Json | undefined
  /** The batch's context under the event's own; undefined where there is neither. */
  context: Json | undefined
  /** The text of those of them that stand in the body word for word. */
  copied: CopiedParts
}

/** A part's text, and the object parsed from it. A stage that changes a part makes a new object, without this text. */
export interface Copied {
  of: Json
  text: string
}
export type CopiedParts = Partial<Record<'properties' | 'traits' | 'context', Copied>>

export interface BatchRoot {
  context: Json | undefined
  sentAt: unknown
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown) =>
  value === undefined ||
  value === null ||
  typeof value === 'string' ||
  (typeof value === 'number' && Number.isFinite(value))

/** PHP writes its empty map as an empty list. */
const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0

const isObjectOrNone = (value: unknown): value is Json | null | undefined =>
  value === undefined || value === null || isObject(value) || isEmptyList(value)

const textOf = (value: unknown) =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''

// JSON readers round larger numbers, so two of them may have become one.
const isExact = (value: unknown) => typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER

/** The event as read, or the code of what is wrong with it. `event` holds its limits of size and depth. */
export function readEvent(
  event: Json,
  named: unknown,
  root: BatchRoot,
  copied: CopiedParts,
): ReadEvent | EventProblemCode {
  const type = eventTypeFrom(named)
  if (type === undefined) return 'EVENT_TYPE_UNKNOWN'
  if (!hasShape(event, type)) return 'EVENT_INVALID'
  if (typeof event.messageId === 'string' && event.messageId.length > limits.idLength) return 'EVENT_INVALID'

  const userId = idFrom(event.userId)
  const groupId = type === 'group' ? idFrom(event.groupId) : undefined
  const previousId = type === 'alias' ? idFrom(event.previousId) : undefined
  const trackName = type === 'track' ? eventNameFrom(event.event) : ''
  if (type === 'track' && trackName === '') return 'EVENT_NO_NAME'
  if (trackName.length > limits.eventNameLength) return 'EVENT_INVALID'
  if (type === 'group' && groupId === undefined) return 'EVENT_NO_GROUP'
  if (type === 'alias' && (previousId === undefined || userId === undefined)) return 'EVENT_NO_PREVIOUS'

  const anonymousId = idFrom(event.anonymousId)
  const context = mergedContext(root.context, event.context as Json | null | undefined)
  const email = emailOf({ type, traits: event.traits as Json, context })
  if (userId === undefined && anonymousId === undefined && email === undefined) return 'EVENT_NO_ID'

  const properties = isObject(event.properties) ? event.properties : undefined
  return {
    type,
    messageId: messageIdOf(event.messageId),
    anonymousId: anonymousId ?? '',
    userId: userId ?? '',
    email: email ?? '',
    previousId: previousId ?? '',
    groupId: groupId ?? (context === undefined ? '' : (idFrom(context.groupId) ?? '')),
    name: groupId ?? (type === 'track' ? trackName : nameOf(event, properties)),
    clientTime: event.timestamp ?? event.originalTimestamp,
    sentAt: event.sentAt ?? root.sentAt,
    properties,
    traits: traitsOf(type, isObject(event.traits) ? event.traits : undefined, context),
    context,
    copied,
  }
}

/** What the schemas say about types, field by field. */
function hasShape(event: Json, type: EventType): boolean {
  return (
    isText(event.messageId) &&
    isObjectOrNone(event.context) &&
    (type === 'identify' || type === 'group' ? isObjectOrNone(event.traits) : true) &&
    (type === 'track' ? isText(event.event) && isObjectOrNone(event.properties) : true) &&
    (type === 'page' || type === 'screen'
      ? isText(event.name) && isText(event.category) && isObjectOrNone(event.properties)
      : true)
  )
}

// A messageId that names nothing ("undefined", "") would make different events one; it is as good as missing.
function messageIdOf(value: unknown): string {
  const text = isExact(value) ? textOf(value).trim() : ''
  return text === '' || isIllegalId(text) ? randomUUID() : text
}

function nameOf(event: Json, properties: Json | undefined): string {
  return textOf(event.name) || textOf(properties?.name)
}

/** The batch's context under the event's own. `__proto__` stays a key like any other: spread defines, it does not assign. */
export function mergedContext(root: Json | undefined, own: Json | null | undefined): Json | undefined {
  if (!own || isEmptyList(own)) return root
  return root ? { ...root, ...own } : own
}

/** RudderStack's browser SDK puts an identify's traits into context.traits only. */
function traitsOf(type: EventType, own: Json | undefined, context: Json | undefined): Json | undefined {
  if (type !== 'identify' || !isObject(context?.traits)) return own
  return own ? { ...context.traits, ...own } : context.traits
}
