/** What the screen asks the server, from the state in its address. */
import type { AttributionAnswer, costsSummed, Meta } from '@touchline/schemas/api'
import type { Endpoint } from '../../api/client.js'
import { endpoint, type Output, type Parameters } from '../../api/endpoints.js'
import { rangeParameters, useRange, type Range } from '../../url/range.js'
import { useUrl } from '../../url/url.js'
import { dimensions, type Dimension } from './words.js'

export type Costs = Output<typeof costsSummed>
export const usualRange = '365d'

export interface ChannelsQuery {
  goal: string
  model: string
  /** Compared with; undefined: with none. */
  versus: string | undefined
  by: Dimension
  view: 'bars' | 'time'
  row: string | null
  range: Range
}

export function useChannelsQuery(meta: Meta): ChannelsQuery {
  const { query } = useUrl()
  const range = useRange(usualRange)
  const model = query.get('model') ?? 'linear'
  const versus = query.get('vs')
  return {
    goal: query.get('goal') ?? usualGoal(meta),
    model,
    versus: versus === null || versus === model ? undefined : versus,
    by: dimensions.find((one) => one === query.get('by')) ?? 'channel',
    view: query.get('view') === 'time' ? 'time' : 'bars',
    row: query.get('row'),
    range,
  }
}

/** `won` where it is defined, else the first. */
export const usualGoal = ({ goals }: Meta): string =>
  goals.find(({ id }) => id === 'won')?.id ?? goals[0]?.id ?? 'won'

/** W and full path need to know which goals are a lead and an opportunity; by name, where they are defined so. */
function milestonesOf({ goals }: Meta): string | undefined {
  const named = (ids: readonly string[]) => goals.find(({ id }) => ids.includes(id))?.id
  const parts = [
    ['lc', named(['lead', 'mql', 'signup'])],
    ['oc', named(['opportunity', 'sql', 'deal'])],
  ].filter(([, goal]) => goal !== undefined)
  return parts.length === 0 ? undefined : parts.map((pair) => pair.join(':')).join(',')
}

export function attributionParameters(
  { goal, by, range }: ChannelsQuery,
  meta: Meta,
  list: readonly string[],
): Parameters {
  const needsMilestones = list.some((model) => model === 'w' || model === 'full-path')
  return {
    goal,
    model: list.join(','),
    by,
    milestones: needsMilestones ? milestonesOf(meta) : undefined,
    ...rangeParameters(range),
  }
}

export const modelsOf = ({ model, versus }: ChannelsQuery): string[] =>
  versus === undefined ? [model] : [model, versus]

export const attributionOf = (query: ChannelsQuery, meta: Meta) =>
  endpoint<AttributionAnswer>('/v1/attribution', attributionParameters(query, meta, modelsOf(query)))

/** What was spent, by the same key; a landing page costs nothing by itself. */
export const costsOf = ({ by, range }: ChannelsQuery, zone: string): Endpoint<Costs> | null =>
  by === 'landing page'
    ? null
    : endpoint<Costs>('/v1/costs', { by, timezone: zone, ...rangeParameters(range) })

/** Amounts by key, then by currency. */
export function spentBy({ rows }: Costs): Map<string, Record<string, number>> {
  const spent = new Map<string, Record<string, number>>()
  for (const { key, currency, amount } of rows) spent.set(key, { ...spent.get(key), [currency]: amount })
  return spent
}
