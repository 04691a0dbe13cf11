/** The collecting paths in OpenAPI, from the schemas that events are checked by: their routes parse bodies by hand. */
import { batchSchema, collectAnswerSchema, eventSchemas, eventTypes } from '@touchline/schemas'
import { z } from 'zod'

type JsonSchema = Record<string, unknown>

const shapeOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _, ...shape } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: forgetBoundsOfIntegers,
  })
  return shape
}

const inJson = (schema: JsonSchema) => ({ content: { 'application/json': { schema } } })

const refused = {
  400: 'The body is not JSON, or not an event or a batch',
  401: 'No key, or an unknown one',
  403: 'The origin may not use the key, or a secret key came from a browser',
  413: 'Over 512 KB as sent, 4 MB decoded or 2,500 events',
  429: 'Over the rate; Retry-After says when',
  503: 'Not confirmed; sending again with the same messageId is safe. Retry-After says when',
}

function pathOf(summary: string, body: JsonSchema) {
  return {
    post: {
      summary,
      tags: ['Collecting'],
      security: [{ basic: [] }, { bearer: [] }, { writeKeyHeader: [] }, { writeKeyQuery: [] }],
      requestBody: { required: true, ...inJson(body) },
      responses: {
        200: {
          description: 'Durable. Events that were refused stand in `rejected`',
          ...inJson(shapeOf(collectAnswerSchema, 'output')),
        },
        ...Object.fromEntries(
          Object.entries(refused).map(([status, description]) => [status, { description }]),
        ),
      },
    },
  }
}

/** The path says the type, so an event there needs none. */
function bodyOf(type: (typeof eventTypes)[number]): JsonSchema {
  const shape = shapeOf(eventSchemas[type], 'input')
  const required = Array.isArray(shape['required']) ? shape['required'].filter((name) => name !== 'type') : []
  return { ...shape, required }
}

export const collectPaths = () => ({
  ...Object.fromEntries(
    eventTypes.map((type) => [`/v1/${type}`, pathOf(`Take one event: ${type}`, bodyOf(type))]),
  ),
  '/v1/batch': pathOf('Take up to 2,500 events; each names its type', shapeOf(batchSchema, 'input')),
  '/v1/import': pathOf('The same as /v1/batch', shapeOf(batchSchema, 'input')),
})

export const collectSecurity = {
  writeKeyHeader: { type: 'apiKey', in: 'header', name: 'X-Write-Key' },
  writeKeyQuery: { type: 'apiKey', in: 'query', name: 'writeKey' },
} as const

/** zod writes what an integer can be in JavaScript, which pages then show as the example. */
export function forgetBoundsOfIntegers({
  jsonSchema,
}: {
  jsonSchema: { minimum?: number; maximum?: number }
}): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
}
