/**
 * Which key a request carries, and what it opens. A key may stand in any of
 *
 *     Authorization: Basic base64(key ":")      what Segment's and RudderStack's SDKs send
 *     Authorization: Bearer key
 *     Authorization: key                        also Basic without base64, as people write it by hand
 *     X-Write-Key: key
 *     ?writeKey=key
 *     { "writeKey": "key" }                     in the body, the only place for a request without preflight
 *
 * The first of these that is known counts: a Basic header may belong to a proxy in between.
 */
import type { FastifyRequest } from 'fastify'
import { TouchlineError } from '../errors.js'
import { mayComeFrom } from '../projects/key-binding.js'
import { hasSessionCookie } from './explorer/cookie.js'
import type { Credential, Projects } from '../projects/project.js'
import { explorerHeader } from '@touchline/schemas/api'

/** The key in an Authorization header: the user name of Basic or, where that is none, its password; or the token of Bearer. */
export function keyInAuthorization(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const scheme = header.slice(0, 6).toLowerCase()
  if (keyShape.test(header)) return header.trim().replace(/:$/, '')
  if (scheme === 'basic ') {
    const written = header.slice(6).trim()
    if (keyShape.test(written)) return written.replace(/:$/, '')
    const pair = Buffer.from(written, 'base64').toString('utf8')
    const colon = pair.indexOf(':')
    if (colon === -1) return filled(pair)
    const [name, password] = [pair.slice(0, colon), pair.slice(colon + 1)]
    // A login prompt has two fields, and shows nobody which of them is for the key.
    return keyShape.test(password) && !keyShape.test(name)
      ? filled(password)
      : (filled(name) ?? filled(password))
  }
  return scheme === 'bearer' ? filled(header.slice(7)) : undefined
}

// Keys that Touchline makes have a "_", which base64 has not.
const keyShape = /^\s*(?:wk|sk)_[\w-]+:?\s*$/

const filled = (text: unknown) => (typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined)

/** Every key that came with the headers and the address, in the order in which they count. */
export function keysIn(request: FastifyRequest): string[] {
  const keys: string[] = []
  const authorized = keyInAuthorization(request.headers.authorization)
  if (authorized !== undefined) keys.push(authorized)
  const named = filled(request.headers['x-write-key'])
  if (named !== undefined) keys.push(named)
  const asked = filled((request.query as { writeKey?: unknown } | undefined)?.writeKey)
  if (asked !== undefined) keys.push(asked)
  return keys
}

/** The first known credential among `keys`. */
export function firstCredential(projects: Projects, keys: readonly string[]): Credential | undefined {
  for (const key of keys) {
    const credential = projects.credentialOf(key)
    if (credential) return credential
  }
  return undefined
}

/**
 * Who may write with what came: headers and address first, then the body's own key.
 * Throws KEY_MISSING, KEY_UNKNOWN, SECRET_KEY_IN_BROWSER or ORIGIN_NOT_ALLOWED.
 */
export function writerOf(request: FastifyRequest, projects: Projects, bodyKey: unknown): Credential {
  const keys = keysIn(request)
  const inBody = filled(bodyKey)
  if (inBody !== undefined) keys.push(inBody)
  if (keys.length === 0) throw new TouchlineError('KEY_MISSING')
  const credential = firstCredential(projects, keys)
  if (!credential) throw new TouchlineError('KEY_UNKNOWN')
  checkOrigin(request, credential)
  return credential
}

/**
 * Who may write by what stands in headers and address alone, before anything of the body is read; undefined where no key
 * there is known. Throws SECRET_KEY_IN_BROWSER or ORIGIN_NOT_ALLOWED.
 */
export function writerInHead(request: FastifyRequest, projects: Projects): Credential | undefined {
  const credential = firstCredential(projects, keysIn(request))
  if (credential) checkOrigin(request, credential)
  return credential
}

const keyInText = /"writeKey"\s*:\s*"([^"\\]{1,200})"/g
/** A body has one key; events of a batch may repeat it. */
const maxKeysInText = 20

/**
 * Throws KEY_MISSING or KEY_UNKNOWN where the text of a body, whose request has no known key elsewhere, holds none either:
 * looking for one costs a hundredth of parsing. A key is found as SDKs write it, without escapes in name or key.
 */
export function requireKeyInText(request: FastifyRequest, projects: Projects, text: string): void {
  const keys = new Set<string>()
  for (const [, key = ''] of text.matchAll(keyInText)) {
    if (keys.has(key)) continue
    if (projects.credentialOf(key.trim())) return
    if (keys.add(key).size === maxKeysInText) break
  }
  throw new TouchlineError(keys.size + keysIn(request).length === 0 ? 'KEY_MISSING' : 'KEY_UNKNOWN')
}

