/** Days, weeks, months and quarters of a time zone, as ClickHouse cuts them. */
import { queryRows, type Reader } from '../../clickhouse/query.js'
import { dayMs } from '../../units.js'

export const periodNames = ['day', 'week', 'month', 'quarter'] as const
export type PeriodName = (typeof periodNames)[number]

/** Years have 365.25 days: what a period's frequency is multiplied by. */
export const yearMs = 365.25 * dayMs

const starts: Readonly<Record<PeriodName, (at: string) => string>> = {
  day: (at) => `toStartOfDay(${at}, {zone: String})`,
  // From Monday, as ISO 8601 counts them.
  week: (at) => `toDateTime(toStartOfWeek(${at}, 1, {zone: String}), {zone: String})`,
  month: (at) => `toDateTime(toStartOfMonth(${at}, {zone: String}), {zone: String})`,
  quarter: (at) => `toDateTime(toStartOfQuarter(${at}, {zone: String}), {zone: String})`,
}

/** An expression: the start of the period that a time lies in, in seconds since 1970. It asks for `{zone: String}`. */
export const startOf = (period: PeriodName, at: string): string => `toUnixTimestamp(${starts[period](at)})`

/** The same of a Date, which is a day of that zone. */
export const startOfDate = (period: PeriodName, day: string): string =>
  startOf(period, `toDateTime(${day}, {zone: String})`)

const added: Readonly<Record<PeriodName, string>> = {
  day: 'addDays',
  week: 'addWeeks',
  month: 'addMonths',
  quarter: 'addQuarters',
}

export const mostPeriods = 400

/** Bounds in milliseconds. */
export interface Period {
  from: number
  to: number
}
interface Span extends Period {
  period: PeriodName
  zone: string
}

/** All periods that [from, to) touches, whole, one more than `mostPeriods` at most. */
export async function readPeriods(reader: Reader, { period, from, to, zone }: Span): Promise<Period[]> {
  // Days are counted, not times: a midnight that does not exist would move all that follow.
  const first = `toDate32(${starts[period]("{from: DateTime64(3, 'UTC')}")}, {zone: String})`
  // As DateTime64: four hundred quarters are more than a DateTime holds.
  const startOfNth = (nth: string) =>
    `toUnixTimestamp64Second(toDateTime64(${added[period]}(${first}, ${nth}), 0, {zone: String}))`
  const rows = await queryRows<[number, number]>(
    reader,
    {
      name: 'lifecycle-periods',
      sql: `
SELECT ${startOfNth('number')} AS begins, ${startOfNth('number + 1')} AS ends
FROM numbers(${mostPeriods + 1})
WHERE begins < toUnixTimestamp64Milli({to: DateTime64(3, 'UTC')}) / 1000
ORDER BY begins`,
    },
    { from: new Date(from), to: new Date(to), zone },
  )
  return rows.map(([begins, ends]) => ({ from: begins * 1_000, to: ends * 1_000 }))
}

/** The period that a time lies in. */
export async function readPeriodAt(
  reader: Reader,
  at: number,
  span: Pick<Span, 'period' | 'zone'>,
): Promise<Period> {
  const [period] = await readPeriods(reader, { ...span, from: at, to: at + 1 })
  return period ?? { from: at, to: at + 1 }
}

/** Of the first touch or spend, in milliseconds since 1970; `otherwise` where there is none. */
export async function readBeginning(reader: Reader, otherwise: number): Promise<number> {
  const [row] = await queryRows<[number | null]>(reader, {
    name: 'lifecycle-beginning',
    sql: `
SELECT toUnixTimestamp64Milli(minOrNull(first)) FROM (
  SELECT minOrNull(at) AS first FROM touchpoints_of_people WHERE project = {project: String} AND is_deleted = 0
  UNION ALL
  SELECT minOrNull(toDateTime64(day, 3, 'UTC')) FROM costs WHERE project = {project: String}
)`,
  })
  return row?.[0] ?? otherwise
}
