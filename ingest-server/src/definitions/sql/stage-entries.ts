/**
 * The entries of a list of stages, as SQL: of each subject which stage it entered when, and when it left it.
 *
 * A stage is entered when its condition becomes true. Stages are entered forward; a lower one only where it says
 * `again`, and then by each touch that its condition asks for. Equal ones in a row are one entry. `exit` ends a visit,
 * and leaves the subject in no stage until it enters one that is not lower.
 */
import type { Condition, StagesBody, Touch } from '@touchline/schemas/api'
import { TouchlineError } from '../../errors.js'
import { touchSql } from './compile-touch.js'
import type { Compiling, StageEntries } from './compiling.js'
import { openHistory, type History } from './history.js'
import { isTouch } from './holding.js'
import { beginOf, momentsOf, risesOf } from './moments.js'
import { meant } from '../nearest.js'
import { touchesOf } from './touches.js'

/** Finds the list that has the stage. */
export function stageEntriesOf(stage: string, compiling: Compiling): StageEntries {
  const definition = compiling.references.stages(compiling.subject, stage)
  if (definition === undefined)
    throw new TouchlineError('QUERY_INVALID', `stage ${stage}: there is no such stage${meant(stage, [])}`)
  const { body } = definition
  return {
    sql: entriesSql(body, {
      ...compiling,
      isOnly: compiling.isOnly === true && body.subject === compiling.subject,
    }),
    subject: body.subject,
    index: body.stages.findIndex(({ id }) => id === stage),
  }
}

/**
 * SELECT key, entries Array(Tuple(place of the stage from 0, at, left at or 0)) in ms, oldest first; and `more` columns
 * over the subject's touches.
 */
export function entriesSql(body: StagesBody, compiling: Compiling, more: readonly string[] = []): string {
  const touches = isForward(body) ? body.stages.map(({ enter }) => plainTouches(enter)) : [undefined]
  if (touches.every((of) => of !== undefined))
    return firstTouchesSql(touches, { ...compiling, subject: body.subject }, more)
  const history = openHistory({ ...compiling, subject: body.subject }, { isEveryTouch: !isForward(body) })
  const entries = entriesColumn(body, history, beginOf(history))
  const kept = more.map((sql) => history.aggregate(sql))
  return history.select([
    `${entries} AS entries`,
    ...kept.map((column, index) => `${column} AS more${index}`),
  ])
}

/** The touches of which any one enters; undefined for a condition that is more than that. */
function plainTouches(condition: Condition): Touch[] | undefined {
  if ('any' in condition) {
    const all = condition.any.map(plainTouches)
    return all.every((of) => of !== undefined) ? all.flat() : undefined
  }
  const isPlain =
    'touch' in condition &&
    Object.values({ ...condition, touch: undefined }).every((said) => said === undefined)
  return isPlain && 'touch' in condition ? [condition.touch] : undefined
}

const never = 'toInt64(4000000000000000)'

/**
 * The common list in one pass: a number a stage, its first touch. It is entered where no later stage was before, and left
 * with the first touch of any later one.
 */
function firstTouchesSql(
  stages: readonly (readonly Touch[])[],
  { subject, bag, isOnly }: Compiling,
  more: readonly string[],
): string {
  const firstOccurrences = stages.map((touches, index) => {
    const isOfStage = touches.map((touch) => touchSql(touch, bag)).join(' OR ')
    return `min(if(${isTouch} AND (${isOfStage}), toUnixTimestamp64Milli(at), ${never})) AS first${index}`
  })
  const rows = stages.map((_touches, index) => {
    const later = stages.slice(index + 1).map((_stage, ahead) => `first${index + 1 + ahead}`)
    return `(toInt16(${index}), first${index}, ${later.length > 1 ? `least(${later.join(', ')})` : (later[0] ?? never)})`
  })
  const kept = more.map((sql, index) => `${sql} AS more${index}`)
  const columns = more.map((_sql, index) => `, more${index}`).join('')
  return `
SELECT key, arrayMap(x -> (x.1, x.2, if(x.3 = ${never}, toInt64(0), x.3)), arrayFilter(x -> x.2 != ${never} AND x.2 <= x.3, [${rows.join(', ')}])) AS entries${columns}
FROM (SELECT ${['key', ...firstOccurrences, ...kept].join(', ')} FROM ${touchesOf(subject, isOnly)} GROUP BY key)`
}

/** Without a way back only the first time of each stage can count, and one number a stage is cheap. */
const isForward = ({ stages }: StagesBody) =>
  stages.every(({ again, exit }) => again !== true && exit === undefined)

function entriesColumn(body: StagesBody, history: History, begin: string): string {
  const { stages } = body
  const again = stages.flatMap((stage, index) => (stage.again === true ? [index] : []))
  const isOnce = isForward(body)
  const candidates = stages.flatMap(({ enter, exit }, index) => {
    const steps = history.steps(enter)
    const times = history.takeTimes()
    const enters = isOnce
      ? `arraySlice(${risesOf(steps, begin, history)}, 1, 1)`
      : momentsOf(steps, times, begin, history)
    const lists = [candidate(enters, 1, index)]
    if (exit !== undefined) {
      const leaving = history.steps(exit)
      lists.push(candidate(momentsOf(leaving, history.takeTimes(), begin, history), 0, index))
    }
    return lists
  })
  const sorted = history.form(
    `arraySort(${candidates.length === 1 ? candidates[0] : `arrayConcat(${candidates.join(', ')})`})`,
  )
  const changes = history.form(
    `arrayFilter((x, y, i) -> i = 1 OR x.2 != y.2 OR x.3 != y.3, ${sorted}, arrayShiftRight(${sorted}, 1, (toInt64(0), toUInt8(0), toInt16(0))), arrayEnumerate(${sorted}))`,
  )
  const rows = history.form(foldSql(changes, again))
  return history.form(
    `arrayFilter(x -> x.1 >= 0, arrayMap((x, y) -> (x.1, x.2, y), ${rows}, arrayShiftLeft(${rows}.2, 1, toInt64(0))))`,
  )
}

/** (at, 1 for entering or 0 for leaving, place of the stage). */
const candidate = (times: string, isEntering: 0 | 1, index: number) =>
  `arrayMap(x -> (toInt64(x), toUInt8(${isEntering}), toInt16(${index})), ${times})`

/** Rows (place or −1 for none, at). The state is the last stage, whether it is in it, and the rows. */
function foldSql(changes: string, again: readonly number[]): string {
  const leaves = 'x.2 = 0 AND acc.2 = 1 AND acc.1 = x.3'
  const mayReturn = again.length === 0 ? '' : ` OR (x.3 != acc.1 AND x.3 IN (${again.join(', ')}))`
  const enters = `x.2 = 1 AND (x.3 > acc.1 OR (x.3 = acc.1 AND acc.2 = 0)${mayReturn})`
  const last = `if(${enters}, x.3, acc.1)`
  const isIn = `multiIf(${enters}, toUInt8(1), ${leaves}, toUInt8(0), acc.2)`
  const rows = `multiIf(${enters}, arrayPushBack(acc.3, (x.3, x.1)), ${leaves}, arrayPushBack(acc.3, (toInt16(-1), x.1)), acc.3)`
  const begin = `(toInt16(-1), toUInt8(0), CAST([], 'Array(Tuple(Int16, Int64))'))`
  return `arrayFold((acc, x) -> (${last}, ${isIn}, ${rows}), ${changes}, ${begin}).3`
}
