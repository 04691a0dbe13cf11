/**
 * What the address of a page says of a campaign: utm parameters and click ids.
 *
 *     address  = … "?" pairs [ "#" [ route "?" ] pairs ]        the query counts before the fragment
 *     pairs    = name "=" value { ( "&" | "&amp;" | "?" | ";" ) name "=" value }
 *
 * Links are built by hand, by mail programs and by templates, so they are read as they were meant: names in any
 * case and percent-encoded, ampersands and values that were escaped once too often, and values that say nothing ("null",
 * a placeholder that was never filled in) as absent. Matomo's names for the same count where there are no utm_….
 */
import { clickIdByName, clickIdRank, type ClickIdKind } from './click-ids.js'

/** utm values as text; empty where absent. */
export interface Campaign {
  source: string
  medium: string
  name: string
  term: string
  content: string
}

export interface Query {
  campaign: Campaign
  click: { kind: ClickIdKind; id: string } | undefined
  /** An identity provider or a payment page sent the visitor back with its answer. */
  isReturn: boolean
  /** What `ref`, `source` or `via` say. */
  named: string
}

const utmFields: ReadonlyMap<string, keyof Campaign> = new Map([
  ['utm_source', 'source'],
  ['utm_medium', 'medium'],
  ['utm_campaign', 'name'],
  ['utm_term', 'term'],
  ['utm_content', 'content'],
])
const matomoEndings: readonly [ending: string, field: keyof Campaign][] = [
  ['source', 'source'],
  ['medium', 'medium'],
  ['campaign', 'name'],
  ['cpn', 'name'],
  ['keyword', 'term'],
  ['kwd', 'term'],
  ['content', 'content'],
]
const matomoFields: ReadonlyMap<string, keyof Campaign> = new Map(
  ['mtm', 'matomo', 'pk', 'piwik'].flatMap((prefix) =>
    matomoEndings.map(([ending, field]) => [`${prefix}_${ending}`, field] as const),
  ),
)

/** Sites that send visitors put their name there (`?ref=producthunt`, `?ref_src=twsrc%5Etfw`), and shops much else. */
const nameParameters = ['ref', 'source', 'via', 'ref_src']

export const noCampaign: Campaign = { source: '', medium: '', name: '', term: '', content: '' }
const noQuery: Query = { campaign: noCampaign, click: undefined, isReturn: false, named: '' }

