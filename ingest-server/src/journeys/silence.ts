/** How long a stage may be silent, and in which a subject was when. */
import { durationMs, type StagesBody } from '@touchline/schemas/api'
import { compileStages } from '../definitions/compile.js'
import type { Fragment, Question } from './question.js'
import type { UsedDefinition } from './goals.js'
import type { StageList } from './stage-list.js'
import { usualSilentAfter } from './stages.js'

export const usualSilenceMs = durationMs(usualSilentAfter)

export interface StagesInTime {
  /** SELECT key, entries Array(Tuple(place of the stage from 0, at, left at or 0)), in ms. */
  entries: Fragment
  body: StagesBody
  used: UsedDefinition[]
}

export function stagesInTime({ body, references, used }: StageList, { asOf }: Question): StagesInTime {
  const { sql, params } = compileStages(body, { asOf, references })
  return { entries: { sql, params }, body, used }
}

/** An expression: id of the stage that `entries` had at a time in ms, empty for none. It asks for `{stageIds: Array(String)}`. */
export const stageAt = (entries: string, ms: string): string => {
  const holds = `entry -> entry.2 <= ${ms} AND (entry.3 = 0 OR entry.3 > ${ms})`
  return `if(arrayExists(${holds}, ${entries}), {stageIds: Array(String)}[arrayLast(${holds}, ${entries}).1 + 1], '')`
}

export const stageParams = ({ body }: StagesInTime) => ({ stageIds: body.stages.map(({ id }) => id) })

/** Id of each stage → after how many milliseconds it is silent. */
export const silencesOf = ({ body }: StagesInTime): [string, number][] =>
  body.stages.map(({ id, silentAfter }) => [id, durationMs(silentAfter ?? usualSilentAfter)])