/** Throws where a key that only reads would write, or where a browser (it sends an Origin) may not use the key. */
export function checkOrigin(request: FastifyRequest, credential: Credential): void {
  if (credential.role === 'read') throw new TouchlineError('ROLE_READ_ONLY')
  const { origin } = request.headers
  if (origin === undefined) return
  if (credential.kind === 'secret') throw secretInBrowser(request, credential)
  if (!mayComeFrom(credential, origin)) throw new TouchlineError('ORIGIN_NOT_ALLOWED')
}

// Holders are made anew whenever keys are read, so a leaked key is reported again after each change, not per request.
const reported = new WeakSet<Credential>()

function secretInBrowser(request: FastifyRequest, credential: Credential): TouchlineError {
  if (!reported.has(credential)) {
    reported.add(credential)
    const { origin } = request.headers
    request.log.error(
      { requestId: request.id, project: credential.project.id, keyId: credential.key?.id, origin },
      'A secret key came from a browser, so it stands in a page: rotate it (touchline keys rotate)',
    )
  }
  return new TouchlineError('SECRET_KEY_IN_BROWSER')
}

const admitted = new WeakMap<FastifyRequest, Credential>()

/** No page of another site or host sent it, as far as the browser says. */
export const comesFromHere = (request: FastifyRequest): boolean => isOwnPage(request) && isFromHere(request)

/** From now on `readerOf` answers this for the request: it came with the cookie of the Explorer (explorer/sessions.ts). */
export function admit(request: FastifyRequest, credential: Credential): void {
  if (comesFromHere(request)) admitted.set(request, credential)
}

/** By what the browser says of itself, which pages cannot change: `none` is an address that was typed or kept. */
function isFromHere({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' || site === 'none'
}

/**
 * Throws where what was asked for is more than the credential may: ROLE_READ_ONLY, or NOT_FROM_EXPLORER for anything but
 * a GET that came with the cookie and not from a page of the Explorer. A cookie comes along whoever sends the request.
 */
export function requireMay(request: FastifyRequest, { role, isSession }: Credential): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  if (isSession === true && !isExplorerPage(request))
    throw new TouchlineError(
      'NOT_FROM_EXPLORER',
      'With the cookie this needs `Sec-Fetch-Site: same-origin`, which browsers send over https and on this ' +
        `machine, and \`${explorerHeader}: 1\`. Programs send the secret key instead.`,
    )
  if (role === 'read' && !onlyReads(request)) throw new TouchlineError('ROLE_READ_ONLY')
}

/** A preview is written as the change that it looks at, with `preview=1`. */
function onlyReads({ routeOptions: { config }, query }: FastifyRequest): boolean {
  const { preview } = (query ?? {}) as { preview?: unknown }
  return (
    config.onlyReads === true || (config.onlyReads === 'preview' && (preview === '1' || preview === 'true'))
  )
}

const isExplorerPage = ({ headers }: FastifyRequest) =>
  headers['sec-fetch-site'] === 'same-origin' && headers[explorerHeader] === '1'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A POST that asks and changes nothing; `preview`: where its query says preview=1. */
    onlyReads?: boolean | 'preview'
  }
}

/**
 * Who may read and administer: the credential of a secret key, as Basic `key:` or Bearer, or of a session.
 * Throws KEY_MISSING, SECRET_KEY_IN_BROWSER or KEY_UNKNOWN; a write key counts as unknown here. SESSION_ENDED where
 * the cookie of the Explorer came alone and is good no more.
 */
export function readerOf(request: FastifyRequest, projects: Projects): Credential {
  const session = admitted.get(request)
  if (session !== undefined) return session
  const key = keyInAuthorization(request.headers.authorization)
  if (key === undefined && hasSessionCookie(request)) throw new TouchlineError('SESSION_ENDED')
  if (key === undefined)
    throw new TouchlineError('KEY_MISSING', 'Reading needs a secret key, as Bearer or as Basic "key:".')
  const credential = projects.credentialOf(key)
  if (credential?.kind === 'write')
    throw new TouchlineError('KEY_UNKNOWN', 'This is a write key; reading needs a secret key.')
  if (credential === undefined)
    throw new TouchlineError('KEY_UNKNOWN', 'The key is not a secret key of any project.')
  if (!isOwnPage(request)) throw secretInBrowser(request, credential)
  return credential
}

/** No browser, or a page of this very server (its API documentation, which people try out). */
function isOwnPage({ headers: { origin, host } }: FastifyRequest): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
