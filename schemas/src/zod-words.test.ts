import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import './zod-words.js'

describe('what a schema refuses is said in words', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.string(), undefined, 'is missing; it must be a text'],
    [z.string(), 7, 'must be a text, not 7'],
    [z.number(), 'sk_secret', 'must be a number'],
    [z.coerce.number(), 'seven', 'must be a number'],
    [z.number().int(), 1.5, 'must be a whole number, not 1.5'],
    [z.number().min(3), 2, 'must be at least 3'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.number().max(3), 4, 'must be at most 3'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(8), 'short', 'must have at least 8 characters'],
    [z.string().max(1), 'ab', 'must have at most 1 character'],
    [z.array(z.string()).min(1), [], 'must not be empty'],
    [z.enum(['asc', 'desc']), 'up', 'must be one of "asc", "desc", not "up"'],
    [z.literal(1), 2, 'must be 1, not 2'],
    [z.url(), 'https:/', 'must be an address such as https://example.com'],
    [z.iso.datetime(), 'yesterday', 'must be a time such as 2026-01-31T12:00:00Z'],
    [z.iso.date(), '1/2/26', 'must be a day such as 2026-01-31'],
    [z.strictObject({ a: z.string().optional() }), { b: 1 }, 'must not have "b", which nobody reads'],
    [z.union([z.string(), z.number()]), [], 'must be a text, or must be a number'],
    [
      z.union([z.string(), z.object({ id: z.string(), of: z.object({ n: z.number() }) })]),
      { id: 'a', of: {} },
      'must be a text, or of.n is missing; it must be a number',
    ],
    [z.looseObject({}), 'x', 'must be an object'],
    [z.boolean(), null, 'must be true or false, not null'],
    [z.string().regex(/^a/), 'b', 'must be written in another form'],
    [z.string().min(8, 'a key has at least 8 characters'), 'b', 'a key has at least 8 characters'],
  ])('%# %j', (schema, value, words) => {
    expect(schema.safeParse(value).error?.issues[0]?.message).toBe(words)
  })

  it('and never with the name of a JavaScript type', () => {
    const everything = z.object({
      a: z.string(),
      b: z.number(),
      c: z.array(z.string()),
      d: z.record(z.string(), z.number()),
    })
    const issues = everything.safeParse({ d: { x: 'y' } }).error?.issues ?? []
    expect(issues).toHaveLength(4)
    for (const { message } of issues) expect(message).not.toMatch(/undefined|Invalid input|expected|received/)
  })
})
