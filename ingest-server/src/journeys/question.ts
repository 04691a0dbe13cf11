/** The parameters that every query over journeys has: kind of subject, window, asOf and filters. */
import type { Condition, Subject } from '@touchline/schemas/api'
import { queryRows, type Params, type Reader } from '../clickhouse/query.js'
import { asOfParam } from '../definitions/sql/bag.js'
import { compileCondition } from '../definitions/compile.js'
import { loadReferences } from '../definitions/documents/references.js'
import { onlyKeys, touchpointTables, touchSettings } from '../definitions/sql/touches.js'

export type { Subject }

export interface Question {
  subject: Subject
  /** Milliseconds since 1970: what counts happened in [from, to), and at or before asOf. */
  from?: number | undefined
  to?: number | undefined
  asOf: number
  /** Only subjects for which this holds at asOf. */
  filter?: Condition | undefined
  /** Only these, by id. */
  only?: readonly string[] | undefined
}

/** A piece of SQL with the parameters that it names. */
export interface Fragment {
  sql: string
  params: Params
}

export const time64 = "DateTime64(3, 'UTC')"

export const fragment = (sql: string, params: Params = {}): Fragment => ({ sql, params })

export const paramsOf = (...fragments: readonly Fragment[]): Params =>
  Object.assign({}, ...fragments.map(({ params }) => params)) as Params

/** Condition on `column` (a time): in [from, to). `1` where neither is given. */
export function within({ from, to }: Pick<Question, 'from' | 'to'>, column: string): Fragment {
  const conditions = ['1']
  const params: Record<string, unknown> = {}
  if (from !== undefined) {
    conditions.push(`${column} >= {from: ${time64}}`)
    params['from'] = new Date(from)
  }
  if (to !== undefined) {
    conditions.push(`${column} < {to: ${time64}}`)
    params['to'] = new Date(to)
  }
  return fragment(conditions.join(' AND '), params)
}

/** Parameters that every statement over touches names. */
export const baseParams = ({ asOf }: Pick<Question, 'asOf'>): Params => asOfParam(asOf)

/** Condition on the column `key`: the subject is one of those that the question is about. */
export async function ofSubjects(reader: Reader, question: Question): Promise<Fragment> {
  const { filter, subject, asOf, only } = question
  if (only !== undefined) return fragment(`key IN ${onlyKeys}`, { only })
  if (filter === undefined) return fragment('1')
  const references = await loadReferences(reader, [filter], { subject, asOf })
  const { sql, params } = compileCondition(filter, { subject, asOf, references, prefix: 'f' })
  return fragment(`key IN (${sql})`, params)
}

export const settings = touchSettings

/**
 * Condition for one part of all subjects. Keys are hashes, by which the tables of touchpoints are sorted: a part is a
 * range of them, and costs what its own touches cost.
 */
export const inPart = 'key BETWEEN {firstKey: UInt64} AND {lastKey: UInt64}'

export function partParams(part: number, parts: number): Params {
  const keyAt = (nth: number) => (2n ** 64n * BigInt(nth)) / BigInt(parts)
  return { firstKey: String(keyAt(part)), lastKey: String(keyAt(part + 1) - 1n) }
}

/** How many touches the project has, those of persons or those of accounts; a few more while rows are replaced. */
export async function countTouches(reader: Reader, subject: Subject): Promise<number> {
  const sql = `SELECT count() FROM ${touchpointTables[subject]} WHERE project = {project: String}`
  const [counted] = await queryRows<[number]>(reader, { name: 'touches-count', sql })
  return counted?.[0] ?? 0
}
