/**
 * Where a page view came from, read from the page's address, the referrer and context.campaign: host and
 * path, utm parameters, click id, source and medium, and the channel they make.
 */
import { getDomain } from 'tldts'
import { channelOf, direct } from './channels.js'
import { knownSource } from './known-sources.js'
import { meant, noCampaign, readQuery, type Campaign, type Query } from './query.js'
import { quoted } from '../row/quoting.js'
import { recently } from './recently.js'
import { isReturnFrom } from './service-hosts.js'
import type { EventRow } from '../../log/event-row.js'

export type { Campaign }

export interface Visit {
  /** `channel`, and in `channel_rule` which rule matched and what it was read from: `paid-search:gclid`. */
  channelColumns: string
  /** All other columns that the address and the referrer make. Both as text for the line, a comma before each. */
  columns: string
}

export interface VisitSource {
  url: string
  /** `?…` where the SDK gives it apart from the address. */
  search: string
  referrer: string
  /** What the SDK read itself comes before what the address says. */
  campaign: Campaign | undefined
}

const urlShape = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?/is

/** Host in lower case without user, port and `www.`; empty where the text is no address. */
export function hostOf(url: string): string {
  return bareHost(urlShape.exec(url)?.[2] ?? '')
}

function bareHost(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()
  const named = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : (host.split(':')[0] ?? '')
  return named.startsWith('www.') ? named.slice(4) : named
}

/** Same host, or both below one domain that somebody can register. */
function isInternal(host: string, referrerHost: string): boolean {
  if (host === referrerHost) return true
  const domain = registrable(host)
  return domain !== '' && domain === registrable(referrerHost)
}

const registrable = recently((host: string) => getDomain(host, { allowPrivateDomains: true }) ?? '', {
  size: 1_000,
})

interface Origin {
  source: string
  medium: string
  /** What the source was read from, for the rule id. */
  by: string
}

function originOf({ campaign, click, isReturn }: Query, host: string, referrer: string): Origin {
  if (campaign.source !== '' || campaign.medium !== '') {
    const paidClick = click?.kind.isPaid ? click.kind : undefined
    return {
      source: campaign.source || click?.kind.source || senderIn(host, referrer)?.source || '(not set)',
      medium: campaign.medium || (paidClick?.medium ?? '(not set)'),
      by: 'utm',
    }
  }
  if (click) return { source: click.kind.source, medium: click.kind.medium, by: click.kind.name }
  if (hostOf(referrer) === '') return { ...direct, by: 'none' }
  const sender = isReturn ? undefined : senderIn(host, referrer)
  if (sender) return { ...sender, by: 'referrer' }
  return { ...direct, by: isInternal(host, hostOf(referrer)) ? 'internal' : 'internal-return' }
}

/** Who sent the visitor, by the referrer; undefined where it is the site itself, or a page to sign in or to pay. */
function senderIn(host: string, referrer: string): { source: string; medium: string } | undefined {
  const referrerHost = hostOf(referrer)
  if (referrerHost === '' || isInternal(host, referrerHost)) return undefined
  const known = knownSource(referrerHost)
  const isNetwork = known !== undefined && known.category !== 'email'
  if (isReturnFrom(referrerHost, urlShape.exec(referrer)?.[3] ?? '', isNetwork)) return undefined
  if (known?.category === 'search') return { source: known.name, medium: 'organic' }
  if (known?.category === 'email') return { source: known.name, medium: 'email' }
  if (known === undefined && isWebmail(referrerHost)) return { source: referrerHost, medium: 'email' }
  return { source: known?.name ?? referrerHost, medium: 'referral' }
}

// What companies and providers call the host of their mail in the browser.
const isWebmail = (host: string) =>
  /^(?:mail|webmail|email|e?webmail|roundcube|owa|zimbra|mailbox|mail\d|mymail|postamail|poczta|squirrelmail)\.[^.]+\./.test(
    host,
  )

/** What the SDK read itself comes before what the address says. */
function campaignFrom(own: Campaign, read: Campaign): Campaign {
  const of = (field: keyof Campaign) => meant(own[field]) || read[field]
  return {
    // Two spellings of one source would be two lines in every report.
    source: of('source').toLowerCase(),
    medium: of('medium').toLowerCase(),
    name: of('name'),
    term: of('term'),
    content: of('content'),
  }
}

function readVisit(url: string, search: string, referrer: string, own: Campaign): Visit {
  const parts = urlShape.exec(url)
  const host = bareHost(parts?.[2] ?? '')
  const query = readQuery(parts?.[4] ?? search, parts?.[5] ?? '')
  const campaign = campaignFrom(own, query.campaign)
  const referrerHost = hostOf(referrer)
  const { source, medium, by } = originOf({ ...query, campaign }, host, referrer)
  const { id, channel } = channelOf({ source, medium, campaign: campaign.name })
  const columns: Partial<EventRow> = {
    source,
    medium,
    campaign: campaign.name,
    term: campaign.term,
    content: campaign.content,
    click_id_kind: query.click?.kind.name ?? '',
    click_id: query.click?.id ?? '',
    url,
    host,
    path: parts?.[3] ? parts[3] : parts ? '/' : '',
    referrer,
    referrer_host: referrerHost,
  }
  return {
    channelColumns: columnsText({ channel, channel_rule: `${id}:${by}` }),
    columns: columnsText(columns),
  }
}

export const columnsText = (columns: Partial<EventRow>) =>
  Object.entries(columns)
    .map(([name, value]) => (value === '' ? '' : `,"${name}":${quoted(value as string)}`))
    .join('')

// A line feed stands in no address, so it keeps the parts apart.
const remembered = recently(
  (key: string) => {
    const [url = '', search = '', referrer = '', ...fields] = key.split('\n')
    const [source = '', medium = '', name = '', term = '', content = ''] = fields
    return readVisit(url, search, referrer, { source, medium, name, term, content })
  },
  { size: 2_000 },
)

const holdsLineFeed = (part: string) => part.includes('\n')

/** The visit that an event reports, or undefined where it carries no address, referrer or campaign. */
export function visitOf({ url, search, referrer, campaign }: VisitSource): Visit | undefined {
  if (url === '' && referrer === '' && !campaign) return undefined
  const own = campaign ?? noCampaign
  const parts = [url, search, referrer, own.source, own.medium, own.name, own.term, own.content]
  return parts.some(holdsLineFeed) ? readVisit(url, search, referrer, own) : remembered(parts.join('\n'))
}
