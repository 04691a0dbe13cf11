/** Accounts and people as lists: what the routes take and answer. */
import { z } from 'zod'
import { json, limit, time, when, whoIsWho } from './timeline.js'

export const listSubjectsQuery = z.object({
  q: z
    .string()
    .trim()
    .min(1)
    .max(300)
    .optional()
    .describe(
      'Part of an identifier, a name or a domain. Alone, or with limit, it answers in the order of the search; else the first 250 found are listed',
    ),
  sort: z
    .enum(['lastTouch', 'silence', 'touches30d', 'firstSeen', 'touches', 'people', 'score'])
    .default('lastTouch')
    .describe('What the largest comes first of, unless `order` says otherwise; `people` of accounts alone'),
  order: z.enum(['asc', 'desc']).default('desc'),
  stage: z.string().min(1).max(100).optional().describe('Who is in this stage now'),
  segment: z.string().min(1).max(100).optional(),
  score: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Which score is shown and sorted by; absent: `lead`, else the first there is'),
  channel: z.string().min(1).max(100).optional().describe('Who ever came by this channel'),
  condition: z
    .string()
    .min(2)
    .max(20_000)
    .optional()
    .describe('A condition as JSON, URL-encoded (docs/journeys.md)'),
  as_of: time.optional().describe('What happened until this time'),
  limit: limit(100, 20),
  cursor: z.string().max(2_000).optional().describe('nextCursor of the page before'),
})

const warnings = z
  .array(z.string())
  .optional()
  .describe('Of an empty list: names that were asked for and that nothing bears, with the nearest that is')

/** What a list says of each beside who it is; absent where the list is a search. */
export const listedShape = {
  touches: z.number().int().optional(),
  touches30d: z.number().int().optional(),
  stage: z.string().nullable().optional().describe('The stage it is in, of the list `default`'),
  stageSince: when.nullable().optional(),
  firstTouch: z.object({ at: when, channel: z.string() }).nullable().optional(),
  lastTouch: z.object({ at: when, channel: z.string() }).nullable().optional(),
  silentDays: z.number().nullable().optional(),
  score: z
    .object({ id: z.string(), total: z.number(), fit: z.number(), behaviour: z.number() })
    .nullable()
    .optional()
    .describe('null where there is no score of such subjects'),
  weeks: z
    .array(z.number().int())
    .optional()
    .describe('Touches in each of the last 26 weeks, the oldest first'),
}
export const accountsListed = z.object({
  asOf: when.optional(),
  accounts: z.array(z.object({ id: z.string(), traits: json, people: z.number().int(), ...listedShape })),
  nextCursor: z.string().nullable().optional(),
  warnings,
  whoIsWho,
})
export const peopleListed = z.object({
  asOf: when.optional(),
  people: z.array(
    z.object({
      id: z.string(),
      identifiers: z.array(z.string()),
      traits: json,
      accounts: z.array(z.string()),
      ...listedShape,
    }),
  ),
  nextCursor: z.string().nullable().optional(),
  warnings,
  whoIsWho,
})
