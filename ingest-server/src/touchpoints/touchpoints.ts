/**
 * Touchpoints from events: pure, and the one definition. HTTP forms them from events when asked; the derived table
 * holds what this made.
 *
 *     visit            the start of a session, and each new acquisition in it (visits.ts)
 *     action           each track but what a page reports when it goes (page-left.ts)
 *     identified       the first identify of each identifier
 *     joined_account   the first group of each account
 *     offline, email, ad, crm    as the importer says
 *
 * What happens during a visit has the visit's acquisition: a page's own referrer is the page before it.
 */
import type { TouchpointKind } from '@touchline/schemas'
import { acquisitionOf } from './acquisition.js'
import { byReceipt, byTime, compareText, receiptKey } from './event-order.js'
import { directionOf, moneyOf } from './measures.js'
import { storedObject } from './null-like.js'
import { joinOccurrences } from './occurrences.js'
import { pageReport, saysPageLeft } from './page-left.js'
import type { Row } from './rows.js'
import type { PlacedRow, ReadRow, Touchpoint, ViewedPage, VisitPage } from './touchpoint.js'
import { visitsFrom, type Visit } from './visits.js'

const importedKinds = new Set(['offline', 'email', 'ad', 'crm'])

/**
 * All touchpoints of the events, oldest first. Events come in any order, each messageId once a person (scope.ts sees to
 * it). The time is that of sorting them.
 */
export function touchpointsFrom(events: readonly PlacedRow[]): Touchpoint[] {
  const sorted = [...events].sort((a, b) => byTime(a.row, b.row))
  const { visits, visitOf } = visitsFrom(sorted)
  const touchpoints = visits.map(fromVisit)
  const firstOccurrences = new Set<string>()
  const occurrences: Touchpoint[] = []
  for (const event of sorted) {
    const kind = kindOf(event.row)
    if (kind === undefined) continue
    const touchpoint = fromEvent(event, kind, visitOf.get(event)?.acquisition ?? event.row)
    if (comesOnce(kind)) {
      const key = `${event.person}\n${firstKey(event.row)}`
      if (firstOccurrences.has(key)) continue
      firstOccurrences.add(key)
      touchpoints.push(touchpoint)
    } else {
      occurrences.push(touchpoint)
    }
  }
  // Not as arguments of one call, of which there may be fewer than a large account has touchpoints.
  return [...touchpoints, ...joinOccurrences(occurrences)].sort(inOrder)
}

/** Oldest first; at one time a visit comes before what its first event did. */
export function inOrder(a: Touchpoint, b: Touchpoint): number {
  return a.at - b.at || byReceipt(firstOf(a), firstOf(b)) || compareText(rank(a), rank(b))
}

const firstOf = ({ occurrences, lead }: Touchpoint) => occurrences[0] ?? lead
const rank = ({ kind }: Touchpoint) => (kind === 'visit' ? '' : kind)

/** Names a touchpoint among those of one time, and orders them as `inOrder` does. */
export const keyOf = (touchpoint: Touchpoint) => `${receiptKey(firstOf(touchpoint))} ${rank(touchpoint)}`

function kindOf(row: Row): TouchpointKind | undefined {
  if (importedKinds.has(row.kind)) return row.kind as TouchpointKind
  if (row.type === 'track') return saysPageLeft(row) ? undefined : 'action'
  if (row.type === 'identify' && (row.userId !== '' || row.email !== '')) return 'identified'
  return row.type === 'group' && !row.hasLeft ? 'joined_account' : undefined
}

/** Whether several sources may report the event (occurrences.ts). */
export function isOccurrence(row: Row): boolean {
  const kind = kindOf(row)
  return kind !== undefined && !comesOnce(kind)
}

export function isOnceEach(row: Row): boolean {
  const kind = kindOf(row)
  return kind !== undefined && comesOnce(kind)
}

/** Kinds that are shown the first time only. */
export const comesOnce = (kind: TouchpointKind) => kind === 'identified' || kind === 'joined_account'

