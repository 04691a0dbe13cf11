/**
 * WITH walks: of each subject the steps of its touches up to its conversion. A touch is one number, its time and below it
 * the hash of its step, so that millions of them are gathered and sorted as numbers.
 *
 * That leaves the order of two touches of one millisecond open. Where it matters (their steps differ, or it is the
 * millisecond of the conversion) the subject is `tied`, and is read once more in the exact order, by message id.
 */
import type { Touch } from '@touchline/schemas/api'
import type { Reader } from '../clickhouse/query.js'
import { compileTouch } from '../definitions/sql/compile-touch.js'
import { touchesOf } from '../definitions/sql/touches.js'
import { conversionsOf, isPlainTouch, type Goal } from './goals.js'
import {
  baseParams,
  fragment,
  ofSubjects,
  paramsOf,
  within,
  type Fragment,
  type Question,
} from './question.js'

export interface WalksAsk extends Question {
  /** Undefined: nothing is a conversion. */
  goal: Goal | undefined
  by: 'channel' | 'name' | 'kind'
  /** Steps of a path, from its first; what comes after is `further`. */
  depth: number
  /** A step that repeats the one before is not another step. */
  collapse: boolean
  touch?: Touch | undefined
}

/** Keys of the tied subjects; `all` where they are too many to name. */
export type Tied = readonly string[] | 'all'

const ms = 'toUnixTimestamp64Milli(at)'
/** No touch has a time before 1970; the bias would keep the order of such times all the same. */
const packed = (time: string, step: string) =>
  `bitOr(bitShiftLeft(toUInt128(${time} + 4611686018427387904), 64), toUInt128(${step}))`
const timeOf = (one: string) => `toInt64(bitShiftRight(${one}, 64)) - 4611686018427387904`
const never = 'toInt64(4000000000000000)'

/**
 * Columns of walks: key, converted, tookMs, steps (hashes, at most `depth`), `more` (there are further ones), tied. The
 * parameter `tied` names the subjects that are read in the exact order.
 */
export async function walksSql(reader: Reader, ask: WalksAsk, tied: Tied): Promise<Fragment> {
  const { goal, by, subject } = ask
  const subjects = await ofSubjects(reader, ask)
  const touch = compileTouch(ask.touch ?? {}, { prefix: 'touch' })
  const window = within(ask, 'at')
  const conversions = goal ? await conversionsOf(reader, goal, ask, { prefix: 'goal' }) : undefined
  const counts = `(${touch.sql}) AND ${window.sql} AND ${by} != ''`
  const source = { subject, by, counts, who: subjects.sql, conversions: conversions?.sql }
  const isTied = 'key IN (SELECT toUInt64(arrayJoin({tied: Array(String)})))'
  const parts =
    tied === 'all'
      ? [exactSql(source)]
      : tied.length === 0
        ? [quickSql({ ...source, goal })]
        : [
            quickSql({ ...source, goal, who: `${subjects.sql} AND NOT ${isTied}` }),
            exactSql({ ...source, who: `${subjects.sql} AND ${isTied}` }),
          ]
  const steps = 'arrayMap(x -> toUInt64(bitAnd(x, toUInt128(18446744073709551615))), upTo)'
  const ends = within(ask, "fromUnixTimestamp64Milli(ended, 'UTC')")
  return {
    sql: `
WITH walks AS (
  SELECT key, ended != ${never} AS converted, ended - (${timeOf('upTo[1]')}) AS tookMs,
    ${ask.collapse ? `arrayCompact(${steps})` : steps} AS whole,
    arraySlice(whole, 1, {depth: UInt32}) AS steps, length(whole) > {depth: UInt32} AS more, tied
  FROM (${parts.join('\n  UNION ALL ')})
  WHERE notEmpty(upTo) AND NOT (converted AND (${ends.sql}) = 0)
)`,
    params: {
      ...paramsOf(fragment('', { ...baseParams(ask), depth: ask.depth }), subjects, touch, window),
      ...conversions?.params,
      ...(tied !== 'all' && tied.length > 0 && { tied }),
    },
  }
}

interface Source {
  subject: Question['subject']
  by: WalksAsk['by']
  /** Which touches are steps. */
  counts: string
  who: string
  conversions: string | undefined
}

/** SELECT key, upTo, ended, tied: by time alone. A goal that is a touch is found in the same pass. */
function quickSql({
  subject,
  by,
  counts,
  who,
  conversions,
  goal,
}: Source & { goal: Goal | undefined }): string {
  const step = packed(ms, `cityHash64(${by})`)
  const plain =
    goal && isPlainTouch(goal.body.when) ? compileTouch(goal.body.when.touch, { prefix: 'goal' }) : undefined
  const isGoal = plain?.sql ?? 'false'
  const ended = plain
    ? `if(goals = 0, ${never}, won_at)`
    : conversions
      ? `if(ends.key = 0, ${never}, ends.at)`
      : never
  const join =
    conversions === undefined || plain !== undefined
      ? ''
      : ` LEFT JOIN (SELECT key, min(${ms}) AS at FROM (${conversions}) GROUP BY key) AS ends ON ends.key = walked.key`
  // The conversion itself may be a step; another one of its millisecond is in or out by its message id.
  const atEnd = plain ? `arrayCount(x -> ${timeOf('x')} = ended, upTo) > goal_steps OR ` : ''
  const neighbours =
    'arrayExists((x, y) -> x != y AND bitShiftRight(x, 64) = bitShiftRight(y, 64), arrayPopBack(upTo), arrayPopFront(upTo))'
  return `
SELECT walked.key AS key, ${ended} AS ended, arrayFilter(x -> ${timeOf('x')} <= ended, touches) AS upTo,
  notEmpty(upTo) AND (${atEnd}${neighbours}) AS tied
FROM (
  SELECT key, arraySort(groupArrayIf(${step}, ${counts})) AS touches,
    ${plain ? `countIf(${isGoal}) AS goals, minIf(${ms}, ${isGoal}) AS won_at, argMinIf(toUInt8(${counts}), at, ${isGoal}) AS goal_steps` : '0 AS goals'}
  FROM ${touchesOf(subject)} WHERE ${who} AND ((${counts}) OR (${isGoal})) GROUP BY key
) AS walked${join}`
}

/** The same in the total order: time, message id, touch. */
function exactSql({ subject, by, counts, who, conversions }: Source): string {
  const ends = conversions
    ? `(SELECT key, min((${ms}, end_id, end_touch)) AS end FROM (${conversions}) GROUP BY key)`
    : `(SELECT toUInt64(0) AS key, (toInt64(0), '', toUInt64(0)) AS end WHERE 0)`
  return `
SELECT walked.key AS key, if(ends.key = 0, ${never}, ends.end.1) AS ended,
  arrayMap(x -> ${packed('x.1', 'x.4')}, if(ends.key = 0, touches, arrayFilter(x -> (x.1, x.2, x.3) <= ends.end, touches))) AS upTo,
  false AS tied
FROM (
  SELECT key, arraySort(groupArray((${ms}, message_id, touch, cityHash64(${by})))) AS touches
  FROM ${touchesOf(subject)} WHERE ${who} AND (${counts}) GROUP BY key
) AS walked LEFT JOIN ${ends} AS ends ON ends.key = walked.key`
}
