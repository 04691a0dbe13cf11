/**
 * Serves the browser SDK, and prints the snippets that load it.
 *
 *     GET /t.js, /t.lite.js, /t.core.js    the present build; kept five minutes, then asked for by ETag
 *     GET /t.forms.js                      the part of t.js that reads forms; t.js loads it
 *     GET /t.whole.js                      both in one, for tags with integrity
 *     GET /t.debug.js                      the same for developers: it says what becomes of each call
 *     GET /t.<hash>.js, …                  the same by content; never changes, may be kept for ever
 *     GET /v1/c?domain=…&name=…            hands the visitor's own cookie back as one that a server wrote
 */
import accepts from 'accepts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { TouchlineError } from '../errors.js'
import { answerError } from './answers.js'

export type BrowserBuild = 't' | 't.lite' | 't.core' | 't.forms' | 't.whole' | 't.debug'

interface BuiltScript {
  hash: string
  integrity: string
  bodies: { plain: Buffer; gzip: Buffer; br: Buffer }
}

const builds: readonly BrowserBuild[] = ['t', 't.lite', 't.core', 't.forms', 't.whole', 't.debug']
// Both src/http and dist/http stand two folders below the workspace that sdk-browser is a sister of.
const distFolder = new URL('../../../sdk-browser/dist/', import.meta.url)
const freshSeconds = 300
const yearSeconds = 31_536_000
const hashLength = 16

function readScript(name: string): BuiltScript | undefined {
  const path = fileURLToPath(new URL(`${name}.js`, distFolder))
  if (!existsSync(path)) return undefined
  const plain = readFileSync(path)
  return {
    hash: createHash('sha256').update(plain).digest('hex').slice(0, hashLength),
    integrity: `sha384-${createHash('sha384').update(plain).digest('base64')}`,
    bodies: { plain, gzip: gzipSync(plain, { level: 9 }), br: brotliCompressSync(plain) },
  }
}

const known = new Map<string, BuiltScript>()

/** Read once; a build that is not there yet is looked for again. */
function scriptOf(name: string): BuiltScript | undefined {
  const script = known.get(name) ?? readScript(name)
  if (script) known.set(name, script)
  return script
}

export function browserSdkRoutes(): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setErrorHandler((error, request, reply) => answerError(error, request, reply))
    for (const build of builds) app.get(`/${build}.js`, (request, reply) => sendScript(request, reply, build))
    app.get<{ Params: { hash: string } }>('/t.:hash([0-9a-f]+).js', (request, reply) =>
      sendPinned(request, reply, request.params.hash),
    )
    app.get<{ Querystring: AskedCookie }>('/v1/c', (request, reply) =>
      renewCookie(request, reply, request.query),
    )
  }
}

function sendScript(request: FastifyRequest, reply: FastifyReply, build: BrowserBuild): FastifyReply {
  const script = scriptOf(build)
  if (!script) throw new TouchlineError('NOT_FOUND', `${build}.js is not built here: npm run build makes it.`)
  return sendBody(request, reply, script, `public, max-age=${freshSeconds}`)
}

function sendPinned(request: FastifyRequest, reply: FastifyReply, hash: string): FastifyReply {
  const script = builds.map(scriptOf).find((one) => one?.hash === hash)
  if (!script)
    throw new TouchlineError('NOT_FOUND', `No present build of the browser SDK has the hash ${hash}.`)
  return sendBody(request, reply, script, `public, max-age=${yearSeconds}, immutable`)
}

function sendBody(
  request: FastifyRequest,
  reply: FastifyReply,
  { hash, bodies }: BuiltScript,
  cacheControl: string,
): FastifyReply {
  const taken = accepts(request.raw).encoding(['br', 'gzip'])
  const encoding = taken === 'br' || taken === 'gzip' ? taken : 'plain'
  const etag = `W/"${hash}"`
  void reply.headers({
    'access-control-allow-origin': '*',
    'cache-control': cacheControl,
    etag,
    vary: 'Accept-Encoding',
  })
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()
  if (encoding !== 'plain') void reply.header('content-encoding', encoding)
  return reply.type('text/javascript; charset=utf-8').send(bodies[encoding])
}

