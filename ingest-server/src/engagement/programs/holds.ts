/** Of a list of subjects those for whom a condition holds now. */
import type { Condition, Subject } from '@touchline/schemas/api'
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { compileCondition } from '../../definitions/compile.js'
import { compileTouch } from '../../definitions/sql/compile-touch.js'
import { loadReferences } from '../../definitions/documents/references.js'
import { touchSettings, touchesOf } from '../../definitions/sql/touches.js'
import { asOfParam } from '../../definitions/sql/bag.js'

export interface Asked {
  subject: Subject
  ids: readonly string[]
  asOf: number
}

export async function holdsFor(
  reader: Reader,
  condition: Condition,
  { subject, ids, asOf }: Asked,
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const references = await loadReferences(reader, [condition], { subject })
  const compiled = compileCondition(condition, { subject, asOf, references, only: ids })
  const named = {
    name: 'program-condition',
    splitBy: 'only',
    sql: `SELECT id FROM (SELECT DISTINCT arrayJoin({only: Array(String)}) AS id) WHERE cityHash64(id) IN (${compiled.sql})`,
    settings: compiled.settings,
  }
  const rows = await queryRows<[string]>(reader, named, { ...compiled.params, only: ids })
  return new Set(rows.map(([id]) => id))
}

/** A touch alone, without window or count: each such touch is a moment, not a state. */
export const isPlainTouch = (condition: Condition): boolean =>
  'touch' in condition &&
  condition.count === undefined &&
  condition.within === undefined &&
  condition.between === undefined &&
  condition.distinct === undefined

/** When each last had such a touch, in milliseconds; who never had is not in it. */
export async function lastTouches(
  reader: Reader,
  condition: Condition,
  { subject, ids, asOf }: Asked,
): Promise<Map<string, number>> {
  if (ids.length === 0 || !('touch' in condition)) return new Map()
  const { sql, params } = compileTouch(condition.touch)
  const named = {
    name: 'program-last-touch',
    splitBy: 'only',
    sql: `SELECT subject, toUnixTimestamp64Milli(max(at)) FROM ${touchesOf(subject, true)} WHERE ${sql} GROUP BY subject`,
    settings: touchSettings,
  }
  const rows = await queryRows<[string, number]>(reader, named, { ...params, ...asOfParam(asOf), only: ids })
  return new Map(rows)
}
