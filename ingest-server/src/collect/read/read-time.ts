/**
 * Times as clients write them, whatever their language: always UTC where they name no zone, in milliseconds since
 * 1970. What cannot be read the same way by everybody (01/03/2026, a clock without a day) means none.
 *
 *     number       seconds, milliseconds, microseconds or nanoseconds since 1970, by its size; as text too
 *     ticks        hundreds of nanoseconds since the year 1 (.NET) or 1601 (Windows)
 *     ISO 8601     2026-03-01T11:00:00.123456789+01:00, with a blank or `t`, with `/` or `.` in the date, cut short
 *     its misprints  …:00.123:Z (Swift), …:00:123Z, …T9:05 am+0100 (telephones set to 12 hours), in quotes
 *     ISO basic    20260301T110000Z, 20260301, 20260301110000
 *     Java         …+01:00[Europe/Berlin], …[UTC]         Go      … +0100 CET m=+0.004
 *     .NET         /Date(1772362800000)/                  C, Ruby Sun Mar  1 11:00:00 [+0000] 2026
 *     HTTP, Date.toString() and what else names its own zone, also by its name (named-zones.ts)
 *     objects      {"$date": …} (MongoDB), {"seconds": …, "nanoseconds": …}, with _ in front too (Firestore, protobuf),
 *                  {"date": …, "timezone_type": …, "timezone": …} (PHP's DateTime)
 *     from URLs    …T11:00:00 01:00, …T11:00:00%2B01:00, where a plus became a blank or was encoded
 *     English words, ISO weeks and days of the year (other-dates.ts)
 */
import { timeInNamedZone } from './named-zones.js'
import { withCalendarDate } from './other-dates.js'

// By their size as numbers of one unit: milliseconds below 1e11 lie before 1973-03-03, and so on by thousands.
const units: readonly [below: number, perMillisecond: number][] = [
  [1e11, 1 / 1_000],
  [1e14, 1],
  [1e17, 1_000],
  [Infinity, 1_000_000],
]

// Ticks of our time: as nanoseconds they would lie in 1974 and in 1990, when nobody sent an event.
const tickEpochs: readonly [from: number, below: number, epochMs: number][] = [
  [1.2e17, 1.6e17, Date.UTC(1601, 0, 1)],
  [6.3e17, 6.6e17, -62_135_596_800_000],
]

function timeOfNumber(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined
  const ticks = tickEpochs.find(([from, below]) => value >= from && value < below)
  if (ticks) return Math.round(value / 10_000) + ticks[2]
  const size = Math.abs(value)
  const perMillisecond = units.find(([below]) => size < below)?.[1] ?? 1
  return Math.round(perMillisecond < 1 ? value * 1_000 : value / perMillisecond)
}

