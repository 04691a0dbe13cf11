/** What can be asked of a funnel. */
import type { Touch } from '@touchline/schemas/api'
import type { Question } from '../question.js'
import type { FunnelMode } from './attempts.js'
import type { Breakdown } from './breakdown.js'

export interface FunnelStep {
  name: string
  touch: Touch
}

export interface FunnelQuestion extends Question {
  steps: readonly FunnelStep[]
  /** From the first step to the last, inclusive. */
  windowMs: number
  mode: FunnelMode
  breakdown?: Breakdown | undefined
}
