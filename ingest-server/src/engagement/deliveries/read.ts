/** Deliveries as they stand in ClickHouse: those that wait for this process, and those that people ask for. */
import type { ClickHouseClient } from '@clickhouse/client'
import { query, queryStream, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import type { Decided, DeliveryState } from './delivery.js'
import { triedForMs } from './retry.js'

/** A delivery that is not through, with where its tries stand. */
export interface Waiting extends Decided {
  attempts: number
  tries: number
  until: number
  nextAt: number
}

// The decision that counts is the one that the run's facts name: one that another process made and lost is none.
const waitingSql = `
SELECT d.project AS project, d.id AS id, d.endpoint AS endpoint, d.source AS source, d.run AS run, d.step AS step,
  d.subject AS subject, d.subjects AS subjects, d.body AS body, d.place AS place, d.slot AS slot, toString(d.version) AS version,
  d.touch_name AS touchName, d.touch_person AS touchPerson,
  toUnixTimestamp64Milli(d.decided_at) AS decidedAt,
  a.attempt AS attempts, a.tries AS tries,
  toUnixTimestamp64Milli(a.until) AS until, ifNull(toUnixTimestamp64Milli(a.next_at), 0) AS nextAt
FROM (SELECT * FROM deliveries_decided FINAL WHERE slot IN {slots: Array(UInt16)}
    AND ({ids: Array(String)} = [] OR id IN {ids: Array(String)})) AS d
LEFT JOIN (SELECT * FROM delivery_states FINAL) AS a ON a.project = d.project AND a.id = d.id
WHERE (a.id = '' OR a.state = 'waiting')
  AND (d.source != 'program' OR (d.project, d.run, d.id, d.version) IN (
    SELECT project, run, delivery, version FROM program_facts FINAL WHERE delivery != ''))
ORDER BY d.project, d.endpoint, d.subject, d.place`

const waitingQuery: NamedQuery = { name: 'deliveries-waiting', sql: waitingSql }

type WaitingRow = Omit<Waiting, 'version' | 'touch'> & {
  version: string
  touchName: string
  touchPerson: string
}

/** In the order of each subject. A page at a time: there may be hundreds of thousands. */
export async function* readWaiting(
  client: ClickHouseClient,
  slots: readonly number[],
  ids: readonly string[] = [],
): AsyncGenerator<Waiting[]> {
  if (slots.length === 0) return
  for await (const rows of queryStream<WaitingRow>({ client }, waitingQuery, { slots, ids }))
    yield rows.map(({ version, touchName, touchPerson, ...row }) => ({
      ...row,
      // What was never tried has no row that says so.
      until: row.attempts === 0 ? row.decidedAt + triedForMs : row.until,
      version: BigInt(version),
      touch: touchName === '' ? undefined : { name: touchName, person: touchPerson },
    }))
}

const replayedSql = `
SELECT DISTINCT project, id FROM delivery_states FINAL
WHERE kind = 'replay' AND state = 'waiting'`

/** Ids of deliveries that people asked to be sent again and that were not tried since. */
export const readReplayed = (client: ClickHouseClient): Promise<{ project: string; id: string }[]> =>
  query({ client }, { name: 'deliveries-replayed', sql: replayedSql })

export interface DeliveryRow {
  id: string
  endpoint: string
  source: string
  run: string
  step: string
  subject: string
  state: DeliveryState
  attempts: number
  status: number | null
  latencyMs: number | null
  answer: string | null
  decidedAt: string
  lastAt: string | null
  nextAt: string | null
  body: string
}

const columns = `
  id, endpoint, source, run, step, subject, state, attempts, status, latency_ms AS latencyMs, answer,
  decided_at AS decidedAt, last_at AS lastAt, next_at AS nextAt, body`

const listSql = `
SELECT ${columns}
FROM deliveries
WHERE project = {project: String}
  AND ({id: String} = '' OR id = {id: String})
  AND ({endpoint: String} = '' OR endpoint = {endpoint: String})
  AND ({state: String} = '' OR state = {state: String})
  AND ({run: String} = '' OR run = {run: String})
  AND ({subject: String} = '' OR subject = {subject: String})
  AND (decided_at, id) < (parseDateTime64BestEffort({beforeAt: String}, 3, 'UTC'), {beforeId: String})
ORDER BY decided_at DESC, id DESC
LIMIT {limit: UInt32}`

export interface DeliveriesWanted {
  id?: string | undefined
  endpoint?: string | undefined
  state?: string | undefined
  run?: string | undefined
  subject?: string | undefined
  before?: { at: string; id: string } | undefined
  limit: number
}

/** The newest first. */
export const readDeliveries = (reader: Reader, wanted: DeliveriesWanted): Promise<DeliveryRow[]> => {
  const { id = '', endpoint = '', state = '', run = '', subject = '', before, limit } = wanted
  const { at: beforeAt, id: beforeId } = before ?? { at: '2200-01-01T00:00:00.000Z', id: '' }
  const params = { id, endpoint, state, run, subject, beforeAt, beforeId, limit }
  return query(reader, { name: 'deliveries', sql: listSql }, params)
}

export interface EndpointRow {
  endpoint: string
  waiting: number
  delivered: number
  gaveUp: number
  failuresInRow: number
  lastSuccessAt: string | null
  lastFailureAt: string | null
  lastAnswer: string | null
  lastStatus: number | null
  nextAt: string | null
}

const endpointsSql = `
SELECT d.endpoint AS endpoint, countIf(d.state = 'waiting') AS waiting, countIf(d.state = 'delivered') AS delivered,
  countIf(d.state = 'gaveUp') AS gaveUp, any(a.failures) AS failuresInRow, any(a.success) AS lastSuccessAt,
  any(a.failure) AS lastFailureAt, any(a.text) AS lastAnswer, any(a.code) AS lastStatus,
  minIf(d.next_at, d.state = 'waiting') AS nextAt
FROM deliveries AS d
LEFT JOIN (
  SELECT endpoint, failures, success, failure, text, code FROM (
    SELECT endpoint,
      maxOrNullIf(at, status BETWEEN 200 AND 299) AS success,
      countIf(at > ifNull(last_success, toDateTime64(0, 3, 'UTC')) AND NOT (status BETWEEN 200 AND 299)) AS failures,
      maxOrNullIf(at, NOT (status BETWEEN 200 AND 299)) AS failure,
      argMax(answer, (at, attempt)) AS text,
      argMax(status, (at, attempt)) AS code
    FROM (
      SELECT endpoint, at, attempt, status, answer,
        maxOrNullIf(at, status BETWEEN 200 AND 299) OVER (PARTITION BY endpoint) AS last_success
      FROM delivery_attempts FINAL WHERE project = {project: String} AND kind = 'try'
    )
    GROUP BY endpoint
  )
) AS a ON a.endpoint = d.endpoint
WHERE d.project = {project: String}
GROUP BY d.endpoint
ORDER BY d.endpoint`

/** What came of each endpoint's deliveries, and how often in a row it failed. */
export const readEndpoints = (reader: Reader): Promise<EndpointRow[]> =>
  query(reader, { name: 'endpoints', sql: endpointsSql })
