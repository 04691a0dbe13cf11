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

/** Click ids that are on every link that is shared or mailed: collect/enrich/click-ids.ts says which nobody pays for. */
export const unpaidClickIds: ReadonlySet<string> = new Set([
  ...['irclickid', 'cjevent', 'awc', 'ranmid', 'clickref', 'sscid', 'tduid'],
  ...['srsltid', 'ysclid', 'fbclid', 'mibextid', 'igshid', 'igsh'],
  ...[
    'mc_eid',
    'mc_cid',
    '_hsenc',
    '_hsmi',
    'mkt_tok',
    '_kx',
    'vgo_ee',
    'ml_subscriber',
    'ck_subscriber_id',
    'oly_enc_id',
  ],
])

/** What of an event names its acquisition: its campaign and its paid click id, each where it has one. */
export function acquisitionKeys(row: Row): string[] {
  const keys: string[] = []
  // The rule's second half says what it was read from (collect/enrich/visit.ts).
  if (row.channelRule.endsWith(':utm') || row.campaign !== '') {
    const { source, medium, campaign } = acquisitionOf(row)
    keys.push(`campaign ${JSON.stringify([source, medium, campaign.trim().toLowerCase()])}`)
  }
  if (row.clickId !== '' && !unpaidClickIds.has(row.clickIdKind))
    keys.push(`click ${row.clickIdKind} ${row.clickId}`)
  return keys
}
