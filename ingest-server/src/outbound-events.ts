/** What the server itself tells of people: what it sent to them or about them, and traits that programs set. As events, like any other. */
import { acceptEvents, splitBody } from './collect/accept/accept.js'
import type { LogRecord } from './log/log.js'
import type { Project } from './projects/project.js'

export interface OwnEvent {
  /** messageId: the same for the same act, so that it counts once. */
  id: string
  type: 'track' | 'identify'
  /** Typed identifier of a person. */
  subject: string
  name?: string
  at: number
  properties?: Record<string, unknown>
  traits?: Record<string, unknown>
  isOutbound?: boolean
}

/** Lines of `events`; counted as nothing, since nobody sent them. Undefined where nothing of it is an event. */
export function ownEventsRecord(
  project: Pick<Project, 'id' | 'identify'>,
  events: readonly OwnEvent[],
  now: number,
): LogRecord | undefined {
  if (events.length === 0) return undefined
  const value = { batch: events.map(toSegment) }
  const text = JSON.stringify(value)
  const receivedAt = new Date(now).toISOString()
  const outcome = acceptEvents(
    splitBody({ value: JSON.parse(text) as unknown, text }, undefined, undefined),
    {
      project,
      verified: true,
      receivedAtMs: now,
      receivedAt,
      ip: '',
      userAgent: '',
      acceptLanguage: '',
      byBrowser: false,
    },
  )
  const lines = Buffer.from(outcome.lines)
  outcome.release()
  return outcome.accepted === 0 ? undefined : { table: 'events', lines, rows: {} }
}

function toSegment({ id, type, subject, name, at, properties, traits, isOutbound }: OwnEvent): object {
  const [kind, ...rest] = subject.split(':')
  const bare = rest.join(':')
  const who =
    kind === 'user'
      ? { userId: bare }
      : kind === 'email'
        ? { traits: { email: bare, ...traits } }
        : { anonymousId: kind === 'anon' ? bare : subject }
  const address = kind === 'email' && type === 'track' ? { context: { traits: { email: bare } } } : {}
  return {
    messageId: id,
    type,
    timestamp: new Date(at).toISOString(),
    ...(name !== undefined && { event: name }),
    ...(properties !== undefined && { properties }),
    ...(traits !== undefined && { traits }),
    ...who,
    ...(kind === 'email' && type === 'track' ? address : {}),
    ...(isOutbound === true && {
      context: {
        ...('context' in address ? address.context : {}),
        library: { name: 'touchline-programs', version: '1' },
        touchpoint: { kind: 'crm', direction: 'outbound', channel: 'Program', source: 'touchline' },
      },
    }),
  }
}
