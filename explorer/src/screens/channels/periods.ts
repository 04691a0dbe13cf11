/** A range cut into the periods of a chart, in the calendar of a zone. Pure. */
import { dayOf, startOf } from '../../url/days.js'
import { dayMs } from '../../units.js'

export type Unit = 'day' | 'week' | 'month' | 'quarter'
export interface Period {
  from: number
  to: number
}

/** Each period is a question to the server: enough points to see a course, few enough to be answered at once. */
const mostPeriods = 16

export function periodsOf({ from, to }: Period, zone: string): { unit: Unit; periods: Period[] } {
  for (const unit of ['day', 'week', 'month', 'quarter'] as const) {
    const periods = cut({ from, to }, unit, zone)
    if (periods.length <= mostPeriods || unit === 'quarter')
      return { unit, periods: periods.slice(-mostPeriods * 2) }
  }
  return { unit: 'quarter', periods: [] }
}

/** The first and the last are cut off at the range, so that the points add up to what the table says. */
function cut({ from, to }: Period, unit: Unit, zone: string): Period[] {
  const periods: Period[] = []
  let day = firstDayOf(dayOf(from, zone), unit)
  while (periods.length < 400 && (unit === 'quarter' || periods.length <= mostPeriods)) {
    const next = dayAfter(day, unit)
    const [begins, ends] = [startOf(day, zone), startOf(next, zone)]
    if (begins >= to) break
    if (ends > from) periods.push({ from: Math.max(begins, from), to: Math.min(ends, to) })
    day = next
  }
  return periods
}

const isoOf = (year: number, month: number, day: number) =>
  new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10)

/** Weeks begin on Mondays, as ISO 8601 has them. */
function firstDayOf(day: string, unit: Unit): string {
  const at = new Date(day)
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  if (unit === 'week')
    return new Date(at.getTime() - ((at.getUTCDay() + 6) % 7) * dayMs).toISOString().slice(0, 10)
  if (unit === 'month') return isoOf(year, month, 1)
  return unit === 'quarter' ? isoOf(year, month - (month % 3), 1) : day
}

function dayAfter(day: string, unit: Unit): string {
  const at = new Date(day)
  if (unit === 'day' || unit === 'week')
    return new Date(at.getTime() + (unit === 'day' ? 1 : 7) * dayMs).toISOString().slice(0, 10)
  return isoOf(at.getUTCFullYear(), at.getUTCMonth() + (unit === 'month' ? 1 : 3), 1)
}
