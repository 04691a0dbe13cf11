/**
 * Which times an event has, always UTC, in milliseconds since 1970 and as the text that stands in the row.
 *
 *     client_time  = what the client wrote, clamped to what the column holds (1900 … 2299)
 *     occurred_at  = received_at − (sent_at − client_time) where sent_at is there and its clock is off
 *
 * A clock that is off by less than five seconds is latency, and correcting it would only mix up the order
 * of what one client sent in different requests. An occurred_at outside 1990 … received_at + 1 day becomes
 * received_at and is flagged: such an event happened, only nobody knows when.
 */
export interface EventTimes {
  clientTime: string
  sentAt: string | null
  occurredAt: string
  occurredAtMs: number
  timeCorrected: boolean
}

export interface Receipt {
  receivedAtMs: number
  receivedAt: string
}

export const latencyMs = 5_000
const dayMs = 86_400_000
const earliestOccurredMs = Date.UTC(1990, 0, 1)
const earliestColumnMs = Date.UTC(1900, 0, 1)
const latestColumnMs = Date.UTC(2299, 11, 31, 23, 59, 59, 999)

// A number this small is seconds: as milliseconds it would lie before 1973-03-03.
const secondsBelow = 100_000_000_000

const isoShape =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?)?\s?(?:Z|z|UTC|([+-])(\d\d):?(\d\d)?)?$/
// What else Date.parse reads the same in every time zone of the server: a text that names its own.
const namesItsZone = /(?:GMT|UTC|[+-]\d{4})/

/** The time a text or number means, or undefined where it means none. A time without a zone is UTC. */
export function timeFrom(value: unknown): number | undefined {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return undefined
    return Math.round(Math.abs(value) < secondsBelow ? value * 1000 : value)
  }
  if (typeof value !== 'string' || value.length > 100) return undefined
  const text = value.trim()
  const iso = isoShape.exec(text)
  if (iso) return isoTime(iso)
  if (/^\d{9,16}(\.\d+)?$/.test(text)) return timeFrom(Number(text))
  if (!namesItsZone.test(text)) return undefined
  const parsed = Date.parse(text)
  return Number.isNaN(parsed) ? undefined : parsed
}

function isoTime(iso: RegExpExecArray): number | undefined {
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    sign,
    zoneHour,
    zoneMinute,
  ] = iso
  const [m, d, h, min, s] = [Number(month), Number(day), Number(hour), Number(minute), Number(second)]
  // 24:00 and the leap second are legal ISO; everything past them is a mistake.
  if (m < 1 || m > 12 || d < 1 || d > 31 || h > 24 || min > 59 || s > 60) return undefined
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const date = new Date(0)
  date.setUTCFullYear(Number(year), m - 1, d)
  date.setUTCHours(h, min, s, milliseconds)
  const offset = sign ? (Number(zoneHour) * 60 + Number(zoneMinute ?? 0)) * 60_000 : 0
  return date.getTime() - (sign === '-' ? -offset : offset)
}

let lastMs = NaN
let lastText = ''

/** ISO 8601 with milliseconds and Z, as rows hold it. Requests of one millisecond ask for the same. */
export function isoText(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString()
    lastMs = ms
  }
  return lastText
}

// The form that JavaScript clients write; most events can keep the text they came with.
const canonicalShape = /^(?:19|2[0-2])\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

function canonicalTime(value: unknown): number {
  return typeof value === 'string' && value.length === 24 && canonicalShape.test(value)
    ? Date.parse(value)
    : NaN
}

const clamp = (ms: number) => Math.min(Math.max(ms, earliestColumnMs), latestColumnMs)

/** The times of one event. `clientTime` and `sentAt` are as the client wrote them. */
export function timesOf(clientTime: unknown, sentAt: unknown, receipt: Receipt): EventTimes {
  const { receivedAtMs, receivedAt } = receipt
  const sentCanonical = canonicalTime(sentAt)
  const sentMs = Number.isNaN(sentCanonical) ? timeFrom(sentAt) : sentCanonical
  const sentText =
    sentMs === undefined ? null : sentMs === sentCanonical ? (sentAt as string) : isoText(clamp(sentMs))

  const canonical = canonicalTime(clientTime)
  const clientMs = Number.isNaN(canonical) ? timeFrom(clientTime) : canonical
  if (clientMs === undefined) {
    // Nothing was written: the time of receipt is right. Something unreadable was: it is only the best guess.
    const timeCorrected = clientTime !== undefined && clientTime !== null
    return {
      clientTime: receivedAt,
      sentAt: sentText,
      occurredAt: receivedAt,
      occurredAtMs: receivedAtMs,
      timeCorrected,
    }
  }
  const clientText = clientMs === canonical ? (clientTime as string) : isoText(clamp(clientMs))

  const skew = sentMs === undefined ? 0 : receivedAtMs - sentMs
  const isOff = Math.abs(skew) >= latencyMs
  const occurredAtMs = isOff ? clientMs + skew : clientMs
  if (occurredAtMs < earliestOccurredMs || occurredAtMs > receivedAtMs + dayMs) {
    return {
      clientTime: clientText,
      sentAt: sentText,
      occurredAt: receivedAt,
      occurredAtMs: receivedAtMs,
      timeCorrected: true,
    }
  }
  const occurredAt = isOff ? isoText(occurredAtMs) : clientText
  return { clientTime: clientText, sentAt: sentText, occurredAt, occurredAtMs, timeCorrected: false }
}
