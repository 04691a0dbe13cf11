/**
 * Times of a row, as the map says they are written. What two readers would read differently (12/11/2026) is refused
 * unless the map says which it is; formats that it lists are all tried, and two that read a text differently refuse it.
 */
import { DateTime, type DateTimeOptions } from 'luxon'
import type { AmbiguousTime, MapTime } from '@touchline/schemas/api'
import { firstOf, wallTime } from '../../collect/read/named-zones.js'
import { timeFrom } from '../../collect/read/read-time.js'
import type { Cells } from '../reading/row.js'
import type { Columns } from './columns.js'
import { numericFormats, openSuggestions } from './suggest-format.js'
import { firstText, type ReadText } from './values.js'
import { dayMs } from '../../units.js'

/** Milliseconds since 1970; undefined where the row has nothing there; a problem where nobody can say. */
export type ReadTime = (cells: Cells) => number | undefined | { problem: string }

export interface TimeReader {
  read: ReadTime
  /** Both readings of a time that has two; for a dry run. */
  ambiguous: (cells: Cells) => AmbiguousTime | undefined
}

const blanks = /[\u00a0\u202f\s]+/g
const numericDay = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[ ,T]|$)/
const dayOnly = /^\d{4}-\d\d-\d\d$/
const halfDayMs = 43_200_000

export function readTime(spec: MapTime, columns: Columns, defaultZone = 'UTC'): TimeReader {
  const said = typeof spec === 'string' || Array.isArray(spec) ? { column: spec } : spec
  const { column, format, zone = defaultZone, split, noon } = said
  const formats = format === undefined ? [] : typeof format === 'string' ? [format] : format
  const first = firstText(column, columns)
  const text: ReadText = (cells) => {
    const whole = first(cells).replace(blanks, ' ')
    return split === undefined ? whole : (whole.split(split, 1)[0]?.trim() ?? '')
  }
  const parse = parserOf(formats, zone)
  const isDay = (value: string) => dayOnly.test(value) || (numericDay.test(value) && !value.includes(':'))
  const read: ReadTime = (cells) => {
    const value = text(cells)
    if (value === '') return undefined
    const found = parse(value)
    return noon === true && typeof found === 'number' && isDay(value) ? found + halfDayMs : found
  }
  const name = typeof column === 'string' ? column : (column[0] ?? '')
  return {
    read,
    ambiguous(cells) {
      const value = text(cells)
      const both = readingsOf(value)
      if (both === undefined) return undefined
      const taken = parse(value)
      const iso = typeof taken === 'number' ? DateTime.fromMillis(taken, { zone }).toISODate() : null
      return { column: name, value, ...both, taken: iso }
    },
  }
}

type Parse = (text: string) => number | { problem: string }

function parserOf(formats: readonly string[], zone: string): Parse {
  const free = freeParser(zone)
  if (formats.length === 0) return free
  const suggest = openSuggestions()
  const parsers = formats.map((format) => formatParser(format, zone))
  return (text) => {
    let found: number | undefined
    for (const parse of parsers) {
      const time = parse(text)
      if (time === undefined) continue
      if (found !== undefined && time !== found)
        return { problem: `${text} reads as ${isoOf(found)} and as ${isoOf(time)} by the map's formats` }
      found = time
    }
    return (
      found ?? {
        problem: `${text} is no time as the map says they are written (${formats.join(', ')})${otherOf(text, suggest)}`,
      }
    )
  }
}

const isoOf = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** Forms that everybody reads the same way. */
function freeParser(zone: string): Parse {
  const suggest = openSuggestions()
  return (text) => {
    if (numericDay.test(text)) return { problem: unsaid(text) }
    const time = zone === 'UTC' ? timeFrom(text) : inZone(text, zone)
    return time ?? { problem: unread(text, suggest) }
  }
}

