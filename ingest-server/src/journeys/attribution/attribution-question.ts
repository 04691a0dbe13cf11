/** The parameters of an attribution, and the touches that it is computed from. */
import type { Touch } from '@touchline/schemas/api'
import { compileTouch } from '../../definitions/sql/compile-touch.js'
import type { Goal } from '../goals.js'
import { fragment, paramsOf, type Fragment, type Question } from '../question.js'
import { ruleModels, type MilestoneName } from './credit.js'

export const dimensions = ['channel', 'source', 'medium', 'campaign', 'landing page', 'name'] as const
export type Dimension = (typeof dimensions)[number]

export const models = [...ruleModels, 'markov'] as const
export type Model = (typeof models)[number]

export interface AttributionQuestion extends Question {
  goal: Goal
  models: readonly Model[]
  by: Dimension
  /** Undefined: without a limit. */
  lookbackMs: number | undefined
  /** The path begins after the subject's conversion before. */
  sinceLastConversion: boolean
  halfLifeMs: number
  /** Order of the Markov chain. */
  order: number
  milestones: Readonly<Partial<Record<MilestoneName, Goal>>>
  /** Which touches get credit; undefined: those with a channel. */
  touch?: Touch | undefined
}

/** The column of each dimension; of a landing page the visit's path. */
const columns: Readonly<Record<Dimension, string>> = {
  channel: 'channel',
  source: 'source',
  medium: 'medium',
  campaign: 'campaign',
  'landing page': 'path',
  name: 'name',
}

/** The value of a touch that has none in the dimension, as in GA4. */
export const notSet = '(not set)'

export const keyOf = (by: Dimension): string =>
  `if(${columns[by]} = '', '${notSet}', toString(${columns[by]}))`

/** Which touches may get credit, and the same in words. */
export function creditedTouches({ by, touch }: Pick<AttributionQuestion, 'by' | 'touch'>): {
  condition: Fragment
  words: string
} {
  const isLanding = by === 'landing page'
  const asked = touch === undefined ? fragment("channel != ''") : compileTouch(touch, { prefix: 'touch' })
  const words = touch === undefined ? 'channel is not empty' : JSON.stringify(touch)
  return {
    condition: fragment(`(${asked.sql})${isLanding ? " AND kind = 'visit'" : ''}`, paramsOf(asked)),
    words: isLanding ? `${words}, kind is visit` : words,
  }
}
