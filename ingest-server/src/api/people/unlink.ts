/** Takes an identifier from a person, gives it back, or releases a link that was set apart: a fact like any other, through the log. */
import type { LinkFact } from '@touchline/schemas'
import { randomUUID } from 'node:crypto'
import { appendCounted } from '../../log/append-counted.js'
import { ownSourceKind, type EventRow } from '../../log/event-row.js'
import { linksFrom } from '../../identity/rules/links.js'
import type { TimelineDeps } from '../context.js'

export interface Decision {
  project: string
  kind: 'unlink' | 'relink' | 'release'
  /** Whose timeline it is about. */
  person: string
  pairs: readonly (readonly [string, string])[]
  reason: string
  author: string
}

/** Resolves with the messageId when the fact survives losing this process; stitch sees it as soon as it is stored. */
export async function appendDecision(decision: Decision, deps: TimelineDeps): Promise<string> {
  const messageId = randomUUID()
  const line = `${JSON.stringify(decisionRow(decision, messageId, deps.clock()))}\n`
  await appendCounted(deps, decision.project, { lines: Buffer.from(line), events: 1 })
  return messageId
}

/** What the decision would say of who is who. */
export function linksOfDecision({ kind, pairs }: Pick<Decision, 'kind' | 'pairs'>, now: number): LinkFact[] {
  const common = { type: kind, verified: true, occurredAt: now, receivedAt: now }
  return pairs.flatMap((pair) => linksFrom({ ...common, pair }))
}

function decisionRow(
  { project, kind, person, pairs, reason, author }: Decision,
  messageId: string,
  now: number,
) {
  const time = new Date(now).toISOString()
  const row: Partial<EventRow> = {
    project,
    subject: person,
    client_time: time,
    occurred_at: time,
    received_at: time,
    message_id: messageId,
    type: kind,
    name: kind,
    verified: true,
    origin: ownSourceKind,
    properties: { pairs, reason, author },
    links: linksOfDecision({ kind, pairs }, now),
  }
  return row
}
