/**
 * Which key a request carries, and what it opens. A key may stand in any of
 *
 *     Authorization: Basic base64(key ":")      what Segment's and RudderStack's SDKs send
 *     Authorization: Bearer key
 *     X-Write-Key: key
 *     ?writeKey=key
 *     { "writeKey": "key" }                     in the body, the only place for a request without preflight
 *
 * The first of these that is known counts: a Basic header may belong to a proxy in between.
 */
import type { FastifyRequest } from 'fastify'
import { TouchlineError } from '../errors.js'
import type { KeyHolder, Project, Projects } from './projects.js'

/** The key in an Authorization header: the user name of Basic, or the token of Bearer. */
export function keyInAuthorization(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const scheme = header.slice(0, 6).toLowerCase()
  if (scheme === 'basic ') {
    const pair = Buffer.from(header.slice(6), 'base64').toString('utf8')
    const colon = pair.indexOf(':')
    return filled(colon === -1 ? pair : pair.slice(0, colon))
  }
  return scheme === 'bearer' ? filled(header.slice(7)) : undefined
}

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

/** The first known holder among `keys`. */
export function firstHolder(projects: Projects, keys: readonly string[]): KeyHolder | undefined {
  for (const key of keys) {
    const holder = projects.holderOf(key)
    if (holder) return holder
  }
  return undefined
}

/**
 * Who may write with what came: headers and address first, then the body's own key.
 * Throws KEY_MISSING, KEY_UNKNOWN, SECRET_KEY_IN_BROWSER or ORIGIN_NOT_ALLOWED.
 */
export function writerOf(request: FastifyRequest, projects: Projects, bodyKey: unknown): KeyHolder {
  const keys = keysIn(request)
  const inBody = filled(bodyKey)
  if (inBody !== undefined) keys.push(inBody)
  if (keys.length === 0) throw new TouchlineError('KEY_MISSING')
  const holder = firstHolder(projects, keys)
  if (!holder) throw new TouchlineError('KEY_UNKNOWN')
  checkOrigin(holder, request.headers.origin)
  return holder
}

/** Throws where a browser (it sends an Origin) may not use the key. */
export function checkOrigin(holder: KeyHolder, origin: string | undefined): void {
  if (origin === undefined) return
  if (holder.kind === 'secret') throw new TouchlineError('SECRET_KEY_IN_BROWSER')
  if (!isAllowedOrigin(holder.project, origin)) throw new TouchlineError('ORIGIN_NOT_ALLOWED')
}

/** Origins match whole: scheme, host and port, or any host below `*.`. */
export function isAllowedOrigin(project: Project, origin: string): boolean {
  if (project.origins === undefined) return true
  const asked = origin.toLowerCase()
  return project.origins.some((allowed) => {
    const wanted = allowed.toLowerCase()
    const star = wanted.indexOf('://*.')
    if (star === -1) return asked === wanted
    const scheme = wanted.slice(0, star + 3)
    const suffix = wanted.slice(star + 4)
    return asked.startsWith(scheme) && asked.endsWith(suffix) && asked.length > scheme.length + suffix.length
  })
}

/**
 * Who may read and administer: the holder of a secret key, as Basic `key:` or Bearer.
 * Throws KEY_MISSING or KEY_UNKNOWN; a write key counts as unknown here.
 */
export function readerOf(request: FastifyRequest, projects: Projects): KeyHolder {
  const key = keyInAuthorization(request.headers.authorization)
  if (key === undefined)
    throw new TouchlineError('KEY_MISSING', 'Reading needs a secret key, as Bearer or as Basic "key:".')
  const holder = projects.holderOf(key)
  if (holder?.kind !== 'secret')
    throw new TouchlineError('KEY_UNKNOWN', 'The key is not a secret key of any project.')
  return holder
}
