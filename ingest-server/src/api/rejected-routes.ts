/** What was refused on its way: events that collect refused, rows that ClickHouse refused; read and replayed. */
import { z } from 'zod'
import { mutableTable } from '../clickhouse/cluster-ddl.js'
import { spansOf } from '../collect/accept/spans.js'
import { acceptEvents, type Batch } from '../collect/accept/accept.js'
import { errorTable, type ErrorCode } from '../errors.js'
import { query, type NamedQuery } from '../clickhouse/query.js'
import { appendCounted } from '../log/append-counted.js'
import { projectOf, readerFor, type Api, type TimelineDeps } from './context.js'
import { errors } from '@touchline/schemas/api'

const time = z.iso.datetime({ offset: true }).optional()
const filter = z.object({
  code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]).optional(),
  from: time,
  to: time,
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
})
const limited = filter.pick({ limit: true })

const refusedSchema = z.object({
  receivedAt: z.string(),
  messageId: z.string(),
  code: z.string(),
  message: z.string(),
  original: z.string().describe('JSON text as sent, cut at 32 KB'),
})
const deadLetterSchema = z.object({
  storedAt: z.string(),
  target: z.string(),
  code: z.number(),
  reason: z.string(),
  position: z.string(),
  original: z.string(),
})

const refusedQuery: NamedQuery = {
  name: 'rejected-events',
  sql: `
SELECT toString(cityHash64(original, received_at, message_id)) AS id, received_at AS receivedAt,
  toUnixTimestamp64Milli(received_at) AS receivedAtMs, message_id AS messageId, code, message, original
FROM rejected_events
WHERE project = {project: String}
  AND ({code: String} = '' OR code = {code: String})
  AND received_at >= parseDateTime64BestEffort({from: String}, 3, 'UTC')
  AND received_at < parseDateTime64BestEffort({to: String}, 3, 'UTC')
ORDER BY received_at DESC
LIMIT {limit: UInt32}`,
}

const deadLettersQuery: NamedQuery = {
  name: 'dead-letters',
  sql: `
SELECT toString(cityHash64(original, position)) AS id, stored_at AS storedAt, target, code, reason, position, original
FROM dead_letters
WHERE project = {project: String}
ORDER BY stored_at DESC
LIMIT {limit: UInt32}`,
}

type Refused = z.infer<typeof refusedSchema> & { id: string; receivedAtMs: number }
type DeadLetter = z.infer<typeof deadLetterSchema> & { id: string }

export function addRefused(api: Api, deps: TimelineDeps): void {
  const tags = ['refused']
  const refusedOf = (request: Parameters<typeof readerFor>[0], wanted: z.infer<typeof filter>) => {
    const { code = '', from = '1970-01-02T00:00:00Z', to = '2200-01-01T00:00:00Z', limit } = wanted
    return query<Refused>(readerFor(request, deps), refusedQuery, { code, from, to, limit })
  }

  api.get(
    '/v1/rejected',
    {
      schema: {
        tags,
        summary: 'Events that were refused, newest first',
        querystring: filter,
        response: { 200: z.object({ rejected: z.array(refusedSchema) }), ...errors },
      },
    },
    async (request) => ({ rejected: await refusedOf(request, request.query) }),
  )

  api.post(
    '/v1/rejected/replay',
    {
      schema: {
        tags,
        summary: 'Judge refused events again, as of the time they were received',
        querystring: filter,
        response: { 200: z.object({ replayed: z.number().int(), refused: z.number().int() }), ...errors },
      },
    },
    async (request) => {
      const found = await refusedOf(request, request.query)
      const project = projectOf(request, deps)
      const accepted = found.flatMap((one) => {
        const outcome = judgeAgain(one, deps, project)
        return outcome?.accepted === 1 ? [{ id: one.id, lines: outcome.lines }] : []
      })
      if (accepted.length > 0) {
        const lines = Buffer.concat(accepted.map((one) => one.lines))
        await appendCounted(deps, project.id, { lines, events: accepted.length })
        await forget(deps, 'rejected_events', 'cityHash64(original, received_at, message_id)', accepted)
      }
      return { replayed: accepted.length, refused: found.length - accepted.length }
    },
  )

  api.get(
    '/v1/dead-letters',
    {
      schema: {
        tags,
        summary: 'Rows that ClickHouse refused, newest first',
        querystring: limited,
        response: { 200: z.object({ deadLetters: z.array(deadLetterSchema) }), ...errors },
      },
    },
    async (request) => ({
      deadLetters: await query<DeadLetter>(readerFor(request, deps), deadLettersQuery, request.query),
    }),
  )

  api.post(
    '/v1/dead-letters/replay',
    {
      schema: {
        tags,
        summary: 'Put rows that ClickHouse refused into the log again',
        querystring: limited,
        response: { 200: z.object({ replayed: z.number().int() }), ...errors },
      },
    },
    async (request) => {
      const reader = readerFor(request, deps)
      const found = await query<DeadLetter>(reader, deadLettersQuery, request.query)
      const events = found.filter(({ target }) => target === 'events')
      if (events.length > 0) {
        const lines = Buffer.from(events.map(({ original }) => `${original}\n`).join(''))
        await appendCounted(deps, reader.project, { lines, events: events.length })
        await forget(deps, 'dead_letters', 'cityHash64(original, position)', events)
      }
      return { replayed: events.length }
    },
  )
}

/** Undefined where what is left of the event is no JSON. */
function judgeAgain(
  { original, receivedAt, receivedAtMs }: Refused,
  { erasing }: TimelineDeps,
  project: ReturnType<typeof projectOf>,
) {
  let event: unknown
  try {
    event = JSON.parse(original)
  } catch {
    return undefined
  }
  const batch: Batch = {
    events: [event],
    type: undefined,
    context: undefined,
    sentAt: undefined,
    contextBytes: 0,
    source: { text: original, events: [], spans: [spansOf(original).root] },
  }
  // Who sent it is no longer known, so it is worth what a write key's event is worth.
  return acceptEvents(batch, {
    project,
    verified: false,
    judge: erasing?.()?.judgeOf(project.id),
    receivedAtMs: Number(receivedAtMs),
    receivedAt: new Date(receivedAt).toISOString(),
    ip: '',
    userAgent: '',
    acceptLanguage: '',
    byBrowser: false,
  })
}

async function forget(
  { clickhouse, cluster }: TimelineDeps,
  table: 'rejected_events' | 'dead_letters',
  idOf: string,
  rows: readonly { id: string }[],
): Promise<void> {
  await clickhouse.app.command({
    query: `ALTER TABLE ${mutableTable(table, cluster)} DELETE WHERE has({ids: Array(String)}, toString(${idOf}))`,
    query_params: { ids: rows.map(({ id }) => id) },
    clickhouse_settings: { mutations_sync: '1' },
  })
}