const nothing = new Set([
  ...['null', 'undefined', 'none', 'nan', 'nil', 'n/a', '-', '--', '[object object]'],
  ...['(none)', '(null)', '(not set)', '(not%20set)', 'not set', 'not_set', 'notset'],
])
// {{campaign.name}}, {network}, %%source%%, ${source}, __CAMPAIGN__, [source], <source>
const unfilled = /^(?:\{.*\}|%%?[\w.]+%%?|\$\{.*\}|__[A-Z_]+__|\[[\w .]+\]|<[\w .]+>|\*\|.*\|\*)$/
const invisible = /[\u00ad\u200b-\u200f\u2060\ufeff]/g
const outerQuotes = /^["'`\u2018\u201c\u201e\u00ab](.*)["'`\u2019\u201c\u201d\u00bb]$/s

/** What a value of a campaign says: blanks around it do not count, nor does a word that stands for nothing. */
export function meant(value: string): string {
  if (value === '') return ''
  const text = value.replace(invisible, '').trim().replace(outerQuotes, '$1').trim()
  return nothing.has(text.toLowerCase()) || unfilled.test(text) ? '' : text
}

// A semicolon stands for an ampersand only before a further name: "a;b" is a value.
const separator = /[?&#]|;(?=\s*[\w%.-]+=)|\\u0026/
// utm_source=google%26utm_medium%3Dcpc, …%3Futm_medium=cpc: what follows was encoded along with the value.
const encodedSeparator = /%(?:26(?:amp(?:%3b|;))?|3f)(?=(?:utm|mtm|pk|matomo|piwik)_[a-z]+(?:%3d|=))/i
const escapedAmpersand = /^(?:amp;|#38;|38;|amp%3b)+/i
const worthReading = /=|%3d/i

/** `search` and `hash` as they stand in the address, with or without their `?` and `#`. */
export function readQuery(search: string, hash: string): Query {
  const parts = [search, hash].filter((part) => worthReading.test(part))
  if (parts.length === 0) return noQuery
  const pairs = parts.flatMap(pairsOf)
  const campaign = { ...noCampaign }
  const matomos = { ...noCampaign }
  let click: Query['click']
  for (const [name, value] of pairs) {
    const field = utmFields.get(name)
    if (field) campaign[field] ||= meant(decoded(value))
    const matomo = matomoFields.get(name)
    if (matomo) matomos[matomo] ||= meant(decoded(value))
    const kind = clickIdByName.get(name)
    const id = kind ? meant(decoded(value)) : ''
    if (kind && id !== '' && (!click || rankOf(kind) < rankOf(click.kind))) click = { kind, id }
  }
  for (const field of utmFields.values()) campaign[field] ||= matomos[field]
  const all = new Map(pairs)
  const named = nameParameters
    // Twitter's says which of its widgets after a caret: twsrc^tfw.
    .map((name) => meant(decoded(all.get(name) ?? '').split('^')[0] ?? ''))
    .find((value) => value !== '')
  return { campaign, click, isReturn: isAnswer(all), named: named ?? '' }
}

/** Of the parameters those that are read here, as they stand in an address. */
export function campaignPairs(search: string, hash: string): string {
  const pairs = [search, hash].flatMap(pairsOf)
  const known = pairs.filter(
    ([name]) =>
      utmFields.has(name) ||
      matomoFields.has(name) ||
      clickIdByName.has(name) ||
      nameParameters.includes(name),
  )
  return known.map(([name, value]) => `${name}=${value}`).join('&')
}

const rankOf = ({ name }: ClickIdKind) => clickIdRank.get(name) ?? Infinity

function pairsOf(part: string): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (const piece of part.split(separator)) {
    const equals = piece.indexOf('=')
    if (equals > 0) {
      const [value = '', ...swallowed] = piece.slice(equals + 1).split(encodedSeparator)
      pairs.push([nameOf(piece.slice(0, equals)), value], ...swallowed.flatMap((pair) => pairsOf(pair)))
    }
    // All of it was encoded as one value: utm_source%3Dgoogle%26utm_medium%3Dcpc
    else if (equals === -1 && /%3d/i.test(piece)) pairs.push(...pairsOf(decoded(piece).replace(/%3d/gi, '')))
  }
  return pairs
}

// utm-source, utm.source; and utm_source[] of forms.
const writtenOtherwise = /^(utm|mtm|matomo|piwik)[-.]/

function nameOf(written: string): string {
  const name = written.includes('%') || written.includes('+') ? decoded(written) : written
  return name
    .replace(invisible, '')
    .trim()
    .toLowerCase()
    .replace(escapedAmpersand, '')
    .replace(/^[#/!]+/, '')
    .replace(writtenOtherwise, '$1_')
    .replace(/\[\d*\]$/, '')
}

function decoded(text: string): string {
  const once = decodedOnce(text.replaceAll('+', ' '))
  // Shorteners and mail programs encode what is encoded already: "no%2520code".
  return (encodedTwice.test(once) ? decodedOnce(once) : once).trim()
}

const encodedTwice = /%(?:[2-7][\da-f]|[c-f][\da-f]%[89ab][\da-f])/i

function decodedOnce(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    // A broken escape: what was sent says more than nothing.
    return text
  }
}

// /page&utm_source=google: whoever made the link took the page to have a query already.
const pairsInPath = /[&;](?=(?:utm|mtm|pk|matomo|piwik)_[a-z]+=)/i

/** The path as it was meant, and the pairs that were put behind it without a question mark. */
export function splitPath(path: string): { path: string; pairs: string } {
  const at = path.includes('_') ? path.search(pairsInPath) : -1
  return at === -1 ? { path, pairs: '' } : { path: path.slice(0, at), pairs: path.slice(at) }
}

// An authorisation code is long; a product's `code` beside a `state` of the USA is not.
const shortestCode = 10

/** OAuth, OpenID, SAML, PayPal, Stripe and 3-D Secure name their answers so. */
function isAnswer(pairs: ReadonlyMap<string, string>): boolean {
  const has = (name: string) => (pairs.get(name) ?? '') !== ''
  return (
    (has('state') && (pairs.get('code') ?? '').length >= shortestCode) ||
    (has('oauth_token') && has('oauth_verifier')) ||
    (has('id_token') && has('state')) ||
    has('samlresponse') ||
    has('payerid') ||
    (has('payment_intent') && has('redirect_status')) ||
    (pairs.get('session_id') ?? '').startsWith('cs_')
  )
}
