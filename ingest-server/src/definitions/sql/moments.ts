/** From the steps of a condition (history.ts) to the times at which it became true, as SQL of arrays of ms. */
import { asOfMsSql } from './bag.js'
import { isTouch } from './holding.js'
import type { History, Steps } from './history.js'

/** When a subject begins: its first touch; 0 where it has none. */
export const beginOf = (history: History): string =>
  history.aggregate(`minIf(toUnixTimestamp64Milli(at), ${isTouch})`)

const isKnown = (time: string) => `${time} <= ${asOfMsSql}`

/**
 * Each time at which it became true, oldest first. What was true before anything happened became so with the subject's
 * first touch, `begin`, where it still is then; a step at 0 says that it was.
 */
export function risesOf({ column, initial }: Steps, begin: string, history: History): string {
  const before = `arrayShiftRight(${column}.2, 1, toUInt8(${initial ? 1 : 0}))`
  const rises = history.form(
    `arrayMap(x -> x.1, arrayFilter((x, y) -> x.2 = 1 AND y = 0 AND x.1 > 0 AND ${isKnown('x.1')}, ${column}, ${before}))`,
  )
  const always = `if(notEmpty(${column}) AND ${column}[1].1 = 0, ${column}[1].2, ${initial ? 1 : 0})`
  const place = `arrayLastIndex(x -> x.1 <= ${begin}, ${column})`
  const atBegin = `if(${place} = 0, 1, toUInt8(${column}[${place}].2))`
  const fromBegin = `arrayConcat(if(${atBegin} = 1, [${begin}], []), arrayFilter(x -> x > ${begin}, ${rises}))`
  return history.form(
    `multiIf(NOT ${always}, ${rises}, ${begin} = 0, CAST([], 'Array(Int64)'), ${fromBegin})`,
  )
}

/** And each touch that it asks for while it is true: what enters a stage that may be entered again. */
export function momentsOf(steps: Steps, times: readonly string[], begin: string, history: History): string {
  const rises = risesOf(steps, begin, history)
  if (times.length === 0) return rises
  const { column, initial } = steps
  const all = history.form(times.length === 1 ? (times[0] ?? '') : `arrayConcat(${times.join(', ')})`)
  const place = `arrayLastIndex(x -> x.1 <= t, ${column})`
  const isTrue = `if(${place} = 0, ${initial ? 1 : 0}, ${column}[${place}].2) = 1`
  return history.form(
    `arraySort(arrayDistinct(arrayConcat(${rises}, arrayFilter(t -> ${isTrue} AND ${isKnown('t')}, ${all}))))`,
  )
}

/**
 * When it became true and stopped being so by turns, oldest first; the first is a rise. What was true before anything
 * happened is so from `begin` on, or from 0 where there is no touch. Those after asOf are in it: what a window will end.
 */
export function alternatingTimes({ column, initial }: Steps, begin: string, history: History): string {
  const always = `if(notEmpty(${column}) AND ${column}[1].1 = 0, ${column}[1].2, ${initial ? 1 : 0})`
  const from = history.form(`if(${always} = 1, toInt64(${begin}), toInt64(0))`)
  const place = `arrayLastIndex(x -> x.1 <= ${from}, ${column})`
  const atFrom = `toUInt8(if(${place} = 0, ${initial ? 1 : 0}, ${column}[${place}].2))`
  const all = history.form(`arrayPushFront(arrayFilter(x -> x.1 > ${from}, ${column}), (${from}, ${atFrom}))`)
  return history.form(
    `arrayMap(x -> x.1, arrayFilter((x, y) -> x.2 != y, ${all}, arrayShiftRight(${all}.2, 1, toUInt8(0))))`,
  )
}
