/** An answer of sales to a hand-off: a touch of kind crm on the timeline of the subject that was handed off. */
import { ownSourceKind, type EventRow } from '../../log/event-row.js'
import { idOf } from '../record.js'
import { accepted, rejected, type Handoff } from './list.js'

export interface Answered {
  accepted: boolean
  reason: string
  author: string
}

/**
 * The event. Of an account it is told of the person whose touch weighed most, else of nobody in particular, who counts in
 * the account. The same answer again is the same event.
 */
export function toAnswerEvent(
  project: string,
  { id, score, subject, subjectKind, person, account }: Handoff,
  { answer, now }: { answer: Answered; now: number },
): Partial<EventRow> {
  const time = new Date(now).toISOString()
  const who = person === '' ? `anon:handoff-${id}` : person
  const isNobody = person === ''
  return {
    project,
    subject: who,
    client_time: time,
    occurred_at: time,
    received_at: time,
    message_id: `handoff-${idOf(id, answer.accepted ? 1 : 0, answer.reason, answer.author)}`,
    type: 'track',
    name: answer.accepted ? accepted : rejected,
    verified: true,
    kind: 'crm',
    direction: 'outbound',
    origin: ownSourceKind,
    ...identityOf(who),
    ...(isNobody && subjectKind === 'account' && { group_id: account }),
    ...(isNobody &&
      subjectKind === 'account' && { memberships: [{ account, identifier: who, left: false }] }),
    properties: { handoff: id, score, subject, ...answer },
  }
}

function identityOf(identifier: string): Partial<EventRow> {
  const value = identifier.slice(identifier.indexOf(':') + 1)
  if (identifier.startsWith('user:')) return { user_id: value }
  return identifier.startsWith('email:') ? { email: value } : { anonymous_id: value }
}
