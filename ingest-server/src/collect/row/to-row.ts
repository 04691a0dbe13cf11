/**
 * An event as the line that ClickHouse reads: the row of `events` (row.ts) as one line of JSONEachRow.
 *
 * The line is written by hand, once. Columns that hold their default are left out: half of them are empty in
 * a typical event, and what is not written need not be logged, sent or parsed. What repeats from event to
 * event (the address and its channel, the agent) is kept as ready text; what the client sent as an object
 * is copied from the body's text (spans.ts) instead of being written anew.
 */
import type { LinkFact } from '@touchline/schemas'
import { linksFrom } from '../../identity/rules/links.js'
import type { RequestContext } from '../base/request-context.js'
import {
  accountTraitsThatCount,
  isVerified,
  personTraitsThatCount,
  unverifiedOfAccount,
  verifyFacts,
  type ClaimedEvent,
} from '../trust/claims.js'
import type { Enrichment } from '../enrich/enrich.js'
import { membershipFacts, subjectOf, traitFacts } from '../read/traits-and-memberships.js'
import { quoted, type Quote } from '../base/quoting.js'
import { exactPart, type PartName, type PartsSource } from '../read/exact-parts.js'
import type { ReadEvent } from '../read/read-event.js'
import { stringifyExact } from '../../exact-json.js'
import { ownSourceKind, type EventRow } from '../../log/event-row.js'
import type { EventTimes } from '../read/times.js'

type TextColumn = { [Name in keyof EventRow]: EventRow[Name] extends string ? Name : never }[keyof EventRow]

/** What was found out about an event besides what it says. */
export interface Findings {
  times: EventTimes
  extra: Enrichment
  /** Its place in the request, from 0. */
  index: number
  /** Where its parts stand in the body's text. */
  source: PartsSource
}

/** `quote` must be right for the strings of the event. */
export function lineOf(
  { event, trust }: ClaimedEvent,
  { times, extra, index, source }: Findings,
  requestContext: RequestContext,
  quote: Quote,
): string {
  const text = (column: TextColumn, value: string) => (value === '' ? '' : `,"${column}":${quote(value)}`)
  return (
    `{"project":"${requestContext.project.id}","subject":${quote(subjectOf(event))}` +
    `,"client_time":"${times.clientTime}","occurred_at":"${times.occurredAt}","received_at":"${requestContext.receivedAt}"` +
    (times.sentAt === null ? '' : `,"sent_at":"${times.sentAt}"`) +
    (times.timeCorrected ? ',"time_corrected":true' : '') +
    `,"message_id":${quote(event.messageId)},"type":"${event.type}"` +
    (index === 0 ? '' : `,"batch_index":${index}`) +
    text('name', event.name) +
    text('anonymous_id', event.anonymousId) +
    text('user_id', event.userId) +
    text('email', event.email) +
    text('previous_id', event.previousId) +
    text('group_id', event.groupId) +
    (isVerified(event, trust) ? ',"verified":true' : '') +
    text('unverified_group', unverifiedOfAccount(event, trust)) +
    text('kind', extra.kind) +
    text('direction', extra.direction) +
    text(
      'origin',
      trust.kind !== 'secret' && extra.sourceKind === ownSourceKind ? 'server' : extra.sourceKind,
    ) +
    text('session_id', extra.sessionId) +
    extra.channelColumns +
    (extra.visit?.columns ?? '') +
    text('title', extra.title) +
    extra.agent.columns +
    (extra.ip === '' ? '' : `,"ip":"${extra.ip}"`) +
    text('locale', extra.locale) +
    text('library', extra.library) +
    text('library_version', extra.libraryVersion) +
    (extra.consent === '' ? '' : `,"consent":${quoted(extra.consent)}`) +
    objectColumn('properties', event, source) +
    objectColumn('traits', event, source) +
    objectColumn('context', event, source) +
    factColumns({ event, trust }, times.occurredAtMs, requestContext, { quote, source }) +
    '}\n'
  )
}

function objectColumn(column: PartName, event: ReadEvent, source: PartsSource): string {
  const value = event[column]
  if (value === undefined) return ''
  const copied = event.copied[column]
  // The address is never stored but truncated, in its own column.
  const hasAddress = column === 'context' && 'ip' in value
  if (!hasAddress && copied?.of === value) return `,"${column}":${copied.text}`
  const kept = hasAddress ? { ...value, ip: undefined } : value
  return `,"${column}":${stringifyExact(exactPart(kept, column, source))}`
}

function factColumns(
  claimed: ClaimedEvent,
  occurredAt: number,
  { receivedAtMs }: RequestContext,
  { quote, source: text }: { quote: Quote; source: PartsSource },
): string {
  const { event, trust } = claimed
  // What nobody vouches for changes nothing about anybody.
  if (trust.kind === 'untrusted') return ''
  const { type, userId, anonymousId, email, previousId } = event
  const verified = trust.kind === 'secret'
  const source = {
    type,
    userId,
    anonymousId,
    email,
    previousId,
    occurredAt,
    receivedAt: receivedAtMs,
    verified,
  }
  const traits =
    type === 'identify' || type === 'group'
      ? traitFacts(event.traits && exactPart(event.traits, 'traits', text))
      : []
  return (
    linkColumn(verifyFacts(linksFrom(source), trust), quote) +
    (type === 'identify' ? factColumn('person_traits', personTraitsThatCount(traits, trust)) : '') +
    // Without an account: its claims were weighed and found to be nobody's.
    (type === 'group' && event.groupId !== ''
      ? factColumn('group_traits', accountTraitsThatCount(traits, event, trust)) +
        factColumn('memberships', membershipFacts(event))
      : '')
  )
}

function linkColumn(links: readonly LinkFact[], quote: Quote): string {
  if (links.length === 0) return ''
  let column = ',"links":['
  for (let i = 0; i < links.length; i++) {
    const { kind, identifier, other, verified, at } = links[i] as LinkFact
    column += `${i > 0 ? ',' : ''}{"kind":"${kind}","identifier":${quote(identifier)},"other":${quote(other)},"verified":${verified},"at":"${at}"}`
  }
  return column + ']'
}

function factColumn(
  column: 'person_traits' | 'group_traits' | 'memberships',
  facts: readonly object[],
): string {
  if (facts.length === 0) return ''
  return `,"${column}":[${facts.map((fact) => quotedFact(fact as Record<string, string | boolean>)).join(',')}]`
}

const quotedFact = (fact: Record<string, string | boolean>) =>
  `{${Object.entries(fact)
    .map(([name, value]) => `"${name}":${typeof value === 'string' ? quoted(value) : String(value)}`)
    .join(',')}}`
