/** What the routes about stages take and answer (docs/journeys.md). */
import { z } from 'zod'
import { subject } from './conditions.js'
import { limit, time, when, whoIsWho } from './timeline.js'

const used = z.object({ kind: z.string(), id: z.string(), version: z.number().int() })
export const definitionsUsed = z
  .array(used)
  .describe('Which versions of which definitions it was reckoned by')

const asOf = time.optional().describe('As of this time: what happened until then, by the definitions of then')

export const stagesQuery = z.object({
  subject: subject.optional(),
  list: z.string().min(1).max(100).default('default').describe('Id of the list of stages'),
  version: z.coerce.number().int().min(1).optional(),
  as_of: asOf,
  format: z.enum(['json', 'csv']).optional(),
})
const days = z.number().nullable()
const stageRow = z.object({
  id: z.string(),
  name: z.string(),
  reached: z.number().int().describe('Went at least as far'),
  entered: z.number().int().describe('Were in it'),
  skipped: z.number().int().describe('Went further without it'),
  current: z.number().int().describe('Are in it'),
  open: z.number().int().describe('Went no further and were not silent yet'),
  droppedOff: z.number().int().describe('Went no further and were silent for longer than silentAfter'),
  time: z.object({
    kaplanMeierMedianDays: days.describe('With open visits censored; null where fewer than half have left'),
    completedMeanDays: days,
    completed: z.number().int(),
    open: z.number().int(),
    cumulativeMeanDays: days.describe('Of a subject all its visits together, open ones until asOf'),
  }),
  toNext: z
    .object({ stage: z.string(), medianDays: days, p75Days: days, n: z.number().int() })
    .nullable()
    .describe('First entry to first entry of the next stage, of who has both'),
})
export const stagesAnswer = z.object({
  asOf: when,
  subject,
  list: z.string(),
  definitions: definitionsUsed,
  touchFilter: z.string(),
  subjects: z.number().int().describe('In any stage ever'),
  stages: z.array(stageRow),
  whoIsWho,
})
export type StageRow = z.input<typeof stageRow>

export const stageStates = ['current', 'reached', 'entered', 'skipped', 'open', 'dropped'] as const
export const stageSubjectsQuery = stagesQuery.omit({ format: true }).extend({
  stage: z.string().min(1).max(100),
  state: z.enum(stageStates).default('current'),
  limit: limit(1_000, 100),
  cursor: z.string().max(2_000).optional().describe('nextCursor of the page before'),
})
export const stageSubjectsAnswer = z.object({
  asOf: when,
  subject,
  stage: z.string(),
  state: z.enum(stageStates),
  definitions: definitionsUsed,
  total: z.number().int(),
  rows: z.array(
    z.object({
      subject: z.string(),
      stage: z.string().nullable().describe('Where it is now'),
      since: when.nullable(),
      enteredAt: when.nullable().describe('When it entered the stage that is asked for, first'),
      lastTouchAt: when.nullable(),
      silentDays: z.number().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
  whoIsWho,
})

export const subjectStagesQuery = z.object({
  list: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('Id of the list of stages; absent: the one of the subject'),
  as_of: asOf,
})
export const subjectStagesAnswer = z.object({
  asOf: when,
  subject: z.string(),
  definitions: definitionsUsed,
  entries: z.array(
    z.object({
      stage: z.string(),
      name: z.string(),
      at: when,
      leftAt: when.nullable(),
      days: z.number().describe('Until it left, or until asOf'),
      because: z
        .string()
        .nullable()
        .describe('messageId of the touch or fact; null where time passing made it so'),
    }),
  ),
  current: z.string().nullable(),
  furthest: z.string().nullable(),
  whoIsWho,
})
