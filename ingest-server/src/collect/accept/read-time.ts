/**
 * Times as clients write them, whatever their language: always UTC where they name no zone, in milliseconds since
 * 1970. What cannot be read the same way by everybody (01/03/2026, a clock without a day) means none.
 *
 *     number       seconds, milliseconds, microseconds or nanoseconds since 1970, by its size; as text too
 *     ISO 8601     2026-03-01T11:00:00.123456789+01:00, with a blank or `t`, with `/` or `.` in the date, cut short
 *     ISO basic    20260301T110000Z, 20260301, 20260301110000
 *     Java         …+01:00[Europe/Berlin], …[UTC]         Go      … +0100 CET m=+0.004
 *     .NET         /Date(1772362800000)/                  C       Sun Mar  1 11:00:00 2026
 *     HTTP, Date.toString() and what else names its own zone
 */

// By their size as numbers of one unit: milliseconds below 1e11 lie before 1973-03-03, and so on by thousands.
const units: readonly [below: number, perMillisecond: number][] = [
  [1e11, 1 / 1_000],
  [1e14, 1],
  [1e17, 1_000],
  [Infinity, 1_000_000],
]

function timeOfNumber(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined
  const size = Math.abs(value)
  const perMillisecond = units.find(([below]) => size < below)?.[1] ?? 1
  return Math.round(perMillisecond < 1 ? value * 1_000 : value / perMillisecond)
}

const isoShape =
  /^(\d{4})([-/.])(\d\d)\2(\d\d)(?:[Tt ]\s?(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?)?\s?(?:Z|z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?$/
// Glued together it has no fraction but three digits, and a year of our time: sixteen digits are microseconds.
const basicShape =
  /^((?:19|20)\d\d)()(\d\d)(\d\d)(?:[Tt]?(\d\d)(\d\d)(?:(\d\d)(?:(?:[.,](?=\d)|(?=\d{3}(?!\d)))(\d{1,18}))?)?)?\s?(?:Z|z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?$/
// What else Date.parse reads the same in every time zone of the server: a text that names its own.
const namesItsZone = /\b(?:GMT|UTC|[ECMP][SD]T)\b|GMT[+-]\d{4}| [+-]\d{4}(?:$| ?\()|^[+-]\d{6}-\d\d-\d\dT.*Z$/
const cShape = /^[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4}$/
const netShape = /^\\?\/Date\((-?\d+)(?:[+-]\d{4})?\)\\?\/$/
const numberShape = /^-?\d{9,19}(?:\.\d+)?$|^\d(?:\.\d+)?[Ee]\+?\d{1,2}$/
const longest = 100

// Go's monotonic clock, and the name of a zone after its offset: neither changes which instant it is.
const monotonic = / m=[+-][\d.]+$/
const nameAfterOffset = /([+-]\d\d:?\d\d|[Zz])(?: [A-Z]{2,5}| [+-]\d{2,4})$/
const regionAfterOffset = /(.[+-]\d\d:?\d\d|[Zz])\[[\w/+-]+\]$/
const utcRegion = /\[(?:Etc\/)?(?:UTC|GMT|Z|UCT|Zulu)\]$/

/** The time that a text or a number means, or undefined where it means none. */
export function timeFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return timeOfNumber(value)
  if (typeof value !== 'string' || value.length > longest) return undefined
  const text = value.trim()
  return timeOfIso(isoShape.exec(text)) ?? timeOfText(plain(text))
}

function timeOfText(text: string): number | undefined {
  const iso = isoShape.exec(text) ?? basicShape.exec(text)
  // Fourteen digits are a date; as milliseconds they would lie in the year 2600.
  if (iso) return timeOfIso(iso) ?? timeOfDigits(text)
  const net = netShape.exec(text)?.[1]
  if (net !== undefined) return Number(net)
  return timeOfDigits(text) ?? parsed(cShape.test(text) ? `${text} UTC` : text)
}

const timeOfDigits = (text: string) => (numberShape.test(text) ? timeOfNumber(Number(text)) : undefined)

function parsed(text: string): number | undefined {
  if (!namesItsZone.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

/** Without what different languages add to one and the same instant. */
function plain(text: string): string {
  return withAsciiDigits(text)
    .replace(/\u2212/g, '-')
    .replace(monotonic, '')
    .replace(regionAfterOffset, '$1')
    .replace(utcRegion, 'Z')
    .replace(nameAfterOffset, '$1')
}

// Java and Android write the digits of the user's language unless they are set otherwise.
const zeros = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10]
const notAscii = /[^\0-\x7f]/g
const withAsciiDigits = (text: string) =>
  text.replace(notAscii, (digit) => {
    const zero = zeros.find((first) => digit.charCodeAt(0) >= first && digit.charCodeAt(0) < first + 10)
    return zero === undefined ? digit : String(digit.charCodeAt(0) - zero)
  })

function timeOfIso(iso: RegExpExecArray | null): number | undefined {
  if (iso === null) return undefined
  const [, year, , month, day, hour = '0', minute = '0', second = '0', fraction = '', sign] = iso
  const [m, d, h, min, s] = [Number(month), Number(day), Number(hour), Number(minute), Number(second)]
  // 24:00 and the leap second are legal ISO; everything past them is a mistake.
  if (m < 1 || m > 12 || d < 1 || d > 31 || h > 24 || min > 59 || s > 60) return undefined
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const date = new Date(0)
  date.setUTCFullYear(Number(year), m - 1, d)
  date.setUTCHours(h, min, s, milliseconds)
  const offset = sign ? (Number(iso[10]) * 60 + Number(iso[11] ?? 0)) * 60_000 : 0
  return date.getTime() - (sign === '-' ? -offset : offset)
}
