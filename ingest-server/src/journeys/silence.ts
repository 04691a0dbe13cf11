/** How long each stage may be silent, and when a subject was in which stage. */
import { durationMs, type StagesBody } from '@touchline/schemas/api'
import { queryRows, type Reader } from '../clickhouse/query.js'
import { compileStages } from '../definitions/compile.js'
import { touchSettings } from '../definitions/sql/touches.js'
import type { Fragment, Question } from './question.js'
import type { UsedDefinition } from './goals.js'
import type { StageList } from './stage-list.js'
import { usualSilentAfter } from './stages.js'

export const usualSilenceMs = durationMs(usualSilentAfter)

export interface StagesInTime {
  /** SELECT key, entries Array(Tuple(place of the stage from 0, at, left at or 0)), in ms. */
  entries: Fragment
  /** The same for some subjects, by id. */
  entriesOf: (ids: readonly string[]) => Fragment
  body: StagesBody
  used: UsedDefinition[]
}

export function stagesInTime({ body, references, used }: StageList, { asOf }: Question): StagesInTime {
  const compiled = (only?: readonly string[]): Fragment => {
    const { sql, params } = compileStages(body, { asOf, references, only })
    return { sql, params }
  }
  return { entries: compiled(), entriesOf: compiled, body, used }
}

/** Place of the stage from 0, when it was entered and when it was left or 0, in milliseconds. */
export type StageEntry = [place: number, at: number, left: number]

/** Subject id → id of the stage that it had at a time (ms), null for none. */
export async function readStagesOf(
  reader: Reader,
  stages: StagesInTime,
  ids: readonly string[],
): Promise<(id: string, at: number) => string | null> {
  const entries = await readEntriesOf(reader, stages, ids)
  return (id, at) => {
    const held = entries.get(id)?.findLast(([, since, left]) => since <= at && (left === 0 || left > at))
    return held === undefined ? null : (stages.body.stages[held[0]]?.id ?? null)
  }
}

/** Entries by id, oldest first; a subject that was never in a stage is left out. */
export async function readEntriesOf(
  reader: Reader,
  stages: StagesInTime,
  ids: readonly string[],
): Promise<Map<string, StageEntry[]>> {
  const { sql, params } = stages.entriesOf(ids)
  const rows = await queryRows<[string, StageEntry[]]>(
    reader,
    {
      name: 'stages-of-shown',
      sql: `SELECT named.id, entries FROM (${sql}) AS staged INNER JOIN (SELECT arrayJoin({only: Array(String)}) AS id) AS named ON cityHash64(named.id) = staged.key`,
      splitBy: 'only',
      settings: touchSettings,
    },
    { ...params, only: ids },
  )
  return new Map(rows)
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
