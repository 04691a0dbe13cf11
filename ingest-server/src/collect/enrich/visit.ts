/**
 * Where a page view came from, read from the page's address, the referrer and context.campaign: host and
 * path, utm parameters, click id, source and medium, and the channel they make.
 */
import { getDomain } from 'tldts'
import { channelOf, direct } from './channels.js'
import { clickIdByName, clickIdRank, type ClickIdKind } from './click-ids.js'
import { knownSource } from './known-sources.js'
import { quoted } from '../row/quoting.js'
import { recently } from './recently.js'
import type { EventRow } from '../../log/event-row.js'

export interface Visit {
  /** `channel`, and in `channel_rule` which rule matched and what it was read from: `paid-search:gclid`. */
  channelColumns: string
  /** All other columns that the address and the referrer make. Both as text for the line, a comma before each. */
  columns: string
}

/** utm values as text; empty where absent. */
export interface Campaign {
  source: string
  medium: string
  name: string
  term: string
  content: string
}

export interface VisitSource {
  url: string
  /** `?…` where the SDK gives it apart from the address. */
  search: string
  referrer: string
  /** What the SDK read itself comes before what the address says. */
  campaign: Campaign | undefined
}

const urlShape = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i

/** Host in lower case without user, port and `www.`; empty where the text is no address. */
export function hostOf(url: string): string {
  return bareHost(urlShape.exec(url)?.[2] ?? '')
}

function bareHost(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()
  const named = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : (host.split(':')[0] ?? '')
  return named.startsWith('www.') ? named.slice(4) : named
}

interface Query {
  campaign: Campaign
  click: { kind: ClickIdKind; id: string } | undefined
}

const utmFields: Record<string, keyof Campaign> = {
  utm_source: 'source',
  utm_medium: 'medium',
  utm_campaign: 'name',
  utm_term: 'term',
  utm_content: 'content',
}

function readQuery(search: string): Query {
  const campaign: Campaign = { source: '', medium: '', name: '', term: '', content: '' }
  let click: Query['click']
  for (const pair of search.split(/[?&]/)) {
    const equals = pair.indexOf('=')
    if (equals < 1) continue
    const name = pair.slice(0, equals).toLowerCase()
    const field = utmFields[name]
    if (field) campaign[field] ||= decoded(pair.slice(equals + 1))
    const kind = clickIdByName.get(name)
    const id = kind ? decoded(pair.slice(equals + 1)) : ''
    if (kind && id !== '' && (!click || rankOf(kind) < rankOf(click.kind))) click = { kind, id }
  }
  return { campaign, click }
}

const rankOf = ({ name }: ClickIdKind) => clickIdRank.get(name) ?? Infinity

function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced).trim()
  } catch {
    // A broken escape: what was sent says more than nothing.
    return spaced.trim()
  }
}

const noQuery: Query = {
  campaign: { source: '', medium: '', name: '', term: '', content: '' },
  click: undefined,
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

function originOf({ campaign, click }: Query, host: string, referrerHost: string): Origin {
  if (campaign.source !== '' || campaign.medium !== '') {
    const paidClick = click?.kind.isPaid ? click.kind : undefined
    return {
      source: campaign.source || (click?.kind.source ?? '(not set)'),
      medium: campaign.medium || (paidClick?.medium ?? '(not set)'),
      by: 'utm',
    }
  }
  if (click) return { source: click.kind.source, medium: click.kind.medium, by: click.kind.name }
  if (referrerHost === '') return { ...direct, by: 'none' }
  if (isInternal(host, referrerHost)) return { ...direct, by: 'internal' }
  const known = knownSource(referrerHost)
  if (known?.category === 'search') return { source: known.name, medium: 'organic', by: 'referrer' }
  if (known?.category === 'email') return { source: known.name, medium: 'email', by: 'referrer' }
  return { source: known?.name ?? referrerHost, medium: 'referral', by: 'referrer' }
}

function readVisit(url: string, search: string, referrer: string, own: Campaign | undefined): Visit {
  const parts = urlShape.exec(url)
  const host = bareHost(parts?.[2] ?? '')
  const asked = parts?.[4] ?? search
  const query = asked.includes('=') ? readQuery(asked) : noQuery
  const campaign: Campaign = own
    ? {
        source: own.source || query.campaign.source,
        medium: own.medium || query.campaign.medium,
        name: own.name || query.campaign.name,
        term: own.term || query.campaign.term,
        content: own.content || query.campaign.content,
      }
    : query.campaign
  const referrerHost = hostOf(referrer)
  const { source, medium, by } = originOf({ campaign, click: query.click }, host, referrerHost)
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

// A line feed cannot stand in an address, so it keeps the two apart.
const remembered = recently(
  (both: string) => {
    const cut = both.indexOf('\n')
    return readVisit(both.slice(0, cut), '', both.slice(cut + 1), undefined)
  },
  { size: 2_000 },
)

/** The visit that an event tells of, or undefined where it carries no address, referrer or campaign. */
export function visitOf({ url, search, referrer, campaign }: VisitSource): Visit | undefined {
  if (url === '' && referrer === '' && !campaign) return undefined
  if (campaign || search !== '' || url.includes('\n')) return readVisit(url, search, referrer, campaign)
  return remembered(`${url}\n${referrer}`)
}
