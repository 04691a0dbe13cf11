/** An event as the row of `events`, and that row as the line that ClickHouse reads. */
import { linksFrom } from '../identity/links.js'
import type { Arrival } from './arrival.js'
import { enrich } from './enrich.js'
import { membershipFacts, subjectOf, traitFacts } from './facts.js'
import type { Json, ReadEvent } from './read-event.js'
import type { EventRow } from './row.js'
import { timesOf } from './times.js'
import { wellFormed } from './well-formed.js'

const nothing: Json = {}

export function toRow(event: ReadEvent, arrival: Arrival): EventRow {
  const times = timesOf(event.clientTime, event.sentAt, arrival)
  const extra = enrich(event, arrival)
  const { visit, touchpoint, agent } = extra
  return {
    project: arrival.project.id,
    subject: subjectOf(event),
    client_time: times.clientTime,
    message_id: event.messageId,
    type: event.type,
    name: event.name,
    occurred_at: times.occurredAt,
    received_at: arrival.receivedAt,
    sent_at: times.sentAt,
    time_corrected: times.timeCorrected,
    anonymous_id: event.anonymousId,
    user_id: event.userId,
    email: event.email,
    previous_id: event.previousId,
    group_id: event.groupId,
    verified: arrival.verified,
    kind: extra.kind,
    origin: extra.origin,
    session_id: extra.sessionId,
    channel: touchpoint?.channel || (visit?.channel ?? ''),
    channel_rule: touchpoint?.channel ? 'touchpoint' : (visit?.channelRule ?? ''),
    source: visit?.source ?? '',
    medium: visit?.medium ?? '',
    campaign: visit?.campaign ?? '',
    term: visit?.term ?? '',
    content: visit?.content ?? '',
    click_id_kind: visit?.clickIdKind ?? '',
    click_id: visit?.clickId ?? '',
    url: extra.url,
    host: visit?.host ?? '',
    path: visit?.path ?? '',
    title: extra.title,
    referrer: extra.referrer,
    referrer_host: visit?.referrerHost ?? '',
    device: agent.device,
    browser: agent.browser,
    os: agent.os,
    is_bot: agent.isBot,
    ip: extra.ip,
    locale: extra.locale,
    library: extra.library,
    library_version: extra.libraryVersion,
    consent: extra.consent,
    properties: event.properties ?? nothing,
    traits: event.traits ?? nothing,
    context: storedContext(event.context),
    links: linksFrom({
      type: event.type,
      userId: event.userId,
      anonymousId: event.anonymousId,
      email: event.email,
      previousId: event.previousId,
      occurredAt: times.occurredAtMs,
      receivedAt: arrival.receivedAtMs,
      verified: arrival.verified,
    }),
    person_traits: event.type === 'identify' ? traitFacts(event.traits) : [],
    group_traits: event.type === 'group' ? traitFacts(event.traits) : [],
    memberships: membershipFacts(event),
  }
}

/** The context without the address, which stands truncated in its own column. */
function storedContext(context: Json | undefined): Json {
  if (context === undefined) return nothing
  if (!('ip' in context)) return context
  const { ip: _untruncated, ...rest } = context
  return rest
}

/**
 * The row as one line of JSONEachRow with its line feed. Columns that hold their default are left out: half
 * of them are empty in a typical event, and what is not written need not be read, sent or parsed. Written
 * by hand because JSON.stringify of the whole row costs half as much again (bench/collect.ts).
 */
export function lineOf(row: EventRow): string {
  let line = `{"project":${quoted(row.project)},"subject":${quoted(row.subject)},"client_time":"${row.client_time}","message_id":${quoted(row.message_id)},"type":"${row.type}","occurred_at":"${row.occurred_at}","received_at":"${row.received_at}"`
  if (row.sent_at !== null) line += `,"sent_at":"${row.sent_at}"`
  if (row.time_corrected) line += ',"time_corrected":true'
  if (row.verified) line += ',"verified":true'
  if (row.is_bot) line += ',"is_bot":true'
  for (const column of textColumns) {
    const text = row[column]
    if (text !== '') line += `,"${column}":${quoted(text)}`
  }
  if (row.properties !== nothing) line += `,"properties":${JSON.stringify(row.properties)}`
  if (row.traits !== nothing) line += `,"traits":${JSON.stringify(row.traits)}`
  if (row.context !== nothing) line += `,"context":${JSON.stringify(row.context)}`
  for (const column of factColumns) {
    const facts = row[column]
    if (facts.length > 0) line += `,"${column}":${wellFormed(JSON.stringify(facts))}`
  }
  return line + '}\n'
}

const textColumns = [
  'name',
  'anonymous_id',
  'user_id',
  'email',
  'previous_id',
  'group_id',
  'kind',
  'origin',
  'session_id',
  'channel',
  'channel_rule',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'click_id_kind',
  'click_id',
  'url',
  'host',
  'path',
  'title',
  'referrer',
  'referrer_host',
  'device',
  'browser',
  'os',
  'ip',
  'locale',
  'library',
  'library_version',
  'consent',
] as const satisfies readonly (keyof EventRow)[]

const factColumns = [
  'links',
  'person_traits',
  'group_traits',
  'memberships',
] as const satisfies readonly (keyof EventRow)[]

const quoted = (text: string) => wellFormed(JSON.stringify(text))
