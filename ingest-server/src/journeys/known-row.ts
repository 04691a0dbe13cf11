/** A row that is asked for by name: it exists, or the error names the nearest that does. */
import { queryRows, type Reader } from '../clickhouse/query.js'
import { meant } from '../definitions/nearest.js'
import { touchesEverOf } from '../definitions/sql/touches.js'
import { TouchlineError } from '../errors.js'
import { baseParams, settings, type Fragment, type Question } from './question.js'

/**
 * Throws QUERY_INVALID for a name that is none of `known`. Where `known` is empty every name passes, and its row is
 * empty.
 */
export function requireKnown(name: string, known: readonly string[], what: string): void {
  if (known.length === 0 || known.includes(name)) return
  throw new TouchlineError('QUERY_INVALID', `${what}: there is no ${name}${meant(name, known)}`)
}

/** With more names there is no telling which one was meant. */
const mostNames = 20_000

/** The values of `expression` over all touches by asOf; undefined where there are too many. */
export async function namesOfTouches(
  reader: Reader,
  {
    subject,
    asOf,
    expression,
    where,
  }: Pick<Question, 'subject' | 'asOf'> & { expression: string; where: Fragment },
): Promise<string[] | undefined> {
  const rows = await queryRows<[string]>(
    reader,
    {
      name: 'rows-of-touches',
      sql: `SELECT DISTINCT toString(${expression}) AS name FROM ${touchesEverOf(subject)} WHERE ${where.sql} ORDER BY name LIMIT ${mostNames + 1}`,
      settings,
    },
    { ...baseParams({ asOf }), ...where.params },
  )
  return rows.length > mostNames ? undefined : rows.map(([name]) => name)
}
