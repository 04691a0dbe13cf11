/**
 * Stages over everybody: how many subjects reached, entered and skipped each, how long they stay, how fast they go on,
 * how many dropped off.
 */
import { durationMs, type StageRow, type StagesBody } from '@touchline/schemas/api'
import { query, type NamedQuery, type Reader } from '../clickhouse/query.js'
import { asOfMsSql } from '../definitions/sql/bag.js'
import { compileStages } from '../definitions/compile.js'
import type { StageList } from './stage-list.js'
import { dayMs } from '../units.js'

export const usualSilentAfter = '30d'

/**
 * Of visits [(ms, 1 where it is open)], sorted, the time after which half have ended, open ones counted as long as they
 * lasted so far (Kaplan and Meier 1958); null where fewer have. The product is a sum of logarithms; two values of it
 * differ by more than the tolerance for fewer than 30,000 visits of one stage.
 */
export const kaplanMeierMedianSql = (visits: string) => {
  const factors = `arrayMap((x, i) -> if(x.2 = 1, toFloat64(0), log(1 - 1 / (length(${visits}) - i + 1))), ${visits}, arrayEnumerate(${visits}))`
  const half = `arrayFirstIndex(x -> x <= log(0.5) + 1e-9, arrayCumSum(${factors}))`
  return `if(${half} = 0, NULL, toFloat64(${visits}[${half}].1))`
}

/** Entries with what follows from them; `more0` is the last touch in ms. Of subjects in any stage ever. */
export function subjectsSql({ body, references }: StageList, asOf: number, only?: readonly string[]) {
  const lastTouch = "maxIf(toUnixTimestamp64Milli(at), kind != '')"
  const { sql, params, settings } = compileStages(body, { asOf, references, only }, [lastTouch])
  const silentAfter = body.stages.map((stage) => durationMs(stage.silentAfter ?? usualSilentAfter))
  return {
    sql: `
SELECT key, entries, more0 AS last_touch,
  arrayMax(x -> x.1, entries) AS furthest,
  if(entries[-1].3 = 0, entries[-1].1, -1) AS current,
  ${asOfMsSql} - last_touch > {silentAfter: Array(Int64)}[furthest + 1] AS is_silent
FROM (${sql}) WHERE notEmpty(entries)`,
    params: { ...params, silentAfter },
    settings,
  }
}

interface Row {
  stage: number
  reached: number
  entered: number
  skipped: number
  current: number
  isOpen: number
  droppedOff: number
  completed: number
  openVisits: number
  completedMs: number | null
  medianMs: number | null
  cumulativeMs: number | null
  nextMs: [number | null, number | null]
  nextN: number
}

const statistics = (subjects: string) => `
SELECT stage, reached, entered, skipped, current, isOpen, droppedOff, completed, openVisits, completedMs,
  ${kaplanMeierMedianSql('visits')} AS medianMs, cumulativeMs, nextMs, nextN
FROM (
  SELECT stage,
    countIf(furthest >= stage) AS reached,
    countIf(notEmpty(own)) AS entered,
    countIf(furthest > stage AND empty(own)) AS skipped,
    countIf(current_stage = stage) AS current,
    countIf(furthest = stage AND NOT is_silent) AS isOpen,
    countIf(furthest = stage AND is_silent) AS droppedOff,
    sum(arrayCount(x -> x.3 != 0, own)) AS completed,
    sum(arrayCount(x -> x.3 = 0, own)) AS openVisits,
    if(completed = 0, NULL, sum(arraySum(x -> if(x.3 = 0, 0, x.3 - x.2), own)) / completed) AS completedMs,
    arraySort(groupArrayArray(arrayMap(x -> (if(x.3 = 0, ${asOfMsSql}, x.3) - x.2, toUInt8(x.3 = 0)), own))) AS visits,
    if(entered = 0, NULL, avgIf(arraySum(x -> if(x.3 = 0, ${asOfMsSql}, x.3) - x.2, own), notEmpty(own))) AS cumulativeMs,
    quantilesExactInclusiveIf(0.5, 0.75)(next_at - own[1].2, goes_on) AS nextMs,
    countIf(goes_on) AS nextN
  FROM (
    SELECT stage, furthest, current AS current_stage, is_silent,
      arrayFilter(x -> x.1 = stage, entries) AS own,
      arrayFirst(x -> x.1 = stage + 1, entries).2 AS next_at,
      notEmpty(own) AND next_at >= own[1].2 AS goes_on
    FROM (${subjects})
    ARRAY JOIN range({stages: UInt16}) AS stage
  )
  GROUP BY stage
)
ORDER BY stage`

/** One row a stage, in their order. */
export async function readStages(
  reader: Reader,
  list: StageList,
  asOf: number,
): Promise<{ subjects: number; stages: StageRow[] }> {
  const { sql, params, settings } = subjectsSql(list, asOf)
  const named: NamedQuery = { name: 'stages', sql: statistics(sql), settings }
  const rows = await query<Row>(reader, named, { ...params, stages: list.body.stages.length })
  const byStage = new Map(rows.map((row) => [row.stage, row]))
  return {
    // A subject in any stage has reached the first one.
    subjects: byStage.get(0)?.reached ?? 0,
    stages: list.body.stages.map((_, index) => toRow(list.body, index, byStage.get(index))),
  }
}

const days = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : ms / dayMs)

function toRow({ stages }: StagesBody, index: number, row: Row | undefined): StageRow {
  const { id = '', name } = stages[index] ?? {}
  const next = stages[index + 1]
  const hasNext = row !== undefined && row.nextN > 0
  return {
    id,
    name: name ?? id,
    reached: row?.reached ?? 0,
    entered: row?.entered ?? 0,
    skipped: row?.skipped ?? 0,
    current: row?.current ?? 0,
    open: row?.isOpen ?? 0,
    droppedOff: row?.droppedOff ?? 0,
    time: {
      kaplanMeierMedianDays: days(row?.medianMs),
      completedMeanDays: days(row?.completedMs),
      completed: row?.completed ?? 0,
      open: row?.openVisits ?? 0,
      cumulativeMeanDays: days(row?.cumulativeMs),
    },
    toNext:
      next === undefined
        ? null
        : {
            stage: next.id,
            medianDays: hasNext ? days(row.nextMs[0]) : null,
            p75Days: hasNext ? days(row.nextMs[1]) : null,
            n: row?.nextN ?? 0,
          },
  }
}
