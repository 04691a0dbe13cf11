/** What the routes about segments, scores and hand-offs take and answer (docs/engagement.md). */
import { z } from 'zod'
import { sentences, subject } from './conditions.js'
import type { Sentences } from './sentence.js'
import { definitionsUsed } from './stages.js'
import { limit, time, when } from './timeline.js'

const definitionId = z.string().min(1).max(100)
export const segmentParams = z.object({ segment: definitionId.describe('Id of the segment') })
export const scoreParams = z.object({ score: definitionId.describe('Id of the score') })
const asOf = time.optional().describe('As of this time: what happened until then, by the definitions of then')
const cursor = z.string().max(2_000).optional().describe('nextCursor of the page before')
const rowsAsWell = z
  .enum(['json', 'csv', 'ndjson'])
  .optional()
  .describe('`csv` and `ndjson` give all rows at once, at most 200,000')

export const segmentsAnswer = z.object({
  asOf: when,
  segments: z.array(
    z.object({
      id: z.string(),
      version: z.number().int(),
      name: z.string(),
      subject,
      isList: z.boolean().describe('A list of identifiers, not a condition'),
      members: z.number().int().describe('As role engage last looked'),
      sentence: sentences.nullable(),
    }),
  ),
})

export const segmentCountQuery = z.object({ as_of: asOf, version: z.coerce.number().int().min(1).optional() })
export const segmentCountAnswer = z.object({
  asOf: when,
  segment: z.string(),
  subject,
  definitions: definitionsUsed,
  members: z.number().int().describe('Are in it'),
  ever: z.number().int().describe('Are or were in it'),
})

export const segmentRowsQuery = segmentCountQuery.extend({
  limit: limit(1_000, 100),
  cursor,
  format: rowsAsWell,
})
const segmentHead = { asOf: when, segment: z.string(), subject, definitions: definitionsUsed }
export const segmentMembersAnswer = z.object({
  ...segmentHead,
  rows: z.array(
    z.object({
      subject: z.string(),
      since: when.nullable().describe('When it entered; null: it was in before anything happened'),
    }),
  ),
  nextCursor: z.string().nullable(),
})
export const segmentHistoryAnswer = z.object({
  ...segmentHead,
  rows: z.array(
    z.object({
      subject: z.string(),
      change: z.enum(['enter', 'leave']),
      at: when.nullable().describe('null: it was in before anything happened'),
    }),
  ),
  nextCursor: z.string().nullable(),
})

export const engageWhyQuery = z.object({
  person: z.string().min(1).max(600).optional().describe('A person, by any identifier'),
  account: z.string().min(1).max(600).optional().describe('An account'),
  as_of: asOf,
})
const touchSeen = z.object({
  at: when,
  kind: z.string(),
  name: z.string(),
  page: z.string(),
  person: z.string(),
  messageId: z.string(),
})

export interface WhyPart {
  /** `when.all[1]`: where it stands in the definition. */
  path: string
  sentence: Sentences
  holds: boolean
  touches: z.input<typeof touchSeen>[]
  parts: WhyPart[]
}
export const whyPart: z.ZodType<WhyPart> = z
  .lazy(() =>
    z.object({
      path: z.string(),
      sentence: sentences,
      holds: z.boolean(),
      touches: z.array(touchSeen).describe('The latest five that it asks for'),
      parts: z.array(whyPart),
    }),
  )
  .meta({ id: 'WhyPart' })
export const segmentWhyAnswer = z.object({
  asOf: when,
  segment: z.string(),
  version: z.number().int(),
  subject: z.string(),
  isIn: z.boolean(),
  since: when.nullable(),
  changes: z.array(z.object({ change: z.enum(['enter', 'leave']), at: when.nullable() })),
  why: whyPart.nullable().describe('null: the segment is a list'),
  identifiers: z.array(z.string()).describe('Of a list those of it that are theirs'),
})

export const scoresAnswer = z.object({
  asOf: when,
  scores: z.array(
    z.object({
      id: z.string(),
      version: z.number().int(),
      name: z.string(),
      subject,
      on: z.number(),
      off: z.number(),
      rules: z.number().int(),
      subjects: z.number().int().describe('Who has points, as role engage last looked'),
      above: z.number().int().describe('Who is at or above `on`'),
    }),
  ),
})

export const scoreSubjectsQuery = z.object({
  as_of: asOf,
  order: z.enum(['asc', 'desc']).default('desc'),
  limit: limit(1_000, 100),
  cursor,
  format: rowsAsWell,
})
export const scoreSubjectsAnswer = z.object({
  asOf: when,
  score: z.string(),
  subject,
  definitions: definitionsUsed,
  rows: z.array(z.object({ subject: z.string(), total: z.number(), fit: z.number(), behaviour: z.number() })),
  nextCursor: z.string().nullable(),
})

const rulePoints = z.object({
  rule: z.string().describe('Id of the rule; cap:<group> is what the cap of a group took off'),
  points: z.number(),
})
const weighedTouch = z.object({
  at: when,
  kind: z.string(),
  name: z.string(),
  page: z.string(),
  rule: z.string().describe('The rule by which it weighs most'),
  points: z.number().describe('What it gives over all rules, before caps'),
})
export const scoreWhyAnswer = z.object({
  asOf: when,
  score: z.string(),
  version: z.number().int(),
  subject: z.string(),
  fit: z.number(),
  behaviour: z.number(),
  total: z.number(),
  on: z.number(),
  off: z.number(),
  rules: z
    .array(
      rulePoints.extend({
        group: z.string(),
        sentence: sentences.nullable(),
      }),
    )
    .describe('The weightiest first; together the total'),
  touches: z.array(weighedTouch).describe('The weightiest first, at most 50'),
})

export const handoffsQuery = z.object({
  score: definitionId.optional().describe('Only of this score'),
  subject: z.string().min(1).max(600).optional().describe('Only of this person or account'),
  since: time.optional().describe('Handed off at or after this time'),
  answered: z.enum(['yes', 'no']).optional().describe('Only those that sales answered, or did not'),
  limit: limit(1_000, 100),
  cursor,
})
const handoffAnswered = z.object({
  accepted: z.boolean(),
  reason: z.string(),
  author: z.string(),
  at: when,
})
export const handoffShape = z.object({
  id: z.string(),
  score: z.string(),
  version: z.number().int().describe('Version of the score'),
  subject: z.string(),
  subjectKind: subject,
  account: z.string().nullable(),
  fit: z.number(),
  behaviour: z.number(),
  total: z.number(),
  rules: z.array(rulePoints).describe('The weightiest first; together the total'),
  touches: z.array(weighedTouch).describe('The five that weighed most'),
  merged: z.boolean().describe('A merge of two people made it so, not a touch'),
  because: z.string().describe('crossed, or program:<id>'),
  identityVersion: z.string(),
  at: when,
  answer: handoffAnswered.nullable(),
})
export const handoffsAnswer = z.object({ rows: z.array(handoffShape), nextCursor: z.string().nullable() })
export const handoffParams = z.object({ handoff: z.string().min(1).max(100).describe('Id of the hand-off') })
export const handoffAnswerBody = z.strictObject({
  accepted: z.boolean(),
  reason: z.string().trim().max(1_000).default(''),
  author: z.string().trim().max(200).default('api').describe('Who answers'),
})