/** As the SDK calls its cookie where the site says nothing, and as it did until version 0.1. */
const oldName = 'tl'
const defaultNames = ['touchline', oldName]
const nameShape = /^[\w.-]{1,64}$/
/** Nothing is handed back but a visitor: not a session of the site's own that scripts must not read. */
const visitorShape =
  /^%7B%22(?:anonymousId%22%3A%22\w|choice%22%3A%22(?:no|granted)%22)[\w%.!*'()~-]{1,3000}$/
// Chromium grants no cookie more than 400 days.
const cookieSeconds = 34_560_000

interface AskedCookie {
  domain?: unknown
  name?: unknown
}

/**
 * Safari ends what scripts write after seven days, not what the site's own server writes. The answer sets nothing
 * but what the browser itself sent, only for a domain that this server is part of, and only for a page there.
 */
function renewCookie(request: FastifyRequest, reply: FastifyReply, asked: AskedCookie): FastifyReply {
  void reply.headers({ 'cache-control': 'no-store', vary: 'Origin' })
  const domain = typeof asked.domain === 'string' ? asked.domain.toLowerCase() : ''
  const { origin } = request.headers
  const cookies = cookiesOf(request)
  const names =
    typeof asked.name === 'string' ? [asked.name].filter((name) => nameShape.test(name)) : defaultNames
  const visitor = cookies.find(({ name, value }) => names.includes(name) && visitorShape.test(value))
  const isOurs =
    isWithin(request.hostname, domain) && (origin === undefined || isWithin(hostOf(origin), domain))
  if (isOurs && origin !== undefined)
    void reply.headers({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' })
  if (!isOurs || visitor === undefined) return reply.code(204).send()
  void reply.header('set-cookie', serverCookie(`${visitor.name}_server`, visitor.value, domain, request))
  // Who agreed or refused by the new name has nothing left under the old one.
  if (visitor.name !== oldName && cookies.some(({ name }) => name === `${oldName}_server`))
    void reply.header('set-cookie', serverCookie(`${oldName}_server`, '', domain, request))
  return reply.code(204).send()
}

function cookiesOf({ headers }: FastifyRequest): { name: string; value: string }[] {
  return (headers.cookie ?? '').split(/;\s*/).map((pair) => {
    const at = pair.indexOf('=')
    return { name: pair.slice(0, Math.max(at, 0)), value: pair.slice(at + 1) }
  })
}

/** An empty value ends the cookie. */
function serverCookie(
  name: string,
  value: string,
  domain: string,
  { hostname, protocol }: FastifyRequest,
): string {
  // Where the domain is the host itself, an address or localhost, naming it would refuse the cookie in some browsers.
  const where = domain === hostname ? '' : `; Domain=${domain}`
  const secure = protocol === 'https' ? '; Secure' : ''
  const seconds = value === '' ? 0 : cookieSeconds
  return `${name}=${value}${where}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}`
}

const domainShape = /^[a-z0-9.-]{1,253}$/
const isWithin = (host: string, domain: string) =>
  domainShape.test(domain) && (host === domain || (domain.includes('.') && host.endsWith(`.${domain}`)))

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}

export interface TagOptions {
  /** Where browsers reach this server. */
  host: string
  writeKey: string
  build?: BrowserBuild
  /** Options of the SDK by their attribute names, without `data-`: `{ 'link-domains': 'example.org' }`. */
  options?: Readonly<Record<string, string>>
}

/**
 * What to paste: the stub, which keeps calls until the SDK is there, and the tag, always the present build. `async`, so
 * that a server that is down holds up no page.
 */
export function plainSnippet(tag: TagOptions): string {
  return `${inlineStub()}<script async src="${escaped(`${tag.host}/${tag.build ?? 't'}.js`)}"${attributesOf(tag)}></script>`
}

/**
 * The snippet that runs exactly this build or nothing, so that nothing is loaded later that no hash vouches for; undefined
 * where none is built. It has to be changed when the server is.
 */
export function pinnedSnippet(tag: TagOptions): string | undefined {
  const script = scriptOf(tag.build ?? 't.whole')
  if (!script) return undefined
  const src = escaped(`${tag.host}/t.${script.hash}.js`)
  return `${inlineStub()}<script async src="${src}" integrity="${script.integrity}" crossorigin="anonymous"${attributesOf(tag)}></script>`
}

/** Empty where none is built. */
function inlineStub(): string {
  const path = fileURLToPath(new URL('stub.js', distFolder))
  return existsSync(path) ? `<script>${readFileSync(path, 'utf8').trim()}</script>\n` : ''
}

function attributesOf({ writeKey, options = {} }: TagOptions): string {
  const all = { key: writeKey, ...options }
  return Object.entries(all)
    .map(([name, value]) => ` data-${name}="${escaped(value)}"`)
    .join('')
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
