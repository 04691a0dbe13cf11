/** The Markov chain's transitions: of converting paths counted here, of all others in ClickHouse. */
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { touchesOf } from '../../definitions/touches.js'
import { baseParams, ofSubjects, orderOfTies, paramsOf, settings, within } from '../question.js'
import { creditedTouches, keyOf, type AttributionAsk } from './ask.js'
import { conversion, lost, start, statesOf, type Transition } from './markov.js'
import { convertedKeys } from '../goals.js'
import type { Conversion } from './share.js'

/** More values than these are no channels any longer, and each costs a linear system. */
export const mostSteps = 500

export interface Counted {
  transitions: Transition[]
  /** Number of a step → its key. */
  keys: string[]
  /** Subjects without a conversion by asOf, silent or open. */
  notConverting: number
}

/** Undefined where there are more than `mostSteps` keys. */
export async function readTransitions(
  reader: Reader,
  ask: AttributionAsk,
  conversions: readonly Conversion[],
): Promise<Counted | undefined> {
  const keys = await readKeys(reader, ask)
  if (keys === undefined) return undefined
  const others = await notConvertingTransitions(reader, ask, keys)
  const numbers = new Map(keys.map((key, index) => [key, index]))
  const converting = new Map<string, Transition>()
  for (const { touches } of conversions) {
    const path = touches.map(({ key }) => numbers.get(key) ?? 0)
    countPath(converting, statesOf(path, ask.order))
  }
  const notConverting = others.reduce((sum, { from, count }) => (from === start ? sum + count : sum), 0)
  return { transitions: [...converting.values(), ...others], keys, notConverting }
}

function countPath(counted: Map<string, Transition>, states: readonly (readonly number[])[]): void {
  if (states.length === 0) return
  for (let place = 0; place <= states.length; place += 1) {
    const from = states[place - 1] ?? start
    const to = states[place] ?? conversion
    const key = `${String(from)}>${String(to)}`
    counted.set(key, { from, to, count: (counted.get(key)?.count ?? 0) + 1 })
  }
}

async function readKeys(reader: Reader, ask: AttributionAsk): Promise<string[] | undefined> {
  const credited = creditedTouches(ask).condition
  const subjects = await ofSubjects(reader, ask)
  const rows = await queryRows<[string]>(
    reader,
    {
      name: 'attribution-keys',
      sql: `SELECT DISTINCT ${keyOf(ask.by)} AS step FROM ${touchesOf(ask.subject)} WHERE (${credited.sql}) AND ${subjects.sql} ORDER BY step LIMIT ${mostSteps + 1}`,
      settings,
    },
    { ...baseParams(ask), ...paramsOf(credited, subjects) },
  )
  return rows.length > mostSteps ? undefined : rows.map(([key]) => key)
}

// A k-gram is one number, 16 bits a step and the steps from 1, so that ClickHouse groups by numbers; 0 is start or null.
const bits = 65_536

/** An array expression: the k-grams of `path`, or the whole of a shorter one. */
function packedStates(order: number): string {
  const slices = Array.from(
    { length: order },
    (_none, at) => `arraySlice(path, ${at + 1}, length(path) - ${order - 1})`,
  )
  const names = slices.map((_slice, at) => `s${at}`)
  const packed = names.reduce((sum, name) => `(${sum}) * ${bits} + ${name}`, '0')
  return `if(length(path) <= ${order},
    [arrayFold((sum, step) -> sum * ${bits} + step, path, toUInt64(0))],
    arrayMap((${names.join(', ')}) -> toUInt64(${packed}), ${slices.join(', ')}))`
}

function unpacked(state: number): number[] {
  const steps: number[] = []
  for (let rest = state; rest > 0; rest = Math.floor(rest / bits)) steps.unshift((rest % bits) - 1)
  return steps
}

/** A path of somebody who did not convert ends with their last touch, and reaches as far back as one that converts. */
async function notConvertingTransitions(
  reader: Reader,
  ask: AttributionAsk,
  keys: readonly string[],
): Promise<Transition[]> {
  const converted = await convertedKeys(reader, ask.goal, ask, 'goal')
  const credited = creditedTouches(ask).condition
  const subjects = await ofSubjects(reader, ask)
  const ended = within(ask, 'last')
  const isRecent =
    ask.lookbackMs === undefined ? '1' : 'x.1 > toUnixTimestamp64Milli(last) - {lookback: Int64}'
  const rows = await queryRows<[number, number, number]>(
    reader,
    {
      name: 'attribution-transitions',
      sql: `
WITH others AS (
  SELECT max(at) AS last,
    arraySort(groupArray((toUnixTimestamp64Milli(at), ${orderOfTies}, toUInt64(transform(${keyOf(ask.by)}, {steps: Array(String)}, range(1, toUInt64({stepsEnd: UInt32})), 0))))) AS touches
  FROM ${touchesOf(ask.subject)}
  WHERE (${credited.sql}) AND ${subjects.sql} AND key NOT IN (SELECT key FROM (${converted.sql}))
  GROUP BY key
),
paths AS (
  SELECT arrayMap(x -> x.3, arrayFilter(x -> ${isRecent}, touches)) AS path FROM others WHERE ${ended.sql}
),
moves AS (
  SELECT arrayJoin(arrayZip(arrayPushFront(states, toUInt64(0)), arrayPushBack(states, toUInt64(0)))) AS move
  FROM (SELECT ${packedStates(ask.order)} AS states FROM paths)
)
SELECT move.1, move.2, count() FROM moves GROUP BY move`,
      settings,
    },
    {
      ...paramsOf(converted, credited, subjects, ended),
      ...(ask.lookbackMs !== undefined && { lookback: ask.lookbackMs }),
      steps: keys,
      stepsEnd: keys.length + 1,
    },
  )
  return rows.map(([from, to, count]) => ({
    from: from === 0 ? start : unpacked(from),
    to: to === 0 ? lost : unpacked(to),
    count,
  }))
}
