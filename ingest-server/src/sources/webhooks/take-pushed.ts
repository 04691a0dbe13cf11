/** What another system pushed → the log: its events and costs, and what could not be read, with the reason. */
import type { ImportBody } from '@touchline/schemas/api'
import { acceptMade, type Making } from '../../collect/accept/accept-made.js'
import type { LogRecord } from '../../log/log.js'
import { appendMade, refusedLine, type Appending } from '../append.js'
import { reasonText } from '../own-text.js'
import { readPushed } from './read-pushed.js'

export interface Taking extends Making {
  /** Id of the source. */
  source: string
  map: ImportBody
}

export interface Taken {
  accepted: number
  skipped: number
  rejected: number
}

/** Resolves when all of it is durable. Rejects with LOG_UNAVAILABLE or LOG_FULL: then its sender sends it again. */
export async function takePushed(text: string, taking: Taking, deps: Appending): Promise<Taken> {
  const { project, receivedAtMs, source } = taking
  const { events, costs, skipped, unreadable } = readPushed(text, taking.map)
  const outcome = acceptMade(events, taking)
  const refusals = [
    ...unreadable.map(({ body, reason }) => ({ body, reason, code: 'SOURCE_UNREADABLE' })),
    ...outcome.rejected.map(({ index, code, message }) => ({
      body: JSON.stringify(events[index]),
      reason: message,
      code,
    })),
  ]
  const records: LogRecord[] = []
  if (outcome.accepted > 0)
    records.push({ table: 'events', lines: outcome.lines, rows: { [project.id]: outcome.accepted } })
  if (refusals.length > 0) {
    const lines = refusals.map(({ body, reason, code }) =>
      refusedLine({
        project: project.id,
        receivedAt: new Date(receivedAtMs).toISOString(),
        messageId: '',
        code,
        message: `${source}: ${reasonText(reason)}`,
        stage: 'source',
        original: { source, body },
      }),
    )
    records.push({
      table: 'rejected_events',
      lines: Buffer.from(lines.join('')),
      rows: { [project.id]: refusals.length },
    })
  }
  if (costs.length > 0) {
    const lines = costs.map(
      (row) => `${JSON.stringify({ project: project.id, version: receivedAtMs, ...row })}\n`,
    )
    records.push({ table: 'costs', lines: Buffer.from(lines.join('')), rows: {} })
  }
  const counted = { accepted: outcome.accepted, rejected: refusals.length }
  await appendMade(deps, project.id, records, counted)
  outcome.release()
  return { ...counted, skipped }
}
