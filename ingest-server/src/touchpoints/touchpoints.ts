/**
 * Touchpoints from events: pure. The SQL views form the same ones (migrations/004_timeline_views.sql); a test
 * holds the two to each other.
 *
 *     visit            the start of a session: of the client's session id, else of a run of browsing on one device
 *                      without a gap of more than 30 minutes
 *     action           each track
 *     identified       the first identify of each identifier
 *     joined_account   the first group of each account
 *     offline, email, ad, crm    as the importer says
 *
 * What happens during a visit has the visit's channel: a page's own referrer is the page before it.
 */
import type { TouchpointKind } from '@touchline/schemas'
import type { Placed } from './scope.js'
import type { Row } from './rows.js'

export interface PlacedRow extends Placed {
  row: Row
}

export interface Touch {
  kind: TouchpointKind
  name: string
  at: number
  person: string
  accounts: readonly string[]
  /** Nobody had said who the visitor is. */
  isAnonymous: boolean
  messageIds: string[]
  sources: string[]
  /** The event whose page, properties and time are shown. */
  lead: Row
  /** Where channel, source, medium, campaign and referrer come from. */
  origin: Row
  visit?: { sessionId: string; pages: number; lastPage: Row; until: number }
}

const sessionGapMs = 30 * 60_000
/** Two sources tell of one touchpoint within this time. */
const sameTouchMs = 5 * 60_000

const importedKinds = new Set(['offline', 'email', 'ad', 'crm'])
const isPage = ({ type }: Row) => type === 'page' || type === 'screen'

/** The order of everything here, and of the views. */
export function byTime(a: { at: number; messageId: string }, b: { at: number; messageId: string }): number {
  return a.at - b.at || (a.messageId < b.messageId ? -1 : a.messageId > b.messageId ? 1 : 0)
}

/** All touchpoints of the events, oldest first. */
export function touchesFrom(events: readonly PlacedRow[]): Touch[] {
  const sorted = [...events].sort((a, b) => byTime(a.row, b.row))
  const sessions = sessionsOf(sorted)
  const originOf = originsBySession(sessions)
  const firsts = new Set<string>()
  const touches = sessions.map(visitOf)
  const tellings: Touch[] = []
  for (const event of sorted) {
    const kind = kindOf(event.row)
    if (kind === undefined) continue
    const touch = touchOf(event, kind, originOf.get(event) ?? event.row)
    if (kind === 'identified' || kind === 'joined_account') {
      const key = `${event.person}\n${kind}\n${kind === 'identified' ? identifierOf(event.row) : event.row.groupId}`
      if (firsts.has(key)) continue
      firsts.add(key)
      touches.push(touch)
    } else {
      tellings.push(touch)
    }
  }
  touches.push(...toldOnce(tellings))
  return touches.sort(inOrder)
}

/** Oldest first; at one instant by kind and first message, so that pages never overlap. */
export function inOrder(a: Touch, b: Touch): number {
  return a.at - b.at || compare(keyOf(a), keyOf(b))
}

/** Names a touchpoint among those of one instant; a visit comes before what its first event did. */
export const keyOf = ({ messageIds, kind }: Touch) => `${messageIds[0] ?? ''} ${kind === 'visit' ? '' : kind}`

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function kindOf(row: Row): TouchpointKind | undefined {
  if (importedKinds.has(row.kind)) return row.kind as TouchpointKind
  if (row.type === 'track') return 'action'
  if (row.type === 'identify' && identifierOf(row) !== '') return 'identified'
  return row.type === 'group' && !row.hasLeft ? 'joined_account' : undefined
}

const identifierOf = ({ userId, email }: Row) =>
  userId !== '' ? `user:${userId}` : email !== '' ? `email:${email}` : ''

function nameOf(row: Row, kind: TouchpointKind): string {
  if (kind === 'identified') return row.email || row.userId
  return kind === 'joined_account' ? row.groupId : row.name
}

function touchOf({ row, person, accounts }: PlacedRow, kind: TouchpointKind, origin: Row): Touch {
  return {
    kind,
    name: nameOf(row, kind),
    at: row.at,
    person,
    accounts,
    isAnonymous: row.subject.startsWith('anon:'),
    messageIds: [row.messageId],
    sources: [row.origin],
    lead: row,
    origin,
  }
}

/** Events of a session, oldest first; never empty. */
type Session = [PlacedRow, ...PlacedRow[]]

/** What an importer sends is nobody's browsing, and a server's `track` opens no visit. */
function isBrowsing(row: Row): boolean {
  if (row.kind !== '') return false
  return row.sessionId !== '' || isPage(row) || (row.type === 'track' && row.origin === 'web')
}

function sessionsOf(sorted: readonly PlacedRow[]): Session[] {
  const sessions: Session[] = []
  const open = new Map<string, Session>()
  for (const event of sorted) {
    const { row, person } = event
    if (!isBrowsing(row)) continue
    const key =
      row.sessionId === '' ? `${person}\ndevice\n${row.anonymousId}` : `${person}\nsession\n${row.sessionId}`
    const session = open.get(key)
    const last = session?.at(-1)
    if (session && last && (row.sessionId !== '' || row.at - last.row.at <= sessionGapMs)) {
      session.push(event)
      continue
    }
    const opened: Session = [event]
    sessions.push(opened)
    open.set(key, opened)
  }
  return sessions
}

/** The event of a session that says where the visit came from: the first with a channel. */
const originOfSession = (session: Session) =>
  (session.find(({ row }) => row.channel !== '') ?? session[0]).row

function originsBySession(sessions: readonly Session[]): Map<PlacedRow, Row> {
  const origins = new Map<PlacedRow, Row>()
  for (const session of sessions) {
    const origin = originOfSession(session)
    for (const event of session) origins.set(event, origin)
  }
  return origins
}

function visitOf(session: Session): Touch {
  const first = session[0]
  const pages = session.filter(({ row }) => isPage(row))
  const landing = (pages[0] ?? first).row
  const last = (pages.at(-1) ?? session.at(-1) ?? first).row
  return {
    ...touchOf(first, 'visit', originOfSession(session)),
    name: landing.title || landing.name || landing.path,
    lead: landing,
    visit: {
      sessionId: first.row.sessionId,
      pages: pages.length,
      lastPage: last,
      until: (session.at(-1) ?? first).row.at,
    },
  }
}

const notLetters = /[^\p{L}\p{N}]+/gu
/** `Demo Requested`, `demo_requested` and `demoRequested` are one name. */
export const normalised = (name: string) => name.replace(notLetters, '').toLowerCase()

/**
 * The same touchpoint told by two sources is shown once: from the earliest on, a touch joins a group of its
 * person and name if it is within 5 minutes of the group's first and of a source that the group has not.
 */
function toldOnce(sorted: readonly Touch[]): Touch[] {
  const groups: Touch[] = []
  const open = new Map<string, Touch[]>()
  for (const touch of sorted) {
    const name = normalised(touch.name)
    const key = `${touch.person}\n${name}`
    const near = (open.get(key) ?? []).filter((group) => touch.at - group.at <= sameTouchMs)
    const source = touch.sources[0] ?? ''
    const group = name === '' ? undefined : near.find(({ sources }) => !sources.includes(source))
    if (group) {
      group.messageIds.push(...touch.messageIds)
      group.sources.push(source)
      if (group.origin.channel === '') group.origin = touch.origin
    } else {
      groups.push(touch)
      near.push(touch)
    }
    open.set(key, near)
  }
  return groups
}
