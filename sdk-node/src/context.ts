/**
 * What a web request says about who makes it and where, so that an event of the server joins the visitor that the
 * browser SDK knows. The browser SDK keeps its visitor as JSON in one cookie (sdk-browser/src/visitor/visitor.ts):
 *
 *     touchline = encodeURIComponent({ anonymousId, sessionId, lastSeen, choice, … })
 *
 * each field possibly absent, lastSeen in milliseconds, choice `no` where the visitor refused tracking. Until version 0.1 it
 * was called `tl`, and browsers may still hold that one.
 */
import type { Json } from './event.js'

/** What is read of a request of Fastify or Express, of node:http, or of the web's `Request` (Next, SvelteKit, Hono). */
export interface ContextRequest {
  headers: Record<string, string | string[] | undefined> | WebHeaders
  method?: string | undefined
  url?: string | undefined
  originalUrl?: string | undefined
  protocol?: string | undefined
  host?: string | undefined
  hostname?: string | undefined
  ip?: string | undefined
  /** Fastify's. */
  raw?: unknown
  socket?: { remoteAddress?: string | undefined } | undefined
}

/** The web's `Headers`. */
export interface WebHeaders {
  get: (name: string) => string | null
}

export interface RequestContext {
  /** Absent for a browser without the cookie: give a userId then, or send nothing. */
  anonymousId?: string
  context: Json
}

const oldCookieName = 'tl'
/** As in the browser SDK: after this pause its next page begins another session. */
const sessionIdleMs = 30 * 60_000

/**
 * Spread it into a call: `touchline.track({ ...touchlineContext(request), userId, event: 'Order Completed' })`.
 * Behind a proxy, turn on the framework's `trustProxy` (Fastify) or `trust proxy` (Express), or ip, protocol and
 * host are the proxy's.
 */
export function touchlineContext(
  request: ContextRequest,
  { cookieName = 'touchline', now = Date.now() }: ContextOptions = {},
): RequestContext {
  const visitor = visitorIn(header(request, 'cookie') ?? '', [cookieName, oldCookieName])
  const context: Json = {}
  const ip = request.ip ?? request.socket?.remoteAddress
  if (ip !== undefined) context['ip'] = ip
  const userAgent = header(request, 'user-agent')
  if (userAgent !== undefined) context['userAgent'] = userAgent
  const [locale] = header(request, 'accept-language')?.split(/[,;]/) ?? []
  if (locale !== undefined && locale !== '' && locale !== '*') context['locale'] = locale.trim()
  const page = pageOf(request)
  if (page !== undefined) context['page'] = page
  if (visitor === undefined) return { context }
  const { anonymousId, sessionId, lastSeen } = visitor
  if (sessionId !== undefined && now - lastSeen < sessionIdleMs) context['sessionId'] = sessionId
  return { anonymousId, context }
}

export interface ContextOptions {
  /** The tag's `data-cookie-name`, where it has one. Default `touchline`. */
  cookieName?: string | undefined
  /** Milliseconds; the present moment by default. */
  now?: number | undefined
}

interface Visitor {
  anonymousId: string
  sessionId: string | undefined
  lastSeen: number
}

/** The first cookie of the first of these names that the browser SDK wrote; others may use the name too. */
function visitorIn(cookies: string, names: readonly string[]): Visitor | undefined {
  const pairs = cookies.split(';').map((pair) => pair.trim())
  const ours = names
    .flatMap((name) => pairs.filter((pair) => pair.startsWith(`${name}=`)))
    .map((pair) => fieldsOf(pair.slice(pair.indexOf('=') + 1)))
    .find((fields) => isId(fields['anonymousId']) || fields['choice'] === 'no')
  const { anonymousId, sessionId, lastSeen, choice } = ours ?? {}
  if (!isId(anonymousId) || choice === 'no') return undefined
  return {
    anonymousId,
    sessionId: isId(sessionId) ? sessionId : undefined,
    lastSeen: Number(lastSeen),
  }
}

const isId = (value: unknown): value is string => typeof value === 'string' && value !== ''

function fieldsOf(cookie: string): Json {
  try {
    const visitor: unknown = JSON.parse(decodeURIComponent(cookie))
    return typeof visitor === 'object' && visitor !== null ? (visitor as Json) : {}
  } catch {
    return {}
  }
}

/**
 * The page that the person sees: the request's own address where it asks for a page, else the page that made the
 * request, which the browser names as referrer.
 */
function pageOf(request: ContextRequest): Json | undefined {
  const referrer = header(request, 'referer')
  const own = isForPage(request) ? ownAddress(request) : undefined
  const address = own ?? referrer
  if (address === undefined || !URL.canParse(address)) return undefined
  const { href, pathname, search } = new URL(address)
  return {
    url: href,
    path: pathname,
    search,
    ...(own !== undefined && referrer !== undefined ? { referrer } : {}),
  }
}

function isForPage(request: ContextRequest): boolean {
  if (request.method !== 'GET') return false
  const destination = header(request, 'sec-fetch-dest')
  if (destination !== undefined) return destination === 'document'
  return header(request, 'accept')?.includes('text/html') === true
}

function ownAddress(request: ContextRequest): string | undefined {
  // The web's Request says its whole address.
  if (isWeb(request.headers)) return request.url
  const host = hostOf(request)
  const path = request.originalUrl ?? request.url
  return host === undefined || path === undefined
    ? undefined
    : `${request.protocol ?? 'http'}://${host}${path}`
}

function hostOf(request: ContextRequest): string | undefined {
  const sent = header(request, 'host')
  // Fastify's host is what its trustProxy says, with the port.
  if (request.raw !== undefined) return request.host ?? request.hostname ?? sent
  // Express says so in hostname, without the port; its host warns of deprecation in version 4.
  return sent?.split(':')[0] === request.hostname ? sent : (request.hostname ?? sent)
}

const isWeb = (headers: ContextRequest['headers']): headers is WebHeaders => typeof headers.get === 'function'

function header({ headers }: ContextRequest, name: string): string | undefined {
  if (isWeb(headers)) return headers.get(name) ?? undefined
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
