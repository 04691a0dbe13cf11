/** Events that were refused: what the answer says of each, and the row that is kept so that it can be replayed. */
import { limits } from '@touchline/schemas'
import type { ErrorCode } from '../../errors.js'
import type { RequestContext } from '../base/request-context.js'
import { jsonUpTo } from '../read/measure.js'
import { isObject } from '../read/read-event.js'
import type { RejectedRow } from '../../log/event-row.js'
import { wellFormed } from '../base/well-formed.js'

export interface Rejection {
  index: number
  messageId: string | null
  code: ErrorCode
  message: string
}

/** The messageId that a refused event names, as far as it can be read. */
export function messageIdIn(event: unknown): string | null {
  if (!isObject(event)) return null
  const { messageId } = event
  if (typeof messageId === 'number') return String(messageId)
  return typeof messageId === 'string' && messageId !== '' ? messageId.slice(0, limits.idLength) : null
}

/** The rejection as a line of `rejected_events`, with the event as sent, cut at its limit. */
export function rejectedLine(
  event: unknown,
  { messageId, code, message }: Rejection,
  requestContext: RequestContext,
): string {
  const row: RejectedRow = {
    project: requestContext.project.id,
    received_at: requestContext.receivedAt,
    message_id: messageId ?? '',
    code,
    message,
    stage: 'collect',
    original: jsonUpTo(event, limits.eventBytes),
  }
  return `${wellFormed(JSON.stringify(row))}\n`
}
