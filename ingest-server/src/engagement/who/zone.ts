/**
 * Times of day where somebody lives. Nothing is reckoned with offsets: a minute is looked for whose local time is the
 * one that is meant, so that a day of 23 or 25 hours needs no rule of its own. Pure.
 */
import QuickLRU from 'quick-lru'

const minuteMs = 60_000
/** Visitors name zones, wrong ones too: more than all that exist, and no more than that. */
const formats = new QuickLRU<string, Intl.DateTimeFormat | null>({ maxSize: 1_000 })
/** "America/Argentina/ComodRivadavia" has 32 characters. */
const longestName = 64

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (zone.length > longestName) return undefined
  const known = formats.get(zone)
  if (known !== undefined) return known ?? undefined
  const format = newFormat(zone)
  formats.set(zone, format ?? null)
  return format
}

function newFormat(zone: string): Intl.DateTimeFormat | undefined {
  try {
    const options = { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
    return new Intl.DateTimeFormat('en-GB', options)
  } catch {
    return undefined
  }
}

/** A name such as Europe/Berlin that this server knows. */
export const isZone = (zone: unknown): zone is string =>
  typeof zone === 'string' && zone !== '' && formatOf(zone) !== undefined

/** Minutes since midnight in that zone. */
export function minuteOfDay(at: number, zone: string): number {
  const [hour = '0', minute = '0'] = (formatOf(zone) ?? formatOf('UTC'))?.format(at).split(':') ?? []
  return Number(hour) * 60 + Number(minute)
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

export interface Hours {
  from: string
  to: string
}

/** [from, to), over midnight too; from = to: never. */
export function isWithinHours(minute: number, { from, to }: Hours): boolean {
  const [start, end] = [minutesOf(from), minutesOf(to)]
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end
}

/** When quiet hours that hold at `at` are over; undefined where none hold. */
export function endOfQuiet(at: number, hours: Hours, zone: string): number | undefined {
  if (!isWithinHours(minuteOfDay(at, zone), hours)) return undefined
  return firstMinute(at, (minute) => !isWithinHours(minute, hours), zone)
}

/** The next time at which clocks there pass `time`; where they skip it, the first minute after. */
export function nextLocal(at: number, time: string, zone: string): number {
  const wanted = minutesOf(time)
  let before = minuteOfDay(at, zone)
  return firstMinute(
    at,
    (minute) => {
      const hasPassed =
        before <= minute ? before < wanted && wanted <= minute : wanted <= minute || before < wanted
      before = minute
      return hasPassed
    },
    zone,
  )
}

/** The beginning of the first minute after `at` that is as wanted; two days on where none is. */
function firstMinute(at: number, isWanted: (minute: number) => boolean, zone: string): number {
  const start = Math.floor(at / minuteMs) * minuteMs
  for (let step = 1; step <= 2 * 1_440; step += 1) {
    const time = start + step * minuteMs
    if (isWanted(minuteOfDay(time, zone))) return time
  }
  return start + 2 * 1_440 * minuteMs
}
