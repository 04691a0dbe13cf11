/**
 * Comparing what is stored (JSON text of one value) with what a condition says: numbers as numbers, also where
 * they came as text; dates as dates; texts as they are stored. What only says "nothing" is not there.
 */
import { wordsForNothing } from '@touchline/schemas'
import { literal as quoted } from '../../clickhouse/sql-quoting.js'
import { dateShape, numberShape, type Scalar, type ValueOp } from '@touchline/schemas/api'
import type { Bag } from './bag.js'

export interface Comparison {
  op: ValueOp
  value?: Scalar | Scalar[] | undefined
}

const nothing = `(${wordsForNothing.map(quoted).join(', ')})`
/** The value as text: a JSON string without its quotes, all else as it stands. */
export const textOf = (raw: string) => `if(JSONType(${raw}) = 'String', JSONExtractString(${raw}), ${raw})`
export const saysSomething = (raw: string) => `lowerUTF8(trimBoth(${textOf(raw)})) NOT IN ${nothing}`

// ClickHouse's RE2 and JavaScript read these two alike; backslashes doubled for a SQL literal.
const literal = (shape: RegExp) => `'${shape.source.replaceAll('\\', '\\\\')}'`
const numberOf = (raw: string) =>
  `if(match(${textOf(raw)}, ${literal(numberShape)}), toFloat64OrNull(${textOf(raw)}), NULL)`
const dateOf = (raw: string) =>
  `if(match(${textOf(raw)}, ${literal(dateShape)}), parseDateTime64BestEffortOrNull(${textOf(raw)}, 3, 'UTC'), NULL)`

const ordered = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

/** `ne` and `exists: false` are their opposites turned round: they hold too where nothing is known. */
export const isNegated = ({ op, value }: Comparison) => op === 'ne' || (op === 'exists' && value === false)

/** The comparison without its negation. */
export function positive({ op, value }: Comparison): Comparison {
  if (op === 'ne') return { op: 'eq', value }
  return op === 'exists' ? { op } : { op, value }
}

/** A boolean expression over `raw`, the SQL of a JSON text that is '' where there is no value. Never null. */
export function compareSql(raw: string, { op, value }: Comparison, bag: Bag): string {
  const present = `${raw} != '' AND ${saysSomething(raw)}`
  if (op === 'exists') return `(${present})`
  const list = Array.isArray(value) ? value : [value as Scalar]
  const [first] = list as [Scalar]
  const holds =
    op === 'eq' || op === 'in'
      ? list.map((one) => equalSql(raw, one, bag)).join(' OR ')
      : op === 'contains'
        ? containsSql(raw, String(first), bag)
        : op === 'startsWith'
          ? `startsWith(${textOf(raw)}, ${bag.text(String(first))})`
          : op === 'matches'
            ? `match(${textOf(raw)}, ${bag.text(String(first))})`
            : orderedSql(raw, ordered[op as keyof typeof ordered], first, bag)
  return `(${present} AND (${holds}))`
}

function equalSql(raw: string, value: Scalar, bag: Bag): string {
  if (typeof value === 'number') return `ifNull(${numberOf(raw)} = ${bag.add(value, 'Float64')}, false)`
  return `${textOf(raw)} = ${bag.text(String(value))}`
}

function containsSql(raw: string, value: string, bag: Bag): string {
  const wanted = bag.text(value)
  return `if(JSONType(${raw}) = 'Array', arrayExists(one -> ${textOf('one')} = ${wanted}, JSONExtractArrayRaw(${raw})), position(${textOf(raw)}, ${wanted}) > 0)`
}

function orderedSql(raw: string, sign: string, value: Scalar, bag: Bag): string {
  const asNumber = typeof value === 'number' || (typeof value === 'string' && numberShape.test(value))
  if (asNumber) return `ifNull(${numberOf(raw)} ${sign} ${bag.add(Number(value), 'Float64')}, false)`
  const date = bag.add(new Date(dateMs(String(value))), "DateTime64(3, 'UTC')")
  return `ifNull(${dateOf(raw)} ${sign} ${date}, false)`
}

/** Milliseconds of a text that `dateShape` takes; UTC where it has no offset. */
export function dateMs(text: string): number {
  const [day, rest] = [text.slice(0, 10), text.slice(10).replace(' ', 'T')]
  if (rest === '') return Date.parse(day)
  return Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(rest) ? `${day}${rest}` : `${day}${rest}Z`)
}

/** A pattern in which `*` is any run of characters, as ClickHouse's LIKE reads it. */
export const likePattern = (glob: string) => glob.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%')

/** `column` is the pattern; `*` is any run. */
export function globSql(column: string, glob: string, bag: Bag): string {
  return glob.includes('*')
    ? `${column} LIKE ${bag.text(likePattern(glob))}`
    : `${column} = ${bag.text(glob)}`
}
