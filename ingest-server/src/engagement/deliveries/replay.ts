/** A delivery once more, by hand: under its old id, whatever came of it before. */
import type { ClickHouseClient } from '@clickhouse/client'
import type { Clock } from '../../clock.js'
import { query, type Reader } from '../../clickhouse/query.js'
import type { EventLog } from '../../log/log.js'
import { keep } from '../keep.js'
import { attemptsRecord } from './delivery.js'
import { triedForMs } from './retry.js'

interface Stored {
  endpoint: string
  subject: string
  subjects: string[]
  attempt: number
}

const storedSql = `
SELECT d.endpoint AS endpoint, d.subject AS subject, d.subjects AS subjects, s.attempt AS attempt
FROM (SELECT * FROM deliveries_decided FINAL WHERE project = {project: String} AND id = {id: String}) AS d
LEFT JOIN (SELECT * FROM delivery_states FINAL WHERE project = {project: String} AND id = {id: String}) AS s ON s.id = d.id`

/** When it is tried; undefined: there is no such delivery. Whoever sends finds it there. */
export async function replayDelivery(
  { app, log, reader, clock }: { app: ClickHouseClient; log: EventLog; reader: Reader; clock: Clock },
  id: string,
): Promise<number | undefined> {
  const [stored] = await query<Stored>(reader, { name: 'delivery-to-replay', sql: storedSql }, { id })
  if (stored === undefined) return undefined
  const now = clock()
  const attempt = {
    ...{
      project: reader.project,
      id,
      endpoint: stored.endpoint,
      subject: stored.subject,
      subjects: stored.subjects,
    },
    attempt: stored.attempt + 1,
    kind: 'replay' as const,
    at: now,
    state: 'waiting' as const,
    status: 0,
    latencyMs: 0,
    answer: 'asked for again',
    nextAt: now,
    tries: 0,
    until: now + triedForMs,
  }
  await keep({ app, log }, [attemptsRecord([attempt])])
  return now
}
