/**
 * Ranges and days of a zone's calendar. A range is named `7d`, `30d`, `90d`, `365d`, `all`, or by two days of the view's
 * zone, `2026-03-01..2026-03-31`, both inclusive. What is none of these counts as absent.
 */
import { dayMs } from '../units.js'

export const relativeRanges = ['7d', '30d', '90d', '365d'] as const
export type RangeName = (typeof relativeRanges)[number] | 'all' | `${string}..${string}`

export interface Range {
  name: RangeName
  /** Milliseconds; null: from the first event. */
  from: number | null
  /** Milliseconds, exclusive; null: until now. */
  to: number | null
}

const dayShape = /^\d{4}-\d{2}-\d{2}$/

export function rangeNamed(name: string | null, zone: string, now: number): Range | undefined {
  if (name === null) return undefined
  if (name === 'all') return { name, from: null, to: null }
  const relative = relativeRanges.find((one) => one === name)
  if (relative !== undefined)
    return { name: relative, from: now - Number.parseInt(relative) * dayMs, to: null }
  const [first = '', last = '', ...more] = name.split('..')
  if (more.length > 0 || !isDay(first) || !isDay(last) || last < first) return undefined
  return { name: `${first}..${last}`, from: startOf(first, zone), to: startOf(nextDay(last, 1), zone) }
}

/** The same length before (−1) or after (+1), as days. */
export function shifted(range: Range, by: -1 | 1, zone: string, now: number): RangeName | undefined {
  if (range.from === null) return undefined
  const end = range.to ?? now
  const [first, last] = [dayOf(range.from, zone), dayOf(end - 1, zone)]
  const days = Math.max(1, Math.round((Date.parse(last) - Date.parse(first)) / dayMs) + 1)
  const length = range.name.includes('..') ? days : Number.parseInt(range.name)
  const from = range.name.includes('..') ? first : nextDay(last, 1 - length)
  if (by === 1 && nextDay(from, length) > dayOf(now, zone)) return undefined
  return `${nextDay(from, by * length)}..${nextDay(from, by * length + length - 1)}`
}

function isDay(text: string): boolean {
  return dayShape.test(text) && !Number.isNaN(Date.parse(text)) && nextDay(text, 0) === text
}

function nextDay(day: string, by: number): string {
  return new Date(Date.parse(day) + by * dayMs).toISOString().slice(0, 10)
}

/** `2026-03-01` of a moment, as the zone's calendar has it. */
export function dayOf(at: number, zone: string): string {
  return formatsOf(zone).day.format(at)
}

/** When a day begins in a zone; where the clock changes, too. */
export function startOf(day: string, zone: string): number {
  const utc = Date.parse(day)
  const offset = offsetAt(utc, zone)
  const start = utc - offset
  const corrected = utc - offsetAt(start, zone)
  return corrected === start ? start : Math.min(start, corrected)
}

/** When the month begins that a moment lies in, or one so many months later. */
export function startOfMonth(at: number, zone: string, later = 0): number {
  const [year = 0, month = 1] = dayOf(at, zone).split('-').map(Number)
  return startOf(new Date(Date.UTC(year, month - 1 + later, 1)).toISOString().slice(0, 10), zone)
}

function offsetAt(at: number, zone: string): number {
  const text = formatsOf(zone).moment.format(at)
  return Date.parse(`${text.replace(' ', 'T')}Z`) - Math.floor(at / 1_000) * 1_000
}

const made = new Map<string, { day: Intl.DateTimeFormat; moment: Intl.DateTimeFormat }>()

/** Making a formatter costs a thousand times what using it does; Swedish writes dates as ISO 8601 does. */
function formatsOf(zone: string) {
  const known = made.get(zone)
  if (known !== undefined) return known
  const formats = {
    day: new Intl.DateTimeFormat('sv-SE', { timeZone: zone }),
    moment: new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
  }
  made.set(zone, formats)
  return formats
}
