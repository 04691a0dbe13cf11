/** What the screen asks, from the state in its address. */
import type {
  gapsAnswer,
  icpAnswer,
  lifecycleAnswer,
  Meta,
  pathsAnswer,
  personasAnswer,
  stagesAnswer,
  summaryAnswer,
} from '@touchline/schemas/api'
import { endpoint, type Output } from '../../api/endpoints.js'
import { tabOf } from '../../parts/tabs.js'
import { rangeParameters, startOfMonth, useRange, type Range } from '../../url/range.js'
import { useUrl } from '../../url/url.js'

export type Summary = Output<typeof summaryAnswer>
export type Stages = Output<typeof stagesAnswer>
export type Gaps = Output<typeof gapsAnswer>
export type Paths = Output<typeof pathsAnswer>
export type Icp = Output<typeof icpAnswer>
export type Personas = Output<typeof personasAnswer>
export type Lifecycle = Output<typeof lifecycleAnswer>

export const parts = ['stages', 'silences', 'paths', 'profile', 'months'] as const
export const outcomes = ['won', 'lost', 'open'] as const
export type Outcome = (typeof outcomes)[number]
export const directions = ['any', 'inbound'] as const
export const pathKeys = ['channel', 'name', 'kind'] as const

export interface JourneysQuery {
  part: (typeof parts)[number]
  goal: string
  lost: string | undefined
  direction: (typeof directions)[number]
  by: (typeof pathKeys)[number]
  isTable: boolean
  /** What is opened: `outcome:won`, `reached:education`, `gap:discovery`, `path:[…]`, `icp:industry=Retail`, … */
  open: string | null
  range: Range
}

export const usualRange = 'all'

export function useJourneysQuery({ goals }: Meta): JourneysQuery {
  const { query } = useUrl()
  const range = useRange(usualRange)
  const has = (id: string) => goals.some((goal) => goal.id === id)
  return {
    part: tabOf(query.get('part'), parts),
    goal: query.get('goal') ?? (has('won') ? 'won' : (goals[0]?.id ?? 'won')),
    lost: has('lost') ? 'lost' : undefined,
    direction: tabOf(query.get('of'), directions),
    by: tabOf(query.get('by'), pathKeys),
    isTable: query.get('view') === 'table',
    open: query.get('open'),
    range,
  }
}

export const summaryOf = ({ goal, range }: JourneysQuery, outcome: Outcome) =>
  endpoint<Summary>('/v1/journeys/summary', { goal, outcome, ...rangeParameters(range) })

export const stagesOf = () => endpoint<Stages>('/v1/stages')

/** So many of the longest are grouped by stage; what is beyond is said. */
export const mostGaps = 2_000
export const gapsOf = ({ direction, range }: JourneysQuery, isOpen: boolean) =>
  endpoint<Gaps>('/v1/journeys/gaps', {
    direction,
    open: isOpen,
    limit: mostGaps,
    // Of what is silent now it does not matter when the silence began.
    ...(isOpen ? {} : rangeParameters(range)),
  })

/** As many as are drawn; the table shows the first of them. */
export const mostPaths = 200
export const pathsOf = ({ goal, by, range }: JourneysQuery) =>
  endpoint<Paths>('/v1/paths', {
    goal,
    by,
    depth: 5,
    collapse: true,
    limit: mostPaths,
    ...rangeParameters(range),
  })

export const icpOf = ({ goal, lost, range }: JourneysQuery) =>
  lost === undefined ? null : endpoint<Icp>('/v1/icp', { goal, lost, ...rangeParameters(range) })

export const personasOf = ({ goal, lost, range }: JourneysQuery) =>
  lost === undefined ? null : endpoint<Personas>('/v1/personas', { goal, lost, ...rangeParameters(range) })

/** All of every month that the range touches; a year of them where it has no beginning: more is not read. */
export const lifecycleOf = ({ goal, range }: JourneysQuery, zone: string, now: number) =>
  endpoint<Lifecycle>('/v1/metrics/lifecycle', {
    by: 'month',
    customer: goal,
    timezone: zone,
    ...rangeParameters({
      ...range,
      from: range.from === null ? startOfMonth(now, zone, -11) : startOfMonth(range.from, zone),
      to: range.to === null ? null : startOfMonth(range.to - 1, zone, 1),
    }),
  })