/** Key of the identifier or the account of which an identification or a joining may be the first. */
export function firstKey({
  type,
  userId,
  email,
  groupId,
}: Pick<Row, 'type' | 'userId' | 'email' | 'groupId'>): string {
  if (type === 'group') return `group ${groupId}`
  return userId !== '' ? `user ${userId}` : `email ${email}`
}

function labelOf(row: Row, kind: TouchpointKind): string {
  if (kind === 'identified') return row.email || row.userId
  return kind === 'joined_account' ? row.groupId : row.name
}

/** Who reported an event: the importer's name for itself, else the SDK's library, else web or server. */
export const sourceOf = ({ sourceKind, library }: Pick<Row, 'sourceKind' | 'library'>): string =>
  sourceKind === 'web' || sourceKind === 'server' ? library || sourceKind : sourceKind

function fromEvent({ row, person, accounts }: PlacedRow, kind: TouchpointKind, acquisition: Row): Touchpoint {
  const isFirst = comesOnce(kind)
  const money = isFirst || row.properties === undefined ? noMoney : moneyOf(storedObject(row.properties))
  return {
    kind,
    name: isFirst ? kind : row.name,
    label: labelOf(row, kind),
    at: row.at,
    until: row.at,
    person,
    accounts,
    isAnonymous: row.subject.startsWith('anon:'),
    acquisition: acquisitionOf(acquisition),
    direction: directionOf(kind, row.direction),
    ...money,
    sessionId: '',
    sameSession: false,
    pages: [],
    messageIds: [row.messageId],
    sources: [sourceOf(row)],
    lead: row,
    last: row,
    occurrences: [row],
    viewed: [],
  }
}

const noMoney = { value: null, currency: '' }

function fromVisit(visit: Visit): Touchpoint {
  const first = visit.events[0]
  const landing = visit.pages[0]?.row ?? first.row
  return {
    ...fromEvent(first, 'visit', visit.acquisition),
    ...noMoney,
    name: landing.name || landing.path,
    label: landing.title || landing.name || landing.path,
    until: visit.until,
    lead: landing,
    last: (visit.pages.at(-1) ?? visit.events.at(-1) ?? first).row,
    sessionId: visit.sessionId,
    sameSession: visit.sameSession,
    pages: visit.pages.map(toPage),
    viewed: visit.pages,
  }
}

function toPage({ row, reports }: ViewedPage): VisitPage {
  let seconds: number | null = null
  let scroll: number | null = null
  for (const { properties } of reports) {
    if (properties === undefined) continue
    const report = pageReport(storedObject(properties))
    if (report.seconds !== null) seconds = (seconds ?? 0) + report.seconds
    if (report.scroll !== null) scroll = Math.max(scroll ?? 0, report.scroll)
  }
  return { path: row.path, url: row.url, title: row.title, at: row.at, seconds, scroll }
}

/** The rows whose `properties` a touchpoint needs: to show it, for its value and for what its pages reported. */
export const rowsOf = ({ lead, occurrences, viewed }: Touchpoint): Row[] => [
  lead,
  ...occurrences.filter((row) => row !== lead),
  ...viewed.flatMap(({ reports }) => reports),
]

/** The touchpoint with what only its wide rows say, where it was formed without them. */
export function withProperties(
  touchpoint: Touchpoint,
  propertiesOf: (row: Row) => string | undefined,
): Touchpoint {
  const wide = (row: ReadRow) => {
    const properties = row.properties ?? propertiesOf(row)
    return properties === undefined ? row : { ...row, properties }
  }
  if (touchpoint.kind === 'visit') {
    const viewed = touchpoint.viewed.map(({ row, reports }) => ({ row, reports: reports.map(wide) }))
    return { ...touchpoint, viewed, pages: viewed.map(toPage) }
  }
  const occurrences = touchpoint.occurrences.map(wide)
  if (touchpoint.value !== null || comesOnce(touchpoint.kind)) return { ...touchpoint, occurrences }
  const money = occurrences
    // An unverified occurrence gives a verified touchpoint no amount (occurrences.ts).
    .filter(({ verified }) => verified || !touchpoint.lead.verified)
    .map(({ properties }) => (properties === undefined ? noMoney : moneyOf(storedObject(properties))))
    .find(({ value }) => value !== null)
  return { ...touchpoint, occurrences, ...money }
}
