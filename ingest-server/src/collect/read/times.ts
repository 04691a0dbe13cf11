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
import { timeFrom } from './read-time.js'

export interface EventTimes {
  clientTime: string
  sentAt: string | null
  occurredAt: string
  occurredAtMs: number
  timeCorrected: boolean
  /** What of the times was not taken as it was written, in words for the developer who reads the answer. */
  problem?: string
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
const canonicalShape = /^(?:19|2[0-2])\d\d-\d\d-(\d\d)T(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{3}Z$/

/** NaN where the text is not what `isoText` writes: what stands in the row must be a time for ClickHouse as well. */
function canonicalTime(value: unknown): number {
  const day = typeof value === 'string' && value.length === 24 ? canonicalShape.exec(value)?.[1] : undefined
  if (day === undefined) return NaN
  const ms = Date.parse(value as string)
  // Date.parse takes the 30th of February for the 2nd of March.
  return day > '28' && new Date(ms).getUTCDate() !== Number(day) ? NaN : ms
}

let lastSentAt: unknown
let lastSentAtMs = NaN

/** The events of a batch have the same `sentAt`. */
function canonicalSentAt(sentAt: unknown): number {
  if (sentAt !== lastSentAt) {
    lastSentAtMs = canonicalTime(sentAt)
    lastSentAt = sentAt
  }
  return lastSentAtMs
}

const unreadableTime = 'timestamp cannot be read as a time; the time of receipt was taken.'
const unlikelyTime = 'timestamp lies before 1990 or in the future; the time of receipt was taken.'
const unreadableSentAt = 'sentAt cannot be read as a time; the clock was not set right by it.'

const clamp = (ms: number) => Math.min(Math.max(ms, earliestColumnMs), latestColumnMs)

/** The times of one event. `clientTime` and `sentAt` are as the client wrote them. */
export function eventTimes(clientTime: unknown, sentAt: unknown, receipt: Receipt): EventTimes {
  const { receivedAtMs, receivedAt } = receipt
  const sentCanonical = canonicalSentAt(sentAt)
  const sentMs = Number.isNaN(sentCanonical) ? timeFrom(sentAt) : sentCanonical
  const sentText =
    sentMs === undefined ? null : sentMs === sentCanonical ? (sentAt as string) : isoText(clamp(sentMs))

  const isSentUnreadable = sentMs === undefined && sentAt !== undefined && sentAt !== null
  const sentProblem = isSentUnreadable ? { problem: unreadableSentAt } : undefined

  const canonical = canonicalTime(clientTime)
  const clientMs = Number.isNaN(canonical) ? timeFrom(clientTime) : canonical
  if (clientMs === undefined) {
    // Nothing was written: the time of receipt is right. Something unreadable was: it is only the best guess.
    const timeCorrected = clientTime !== undefined && clientTime !== null
    const problem = timeCorrected ? { problem: unreadableTime } : sentProblem
    return {
      clientTime: receivedAt,
      sentAt: sentText,
      occurredAt: receivedAt,
      occurredAtMs: receivedAtMs,
      timeCorrected,
      ...problem,
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
      problem: unlikelyTime,
    }
  }
  const occurredAt = isOff ? isoText(occurredAtMs) : clientText
  return {
    clientTime: clientText,
    sentAt: sentText,
    occurredAt,
    occurredAtMs,
    timeCorrected: false,
    ...sentProblem,
  }
}
