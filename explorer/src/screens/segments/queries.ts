/** What the screen asks. A part whose address the server does not know is not there for it. */
import type {
  definitionList,
  deliveriesAnswer,
  handoffsAnswer,
  previewAnswer,
  programList,
  runsAnswer,
  scoresAnswer,
  scoreSubjectsAnswer,
  scoreWhyAnswer,
} from '@touchline/schemas/api'
import { endpoint, type Output } from '../../api/endpoints.js'
import { ApiError } from '../../api/errors.js'
import type { Resource } from '../../api/resource.js'

export type Definitions = Output<typeof definitionList>
export type Definition = Definitions['definitions'][number]
export type Preview = Output<typeof previewAnswer>
export type Kind = 'account' | 'person'

export type Scores = Output<typeof scoresAnswer>
export type ScoreSubjects = Output<typeof scoreSubjectsAnswer>
export type ScoreWhy = Output<typeof scoreWhyAnswer>
export type WeighedTouch = ScoreWhy['touches'][number]
export type Handoffs = Output<typeof handoffsAnswer>
export type Handoff = Handoffs['rows'][number]
export type Programs = Output<typeof programList>
export type Program = Programs['programs'][number]
export type Runs = Output<typeof runsAnswer>
export type Deliveries = Output<typeof deliveriesAnswer>
export type DeliveryState = Delivery['state']
export type Delivery = Deliveries['rows'][number]

const id = encodeURIComponent
export const ask = {
  segments: () => endpoint<Definitions>('/v1/definitions/segments'),
  scores: () => endpoint<Scores>('/v1/scores'),
  scoreSubjects: (score: string) =>
    endpoint<ScoreSubjects>(`/v1/scores/${id(score)}/subjects`, { limit: 50 }),
  scoreWhy: (score: string, kind: Kind, subject: string) =>
    endpoint<ScoreWhy>(`/v1/scores/${id(score)}/why`, { [kind]: subject }),
  handoffs: (isOpen: boolean) =>
    endpoint<Handoffs>('/v1/handoffs', { answered: isOpen ? 'no' : null, limit: 100 }),
  programs: () => endpoint<Programs>('/v1/programs'),
  runs: (program: string, step: string) =>
    endpoint<Runs>(`/v1/programs/${id(program)}/runs`, { state: 'waiting', step, limit: 200 }),
  deliveries: (state: DeliveryState | null) => endpoint<Deliveries>('/v1/deliveries', { state, limit: 100 }),
}

/** Its address is known to the server, as far as it has answered. */
export const isThere = ({ error }: Resource<unknown>): boolean =>
  !(error instanceof ApiError && error.status === 404)