function inZone(text: string, zone: string): number | undefined {
  const iso = DateTime.fromISO(text.replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T'), { zone })
  if (iso.isValid) return firstOf(iso)
  const time = timeFrom(text)
  return time !== undefined && isOfNoZone(text, time) ? wallTime(time, zone) : time
}

/** It was read as UTC for want of a zone: with one it says the same. */
const isOfNoZone = (text: string, time: number) =>
  timeFrom(`${text}Z`) === time ||
  (!/[+-]\d\d|[A-Z]{3}\b|[zZ]$/.test(text) && timeFrom(`${text} UTC`) === time)

function unsaid(text: string): string {
  const formats = numericFormats(text) ?? { dayFirst: 'd/M/yyyy', monthFirst: 'M/d/yyyy' }
  const found = bothOf(text)
  if (found?.dayFirst === undefined && found?.monthFirst === undefined) return `${text} is no day`
  if (found.monthFirst === undefined)
    return `${text} is day/month: the map must say so, with the format ${formats.dayFirst}`
  if (found.dayFirst === undefined)
    return `${text} is month/day: the map must say so, with the format ${formats.monthFirst}`
  return `${text} may be day/month or month/day (${found.dayFirst} or ${found.monthFirst}): the map must say, with a format such as ${formats.dayFirst} or ${formats.monthFirst}`
}

/** What the map might list as well. */
function otherOf(text: string, suggest: (text: string) => string | undefined): string {
  const excel = excelDayOf(text)
  if (excel !== undefined) return `; the format excel would read ${excel}`
  const format = suggest(text)
  return format === undefined ? '' : `; the format ${format} would read it`
}

function unread(text: string, suggest: (text: string) => string | undefined): string {
  const excel = excelDayOf(text)
  if (excel !== undefined)
    return `${text} is no time; as a day of Excel it is ${excel}: the map must say the format excel`
  const format = suggest(text)
  return format === undefined
    ? `${text} cannot be read as a time; the map may say its format`
    : `${text} cannot be read as a time; the map may say its format, ${format}`
}

// A sheet writes its decimal sign.
const excelShape = /^\d+(?:[.,]\d+)?$/
const excelNumber = (text: string) => Number(text.replace(',', '.'))

function excelDayOf(text: string): string | undefined {
  const days = /^\d{5}(?:[.,]\d+)?$/.test(text) ? excelNumber(text) : 0
  return days > excelDays.from && days < excelDays.to ? isoOf(excelEpochMs + days * dayMs) : undefined
}

/** Both days that a text such as 12/11/2026 may mean; undefined where there is one at most. */
export function readingsOf(text: string): { dayFirst: string; monthFirst: string } | undefined {
  const { dayFirst, monthFirst } = bothOf(text) ?? {}
  return dayFirst === undefined || monthFirst === undefined || dayFirst === monthFirst
    ? undefined
    : { dayFirst, monthFirst }
}

function bothOf(text: string): { dayFirst: string | undefined; monthFirst: string | undefined } | undefined {
  const found = numericDay.exec(text)
  if (found === null) return undefined
  const [, a = '', , b = '', written = ''] = found
  const year = written.length === 2 ? `20${written}` : written
  return { dayFirst: dayOf(year, b, a), monthFirst: dayOf(year, a, b) }
}

function dayOf(year: string, month: string, day: string): string | undefined {
  const date = DateTime.utc(Number(year), Number(month), Number(day))
  return date.isValid ? date.toISODate() : undefined
}

// Day 0 of Excel; its 1900 has a 29th of February, so days count from the 30th of December.
const excelEpochMs = Date.UTC(1899, 11, 30)
/** 1990 to 2064: numbers that are hardly anything else where a time is wanted. */
const excelDays = { from: 32_874, to: 60_000 }

function formatParser(format: string, zone: string): (text: string) => number | undefined {
  if (format === 'iso') {
    const free = freeParser(zone)
    return (text) => {
      const found = free(text)
      return typeof found === 'number' ? found : undefined
    }
  }
  if (format === 'unix') return (text) => (/^-?\d+(\.\d+)?$/.test(text) ? timeFrom(Number(text)) : undefined)
  if (format === 'excel')
    return (text) =>
      excelShape.test(text) ? wallTime(excelEpochMs + excelNumber(text) * dayMs, zone) : undefined
  const options: DateTimeOptions = { zone, locale: 'en-US' }
  const parser = DateTime.buildFormatParser(format, options)
  return (text) => {
    const date = DateTime.fromFormatParser(text, parser, options)
    return date.isValid ? firstOf(date) : undefined
  }
}
