/** Subjects that began a funnel, and the touches that match its steps: the SQL half of funnel.ts. */
import { compileTouches } from '../../definitions/sql/compile-touch.js'
import { touchesOf } from '../../definitions/sql/touches.js'
import type { Reader } from '../../clickhouse/query.js'
import { baseParams, fragment, ofSubjects, paramsOf, type Fragment, type Question } from '../question.js'
import { breakdownSql } from './breakdown.js'
import type { FunnelQuestion } from './funnel-question.js'

// Time and, below it, the mask: gathered and sorted as numbers. Times before 1970 keep their order by the bias.
const bias = '70368744177664'
const timeOf = (one: string) => `(toInt64(bitShiftRight(${one}, 16)) - ${bias})`
const maskOf = (one: string) => `toUInt32(bitAnd(${one}, 65535))`
const ms = 'toUnixTimestamp64Milli(at)'
const packed = (time: string, mask: string) =>
  `bitOr(bitShiftLeft(toUInt64(${time} + ${bias}), 16), toUInt64(${mask}))`

/**
 * `quick`: touches of one time in no order, and `tied` where that order may matter. `exact`: in the total order, which
 * costs four times as much; no row is tied.
 */
export type TouchOrder = 'quick' | 'exact'

export interface Levels {
  /** Of everybody for whom a condition on `key` holds; by ranges of keys (question.ts) each reads no more than its own touches. */
  sqlOf: (which: string, order: TouchOrder) => string
  params: Fragment['params']
}

/**
 * WITH levels: a row a subject that began, its touches as places (milliseconds × 1024 + number inside the millisecond)
 * and masks of the steps that they match.
 *
 * `level` is 2 for whoever may have got beyond the first step, and 1 for who certainly did not: attempts.ts reads the
 * former and is exact. (`windowFunnel` is no help: a touch that matches two steps begins anew with it and loses the attempt.)
 */
export async function levelsSql(reader: Reader, ask: FunnelQuestion): Promise<Levels> {
  const subjects = await ofSubjects(reader, ask)
  const breakdown = breakdownSql(ask)
  const mask = maskSql(ask)
  const window = windowSql(ask)
  const isFirst = ask.mode === 'any' ? `${maskOf('x')} != 0` : `bitTest(${maskOf('x')}, 0)`
  return {
    sqlOf: (which, order) => `
WITH walked AS (
  SELECT key, touches, tied FROM (${walkedSql(ask, { who: `${which} AND ${subjects.sql} AND ${window.sql}`, mask: mask.sql, order })})
  WHERE arrayExists(x -> ${isFirst}, touches)
),
levels AS (
  SELECT walked.key AS key, tied, ${breakdown.column} AS part,
    arrayMap(x -> ${timeOf('x')}, touches) AS times,
    arrayMap(x -> ${maskOf('x')}, touches) AS masks,
    arrayMap((time, n) -> toUInt64(time * 1024 + least(n - 1, 1023)), times, arrayEnumerateUniq(times)) AS codes,
    ${levelSql(ask)} AS level,
    arrayMax(arrayMap(x -> if(${isFirst}, ${timeOf('x')}, toInt64(-9000000000000)), touches)) > {pendingFrom: Int64} AS isInside
  FROM walked ${breakdown.joinOf(which)}
)`,
    params: paramsOf(
      fragment('', { ...baseParams(ask), pendingFrom: ask.asOf - ask.windowMs, window: ask.windowMs }),
      mask,
      window,
      subjects,
      breakdown,
    ),
  }
}

function walkedSql(
  { subject, mode }: FunnelQuestion,
  { who, mask, order }: { who: string; mask: string; order: TouchOrder },
): string {
  const from = `FROM ${touchesOf(subject)} WHERE ${who}${mode === 'strict' ? '' : ` AND ${mask} != 0`} GROUP BY key`
  if (order === 'exact')
    return `
SELECT key, arrayMap(x -> ${packed('x.1', 'x.4')}, sorted) AS touches, toUInt8(0) AS tied
FROM (SELECT key, arraySort(groupArray((${ms}, message_id, touch, ${mask}))) AS sorted ${from})`
  return `
SELECT key, touches, arrayExists((x, y) -> x != y AND bitShiftRight(x, 16) = bitShiftRight(y, 16), arrayPopBack(touches), arrayPopFront(touches)) AS tied
FROM (SELECT key, arraySort(groupArray(${packed(ms, mask)})) AS touches ${from})`
}

/** The steps that a touch matches, bit 0 the first. An attempt begins in [from, to). */
function maskSql({ steps, mode, from, to }: FunnelQuestion): Fragment {
  const compiled = compileTouches(
    steps.map(({ touch }) => touch),
    { prefix: 's' },
  )
  const begins = bounds({ from, to }, 'to')
  const bits = compiled.sql.map((condition, step) =>
    step === 0 && mode !== 'any'
      ? `toUInt32((${condition}) AND ${begins.sql})`
      : `bitShiftLeft(toUInt32(${condition}), ${step})`,
  )
  return { sql: `toUInt32(${bits.join(' + ')})`, params: { ...compiled.params, ...begins.params } }
}

/** The touches that an attempt begun in [from, to) may have. */
function windowSql({ mode, windowMs, from, to }: FunnelQuestion): Fragment {
  return bounds({ from, to: to === undefined || mode === 'any' ? to : to + windowMs + 1 }, 'until')
}

function bounds({ from, to }: Pick<Question, 'from' | 'to'>, end: string): Fragment {
  const conditions = [
    ...(from === undefined ? [] : ["at >= {from: DateTime64(3, 'UTC')}"]),
    ...(to === undefined ? [] : [`at < {${end}: DateTime64(3, 'UTC')}`]),
  ]
  return fragment(conditions.length === 0 ? '1' : conditions.join(' AND '), {
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { [end]: new Date(to) }),
  })
}

function levelSql({ mode, steps }: FunnelQuestion): string {
  if (steps.length === 1) return '1'
  if (mode === 'any') return "if(bitCount(arrayReduce('groupBitOr', masks)) > 1 AND length(masks) > 1, 2, 1)"
  if (mode === 'strict') return 'if(length(masks) > 1, 2, 1)'
  // A touch of the second step, in time after the latest beginning before it.
  const begun =
    'arrayFill(x -> x != 0, arrayMap((time, mask) -> if(bitTest(mask, 0), time, 0), times, masks))'
  const before = `arrayPopBack(arrayPushFront(${begun}, toInt64(0)))`
  return `if(arrayExists((time, mask, start) -> bitTest(mask, 1) AND start != 0 AND time - start <= {window: Int64}, times, masks, ${before}), 2, 1)`
}
