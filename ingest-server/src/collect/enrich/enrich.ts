/**
 * What collect adds to an event: where the visit came from, device and bot, truncated address, library,
 * locale, consent, session, and the kind of source. None of it is a network call, and nothing here can fail: a
 * field of the wrong type is as good as absent and stays in `context` as sent.
 */
import { idFrom, importedKinds } from '@touchline/schemas'
import { agentOf, type Agent } from './agent.js'
import type { RequestContext } from '../base/request-context.js'
import { truncateIp } from '../base/ip.js'
import { languageOf } from './language.js'
import { recently } from './recently.js'
import { isObject, type Json, type ReadEvent } from '../read/read-event.js'
import { columnsText, visitOf, type Campaign, type Visit } from './visit.js'

export interface Enrichment {
  kind: string
  /** inbound or outbound where an importer says so. */
  direction: string
  sourceKind: string
  sessionId: string
  url: string
  title: string
  referrer: string
  visit: Visit | undefined
  /** An importer's own channel comes before what the address says. */
  channelColumns: string
  agent: Agent
  ip: string
  locale: string
  library: string
  libraryVersion: string
  consent: string
}

const none: Json = {}
const imported: ReadonlySet<string> = new Set(importedKinds)

const textIn = (from: Json, name: string): string => {
  const value = from[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
const objectIn = (from: Json, name: string): Json => {
  const value = from[name]
  return isObject(value) ? value : none
}

/**
 * The columns that come from an event's context and its request. Texts are '' where nothing is known, `visit` is
 * undefined for an event without address, referrer or campaign; `ip` is truncated (IPv4 to /24, IPv6 to /48).
 * Synchronous, changes neither argument, throws nothing.
 */
export function enrich(event: ReadEvent, requestContext: RequestContext): Enrichment {
  const context = event.context ?? none
  const page = objectIn(context, 'page')
  const properties = (event.type === 'page' && event.properties) || none
  const library = objectIn(context, 'library')
  const libraryName = textIn(library, 'name')
  const touchpoint = touchpointOf(context)
  const { byBrowser } = requestContext
  const isBrowserLibrary = browserLibraryNamed(libraryName)
  const isWeb = isBrowserLibrary ?? (page !== none || byBrowser)
  // A server's own address and agent are not its user's, whatever it says of the page.
  const isVisitors = isBrowserLibrary ?? byBrowser

  const url = textIn(page, 'url') || textIn(properties, 'url')
  const referrer = referrerFrom(textIn(page, 'referrer') || textIn(properties, 'referrer'))
  const search = url.includes('?') ? '' : textIn(page, 'search')
  const userAgent = textIn(context, 'userAgent') || (isVisitors && byBrowser ? requestContext.userAgent : '')
  const agent = agentOf(userAgent)
  const visit = visitOf({ url, search, referrer, campaign: campaignOf(context), app: agent.app })
  return {
    kind: touchpoint?.kind ?? '',
    direction: touchpoint?.direction ?? '',
    sourceKind: touchpoint?.source || (isWeb ? 'web' : 'server'),
    sessionId: sessionIn(context),
    url,
    title: textIn(page, 'title') || textIn(properties, 'title'),
    referrer,
    visit,
    channelColumns: touchpoint?.channel
      ? columnsText({ channel: touchpoint.channel, channel_rule: 'touchpoint' })
      : (visit?.channelColumns ?? ''),
    agent,
    ip: truncateIp(context.ip) || (isVisitors ? requestContext.ip : ''),
    locale: textIn(context, 'locale') || (isVisitors ? languageOf(requestContext.acceptLanguage) : ''),
    library: libraryName,
    libraryVersion: textIn(library, 'version'),
    consent: consentOf(context.consent ?? context.consentManagement),
  }
}

/** A word that is no id is no session: "-1" or "undefined" would be one endless visit. */
function sessionIn(context: Json): string {
  const own = context.sessionId
  const id = typeof own === 'string' ? knownSession(own) : (idFrom(own) ?? '')
  return id || (idFrom(objectIn(context, 'session').id) ?? '')
}
const knownSession = recently((id: string) => idFrom(id) ?? '', { size: 2_000 })

// RudderStack writes "$direct" where there is no referrer.
const referrerFrom = (referrer: string) => (referrer === '$direct' ? '' : referrer)

function campaignOf(context: Json): Campaign | undefined {
  const campaign = context.campaign
  if (!isObject(campaign)) return undefined
  const read: Campaign = {
    source: textIn(campaign, 'source'),
    medium: textIn(campaign, 'medium'),
    name: textIn(campaign, 'name'),
    term: textIn(campaign, 'term'),
    content: textIn(campaign, 'content'),
  }
  // RudderStack sends an empty campaign where there is none.
  return read.source || read.medium || read.name || read.term || read.content ? read : undefined
}

interface ImportedTouchpoint {
  kind: string
  channel: string
  source: string
  direction: string
}

function touchpointOf(context: Json): ImportedTouchpoint | undefined {
  const touchpoint = context.touchpoint
  if (!isObject(touchpoint)) return undefined
  const kind = textIn(touchpoint, 'kind')
  const direction = textIn(touchpoint, 'direction').trim().toLowerCase()
  return {
    kind: imported.has(kind) ? kind : '',
    channel: textIn(touchpoint, 'channel'),
    source: textIn(touchpoint, 'source'),
    direction: direction === 'inbound' || direction === 'outbound' ? direction : '',
  }
}

// Names that libraries give themselves: analytics.js, RudderLabs JavaScript SDK, @touchline/browser, …
const browserLibrary = /\.js$|javascript|browser|\bweb\b|pixel/i
const serverLibrary =
  /node|python|go\b|golang|ruby|php|java$|java\b(?!script)|\.net|csharp|rust|elixir|server|http|import/i

/** Whether a browser's library or a server's; undefined where its name does not say. */
function browserLibraryNamed(library: string): boolean | undefined {
  if (library === '') return undefined
  const known = libraryKinds.get(library)
  if (known !== undefined) return known
  const isBrowser = browserLibrary.test(library)
  return isBrowser || serverLibrary.test(library) ? rememberLibrary(library, isBrowser) : undefined
}

// A handful of libraries send everything; more than these are somebody inventing names.
const maxLibraries = 200
const libraryKinds = new Map<string, boolean>()
function rememberLibrary(library: string, isBrowser: boolean): boolean {
  if (libraryKinds.size < maxLibraries && library.length < 100) libraryKinds.set(library, isBrowser)
  return isBrowser
}

const maxConsentLength = 500

/** The state as the SDK wrote it: its word, else its JSON. */
function consentOf(consent: unknown): string {
  if (consent === undefined || consent === null) return ''
  const text = typeof consent === 'string' ? consent : JSON.stringify(consent)
  return text.slice(0, maxConsentLength)
}
