/** A touchpoint as the tables hold it (migrations/007_touchpoints.sql). Pure. */
import { hash } from 'node:crypto'
import { hostOf } from './hosts.js'
import type { Touchpoint } from './touchpoint.js'
import { keyOf } from './touchpoints.js'

/** What names a row of a person, and what it says. `at` in milliseconds, hashes as decimal text. */
export interface TouchpointRow {
  person: string
  at: number
  touch: string
  digest: string
  accounts: readonly string[]
  /** The columns besides those above, as ClickHouse reads them from a line of JSON. */
  said: Readonly<Record<string, unknown>>
}

/** More pages than these say nothing about a path any longer; they are counted, not listed. */
const mostPaths = 50

/** 64 bits of a hash, as the decimal text that ClickHouse takes for a UInt64. */
export const hash64 = (text: string): string =>
  BigInt(`0x${hash('md5', text, 'hex').slice(0, 16)}`).toString()

export function toTouchpointRow(touchpoint: Touchpoint): TouchpointRow {
  const { person, at } = touchpoint
  const said = saidBy(touchpoint)
  const accounts = [...touchpoint.accounts]
  return {
    person,
    at,
    touch: hash64(`${person}\n${at}\n${keyOf(touchpoint)}`),
    digest: hash64(JSON.stringify([said, accounts])),
    accounts,
    said,
  }
}

function saidBy(touchpoint: Touchpoint): Record<string, unknown> {
  const { kind, name, label, acquisition, pages, lead, value } = touchpoint
  return {
    kind,
    name,
    label: label === name ? '' : label,
    channel: acquisition.channel,
    channel_rule: acquisition.channelRule,
    source: acquisition.source,
    medium: acquisition.medium,
    campaign: acquisition.campaign,
    host: hostOf(lead.url),
    path: lead.path,
    referrer_host: hostOf(acquisition.referrer),
    paths: pages.slice(0, mostPaths).map(({ path }) => path),
    pages: Math.min(pages.length, 65_535),
    until: new Date(touchpoint.until).toISOString(),
    same_session: touchpoint.sameSession,
    value: value !== null && Number.isFinite(value) ? value : null,
    currency: touchpoint.currency,
    direction: touchpoint.direction,
    anonymous: touchpoint.isAnonymous,
    sources: touchpoint.sources,
    subject: lead.subject,
    client_time: lead.clientTime,
    message_ids: touchpoint.messageIds,
  }
}
