/** The Markov chain's transitions: of converting paths counted here, of all others in ClickHouse. */
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { touchesOf } from '../../definitions/sql/touches.js'
import { baseParams, ofSubjects, paramsOf, settings, within } from '../question.js'
import { creditedTouches, keyOf, type AttributionQuestion } from './attribution-question.js'
import { conversion, lost, start, statesOf, type Transition } from './markov.js'
import { convertedKeys } from '../goals.js'
import type { Conversion } from './share.js'

/** A dimension with more values is none of channels, and each value costs a linear system. */
export const mostSteps = 500

export interface Counted {
  transitions: Transition[]
  /** Number of a step → its key. */
  keys: string[]
  /** Number of subjects without a conversion by asOf, silent or open. */
  notConverting: number
}

/** Undefined where there are more than `mostSteps` keys. */
export async function readTransitions(
  reader: Reader,
  ask: AttributionQuestion,
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

async function readKeys(reader: Reader, ask: AttributionQuestion): Promise<string[] | undefined> {
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

/** More subjects than these are not named one by one; then all are read in the exact order. */
const mostTied = 2_000
// Time and, below it, the step: sorted as numbers. Times before 1970 keep their order by the bias.
const bias = '70368744177664'
const timeOf = (one: string) => `(toInt64(bitShiftRight(${one}, 16)) - ${bias})`

interface Others {
  step: string
  who: string
  from: string
}

/** SELECT key, touches, tied: by time; `tied` where two steps of one millisecond differ, for then the message decides. */
const quickTouches = ({ step, who, from }: Others) => `
SELECT key, touches,
  arrayExists((x, y) -> x != y AND bitShiftRight(x, 16) = bitShiftRight(y, 16), arrayPopBack(touches), arrayPopFront(touches)) AS tied
FROM (
  SELECT key, arraySort(groupArray(bitOr(bitShiftLeft(toUInt64(toUnixTimestamp64Milli(at) + ${bias}), 16), ${step}))) AS touches
  FROM ${from} WHERE ${who} GROUP BY key
)`

const exactTouches = ({ step, who, from }: Others) => `
SELECT key, arrayMap(x -> bitOr(bitShiftLeft(toUInt64(x.1 + ${bias}), 16), x.4), sorted) AS touches, toUInt8(0) AS tied
FROM (
  SELECT key, arraySort(groupArray((toUnixTimestamp64Milli(at), message_id, touch, ${step}))) AS sorted
  FROM ${from} WHERE ${who} GROUP BY key
)`

type Tied = readonly string[] | 'all'

function touchesIn(others: Others, tied: Tied): string {
  if (tied === 'all') return exactTouches(others)
  if (tied.length === 0) return quickTouches(others)
  const isTied = 'key IN (SELECT toUInt64(arrayJoin({tied: Array(String)})))'
  const [quick, exact] = [`${others.who} AND NOT ${isTied}`, `${others.who} AND ${isTied}`]
  return `${quickTouches({ ...others, who: quick })} UNION ALL ${exactTouches({ ...others, who: exact })}`
}

type Move = [from: number, to: number, count: number, tied: number]

/** The path of a subject that did not convert ends with its last touch, and reaches as far back as a converting one. */
async function notConvertingTransitions(
  reader: Reader,
  ask: AttributionQuestion,
  keys: readonly string[],
): Promise<Transition[]> {
  const converted = await convertedKeys(reader, ask.goal, ask, 'goal')
  const credited = creditedTouches(ask).condition
  const subjects = await ofSubjects(reader, ask)
  const ended = within(ask, `fromUnixTimestamp64Milli(last, 'UTC')`)
  const step = `toUInt64(transform(${keyOf(ask.by)}, {steps: Array(String)}, range(1, toUInt64({stepsEnd: UInt32})), 0))`
  const who = `(${credited.sql}) AND ${subjects.sql} AND key NOT IN (SELECT key FROM (${converted.sql}))`
  const others = { step, who, from: touchesOf(ask.subject) }
  const isRecent = ask.lookbackMs === undefined ? '1' : `${timeOf('x')} > last - {lookback: Int64}`
  const paths = (tied: Tied) => `
WITH paths AS (
  SELECT key, tied, ${timeOf('touches[-1]')} AS last, arrayMap(x -> bitAnd(x, 65535), arrayFilter(x -> ${isRecent}, touches)) AS path
  FROM (${touchesIn(others, tied)}) WHERE ${ended.sql}
)`
  const params = {
    ...paramsOf(converted, credited, subjects, ended),
    ...(ask.lookbackMs !== undefined && { lookback: ask.lookbackMs }),
    steps: keys,
    stepsEnd: keys.length + 1,
  }
  const read = (tied: Tied) =>
    queryRows<Move>(
      reader,
      {
        name: 'attribution-transitions',
        sql: `${paths(tied)}
SELECT move.1, move.2, count(), countIf(tied AND move.1 = 0)
FROM (
  SELECT tied, arrayJoin(arrayZip(arrayPushFront(states, toUInt64(0)), arrayPushBack(states, toUInt64(0)))) AS move
  FROM (SELECT tied, ${packedStates(ask.order)} AS states FROM paths)
)
GROUP BY move`,
        settings,
      },
      { ...params, ...(tied !== 'all' && { tied }) },
    )
  let rows = await read([])
  if (rows.some(([, , , tied]) => tied > 0)) {
    const named = {
      name: 'attribution-tied',
      sql: `${paths([])} SELECT toString(key) FROM paths WHERE tied LIMIT ${mostTied + 1}`,
      settings,
    }
    const tied = await queryRows<[string]>(reader, named, params)
    rows = await read(tied.length > mostTied ? 'all' : tied.map(([key]) => key))
  }
  return rows.map(([from, to, count]) => ({
    from: from === 0 ? start : unpacked(from),
    to: to === 0 ? lost : unpacked(to),
    count,
  }))
}
