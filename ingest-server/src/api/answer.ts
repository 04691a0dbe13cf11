/** From what was read to what is answered. */
import type { Interval, Person } from '../identity/people.js'
import { accountsAt } from '../identity/people.js'
import { rowKey, type Row, type WideRow } from '../touchpoints/rows.js'
import { isNullLike, objectWithoutNullLike, storedObject } from '../touchpoints/null-like.js'
import type { PlacedRow, Touchpoint } from '../touchpoints/touchpoint.js'
import { withProperties } from '../touchpoints/touchpoints.js'
import type { Trait } from '../timeline/traits.js'
import { traitValues } from '../timeline/traits.js'
import type { EventAnswer, TouchpointAnswer } from '@touchline/schemas/api'
import { isoTime } from '../clock.js'

const openTime = (at: number | undefined) => (at === undefined ? null : isoTime(at))
/** Times of a holding, a stay or an ownership as ISO text, null where it is open. */
export const toIntervalAnswer = <T extends Interval>(interval: T) => ({
  ...interval,
  from: openTime(interval.from),
  to: openTime(interval.to),
})

export const toTrait = (trait: Trait) => ({ ...trait, at: isoTime(trait.at) })

export function toPersonHead(person: Person, traits: readonly Trait[], now: number) {
  return {
    id: person.id,
    identifiers: person.identifiers.map(toIntervalAnswer),
    traits: traitValues(traits),
    accounts: accountsAt(person.accounts, now),
  }
}

export function toTouchpoint(formed: Touchpoint, wide: ReadonlyMap<string, WideRow>): TouchpointAnswer {
  const touchpoint = withProperties(formed, (row) => wide.get(rowKey(row))?.properties)
  const { lead, acquisition, kind, accounts } = touchpoint
  return {
    kind,
    name: touchpoint.label,
    at: isoTime(touchpoint.at),
    channel: acquisition.channel,
    channelRule: acquisition.channelRule,
    person: touchpoint.person,
    accounts: [...accounts],
    shared: accounts.length > 1,
    direction: touchpoint.direction,
    messageIds: touchpoint.messageIds,
    sources: touchpoint.sources,
    verified: lead.verified,
    page: pageOf(lead, kind === 'visit' ? acquisition.referrer : ''),
    campaign: filled({
      source: acquisition.source,
      medium: acquisition.medium,
      name: acquisition.campaign,
    }),
    properties: propertiesOf(touchpoint, wide.get(rowKey(lead))),
    ...(touchpoint.value !== null && { value: touchpoint.value, currency: touchpoint.currency || null }),
    ...(kind === 'visit' && visitOf(touchpoint)),
  }
}

function visitOf({ sessionId, sameSession, pages, last, at, until }: Touchpoint) {
  return {
    ...(sessionId !== '' && { sessionId }),
    sameSession,
    pages: pages.map(({ path, title, at: seenAt, seconds, scroll }) => ({
      path,
      title,
      at: isoTime(seenAt),
      seconds,
      scroll,
    })),
    lastPage: pageOf(last, ''),
    until: isoTime(until),
    durationSeconds: (until - at) / 1_000,
  }
}

/** An identification and a joining say who or what in traits; a visit is its page. */
function propertiesOf({ kind }: Touchpoint, wide: WideRow | undefined): Record<string, unknown> {
  if (kind === 'visit') return {}
  return objectWithoutNullLike(
    kind === 'identified' || kind === 'joined_account' ? wide?.traits : wide?.properties,
  )
}

const pageOf = ({ url, path, title }: Row, referrer: string) => filled({ url, path, title, referrer })

function filled(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isNullLike(value)))
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
    receivedAt: isoTime(row.receivedAt),
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
    verified: row.verified,
  }
}
