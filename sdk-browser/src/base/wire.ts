/**
 * What leaves the browser, in the spelling of the wire. One request is
 *
 *     POST {host}/v1/batch   text/plain, no custom header (so no preflight)
 *     { writeKey, sentAt, context: BatchContext, batch: event[] }
 *
 * `context` on top is what all events of the batch share: the server merges it under each event's own. Events with
 * different contexts go in different requests. That keeps 200 quick events of one page in one body.
 */
import type { Reject } from './api.js'

export interface Batch {
  writeKey: string
  /** Milliseconds. */
  sentAt: number
}

export interface BatchContext {
  library: { name: string; version: string }
  userAgent: string
  page: PageContext
  /** See consent.ts. */
  consent: string
  sessionId?: string | undefined
  groupId?: string | undefined
  /** Taken out and checked by the server before anything is kept. */
  userToken?: string | undefined
}

export interface PageContext {
  /** Path, host and campaign the server reads from it. */
  url: string
  referrer: string
  title: string
}

/** What one event has beyond the batch. */
export interface EventContext {
  sessionStart?: true
  firstTouch?: Touch | undefined
  lastTouch?: Touch | undefined
}

/** How a visit began. */
export interface Touch {
  url: string
  referrer: string
  time: string | Date
}

/** What the server answers: a list of what it refused, or an error for which it took nothing, which names its request. */
export interface Answer {
  success: boolean
  requestId?: string
  accepted: number
  rejected: Reject[]
}
