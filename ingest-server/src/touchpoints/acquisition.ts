/**
 * Where a visit came from. During a visit another campaign or another paid click id is a new acquisition; a page's own
 * referrer is the page before it and is none.
 */
import type { Row } from './rows.js'

export interface Acquisition {
  channel: string
  channelRule: string
  /** In lower case: `GOOGLE` and `google` are one source. */
  source: string
  medium: string
  campaign: string
  referrer: string
}

export const acquisitionOf = (row: Row): Acquisition => ({
  channel: row.channel,
  channelRule: row.channelRule,
  source: row.source.trim().toLowerCase(),
  medium: row.medium.trim().toLowerCase(),
  campaign: row.campaign,
  referrer: row.referrer,
})

/**
 * A click is paid for where its channel says so: an ad network's own id, or the id that is on every shared link
 * (fbclid) beside a medium that is paid.
 */
const isPaid = ({ channel }: Row) =>
  channel.startsWith('Paid ') || channel === 'Display' || channel === 'Cross-network'

/** The keys that name an event's acquisition: its campaign and its paid click id, where it has them. */
export function acquisitionKeys(row: Row): string[] {
  const keys: string[] = []
  // The rule's second half says what it was read from (collect/enrich/visit.ts).
  if (row.channelRule.endsWith(':utm') || row.campaign !== '') {
    const { source, medium, campaign } = acquisitionOf(row)
    keys.push(`campaign ${JSON.stringify([source, medium, campaign.trim().toLowerCase()])}`)
  }
  if (row.clickId !== '' && isPaid(row)) keys.push(`click ${row.clickIdKind} ${row.clickId}`)
  return keys
}
