/** Where the axis has its lines: at beginnings of hours, days, weeks, months or years of the view's zone. */
import { dayMs, hourMs, minuteMs } from '../../units.js'
import { dayOf, startOf } from '../../url/days.js'

export interface Tick {
  at: number
  /** Which format tells it: a year stands at the first month of one. */
  as: 'time' | 'day' | 'month' | 'year'
}

type Step = { ms: number; by: 'ms' | 'days' | 'months'; count: number }
const longest: Step = { ms: 60 * 30 * dayMs, by: 'months', count: 60 }
const steps: Step[] = [
  ...[1, 5, 15, 30].map((count): Step => ({ ms: count * minuteMs, by: 'ms', count })),
  ...[1, 3, 6, 12].map((count): Step => ({ ms: count * hourMs, by: 'ms', count })),
  ...[1, 2, 7, 14].map((count): Step => ({ ms: count * dayMs, by: 'days', count })),
  ...[1, 2, 3, 6, 12, 24].map((count): Step => ({ ms: count * 30 * dayMs, by: 'months', count })),
]
/** Between two labels. */
const leastPx = 88

const known = new Map<string, Tick[]>()
const mostKnown = 200

export function ticksOf(
  { from, to, width }: { from: number; to: number; width: number },
  zone: string,
): Tick[] {
  const least = ((to - from) / width) * leastPx
  const step = steps.find(({ ms }) => ms >= least) ?? longest
  // Kept by whole stretches, so that moving the window asks the calendar seldom.
  const stretch = step.ms * 40
  const ticks: Tick[] = []
  for (let part = Math.floor(from / stretch); part * stretch < to; part += 1)
    ticks.push(...stretchOf(part * stretch, (part + 1) * stretch, step, zone))
  return ticks.filter(({ at }) => at >= from && at < to)
}

function stretchOf(from: number, to: number, step: Step, zone: string): Tick[] {
  const key = `${zone} ${step.ms} ${from}`
  const there = known.get(key)
  if (there !== undefined) return there
  if (known.size >= mostKnown) known.clear()
  const made = { ms: hoursOf, days: daysOf, months: monthsOf }[step.by](from, to, step, zone)
  known.set(key, made)
  return made
}

function hoursOf(from: number, to: number, { ms }: Step, zone: string): Tick[] {
  const ticks: Tick[] = []
  for (let day = dayOf(from, zone); startOf(day, zone) < to; day = added(day, 1)) {
    const [start, end] = [startOf(day, zone), startOf(added(day, 1), zone)]
    for (let at = start; at < end; at += ms) ticks.push({ at, as: at === start ? 'day' : 'time' })
  }
  return ticks.filter(({ at }) => at >= from && at < to)
}

function daysOf(from: number, to: number, { count }: Step, zone: string): Tick[] {
  const ticks: Tick[] = []
  // 1970-01-05 was a Monday: weeks begin there.
  let day = dayOf(from, zone)
  while ((Date.parse(day) / dayMs - 4) % count !== 0) day = added(day, -1)
  for (; startOf(day, zone) < to; day = added(day, count)) ticks.push({ at: startOf(day, zone), as: 'day' })
  return ticks.filter(({ at }) => at >= from && at < to)
}

function monthsOf(from: number, to: number, { count }: Step, zone: string): Tick[] {
  const ticks: Tick[] = []
  const [year = 1970, month = 1] = dayOf(from, zone).split('-').map(Number)
  const first = year * 12 + month - 1
  for (let one = first - (first % count); ; one += count) {
    const at = startOf(
      `${String(Math.floor(one / 12)).padStart(4, '0')}-${String((one % 12) + 1).padStart(2, '0')}-01`,
      zone,
    )
    if (at >= to) return ticks.filter((tick) => tick.at >= from)
    ticks.push({ at, as: one % 12 === 0 ? 'year' : 'month' })
  }
}

const added = (day: string, days: number) =>
  new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10)
