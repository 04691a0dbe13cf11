/**
 * The cases of `fixtures/accepted` and `fixtures/refused`: requests as SDKs and broken clients really send
 * them, and what becomes of each. Data for tests, docs and demos. Node only.
 *
 * The keys below stand in the requests; `receivedAt` is the clock under which the expected times hold.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'

export const fixtureWriteKey = 'wk_fixtures_0123456789'
export const fixtureSecretKey = 'sk_fixtures_0123456789'
export const fixtureReceivedAt = '2026-03-01T12:00:00.000Z'

const requestSchema = z.strictObject({
  path: z.string(),
  /** Beside content-type: application/json, which null takes away. */
  headers: z.record(z.string(), z.string().nullable()).default({}),
  /** The body as JSON … */
  body: z.unknown().optional(),
  /** … or as text, where JSON could not say it. */
  text: z.string().optional(),
  encoding: z.enum(['gzip', 'deflate', 'deflate-raw', 'br']).optional(),
})

const acceptedSchema = z.strictObject({
  name: z.string(),
  why: z.string(),
  request: requestSchema,
  expected: z.strictObject({
    accepted: z.number(),
    /** Indexes of events that were not taken quite as they were meant. */
    warnings: z.array(z.number()).default([]),
    /** Columns of each row; null says that the column is left out. */
    rows: z.array(z.record(z.string(), z.unknown())),
    /** Text that stands word for word in the lines. */
    contains: z.array(z.string()).default([]),
  }),
})

const refusedSchema = z.strictObject({
  name: z.string(),
  why: z.string(),
  request: requestSchema,
  expected: z.strictObject({
    status: z.number(),
    /** Of the request as a whole. */
    code: z.string().optional(),
    accepted: z.number().default(0),
    /** Of single events. */
    rejected: z
      .array(z.strictObject({ index: z.number(), messageId: z.string().nullable(), code: z.string() }))
      .optional(),
  }),
})

export type FixtureRequest = z.infer<typeof requestSchema>
export type AcceptedFixture = z.infer<typeof acceptedSchema>
export type RefusedFixture = z.infer<typeof refusedSchema>

function load<T>(kind: 'accepted' | 'refused', schema: z.ZodType<T>): (T & { file: string })[] {
  // The folder stands beside both src/ and dist/.
  const folder = new URL(`../fixtures/${kind}/`, import.meta.url)
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const cases = z.array(schema).parse(JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
      return cases.map((one) => ({ ...one, file: name.slice(0, -'.json'.length) }))
    })
}

export const acceptedFixtures = () => load('accepted', acceptedSchema)
export const refusedFixtures = () => load('refused', refusedSchema)
