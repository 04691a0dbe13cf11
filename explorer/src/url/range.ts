/**
 * The range of a view. In the address: `7d`, `30d`, `90d`, `365d`, `all`, or two days of the view's zone,
 * `2026-03-01..2026-03-31`, both inclusive. What is none of these counts as absent.
 */
import { useMemo } from 'preact/hooks'
import { dayMs } from '../units.js'
import { dayOf, startOf } from './days.js'
import { setQuery, useUrl } from './url.js'
import { useZone } from './zone.js'

export { dayOf, startOf }

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

/** The range of the address, else what is usual on this screen. */
export function useRange(
  usual: RangeName = '90d',
): Range & { isUsual: boolean; set: (name: RangeName) => void } {
  const asked = useUrl().query.get('range')
  const { zone } = useZone()
  return useMemo(() => {
    // To the minute, so that a question asked twice is the same question.
    const now = Math.floor(Date.now() / 60_000) * 60_000
    const named = rangeNamed(asked, zone, now)
    const range = named ?? rangeNamed(usual, zone, now) ?? { name: 'all', from: null, to: null }
    return {
      ...range,
      isUsual: named === undefined,
      set: (name) => setQuery({ range: name }, { push: true }),
    }
  }, [asked, zone, usual])
}

/** For a question to the API; leaves out what has no bound. */
export function rangeParameters({ from, to }: Range): Record<string, string> {
  return {
    ...(from === null ? {} : { from: new Date(from).toISOString() }),
    ...(to === null ? {} : { to: new Date(to).toISOString() }),
  }
}

function isDay(text: string): boolean {
  return dayShape.test(text) && !Number.isNaN(Date.parse(text)) && nextDay(text, 0) === text
}

function nextDay(day: string, by: number): string {
  return new Date(Date.parse(day) + by * dayMs).toISOString().slice(0, 10)
}
