/** Rows that ClickHouse refused: read, and put into the log again. */
import { errors } from '@touchline/schemas/api'
import { z } from 'zod'
import { query, type NamedQuery } from '../../clickhouse/query.js'
import { appendCounted } from '../../log/append-counted.js'
import { readerFor, type Api, type TimelineDeps } from '../context.js'
import { forget } from './forget-rows.js'

const limited = z.object({ limit: z.coerce.number().int().min(1).max(10_000).default(50) })

const deadLetterSchema = z.object({
  storedAt: z.string(),
  target: z.string(),
  code: z.number(),
  reason: z.string(),
  position: z.string(),
  original: z.string(),
})

type DeadLetter = z.infer<typeof deadLetterSchema> & { id: string }

const deadLettersQuery: NamedQuery = {
  name: 'dead-letters',
  sql: `
SELECT toString(cityHash64(original, position)) AS id, stored_at AS storedAt, target, code, reason, position, original
FROM dead_letters
WHERE project = {project: String}
ORDER BY stored_at DESC
LIMIT {limit: UInt32}`,
}

const tags = ['refused']

export function addDeadLetters(api: Api, deps: TimelineDeps): void {
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
