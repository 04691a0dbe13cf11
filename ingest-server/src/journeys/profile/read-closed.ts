/** Who closed, won or lost, and what was known of them then. */
import { queryRows, type Params, type Reader } from '../../clickhouse/query.js'
import { latestTrait, saidTraits } from '../../definitions/sql/said-traits.js'
import { touchesOf } from '../../definitions/sql/touches.js'
import { isExactNumber, parseExact, textOfNumber } from '../../exact-json.js'
import { isNullLike } from '../../touchpoints/null-like.js'
import { closedBy, conversionsOf, type Goal } from '../goals.js'
import {
  baseParams,
  fragment,
  ofSubjects,
  paramsOf,
  settings,
  within,
  type Fragment,
  type Question,
} from '../question.js'
import type { Closed, Value } from './findings.js'

export interface ClosedAsk extends Question {
  goal: Goal
  lost: Goal
  /** Traits as known when it closed, or as they are at asOf. */
  traits: 'close' | 'now'
}

/**
 * WITH closed: key, isWon, closedAt: the first close, the first that is verified where one is. Of somebody who did both
 * the win counts, but not before a loss that is verified and it is not (closedBy in goals.ts).
 */
export async function closedSql(reader: Reader, ask: ClosedAsk): Promise<Fragment> {
  const won = await conversionsOf(reader, ask.goal, ask, { prefix: 'won', withProof: true })
  const lost = await conversionsOf(reader, ask.lost, ask, { prefix: 'lost', withProof: true })
  const window = within(ask, 'at')
  const subjects = await ofSubjects(reader, ask)
  const by = await closedBy(reader, ask, ask)
  return {
    sql: `
WITH won AS (${won.sql}),
closed AS (
  SELECT key, 1 AS isWon, argMin(won.at, (NOT verified, won.at)) AS closedAt FROM won
  WHERE ${window.sql} AND ${subjects.sql} AND ${by.won.sql}
  GROUP BY key
  UNION ALL
  SELECT key, 0 AS isWon, argMin(gone.at, (NOT verified, gone.at)) AS closedAt FROM (${lost.sql}) AS gone
  WHERE ${window.sql} AND ${subjects.sql} AND ${by.lost.sql}
  GROUP BY key
)`,
    params: paramsOf(fragment('', baseParams(ask)), won, lost, window, subjects, by.won, by.lost),
  }
}

/** SELECT key, name, value (JSON text), verified, at, message_id: what was said of subjects by asOf. */
export const saidOf = (subject: Question['subject'], only = '') =>
  `SELECT cityHash64(subject) AS key, name, value, verified, at, message_id FROM (${saidTraits(subject, `at <= {asOf: DateTime64(3, 'UTC')}${only}`)})`

export async function readClosed(reader: Reader, ask: ClosedAsk): Promise<Closed[]> {
  const { sql, params } = await closedSql(reader, ask)
  const bound = ask.traits === 'close' ? 'said.at <= closed.closedAt' : '1'
  const rows = await queryRows<[key: string, isWon: number, subject: string]>(
    reader,
    {
      name: 'closed-subjects',
      sql: `${sql}
SELECT toString(closed.key), isWon, if(named.subject = '', toString(closed.key), named.subject)
FROM closed
LEFT JOIN (SELECT key, any(subject) AS subject FROM ${touchesOf(ask.subject)} WHERE key IN (SELECT key FROM closed) GROUP BY key) AS named ON named.key = closed.key
ORDER BY 3`,
      settings,
    },
    params,
  )
  const traits = await readClosedTraits(
    reader,
    params,
    `${sql}
SELECT toString(closed.key), name, ${latestTrait}
FROM closed INNER JOIN (${saidOf(ask.subject)}) AS said ON said.key = closed.key
WHERE ${bound}
GROUP BY closed.key, name`,
  )
  return rows.map(([key, isWon, subject]) => ({
    subject,
    isWon: isWon === 1,
    traits: traits.get(key) ?? new Map<string, Value[]>(),
  }))
}

/** Key → name → values; what is empty is left out. */
export async function readClosedTraits(
  reader: Reader,
  params: Params,
  sql: string,
): Promise<Map<string, Map<string, Value[]>>> {
  const rows = await queryRows<[string, string, string]>(
    reader,
    { name: 'closed-traits', sql, settings },
    params,
  )
  const all = new Map<string, Map<string, Value[]>>()
  for (const [key, name, json] of rows) {
    const values = valuesOf(json)
    if (values.length === 0) continue
    const traits = all.get(key) ?? new Map<string, Value[]>()
    all.set(key, traits.set(name, values))
  }
  return all
}

/** A trait's value, or the values of a list; objects are no values. */
function valuesOf(json: string): Value[] {
  const parsed = parseExact(json)
  return ((Array.isArray(parsed) ? parsed : [parsed]) as unknown[])
    .map((value) => (isExactNumber(value) ? ofExact(textOfNumber(value)) : value))
    .filter(
      (value): value is Value =>
        typeof value === 'number' ||
        typeof value === 'boolean' ||
        (typeof value === 'string' && !isNullLike(value)),
    )
}

/** Beyond 2^53 a number is a name rather than an amount: by its digits it is not taken for its neighbours. */
const ofExact = (digits: string): Value =>
  Math.abs(Number(digits)) <= Number.MAX_SAFE_INTEGER ? Number(digits) : digits
