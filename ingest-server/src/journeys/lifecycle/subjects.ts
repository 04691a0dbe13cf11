/** The subjects behind a number of a period. */
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { touchesOf } from '../../definitions/sql/touches.js'
import { conversionsOf, type Goal } from '../goals.js'
import { fragment, settings, type Fragment } from '../question.js'
import { scopeOf, type LifecycleAsk } from './read-figures.js'

export const lifecycleRows = ['newCustomers', 'leads', 'orders', 'converting', 'active'] as const
export type LifecycleRow = (typeof lifecycleRows)[number]

/** Subjects of the row between `from` and `to`; for orders each with its number of them. */
export async function lifecycleSubjects(
  reader: Reader,
  ask: LifecycleAsk,
  { row, limit }: { row: LifecycleRow; limit: number },
): Promise<{ total: number; rows: { subject: string; n: number; at: string }[] }> {
  const source = await sourceOf(reader, ask, row)
  if (source === undefined) return { total: 0, rows: [] }
  const scope = await scopeOf(reader, ask)
  const sql = `
SELECT named.subject, counted.n, counted.first, count() OVER ()
FROM (SELECT key, count() AS n, min(at) AS first FROM ${source.sql} WHERE ${scope.condition} GROUP BY key) AS counted
INNER JOIN (SELECT key, any(subject) AS subject FROM ${touchesOf(ask.subject)} GROUP BY key) AS named ON named.key = counted.key
ORDER BY counted.first, named.subject
LIMIT {limit: UInt32}`
  const rows = await queryRows<[string, number, string, number]>(
    reader,
    { name: 'lifecycle-subjects', sql, settings },
    { ...source.params, ...scope.params, limit },
  )
  return {
    total: rows[0]?.[3] ?? 0,
    rows: rows.map(([subject, n, at]) => ({ subject, n, at })),
  }
}

async function sourceOf(reader: Reader, ask: LifecycleAsk, row: LifecycleRow): Promise<Fragment | undefined> {
  if (row === 'active') return fragment(touchesOf(ask.subject))
  const [goal, count] = (
    {
      newCustomers: [ask.customer, 'first'],
      leads: [ask.lead, 'first'],
      orders: [ask.order, 'each'],
      converting: [ask.customer, 'each'],
    } as const
  )[row]
  if (goal === undefined) return undefined
  const counted: Goal = { ...goal, body: { ...goal.body, count } }
  const { sql, params } = await conversionsOf(reader, counted, ask, { prefix: 'goal' })
  return { sql: `(${sql})`, params }
}
