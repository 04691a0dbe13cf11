/**
 * Visits from events: a session, which is the client's own, else a run of browsing on one device without a gap of more
 * than 30 minutes; and in it one visit for each acquisition.
 */
import { idFrom } from '@touchline/schemas'
import { acquisitionKeys } from './acquisition.js'
import { saysPageLeft } from './page-left.js'
import type { Row } from './rows.js'
import type { PlacedRow, ReadRow, ViewedPage } from './touchpoint.js'

export const sessionGapMs = 30 * 60_000

export interface Visit {
  /** Empty where the client has none. */
  sessionId: string
  /** A new acquisition in the middle of a session, not the session's start. */
  sameSession: boolean
  /** Oldest first. */
  events: [PlacedRow, ...PlacedRow[]]
  pages: ViewedPage[]
  /** The event whose acquisition is the visit's: the first with a channel, else the first. */
  acquisition: Row
  until: number
}

export const isPage = ({ type }: Row) => type === 'page' || type === 'screen'

interface Session {
  visit: Visit
  /** The pages of all its visits. */
  pages: ViewedPage[]
  /** Whether an event of the session had a channel. */
  hasChannel: boolean
  /** Acquisition keys of the session's events with a channel so far. */
  seen: Set<string>
  lastAt: number
}

/**
 * True for an event that opens or continues a visit: none of an importer, and no `track` of a server outside a session.
 */
export function isBrowsing(row: Row, sessionId: string): boolean {
  if (row.kind !== '') return false
  return sessionId !== '' || isPage(row) || (row.type === 'track' && row.sourceKind === 'web')
}

/** The session id, or empty where it names none: `undefined`, `-1`, `[object Object]`, … */
export const sessionIdOf = ({ sessionId }: Row) => (sessionId === '' ? '' : (idFrom(sessionId) ?? ''))

/** `sorted`: oldest first. `visitOf`: the visit in which an event happened. */
export function visitsFrom(sorted: readonly PlacedRow[]): {
  visits: Visit[]
  visitOf: ReadonlyMap<PlacedRow, Visit>
} {
  const visits: Visit[] = []
  const visitOf = new Map<PlacedRow, Visit>()
  const open = new Map<string, Session>()
  for (const event of sorted) {
    const { row, person } = event
    const sessionId = sessionIdOf(row)
    if (!isBrowsing(row, sessionId)) continue
    // An event without an anonymousId joins a visit by its person alone, and anybody can write a userId: so verified
    // events without one form visits of their own, which no unverified event joins.
    const isProven = row.anonymousId === '' && row.verified
    const device = `${person}\n${isProven ? 'verified' : 'device'}\n${row.anonymousId}`
    const key = sessionId === '' ? device : `${person}\nsession\n${sessionId}`
    const session = open.get(key)
    const isOpen = session && (sessionId !== '' || row.at - session.lastAt <= sessionGapMs)
    if (saysPageLeft(row)) {
      // The report may come hours later, or under the next session's id; it is still about that page.
      const left = session ?? open.get(`${device}\nlast`)
      if (left) leave(left, row, isOpen === true)
      if (left && isOpen) visitOf.set(event, left.visit)
      continue
    }
    if (isOpen) {
      if (continues(session, event)) addTo(session, event)
      else visits.push((session.visit = visitFrom(event, sessionId, true)))
      session.pages.push(...session.visit.pages.slice(-1).filter((page) => page.row === row))
      session.lastAt = row.at
    } else {
      const visit = visitFrom(event, sessionId, false)
      const keys = row.channel === '' ? [] : acquisitionKeys(row)
      visits.push(visit)
      open.set(key, {
        visit,
        pages: [...visit.pages],
        hasChannel: row.channel !== '',
        seen: new Set(keys),
        lastAt: row.at,
      })
    }
    const current = open.get(key)
    if (!current) continue
    visitOf.set(event, current.visit)
    if (row.anonymousId !== '') open.set(`${device}\nlast`, current)
  }
  return { visits, visitOf }
}

/** False where the event has a campaign or a paid click id that no event before it in its session had. */
function continues(session: Session, { row }: PlacedRow): boolean {
  if (row.channel === '') return true
  const isFirst = !session.hasChannel
  if (isFirst) {
    session.hasChannel = true
    session.visit.acquisition = row
  }
  const added = acquisitionKeys(row).filter((key) => !session.seen.has(key))
  for (const key of added) session.seen.add(key)
  return isFirst || added.length === 0
}

function visitFrom(event: PlacedRow, sessionId: string, sameSession: boolean): Visit {
  const { row } = event
  return {
    sessionId,
    sameSession,
    events: [event],
    pages: isPage(row) ? [{ row, reports: [] }] : [],
    acquisition: row,
    until: row.at,
  }
}

function addTo({ visit }: Session, event: PlacedRow): void {
  visit.events.push(event)
  if (isPage(event.row)) visit.pages.push({ row: event.row, reports: [] })
  visit.until = event.row.at
}

// A page is left soon after the pages that were seen with it: tabs, not whole sessions of a kiosk.
const mostOpenPages = 50

function lastNamed(pages: readonly ViewedPage[], path: string): ViewedPage | undefined {
  for (let back = 1; back <= Math.min(pages.length, mostOpenPages); back += 1) {
    const page = pages.at(-back)
    if (page?.row.path === path) return page
  }
  return undefined
}

/**
 * Adds the report to the latest view of the page that it names, else to the latest view. A page left during the visit
 * extends the visit until then.
 */
function leave(session: Session, row: ReadRow, isInVisit: boolean): void {
  const { visit, pages } = session
  const page = lastNamed(pages, row.path) ?? pages.at(-1)
  page?.reports.push(row)
  if (!isInVisit) return
  visit.until = Math.max(visit.until, row.at)
  session.lastAt = Math.max(session.lastAt, row.at)
}
