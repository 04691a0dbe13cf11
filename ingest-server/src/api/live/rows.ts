/** A line of the log as the live view shows it. Pure. What stands in it is hostile: cut, and never more than text. */
import { errorTable, type ErrorCode } from '../../errors.js'
import type { EventRow, RejectedRow } from '../../log/event-row.js'
import type { LiveRow } from '@touchline/schemas/api'

const longestText = 300
const cut = (text: unknown): string => (typeof text === 'string' ? text.slice(0, longestText) : '')

export interface Seen {
  row: Omit<LiveRow, 'seq'>
  /** What `?id=` may name it by. */
  names: readonly string[]
}

/** Undefined for a line that is no row. */
export function seenIn(line: string, table: 'events' | 'rejected_events'): Seen | undefined {
  const said = parsed(line)
  if (said === undefined) return undefined
  return table === 'events' ? ofEvent(said) : ofRefused(said)
}

function ofEvent(event: Partial<EventRow>): Seen {
  const { anonymous_id: visitor = '', user_id: user = '', email = '', subject = '' } = event
  const ids = [visitor && `anon:${visitor}`, user && `user:${user}`, email && `email:${email}`].filter(
    (id) => id !== '',
  )
  const joins = event.type === 'identify' || event.type === 'alias'
  const previous = event.previous_id ?? ''
  const named = joins && previous !== '' ? [previous, ...ids] : ids
  const messageId = cut(event.message_id)
  const name = cut(event.name === '' ? event.path : event.name)
  return {
    row: {
      at: Date.parse(event.received_at ?? '') || 0,
      kind: cut(event.type),
      name,
      subject: cut(joins && named.length > 1 ? named.join(' = ') : subject) || null,
      person: null,
      messageId,
      state: 'durable',
      storedAfterMs: null,
      channel: cut(event.channel),
      bot: event.is_bot === true,
      code: null,
      reason: null,
      test: event.context?.test === true,
    },
    names: [...ids, visitor, user, email, subject, previous, messageId, name, event.group_id ?? ''],
  }
}

function ofRefused({
  received_at,
  message_id,
  code = '',
  message,
  original = '',
}: Partial<RejectedRow>): Seen {
  // Cut at 32 KB, it may be no JSON any longer.
  const event = (parsed(original) ?? {}) as Record<string, unknown>
  const { userId, anonymousId, event: name, name: other, type, messageId: sent } = event
  const subject =
    typeof userId === 'string' && userId !== ''
      ? `user:${userId}`
      : typeof anonymousId === 'string' && anonymousId !== ''
        ? `anon:${anonymousId}`
        : ''
  const known = code in errorTable ? errorTable[code as ErrorCode].meaning : ''
  const messageId = cut(message_id) || cut(sent)
  const shown = cut(name) || cut(other)
  return {
    row: {
      at: Date.parse(received_at ?? '') || 0,
      kind: cut(type),
      name: shown,
      subject: cut(subject) || null,
      person: null,
      messageId,
      state: 'refused',
      storedAfterMs: null,
      channel: '',
      bot: false,
      code: cut(code),
      reason: cut(message) || known,
      test: false,
    },
    names: [subject, subject.slice(5), messageId, shown, code],
  }
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
