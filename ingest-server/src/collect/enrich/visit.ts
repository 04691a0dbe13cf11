/**
 * Where a page view came from, read from the page's address, the referrer and context.campaign: host and
 * path, utm parameters, click id, source and medium, and the channel they make.
 */
import { getDomain, parse } from 'tldts'
import { adAt, isAdClick } from './ad-hosts.js'
import { ownHost } from './carried-pages.js'
import { channelOf, direct } from './channels.js'
import { knownSource, longestName } from './known-sources.js'
import { meant, noCampaign, readQuery, splitPath, type Campaign, type Query } from './query.js'
import { quoted } from '../base/quoting.js'
import { recently } from './recently.js'
import { isReturnFrom } from './service-hosts.js'
import { isAmbiguous, nothingRead, readSource } from './source-words.js'
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
  /** In whose own browser the page was opened; empty where it was in none. */
  app: string
}

const urlShape = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?/is

/** Host in lower case without user, port and `www.`; empty where the text is no address. */
export function hostOf(url: string): string {
  return bareHost(urlShape.exec(url)?.[2] ?? '')
}

function bareHost(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()
  const named = host.startsWith('[') ? host.slice(0, host.indexOf(']') + 1) : (host.split(':')[0] ?? '')
  if (named.length > longestName) return ''
  const bare = named.startsWith('www.') ? named.slice(4) : named
  // The root of all names, which an address may end in: it is the same host.
  return bare.endsWith('.') ? bare.slice(0, -1) : bare
}

// Pages of a program on the visitor's own device (a browser's extension, the shell of an app) are nobody's website.
const sendsVisitors = /^(?:https?|(?:android|ios)-app):/i

/** Same host, or both below one domain that somebody can register. */
function isInternal(host: string, referrerHost: string): boolean {
  if (host === referrerHost) return true
  const domain = registrable(host)
  return domain !== '' && domain === registrable(referrerHost)
}

const registrable = recently((host: string) => getDomain(host, { allowPrivateDomains: true }) ?? '', {
  size: 1_000,
})

interface Referrer {
  /** Whose page it was, whoever carried it. */
  host: string
  path: string
  app: string
}

interface Acquisition {
  source: string
  medium: string
  /** What the source was read from, for the rule id. */
  by: string
}

function acquisitionOf(query: Query, host: string, referrer: Referrer): Acquisition {
  const { campaign, click, isReturn } = query
  if (campaign.source !== '' || campaign.medium !== '') {
    const paidClick = click?.kind.isPaid ? click.kind : undefined
    const source =
      campaign.source || click?.kind.source || senderIn(host, referrer)?.source || referrer.app || '(not set)'
    const isClicks = paidClick !== undefined && mayBePaid(source, paidClick.source)
    return { source, medium: campaign.medium || (isClicks ? paidClick.medium : '(not set)'), by: 'utm' }
  }
  if (click) return { source: click.kind.source, medium: click.kind.medium, by: click.kind.name }
  if (referrer.host === '') return withoutReferrer(query, host, referrer.app)
  const sender = isReturn ? undefined : senderIn(host, referrer)
  if (sender) return { ...sender, by: 'referrer' }
  return { ...direct, by: isInternal(host, referrer.host) ? 'internal' : 'internal-return' }
}

/**
 * A page that names its sender itself, or that an app opened in its own browser. Sites use `ref` and `source` for much else:
 * only a known source, a newsletter, an ad or another site's host is one.
 */
function withoutReferrer({ named }: Query, host: string, app: string): Acquisition {
  const source = named.toLowerCase()
  const { category, isAd, isEmail } = isAmbiguous(source) ? nothingRead : readSource(source)
  if (isEmail) return { source, medium: 'email', by: 'ref' }
  if (category || isAd) return { source: knownSource(source)?.name ?? source, medium: 'referral', by: 'ref' }
  const sender =
    hostShape.test(source) && isUnderKnownSuffix(source)
      ? senderIn(host, { host: bareHost(source), path: '' })
      : undefined
  if (sender) return { ...sender, by: 'ref' }
  return app === '' ? { ...direct, by: 'none' } : { source: app, medium: 'referral', by: 'app' }
}
const isUnderKnownSuffix = (host: string) => {
  const { isIcann, isPrivate } = parse(host, { allowPrivateDomains: true })
  return isIcann === true || isPrivate === true
}
const hostShape = /^(?:[a-z\d-]+\.)+[a-z]{2,}$/

/**
 * A click id stays in the address when somebody copies it: a link with a `gclid` in a newsletter, or posted on
 * LinkedIn, was not clicked on Google. Google's ads are also seen on YouTube, and Microsoft's on other search engines.
 */
