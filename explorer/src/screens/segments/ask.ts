/** What the screen asks. A part whose address the server does not know is not there for it. */
import type { definitionList, previewAnswer } from '@touchline/schemas/api'
import { endpoint, type Output } from '../../api/endpoints.js'
import { ApiError } from '../../api/errors.js'
import type { Resource } from '../../api/resource.js'

export type Definitions = Output<typeof definitionList>
export type Definition = Definitions['definitions'][number]
export type Preview = Output<typeof previewAnswer>
export type Kind = 'account' | 'person'

// As the answers of engagement are fixed; as much of them as is shown.
export interface Scores {
  scores: {
    id: string
    name: string
    subject: Kind
    on: number
    off: number
    subjects: number
    above: number
  }[]
}
export interface ScoreSubjects {
  subject: Kind
  rows: { subject: string; total: number; fit: number; behaviour: number }[]
}
export interface WeighedTouch {
  at: string
  kind: string
  name: string
  page: string
  rule: string
  points: number
}
export interface ScoreWhy {
  fit: number
  behaviour: number
  total: number
  rules: { rule: string; points: number; sentence?: { en: string; ja: string } | null }[]
  touches: WeighedTouch[]
}
export interface Handoff {
  id: string
  score: string
  subject: string
  subjectKind: Kind
  account: string | null
  total: number
  rules: { rule: string; points: number }[]
  touches: WeighedTouch[]
  merged: boolean
  at: string
  answer: { accepted: boolean; reason: string } | null
}
export interface Program {
  id: string
  name: string
  subject: Kind
  waiting: number
  done: number
  exited: number
  steps: { step: string; does: string; waiting: number }[]
}
export interface Run {
  run: string
  subject: string
  step: string
  dueAt: string | null
  because: string
}
export interface Delivery {
  id: string
  endpoint: string
  subject: string
  state: 'waiting' | 'delivered' | 'gaveUp'
  attempts: number
  status: number | null
  latencyMs: number | null
  answer: string | null
  decidedAt: string
  nextAt: string | null
}

const id = encodeURIComponent
export const ask = {
  segments: () => endpoint<Definitions>('/v1/definitions/segments'),
  scores: () => endpoint<Scores>('/v1/scores'),
  scoreSubjects: (score: string) =>
    endpoint<ScoreSubjects>(`/v1/scores/${id(score)}/subjects`, { limit: 50 }),
  scoreWhy: (score: string, kind: Kind, subject: string) =>
    endpoint<ScoreWhy>(`/v1/scores/${id(score)}/why`, { [kind]: subject }),
  handoffs: (isOpen: boolean) =>
    endpoint<{ rows: Handoff[] }>('/v1/handoffs', { answered: isOpen ? 'no' : null, limit: 100 }),
  programs: () => endpoint<{ programs: Program[] }>('/v1/programs'),
  runs: (program: string, step: string) =>
    endpoint<{ rows: Run[] }>(`/v1/programs/${id(program)}/runs`, { state: 'waiting', step, limit: 200 }),
  deliveries: () => endpoint<{ rows: Delivery[] }>('/v1/deliveries', { limit: 100 }),
}

/** Its address is known to the server: an answer came, or a failure that is another one. */
export const isThere = ({ data, error }: Resource<unknown>): boolean =>
  data !== undefined || (error !== undefined && !(error instanceof ApiError && error.status === 404))
