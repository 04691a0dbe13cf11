/**
 * Dates that say one day to everybody, though not in the order of ISO 8601's calendar:
 *
 *     March 1, 2026 at 10:00AM · Sunday, Mar 1st 2026 · 1 March 2026 10:00       in English words (IFTTT, Zapier, sheets)
 *     2026-W09-7T10:00Z · 2026W097                                               ISO week dates
 *     2026-060T10:00Z                                                            ISO ordinal dates
 */
import { DateTime } from 'luxon'

const months = 'january february march april may june july august september october november december'.split(
  ' ',
)

const weekday = String.raw`(?:(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*\.?,? )?`
const rest = String.raw`(?:,? (?:at )?(\d.*))?$`
const monthFirst = new RegExp(`^${weekday}([a-z]{3,9})\\.? (\\d\\d?)(?:st|nd|rd|th)?,? (\\d{4})${rest}`, 'i')
const dayFirst = new RegExp(
  `^${weekday}(\\d\\d?)(?:st|nd|rd|th)?[ -]([a-z]{3,9})\\.?[ ,-]+(\\d{4})${rest}`,
  'i',
)
const week = /^(\d{4})-?W(\d\d)(?:-?([1-7]))?(?:[Tt ](.+))?$/
const ordinal = /^(\d{4})-(\d{3})(?:[Tt ](.+))?$/

/** The same with its date as 2026-03-01; undefined where it is none of these, or no day. */
export function withCalendarDate(text: string): string | undefined {
  const worded = monthFirst.exec(text)
  if (worded) return inWords(worded[3], worded[1], worded[2], worded[4])
  const other = dayFirst.exec(text)
  if (other) return inWords(other[3], other[2], other[1], other[4])
  const [, weekYear, weekNumber, weekDay = '1', afterWeek] = week.exec(text) ?? []
  if (weekYear !== undefined)
    return joined(
      DateTime.fromObject({
        weekYear: Number(weekYear),
        weekNumber: Number(weekNumber),
        weekday: Number(weekDay) as 1,
      }),
      afterWeek,
    )
  const [, year, day, afterDay] = ordinal.exec(text) ?? []
  return year === undefined
    ? undefined
    : joined(DateTime.fromObject({ year: Number(year), ordinal: Number(day) }), afterDay)
}

function inWords(year = '', month = '', day = '', after?: string): string | undefined {
  const index = months.findIndex((name) => name.startsWith(month.toLowerCase()))
  if (index === -1) return undefined
  return joined(DateTime.fromObject({ year: Number(year), month: index + 1, day: Number(day) }), after)
}

function joined(date: DateTime, after: string | undefined): string | undefined {
  const day = date.toISODate()
  return day === null ? undefined : after === undefined ? day : `${day} ${after}`
}
