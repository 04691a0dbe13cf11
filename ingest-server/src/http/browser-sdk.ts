/**
 * Serves the browser SDK, and prints the tags that load it.
 *
 *     GET /t.js, /t.lite.js, /t.core.js    the present build; kept five minutes, then asked for by ETag
 *     GET /t.<hash>.js, …                  the same by content; never changes, may be kept for ever
 *     GET /v1/c?domain=example.com         hands the visitor's own cookie back as one that a server wrote
 */
import accepts from 'accepts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { TouchlineError } from '../errors.js'
import { answerError } from './answers.js'

export type BrowserBuild = 't' | 't.lite' | 't.core'

interface BuiltScript {
  hash: string
  integrity: string
  bodies: { plain: Buffer; gzip: Buffer; br: Buffer }
}

const builds: readonly BrowserBuild[] = ['t', 't.lite', 't.core']
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
    app.get<{ Querystring: { domain?: unknown } }>('/v1/c', (request, reply) =>
      renewCookie(request, reply, request.query.domain),
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

const visitorCookie = /(?:^|;\s*)tl=([\w%.!*'()~-]{2,3000})(?:;|$)/
// Chromium grants no cookie more than 400 days.
const cookieSeconds = 34_560_000

/**
 * Safari ends what scripts write after seven days, not what the site's own server writes. The answer sets nothing
 * but what the browser itself sent, only for a domain that this server is part of, and only for a page there.
 */
function renewCookie(request: FastifyRequest, reply: FastifyReply, asked: unknown): FastifyReply {
  void reply.headers({ 'cache-control': 'no-store', vary: 'Origin' })
  const domain = typeof asked === 'string' ? asked.toLowerCase() : ''
  const { origin } = request.headers
  const value = visitorCookie.exec(request.headers.cookie ?? '')?.[1]
  const isOurs =
    isWithin(request.hostname, domain) && (origin === undefined || isWithin(hostOf(origin), domain))
  if (isOurs && origin !== undefined)
    void reply.headers({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' })
  if (isOurs && value !== undefined) void reply.header('set-cookie', serverCookie(value, domain, request))
  return reply.code(204).send()
}

function serverCookie(value: string, domain: string, { hostname, protocol }: FastifyRequest): string {
  // Where the domain is the host itself, an address or localhost, naming it would refuse the cookie in some browsers.
  const where = domain === hostname ? '' : `; Domain=${domain}`
  const secure = protocol === 'https' ? '; Secure' : ''
  return `tl_server=${value}${where}; Path=/; Max-Age=${cookieSeconds}; SameSite=Lax${secure}`
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

/** The tag to paste: always the present build. `async`, so that a server that is down holds up no page. */
export function plainTag(tag: TagOptions): string {
  return `<script async src="${escaped(`${tag.host}/${tag.build ?? 't'}.js`)}"${attributesOf(tag)}></script>`
}

/** The tag that runs exactly this build or nothing; undefined where none is built. It has to be changed when the server is. */
export function pinnedTag(tag: TagOptions): string | undefined {
  const script = scriptOf(tag.build ?? 't')
  if (!script) return undefined
  const src = escaped(`${tag.host}/t.${script.hash}.js`)
  return `<script async src="${src}" integrity="${script.integrity}" crossorigin="anonymous"${attributesOf(tag)}></script>`
}

/** What keeps calls until the SDK is there; goes before the tag, where a page calls `touchline` while it loads. */
export function inlineStub(): string {
  const path = fileURLToPath(new URL('stub.js', distFolder))
  if (!existsSync(path))
    throw new TouchlineError('NOT_FOUND', 'The browser SDK is not built: npm run build makes it.')
  return `<script>${readFileSync(path, 'utf8').trim()}</script>`
}

function attributesOf({ writeKey, options = {} }: TagOptions): string {
  const all = { key: writeKey, ...options }
  return Object.entries(all)
    .map(([name, value]) => ` data-${name}="${escaped(value)}"`)
    .join('')
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
