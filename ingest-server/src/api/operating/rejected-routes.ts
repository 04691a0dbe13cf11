/** Events that collect refused: read, and judged again. */
import { z } from 'zod'
import { spansOf } from '../../collect/read/spans.js'
import { acceptEvents, type Batch } from '../../collect/accept/accept.js'
import { acceptMade } from '../../collect/accept/accept-made.js'
import { readDefinition } from '../../definitions/documents/read.js'
import { errorTable, type ErrorCode } from '../../errors.js'
import { query, type NamedQuery, type Reader } from '../../clickhouse/query.js'
import { appendCounted } from '../../log/append-counted.js'
import { findMap } from '../../sources/find-map.js'
import { readPushed } from '../../sources/webhooks/read-pushed.js'
import { forget } from './forget-rows.js'
import { projectOf, readerFor, type Api, type TimelineDeps } from '../context.js'
import { errors } from '@touchline/schemas/api'

const time = z.iso.datetime({ offset: true }).optional()
const filter = z.object({
  code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]).optional(),
  from: time,
  to: time,
  limit: z.coerce.number().int().min(1).max(10_000).default(50),
})

const refusedSchema = z.object({
  receivedAt: z.string(),
  messageId: z.string(),
  code: z.string(),
  message: z.string(),
  original: z.string().describe('JSON text as sent, cut at 32 KB'),
})
const refusedQuery: NamedQuery = {
  name: 'rejected-events',
  sql: `
SELECT toString(cityHash64(original, received_at, message_id)) AS id, received_at AS receivedAt,
  toUnixTimestamp64Milli(received_at) AS receivedAtMs, message_id AS messageId, code, message, stage, original
FROM rejected_events
WHERE project = {project: String}
  AND ({code: String} = '' OR code = {code: String})
  AND ({all: UInt8} = 1 OR stage != 'import')
  AND received_at >= parseDateTime64BestEffort({from: String}, 3, 'UTC')
  AND received_at < parseDateTime64BestEffort({to: String}, 3, 'UTC')
ORDER BY received_at DESC
LIMIT {limit: UInt32}`,
}

type Refused = z.infer<typeof refusedSchema> & { id: string; receivedAtMs: number; stage: string }

export function addRefused(api: Api, deps: TimelineDeps): void {
  const tags = ['refused']
  // A row of a file is mended in the file, and the file is imported again.
  const refusedOf = (
    request: Parameters<typeof readerFor>[0],
    wanted: z.infer<typeof filter>,
    what: 'all' | 'replayable',
  ) => {
    const { code = '', from = '1970-01-02T00:00:00Z', to = '2200-01-01T00:00:00Z', limit } = wanted
    return query<Refused>(readerFor(request, deps), refusedQuery, {
      ...{ code, from, to, limit },
      all: what === 'all' ? 1 : 0,
    })
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
    async (request) => ({ rejected: await refusedOf(request, request.query, 'all') }),
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
      const found = await refusedOf(request, request.query, 'replayable')
      const replayed = await replay(found, deps, {
        reader: readerFor(request, deps),
        project: projectOf(request, deps),
      })
      return { replayed, refused: found.length - replayed }
    },
  )
}

interface Place {
  reader: Reader
  project: ReturnType<typeof projectOf>
}

/** How many are events now; those are no longer among the refused. */
async function replay(found: readonly Refused[], deps: TimelineDeps, place: Place): Promise<number> {
  const accepted: { id: string; lines: Buffer; events: number }[] = []
  for (const one of found) {
    const outcome = await (one.stage === 'source' ? mapAgain : judgeAgain)(one, deps, place)
    if (outcome !== undefined && outcome.accepted > 0 && outcome.rejected.length === 0)
      accepted.push({ id: one.id, lines: outcome.lines, events: outcome.accepted })
  }
  if (accepted.length === 0) return 0
  const lines = Buffer.concat(accepted.map((one) => one.lines))
  const events = accepted.reduce((sum, one) => sum + one.events, 0)
  await appendCounted(deps, place.project.id, { lines, events })
  await forget(deps, 'rejected_events', 'cityHash64(original, received_at, message_id)', accepted)
  return accepted.length
}

/** By the map that its source has now; undefined where there is none, or it still cannot be read. */
async function mapAgain(
  { original, receivedAtMs }: Refused,
  { erasing }: TimelineDeps,
  { reader, project }: Place,
) {
  const { source, body } = JSON.parse(original) as { source: string; body: string }
  const definition = await readDefinition(reader, 'sources', source)
  if (definition === undefined) return undefined
  const { map, secret } = definition.body
  const read = readPushed(body, typeof map === 'string' ? (await findMap(reader, map)).body : map)
  if (read.unreadable.length > 0 || read.events.length === 0) return undefined
  return acceptMade(read.events, {
    project,
    verified: secret !== undefined,
    judge: erasing?.()?.judgeOf(project.id),
    receivedAtMs: Number(receivedAtMs),
  })
}

/** Undefined where what is left of the event is no JSON. */
function judgeAgain(
  { original, receivedAt, receivedAtMs }: Refused,
  { erasing }: TimelineDeps,
  { project }: Place,
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
