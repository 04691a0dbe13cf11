/** From what was read to what is answered. */
import type { AccountStay, Holding, Interval, Person } from '../identity/people.js'
import { accountsAt } from '../identity/people.js'
import type { PlacedRow } from '../touchpoints/touchpoints.js'
import type { Row, WideRow } from '../touchpoints/rows.js'
import { saysNothing, shownObject, storedObject } from '../touchpoints/null-like.js'
import type { Touch } from '../touchpoints/touchpoints.js'
import type { Trait } from '../timeline/traits.js'
import { traitValues } from '../timeline/traits.js'
import type { EventAnswer, TouchpointAnswer } from '@touchline/schemas/api'

export const isoTime = (at: number) => new Date(at).toISOString()
const openTime = (at: number | undefined) => (at === undefined ? null : isoTime(at))
/** Times of an interval as text, null where it is open. */
export const toInterval = <T extends Interval>(interval: T) => ({
  ...interval,
  from: openTime(interval.from),
  to: openTime(interval.to),
})

export const toIdentifier = (holding: Holding) => toInterval(holding)
export const toStay = (stay: AccountStay) => toInterval(stay)
export const toTrait = (trait: Trait) => ({ ...trait, at: isoTime(trait.at) })

export function toPersonHead(person: Person, traits: readonly Trait[], now: number) {
  return {
    id: person.id,
    identifiers: person.identifiers.map(toIdentifier),
    traits: traitValues(traits),
    accounts: accountsAt(person.accounts, now),
  }
}

export function toTouchpoint(touch: Touch, wide: ReadonlyMap<string, WideRow>): TouchpointAnswer {
  const { lead, origin, visit } = touch
  return {
    kind: touch.kind,
    name: touch.name,
    at: isoTime(touch.at),
    channel: origin.channel,
    channelRule: origin.channelRule,
    person: touch.person,
    accounts: [...touch.accounts],
    shared: touch.accounts.length > 1,
    messageIds: touch.messageIds,
    sources: touch.sources,
    page: pageOf(lead, touch.kind === 'visit' ? origin.referrer : ''),
    campaign: filled({ source: origin.source, medium: origin.medium, name: origin.campaign }),
    properties: propertiesOf(touch, wide.get(lead.messageId)),
    ...(visit && {
      ...(visit.sessionId !== '' && { sessionId: visit.sessionId }),
      pages: visit.pages,
      lastPage: pageOf(visit.lastPage, ''),
      until: isoTime(visit.until),
      durationSeconds: (visit.until - touch.at) / 1_000,
    }),
  }
}

/** An identification and a joining say who or what in traits; a visit is its page. */
function propertiesOf({ kind }: Touch, wide: WideRow | undefined): Record<string, unknown> {
  if (kind === 'visit') return {}
  return shownObject(kind === 'identified' || kind === 'joined_account' ? wide?.traits : wide?.properties)
}

const pageOf = ({ url, path, title }: Row, referrer: string) => filled({ url, path, title, referrer })

function filled(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !saysNothing(value)))
}

/** `wide` is the same event with its wide columns. */
export function toEvent({ row, person, accounts, because }: PlacedRow, wide: WideRow): EventAnswer {
  const orNull = (text: string) => (text === '' ? null : text)
  return {
    messageId: row.messageId,
    type: row.type,
    name: row.name,
    occurredAt: isoTime(row.at),
    clientTime: `${row.clientTime.replace(' ', 'T')}Z`,
    receivedAt: wide.receivedAt,
    anonymousId: orNull(row.anonymousId),
    userId: orNull(row.userId),
    email: orNull(row.email),
    groupId: orNull(row.groupId),
    sessionId: orNull(row.sessionId),
    channel: row.channel,
    channelRule: row.channelRule,
    source: row.source,
    medium: row.medium,
    campaign: row.campaign,
    referrer: row.referrer,
    url: row.url,
    title: row.title,
    properties: storedObject(wide.properties),
    traits: storedObject(wide.traits),
    person,
    accounts: [...accounts],
    because,
  }
}
