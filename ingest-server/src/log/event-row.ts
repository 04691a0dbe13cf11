/**
 * The row of `events` exactly as it stands in a line of the log (migrations/001_events.sql has the meaning
 * of each column). Times are ISO 8601 with milliseconds and Z. `properties`, `traits` and `context` are
 * nested JSON, which ClickHouse reads into String columns as they are; escaping them into strings costs
 * more than parsing the request. Columns that are empty may be left out of the line.
 */
import type { LinkFact, MembershipFact, TraitFact } from '@touchline/schemas'

export interface EventRow {
  project: string
  subject: string
  client_time: string
  message_id: string
  /** Place in the client's batch, from 0. */
  batch_index: number
  type: string
  name: string
  occurred_at: string
  received_at: string
  sent_at: string | null
  time_corrected: boolean
  anonymous_id: string
  user_id: string
  email: string
  previous_id: string
  group_id: string
  verified: boolean
  unverified_group: '' | 'all' | 'traits' | 'domain'
  kind: string
  direction: string
  origin: string
  session_id: string
  channel: string
  channel_rule: string
  source: string
  medium: string
  campaign: string
  term: string
  content: string
  click_id_kind: string
  click_id: string
  url: string
  host: string
  path: string
  title: string
  referrer: string
  referrer_host: string
  device: string
  browser: string
  os: string
  is_bot: boolean
  ip: string
  locale: string
  library: string
  library_version: string
  consent: string
  properties: Record<string, unknown>
  traits: Record<string, unknown>
  context: Record<string, unknown>
  links: readonly LinkFact[]
  person_traits: readonly TraitFact[]
  group_traits: readonly TraitFact[]
  memberships: readonly MembershipFact[]
}

/** The row of `rejected_events` as it stands in a line of the log. */
export interface RejectedRow {
  project: string
  received_at: string
  message_id: string
  code: string
  message: string
  stage: 'collect'
  /** JSON text of the event as sent. */
  original: string
}

/**
 * The source kind of events that this server's own API makes (an answer of sales, an unlink). A client gives it to its own
 * events with a secret key only: so an answer of sales differs from a visitor's track of the same name.
 */
export const ownSourceKind = 'api'