// Go on to the zone: a colon too many, the half of the day, GMT before an offset.
const isoShape =
  /^(\d{4})([-/.])(\d\d?)\2(\d\d?)(?:[Tt ]\s?(\d\d?):(\d\d)(?::(\d\d)(?:[.,:](\d{1,18}))?)?(?:\s?([ap])\.?m\.?)?)?:?\s?(?:Z|z|UTC|GMT|(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?)?$/i
// Glued together it has no fraction but three digits, and a year of our time: sixteen digits are microseconds.
const basicShape =
  /^((?:19|20)\d\d)()(\d\d)(\d\d)(?:[Tt]?(\d\d)(\d\d)(?:(\d\d)(?:(?:[.,](?=\d)|(?=\d{3}(?!\d)))(\d{1,18}))?)?)?()\s?(?:Z|z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?$/
// What else Date.parse reads the same in every time zone of the server: a text that names its own.
const namesItsZone = /\b(?:GMT|UTC|[ECMP][SD]T)\b|GMT[+-]\d{4}| [+-]\d{4}(?:$| ?\()|^[+-]\d{6}-\d\d-\d\dT.*Z$/
const cShape = /^([A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d)(?: ([+-]\d{4}))? (\d{4})$/
const netShape = /^\\?\/Date\((-?\d+)(?:[+-]\d{4})?\)\\?\/$/
const numberShape = /^-?\d{9,19}(?:\.\d+)?$|^\d(?:\.\d+)?[Ee]\+?\d{1,2}$/
const longest = 100

// Go's monotonic clock, and the name of a zone after its offset: neither changes which instant it is.
const monotonic = / m=[+-][\d.]+$/
const nameAfterOffset = /([+-]\d\d:?\d\d|[Zz])(?: [A-Z]{2,5}| [+-]\d{2,4})$/
const regionAfterOffset = /(.[+-]\d\d:?\d\d|[Zz])\[[\w/+-]+\]$/
const outerQuotes = /^(["'])(.*)\1$/s
const utcRegion = /\[(?:Etc\/)?(?:UTC|GMT|Z|UCT|Zulu)\]$/

/** The time that a text or a number means, or undefined where it means none. */
export function timeFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return timeOfNumber(value)
  if (typeof value === 'object' && value !== null) return timeOfObject(value as Record<string, unknown>)
  if (typeof value !== 'string' || value.length > longest) return undefined
  const text = value.trim()
  const ofIso = timeOfIso(isoShape.exec(text))
  if (ofIso !== undefined) return ofIso
  const simple = plain(text)
  const ofCalendar = inCalendar(simple)
  if (ofCalendar !== undefined) return ofCalendar
  const other = withCalendarDate(simple)
  return other === undefined ? undefined : inCalendar(other)
}

/** As JSON has the times of databases, which are objects to their programs. */
function timeOfObject(value: Record<string, unknown>): number | undefined {
  const date = value['$date']
  if (date !== undefined) {
    const long = typeof date === 'object' && date !== null && '$numberLong' in date ? date.$numberLong : date
    // One step down at most: a text may nest as deep as it is long.
    return typeof long === 'object' ? undefined : timeFrom(long)
  }
  const { date: shown, timezone_type: zoneType, timezone: zone } = value
  if (typeof shown === 'string' && typeof zone === 'string' && zoneType !== undefined)
    return timeFrom(`${shown} ${zone}`)
  const seconds = integerOf(value['seconds'] ?? value['_seconds'])
  const nanos = integerOf(value['nanoseconds'] ?? value['_nanoseconds'] ?? value['nanos'] ?? 0)
  const ms = Math.round(seconds * 1_000 + nanos / 1_000_000)
  return Number.isFinite(ms) ? ms : undefined
}

/** A 64-bit number is text in the JSON of protobuf. */
const integerOf = (value: unknown): number =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value)) ? Number(value) : NaN

const inCalendar = (text: string) => timeOfText(text) ?? timeInNamedZone(text, readUtc)

/** A time without a zone; in no form that says which it is. */
const readUtc = (text: string): number | undefined => timeOfText(text) ?? timeOfText(`${text} UTC`)

function timeOfText(text: string): number | undefined {
  const iso = isoShape.exec(text) ?? basicShape.exec(text)
  // Fourteen digits are a date; as milliseconds they would lie in the year 2600.
  if (iso) return timeOfIso(iso) ?? timeOfDigits(text)
  const net = netShape.exec(text)?.[1]
  if (net !== undefined) return Number(net)
  const c = cShape.exec(text)
  return timeOfDigits(text) ?? parsed(c ? `${c[1]} ${c[3]} GMT${c[2] ?? '+0000'}` : text)
}

const timeOfDigits = (text: string) => (numberShape.test(text) ? timeOfNumber(Number(text)) : undefined)

function parsed(text: string): number | undefined {
  if (!namesItsZone.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

// A plus in a query or a form is a blank to who decodes it.
const lostPlus = /(\d:\d\d(?:\.\d+)?) (\d\d:\d\d)$/

function unescaped(text: string): string {
  if (!/%2b|%3a/i.test(text)) return text
  return text.replace(/%2b/gi, '+').replace(/%3a/gi, ':')
}

/** Without what different languages add to one and the same instant. */
function plain(text: string): string {
  return withAsciiDigits(unescaped(text))
    .replace(/\u2212/g, '-')
    .replace(lostPlus, '$1+$2')
    .replace(outerQuotes, '$2')
    .replace(monotonic, '')
    .replace(regionAfterOffset, '$1')
    .replace(utcRegion, 'Z')
    .replace(nameAfterOffset, '$1')
}

// Java, Swift and Android write the digits of the user's language unless they are set otherwise.
const notAscii = /[^\0-\x7f]/g
const anyDigit = /^\p{Nd}$/u
const withAsciiDigits = (text: string) =>
  text.replace(notAscii, (digit) => (anyDigit.test(digit) ? String(valueOfDigit(digit)) : digit))

/** Digits of one script stand one after the other, from its zero on. */
function valueOfDigit(digit: string): number {
  const code = digit.charCodeAt(0)
  let zero = code
  while (code - zero < 9 && anyDigit.test(String.fromCharCode(zero - 1))) zero--
  return code - zero
}

function timeOfIso(iso: RegExpExecArray | null): number | undefined {
  if (iso === null) return undefined
  const [, year, , month, day, hour = '0', minute = '0', second = '0', fraction = '', half = '', sign] = iso
  const [m, d, min, s] = [Number(month), Number(day), Number(minute), Number(second)]
  const h = half === '' || Number(hour) > 12 ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0)
  // 24:00 and the leap second are legal ISO; everything past them, and a 30th of February, is a mistake.
  const isDay = m >= 1 && m <= 12 && d >= 1 && d <= daysOf(Number(year), m)
  if (!isDay || h > 24 || min > 59 || s > 60) return undefined
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const date = new Date(0)
  date.setUTCFullYear(Number(year), m - 1, d)
  date.setUTCHours(h, min, s, milliseconds)
  const [hoursOff, minutesOff] = [Number(iso[11] ?? 0), Number(iso[12] ?? 0)]
  if (hoursOff > farthestZone || minutesOff > 59) return undefined
  const offset = sign ? (hoursOff * 60 + minutesOff) * 60_000 : 0
  return date.getTime() - (sign === '-' ? -offset : offset)
}

/** Hours: no place is farther from UTC, old local times included. */
const farthestZone = 15

const daysOf = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate()
