/** The columns of a statement under construction: aggregates over touches, steps joined beside them, expressions of columns before. */
import type { Compiling } from './compiling.js'
import { touchesOf } from './touches.js'
import { universeOf } from './universe.js'

interface Column {
  column: string
  sql: string
}

/** Made of columns of lower levels only. */
interface Formed extends Column {
  level: number
}

export type GroupBy = 'key' | 'key, person_key'
export type Columns = ReturnType<typeof openColumns>

const named = ({ column, sql }: Column) => `${sql} AS ${column}`

export function openColumns({ subject, isOnly }: Compiling, groupBy: GroupBy) {
  const aggregates: Column[] = []
  const joined: string[] = []
  const formed: Formed[] = []
  let made = 0
  let isEverybody = false
  const name = (letter: string) => `${letter}${(made += 1)}`
  /** A column over the touches of one subject. */
  const aggregate = (sql: string) => {
    const column = name('g')
    aggregates.push({ column, sql })
    return column
  }
  /** A column of columns before it. */
  const form = (sql: string) => {
    const column = name('f')
    const before = formed.filter((one) => new RegExp(`\\b${one.column}\\b`).test(sql))
    formed.push({ column, sql, level: 1 + Math.max(0, ...before.map(({ level }) => level)) })
    return column
  }
  /**
   * The column `steps` of a statement of its own, SELECT key, steps; by person with person_key too. Then everybody is
   * asked, for it may hold without a touch.
   */
  const join = (sql: string, isByPerson = false) => {
    const alias = name('j')
    // Who has no touch is no person of an account.
    isEverybody ||= !isByPerson
    const person = isByPerson ? ` AND ${alias}.person_key = own.person_key` : ''
    joined.push(`LEFT JOIN (${sql}) AS ${alias} ON ${alias}.key = own.key${person}`)
    return form(`${alias}.steps`)
  }
  /** SELECT key, columns: of all subjects that the parts asked about may be about. */
  function select(columns: readonly string[], rows?: string): string {
    const source = isEverybody ? universeOf(subject, isOnly) : touchesOf(subject, isOnly)
    const where = rows === undefined ? '' : ` WHERE ${rows}`
    const own = `SELECT ${[groupBy, ...aggregates.map(named)].join(', ')} FROM ${source}${where} GROUP BY ${groupBy}`
    const ofOwn = ['key', ...aggregates.map(({ column }) => column)].map(
      (column) => `own.${column} AS ${column}`,
    )
    let from = `(${own}) AS own ${joined.join(' ')}`
    // A column that is named in a SELECT of its own is written out once; beside what uses it, each use repeats it, and
    // those of a deep tree pass ClickHouse's limit.
    for (let level = 1; level <= Math.max(1, ...formed.map((one) => one.level)); level += 1) {
      const mine = formed.filter((one) => one.level === level).map(named)
      from = `(SELECT ${[...(level === 1 ? ofOwn : ['*']), ...mine].join(', ')} FROM ${from})`
    }
    return `SELECT ${['key', ...columns].join(', ')} FROM ${from}`
  }
  /** Also who has no touch: for them too a part may hold. */
  const askEverybody = () => {
    isEverybody = true
  }
  return { aggregate, form, join, select, askEverybody, isByPerson: groupBy !== 'key' }
}
