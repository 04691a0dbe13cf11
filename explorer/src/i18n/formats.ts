/** Numbers, money and times as the reader writes them, in the zone of the view. */
import { useMemo } from 'preact/hooks'
import { dayMs } from '../units.js'
import { usePreferences } from '../preferences.js'
import type { Language } from './language.js'
import { useZone } from '../url/zone.js'

type When = number | string | Date

export interface Formats {
  locale: string
  zone: string
  number: (value: number) => string
  /** 1,240 → 1.2K: only where there is no room. */
  short: (value: number) => string
  percent: (share: number, digits?: number) => string
  /** Without a currency as a plain number. */
  money: (amount: number, currency: string | null) => string
  /** 21 Mar 2026 */
  date: (at: When) => string
  /** 21 Mar, with the year where it is not this one. */
  day: (at: When) => string
  /** 10:02 */
  time: (at: When) => string
  /** 10:02:31.220 */
  clock: (at: When) => string
  /** 21 Mar 2026, 10:02 */
  moment: (at: When) => string
  /** The same in UTC, as a hover shows it. */
  utc: (at: When) => string
  /** 34 d · 5 h · 12 min · 40 s; the largest unit that fits, rounded down. */
  span: (ms: number) => string
  /** 40 ms; from a second on as a span. */
  latency: (ms: number) => string
  days: (days: number) => string
  list: (words: readonly string[]) => string
  /** As short as an axis wants it. */
  tick: (at: When, as: 'time' | 'day' | 'month' | 'year') => string
  /** The part of the zone that people say: JST, GMT+2. */
  zoneName: string
}

export function useFormats(): Formats {
  const { language } = usePreferences()
  const { zone } = useZone()
  return useMemo(() => formatsOf(language, zone), [language, zone])
}

const made = new Map<string, Formats>()

export function formatsOf(language: Language, zone: string): Formats {
  const key = `${language} ${zone}`
  const known = made.get(key)
  if (known !== undefined) return known
  const formats = makeFormats(localeOf(language), zone)
  made.set(key, formats)
  return formats
}

/** The reader's own English, else the British: days before months, 24 hours. */
function localeOf(language: Language): string {
  if (language === 'ja') return 'ja-JP'
  const own = typeof navigator === 'undefined' ? '' : navigator.language
  return own.startsWith('en') && own !== 'en' ? own : 'en-GB'
}

/** One formatter each: making one costs a thousand times what using it does. */
function makeFormats(locale: string, zone: string): Formats {
  const dates = (options: Intl.DateTimeFormatOptions, timeZone = zone) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, ...options })
    return (at: When) => {
      const time = new Date(at)
      return Number.isNaN(time.getTime()) ? '–' : format.format(time)
    }
  }
  const hours = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
  const date = dates({ day: 'numeric', month: 'short', year: 'numeric' })
  const thisYear = dates({ day: 'numeric', month: 'short' })
  const year = dates({ year: 'numeric' })
  const unit = (name: string, digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    })
  const days = unit('day')
  const ticks = {
    time: dates(hours),
    day: thisYear,
    month: dates({ month: 'short' }),
    year: dates({ month: 'short', year: 'numeric' }),
  }
  const span = spanWith(unit)
  const milliseconds = unit('millisecond')
  return {
    locale,
    zone,
    number: (value) => number.format(value),
    short: (value) => short.format(value),
    percent: (share, digits = 1) =>
      new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(share),
    money: (amount, currency) => moneyOf(locale, amount, currency),
    date,
    day: (at) => (year(at) === year(Date.now()) ? thisYear(at) : date(at)),
    time: dates(hours),
    clock: dates({ ...hours, second: '2-digit', fractionalSecondDigits: 3 }),
    moment: dates({ day: 'numeric', month: 'short', year: 'numeric', ...hours }),
    utc: dates({ dateStyle: 'medium', timeStyle: 'long' }, 'UTC'),
    span,
    latency: (ms) => (ms < 1_000 ? milliseconds.format(ms) : span(ms)),
    days: (count) => days.format(count),
    tick: (at, as) => ticks[as](at),
    list: (words) => new Intl.ListFormat(locale, { type: 'unit' }).format(words),
    zoneName: zoneNameOf(locale, zone),
  }
}

/** Rounded down to the largest unit that fits. */
function spanWith(unit: (name: string, digits?: number) => Intl.NumberFormat): (ms: number) => string {
  const spans = [
    [dayMs, unit('day')] as const,
    [3_600_000, unit('hour')] as const,
    [60_000, unit('minute')] as const,
  ]
  const seconds = unit('second', 1)
  return (ms) => {
    const found = spans.find(([size]) => ms >= size)
    return found === undefined ? seconds.format(ms / 1_000) : found[1].format(Math.floor(ms / found[0]))
  }
}

function moneyOf(locale: string, amount: number, currency: string | null): string {
  const digits = Number.isInteger(amount) ? 0 : 2
  const options = { minimumFractionDigits: digits, maximumFractionDigits: Math.max(digits, 2) }
  try {
    if (currency)
      return new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        currencyDisplay: 'narrowSymbol',
        ...options,
      }).format(amount)
  } catch {
    // What an event calls a currency need not be one.
  }
  return `${new Intl.NumberFormat(locale, options).format(amount)}${currency ? ` ${currency}` : ''}`
}

function zoneNameOf(locale: string, zone: string): string {
  if (zone === 'Asia/Tokyo') return 'JST'
  const parts = new Intl.DateTimeFormat(locale === 'ja-JP' ? 'en-US' : locale, {
    timeZone: zone,
    timeZoneName: 'short',
  }).formatToParts(Date.now())
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone
}
