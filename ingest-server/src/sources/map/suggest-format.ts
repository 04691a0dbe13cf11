/** What a map may say of times that it does not read yet: the format that fits the text. */
import { DateTime, type DateTimeOptions } from 'luxon'

const numericDay = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:(,? |T)(\d{1,2}):\d\d(:\d\d)?( ?)([ap]m)?)?$/i

/** `d/M/yyyy` and `M/d/yyyy` with the signs and the clock of the text; undefined where it is no such day. */
export function numericFormats(text: string): { dayFirst: string; monthFirst: string } | undefined {
  const found = numericDay.exec(text)
  if (found === null) return undefined
  const [, , sign = '', , year = '', before = '', hour, seconds, blank = '', half] = found
  const clock =
    hour === undefined
      ? ''
      : `${before === 'T' ? "'T'" : before}${half === undefined ? 'H' : 'h'}:mm${seconds === undefined ? '' : ':ss'}${half === undefined ? '' : `${blank}a`}`
  const written = year.length === 2 ? 'yy' : 'yyyy'
  return {
    dayFirst: `d${sign}M${sign}${written}${clock}`,
    monthFirst: `M${sign}d${sign}${written}${clock}`,
  }
}

const days = [
  ...['d LLL yyyy', 'd LLLL yyyy', 'LLL d, yyyy', 'LLLL d, yyyy', 'LLL d yyyy', 'd-LLL-yyyy', 'd-LLL-yy'],
  ...['d. LLLL yyyy', 'd. LLL yyyy', 'EEE, d LLL yyyy', 'EEE, LLL d, yyyy', 'EEEE, LLLL d, yyyy'],
  ...['EEEE, d LLLL yyyy', 'yyyy LLL d', 'yyyy-LLL-dd', 'yyyy-MM', 'LLL yyyy', 'LLLL yyyy', 'LL/yyyy'],
]
const clocks = [
  '',
  ' H:mm',
  ' H:mm:ss',
  ' h:mm a',
  ' h:mm:ss a',
  ', H:mm',
  ', h:mm a',
  ', h:mm:ss a',
  " 'at' h:mm a",
]
const options: DateTimeOptions = { zone: 'UTC', locale: 'en-US' }

/** In a file where most times are not read none of them may take long. */
const mostMisses = 200

/** Names a format that reads the text; the one that fitted before is tried first. */
export function openSuggestions(): (text: string) => string | undefined {
  let last: string | undefined
  let misses = 0
  const fits = (text: string, format: string) => DateTime.fromFormat(text, format, options).isValid
  return (text) => {
    if (last !== undefined && fits(text, last)) return last
    if (misses >= mostMisses || text.length > 40) return undefined
    for (const day of days)
      for (const clock of clocks) if (fits(text, day + clock)) return (last = day + clock)
    misses += 1
    return undefined
  }
}
