/** Who began a funnel, and the touches that match its steps: the SQL half of funnel.ts. */
import { compileTouches } from '../../definitions/compile-touch.js'
import { touchesOf } from '../../definitions/touches.js'
import type { Reader } from '../../clickhouse/query.js'
import {
  baseParams,
  fragment,
  ofSubjects,
  orderOfTies,
  paramsOf,
  type Fragment,
  type Question,
} from '../question.js'
import { breakdownSql } from './breakdown.js'
import type { FunnelAsk } from './ask.js'

/**
 * WITH levels: a row a subject that began, its touches as places (milliseconds × 1024 + number inside the millisecond)
 * and masks of the steps that they match.
 *
 * A window of whole milliseconds reaches 1,023 places into its last one; that lets in a touch of the next where a
 * millisecond holds several. attempts.ts, which reads everybody beyond the first step, is exact.
 *
 * `level` in the mode `ordered` is what windowFunnel says. It takes no DateTime64, counts one touch for two steps
 * and takes ties in any order, unless no two touches have one time: that is what the places are for. The other modes it
 * does not know; there `level` is 2 for whoever may have got beyond the first step.
 */
export async function levelsSql(reader: Reader, ask: FunnelAsk): Promise<Fragment> {
  const subjects = await ofSubjects(reader, ask)
  const breakdown = breakdownSql(ask)
  const mask = maskSql(ask)
  const window = windowSql(ask)
  const isFirst = ask.mode === 'any' ? 'touch.3 != 0' : 'bitTest(touch.3, 0)'
  return {
    sql: `
WITH walked AS (
  SELECT key, any(subject) AS subject,
    arraySort(groupArray((toUnixTimestamp64Milli(at), ${orderOfTies}, ${mask.sql} AS mask))) AS touches
  FROM ${touchesOf(ask.subject)}
  WHERE ${subjects.sql} AND ${window.sql}${ask.mode === 'strict' ? '' : ' AND mask != 0'}
  GROUP BY key
  HAVING arrayExists(touch -> ${isFirst}, touches)
),
levels AS (
  SELECT walked.key AS key, subject, ${breakdown.column} AS part,
    arrayMap(touch -> touch.1, touches) AS times,
    arrayMap(touch -> touch.3, touches) AS masks,
    arrayMap((time, n) -> toUInt64(time * 1024 + least(n - 1, 1023)), times, arrayEnumerateUniq(times)) AS codes,
    ${levelSql(ask)} AS level,
    arrayMax(arrayMap(touch -> if(${isFirst}, touch.1, toInt64(-9000000000000)), touches)) > {pendingFrom: Int64} AS isInside
  FROM walked ${breakdown.join}
)`,
    params: paramsOf(
      fragment('', { ...baseParams(ask), pendingFrom: ask.asOf - ask.windowMs }),
      mask,
      window,
      subjects,
      breakdown,
    ),
  }
}

/** The steps that a touch matches, bit 0 the first. An attempt begins in [from, to). */
function maskSql({ steps, mode, from, to }: FunnelAsk): Fragment {
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
function windowSql({ mode, windowMs, from, to }: FunnelAsk): Fragment {
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

function levelSql({ mode, steps, windowMs }: FunnelAsk): string {
  if (mode === 'any') return "if(bitCount(arrayReduce('groupBitOr', masks)) > 1 AND length(masks) > 1, 2, 1)"
  if (mode === 'strict') return 'if(length(masks) > 1, 2, 1)'
  const matched = steps.map((_step, step) => `arrayMap(mask -> toUInt8(bitTest(mask, ${step})), masks)`)
  // A number of ours: ClickHouse takes no placeholder inside the name of an aggregate.
  const widest = windowMs * 1024 + 1023
  return `arrayReduce('windowFunnel(${widest}, ''strict_increase'')', codes, ${matched.join(', ')})`
}