function mayBePaid(source: string, clickSource: string): boolean {
  const { category, isEmail, isAd } = readSource(source)
  if (isAd || knownSource(source)?.name === knownSource(clickSource)?.name) return true
  return !isEmail && category !== 'social' && category !== 'ai'
}

/** Who sent the visitor, by the referrer; undefined where it is the site itself, or a page to sign in or to pay. */
function senderIn(
  host: string,
  referrer: Omit<Referrer, 'app'>,
): { source: string; medium: string } | undefined {
  if (referrer.host === '' || isInternal(host, referrer.host)) return undefined
  const known = knownSource(referrer.host)
  const isNetwork = known !== undefined && known.category !== 'email'
  if (isReturnFrom(referrer.host, referrer.path, isNetwork)) return undefined
  const ad = known ? undefined : adAt(referrer.host)
  if (ad) return ad
  if (known?.category === 'search')
    return { source: known.name, medium: isAdClick(referrer.path) ? 'cpc' : 'organic' }
  if (known?.category === 'email') return { source: known.name, medium: 'email' }
  if (known === undefined && isWebmail(referrer.host)) return { source: referrer.host, medium: 'email' }
  return { source: known?.name ?? referrer.host, medium: 'referral' }
}

// What companies and providers call the host of their mail in the browser.
const isWebmail = (host: string) =>
  /^(?:mail|webmail|email|e?webmail|roundcube|owa|zimbra|mailbox|mail\d|mymail|postamail|poczta|squirrelmail)\.[^.]+\./.test(
    host,
  )

/** What the SDK read itself comes before what the address says. */
function campaignFrom(own: Campaign, read: Campaign): Campaign {
  const of = (field: keyof Campaign) => meant(own[field]) || read[field]
  const source = withoutEnd(of('source'))
  const medium = withoutEnd(of('medium'))
  // "google / cpc", as reports write it, in the place of the source.
  const both = medium === '' && source.length <= longestName ? sourceAndMedium.exec(source) : null
  return {
    // Two spellings of one source would be two lines in every report.
    source: (both?.[1] ?? source).toLowerCase(),
    medium: (both?.[2] ?? medium).toLowerCase(),
    name: of('name'),
    term: of('term'),
    content: of('content'),
  }
}

const sourceAndMedium = /^([^./:]+?)\s*\/\s*([a-z][a-z_ -]*)$/i

// Web servers put a slash after an address, and so after its last value; texts a comma, a full stop, a quote.
const endSign = /[\s/.,;:"'>]/
// Not by one expression, which would begin anew at each of these signs in the middle.
function withoutEnd(value: string): string {
  let end = value.length
  while (end > 0 && endSign.test(value.charAt(end - 1))) end -= 1
  return value.slice(0, end)
}

function readVisit({ url, search, referrer, app }: Omit<VisitSource, 'campaign'>, own: Campaign): Visit {
  const parts = urlShape.exec(url)
  const host = bareHost(parts?.[2] ?? '')
  const { path: ownPath, pairs } = splitPath(parts?.[3] ?? '')
  const query = readQuery(pairs + (parts?.[4] ?? search), parts?.[5] ?? '')
  const campaign = campaignFrom(own, query.campaign)
  const path = ownPath || (parts ? '/' : '')
  const referrerHost = sendsVisitors.test(referrer) ? hostOf(referrer) : ''
  const referrerPath = urlShape.exec(referrer)?.[3] ?? ''
  const { source, medium, by } = acquisitionOf({ ...query, campaign }, ownHost(host, path), {
    host: ownHost(referrerHost, referrerPath),
    path: referrerPath,
    app,
  })
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
    path,
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
    const [url = '', search = '', referrer = '', app = '', ...fields] = key.split('\n')
    const [source = '', medium = '', name = '', term = '', content = ''] = fields
    return readVisit({ url, search, referrer, app }, { source, medium, name, term, content })
  },
  { size: 2_000 },
)

const holdsLineFeed = (part: string) => part.includes('\n')

/** The visit that an event reports, or undefined where it carries no address, referrer or campaign. */
export function visitOf({ campaign, ...page }: VisitSource): Visit | undefined {
  const { url, search, referrer, app } = page
  if (url === '' && referrer === '' && !campaign) return undefined
  const own = campaign ?? noCampaign
  const parts = [url, search, referrer, app, own.source, own.medium, own.name, own.term, own.content]
  return parts.some(holdsLineFeed) ? readVisit(page, own) : remembered(parts.join('\n'))
}
