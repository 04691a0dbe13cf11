/** What the routes about programs, deliveries, endpoints and changes take and answer (docs/engagement.md). */
import { z } from 'zod'
import { sentences, subject } from './conditions.js'
import { changeKinds } from './definitions.js'
import { json, limit, when } from './timeline.js'

const name = z.string().min(1).max(100)

export const programParams = z.object({ id: name.describe('Id of the program') })
const stepShape = z.object({
  step: z.string(),
  sentence: sentences.nullable().describe('What it does; null: of an earlier version'),
  does: z.string().describe('wait, waitUntil, branch, act or exit'),
  waiting: z.number().int().describe('Runs that are there'),
})
const ended = z.object({ state: z.string(), because: z.string(), runs: z.number().int() })
export const programShape = z.object({
  id: z.string(),
  name: z.string(),
  version: z.number().int(),
  subject,
  enters: sentences.describe('What somebody enters by'),
  goal: sentences.nullable().describe('What ends it early'),
  waiting: z.number().int(),
  done: z.number().int(),
  exited: z.number().int(),
  steps: z.array(stepShape).describe('How many wait where, in the order of the latest version'),
  elsewhere: z.array(stepShape).describe('Steps of earlier versions with runs in them'),
  ended: z.array(ended).describe('Why runs ended'),
})
export const programList = z.object({ programs: z.array(programShape) })

export const runStates = ['waiting', 'done', 'exited'] as const
export const runsQuery = z.object({
  state: z.enum(runStates).optional(),
  step: name.optional().describe('Only runs that are at this step'),
  subject: z.string().min(1).max(600).optional().describe('Only runs of this person or account'),
  limit: limit(1_000, 100),
  cursor: z.string().max(2_000).optional(),
})
export const runRow = z.object({
  run: z.string().describe('program:version:subject:entry'),
  subject: z.string(),
  version: z.number().int(),
  step: z.string(),
  enteredAt: when,
  dueAt: when.nullable().describe('Null: ended, or whenever what is waited for comes'),
  state: z.enum(runStates),
  because: z.string().describe('Why it waits or ended'),
  way: z.string().describe('What it entered by: segment, touch, condition, manual'),
})
export const runsAnswer = z.object({ rows: z.array(runRow), nextCursor: z.string().nullable() })

export const enterBody = z.object({
  subjects: z
    .array(z.string().min(1).max(600))
    .min(1)
    .max(1_000)
    .optional()
    .describe('Persons (or accounts) by id, as paths take them'),
  subject: z.string().min(1).max(600).optional(),
})
export const enterAnswer = z.object({
  entered: z.array(z.object({ run: z.string(), subject: z.string() })),
  refused: z.array(z.object({ subject: z.string(), because: z.string() })),
})

export const dryRunQuery = z.object({
  limit: limit(1_000, 20).describe('Of how many it is shown what would be sent'),
})
export const dryRunAnswer = z.object({
  program: z.string(),
  version: z.number().int(),
  asOf: when,
  subjects: z.number().int().describe('Who would enter now, if everybody for whom it holds did'),
  rows: z.array(
    z.object({
      subject: z.string(),
      refused: z.string().nullable().describe('Why they would not enter'),
      acts: z.array(
        z.object({
          step: z.string(),
          act: z.string(),
          to: z.string().describe('Endpoint, score, trait or segment'),
          body: z.unknown().optional(),
          holds: z.string().nullable().describe('What would hold it: quiet hours, a cap, a missing endpoint'),
        }),
      ),
    }),
  ),
})

export const deliveryStates = ['waiting', 'delivered', 'gaveUp'] as const
export const deliveriesQuery = z.object({
  endpoint: name.optional().describe('Only to this endpoint'),
  state: z.enum(deliveryStates).optional(),
  run: z.string().min(1).max(1_000).optional().describe('Only of this run, or of this feed'),
  subject: z.string().min(1).max(600).optional(),
  limit: limit(1_000, 100),
  cursor: z.string().max(2_000).optional(),
})
export const deliveryParams = z.object({ id: z.string().min(1).max(100).describe('Id of the delivery') })
export const deliveryRow = z.object({
  id: z.string().describe('webhook-id, the same over every try'),
  endpoint: z.string(),
  source: z.string().describe('program or feed'),
  run: z.string(),
  step: z.string(),
  subject: z.string(),
  state: z.enum(deliveryStates),
  attempts: z.number().int(),
  status: z.number().int().nullable().describe('0: there was no answer; null: not tried yet'),
  latencyMs: z.number().int().nullable(),
  answer: z.string().nullable().describe('First 500 bytes, or why there was none'),
  decidedAt: when,
  lastAt: when.nullable(),
  nextAt: when.nullable(),
  body: z.unknown(),
})
export const deliveriesAnswer = z.object({ rows: z.array(deliveryRow), nextCursor: z.string().nullable() })
export const replayAnswer = z.object({ id: z.string(), state: z.enum(deliveryStates), nextAt: when })

export const endpointsAnswer = z.object({
  endpoints: z.array(
    z.object({
      id: z.string(),
      url: z.string(),
      problem: z
        .string()
        .nullable()
        .describe('Why nothing can be sent: its address, or a secret that is missing'),
      circuit: z
        .enum(['closed', 'open'])
        .describe('open: it failed five times in a row, and only now and then one is tried'),
      failuresInRow: z.number().int(),
      waiting: z.number().int(),
      delivered: z.number().int(),
      gaveUp: z.number().int(),
      lastSuccessAt: when.nullable(),
      lastFailureAt: when.nullable(),
      lastStatus: z
        .number()
        .int()
        .nullable()
        .describe('Of the last try; 0: there was no answer; null: nothing was tried'),
      lastAnswer: z.string().nullable().describe('First 500 bytes, or why there was none'),
    }),
  ),
})

export const changesQuery = z.object({
  after: z
    .string()
    .regex(/^\d{1,19}$/, 'must be a cursor as an answer before gave it')
    .default('0')
    .describe('`next` of the answer before; 0: from the beginning'),
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(30)
    .default(0)
    .describe('Seconds that the answer may wait for a change where there is none yet'),
  changes: z.string().max(200).optional().describe('Only these, with commas between them'),
  limit: limit(1_000, 100),
})
export const changeRow = z.object({
  seq: z.string(),
  id: z.string().describe('The same for the same change'),
  kind: z.enum(changeKinds),
  of: z.string().describe('Which score, list of stages or segment'),
  subject: z.string(),
  subjectKind: subject,
  at: when,
  data: json,
})
export const changesAnswer = z.object({
  rows: z.array(changeRow),
  next: z.string().describe('The cursor that goes on after these'),
})
