/**
 * Signed identity: a `userToken` is a JWT by which the customer's server says who is using the browser.
 *
 *     { "sub": userId, "aud": project id, "exp": seconds, "email"?: address, "previousId"?: userId,
 *       "accounts"?: [{ "id": groupId, "role"?: text }], "nbf"?, "iss"? }
 *
 * HS256 with a signing secret of the project, or RS/PS/ES/EdDSA with a public key or a JWKS. It stands as
 * `userToken` or `context.userToken` of an event, or of the batch, and is taken out before anything else is
 * looked at: neither the log nor rejected_events ever holds one.
 */
import { createPublicKey, createHash, type KeyObject } from 'node:crypto'
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet } from 'jose'
import QuickLRU from 'quick-lru'
import { emailFrom, idFrom } from '@touchline/schemas'
import { TouchlineError } from '../../errors.js'
import type { Project, SigningRules } from '../../projects/project.js'
import { isObject, type Json } from '../read/read-event.js'

export interface TokenClaims {
  userId: string
  email: string | undefined
  /** A former user id that the customer's server says is the same user: only this makes an alias verified. */
  previousId: string | undefined
  /** Accounts that the customer's server says the user is in, by id, with the role there ('' where none is named). */
  accounts: ReadonlyMap<string, string>
  notBeforeMs: number
  expiresAtMs: number
}

/** What became of a token; an event whose token is no good is judged as one without. */
export type TokenVerdict = TokenClaims | 'invalid'

/** Public keys of an identity provider by URL: what was read last, and a privacySignal for a newer set. */
export interface KeySets {
  /** Undefined until the set was read for the first time. */
  get(url: string): JSONWebKeySet | undefined
  /** A token named a key that the set lacks. True where the set is now being read again. */
  refresh(url: string): boolean
}

const maxTokenLength = 4_096
/** A page's queue holds one user's events, a relay's a few; each distinct token costs a signature check. */
const maxTokensPerRequest = 100
const maxRemembered = 5_000

const hmacAlgorithms = ['HS256']
const publicAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]

/** Where tokens stand by mistake: they are taken out, and count for nothing. */
const misplaced = ['properties', 'traits'] as const

const holdsToken = (part: unknown): part is Json => isObject(part) && 'userToken' in part

export const carriesToken = (event: Json): boolean =>
  'userToken' in event || holdsToken(event.context) || misplaced.some((name) => holdsToken(event[name]))

/** The token that an event carries, and the event without it; the same object where it carries none. */
export function takeToken(event: Json): { event: Json; token: unknown } {
  if (!carriesToken(event)) return { event, token: undefined }
  const { userToken: own, ...rest } = event
  for (const name of misplaced) if (holdsToken(rest[name])) rest[name] = withoutToken(rest[name])
  const { context } = rest
  if (!holdsToken(context)) return { event: rest, token: own }
  return { event: { ...rest, context: withoutToken(context) }, token: own ?? context.userToken }
}

function withoutToken({ userToken: _token, ...rest }: Json): Json {
  return rest
}

export type VerifyTokens = (
  tokens: readonly unknown[],
  project: Project,
) => Promise<readonly (TokenVerdict | undefined)[]>

/**
 * Checks signatures and audience; whether a token was in force when its event happened is `isInForce`.
 * Rejects with KEYS_UNREADABLE while the public keys that would decide are not there yet.
 */
export function createTokenVerifier(keySets: KeySets): VerifyTokens {
  // By project as it stands: when its keys change it is another object, and nothing remembered holds.
  const remembered = new WeakMap<Project, QuickLRU<string, TokenVerdict>>()

  async function verdictOf(token: string, project: Project): Promise<TokenVerdict> {
    let known = remembered.get(project)
    if (!known) remembered.set(project, (known = new QuickLRU({ maxSize: maxRemembered })))
    const digest = createHash('sha256').update(token).digest('base64')
    const before = known.get(digest)
    if (before !== undefined) return before
    const verdict = await verify(token, project, keySets)
    known.set(digest, verdict)
    return verdict
  }

  return async (tokens, project) => {
    const distinct = new Map<unknown, TokenVerdict | undefined>([[undefined, undefined]])
    for (const token of tokens) {
      if (distinct.has(token)) continue
      if (distinct.size > maxTokensPerRequest)
        throw new TouchlineError(
          'BODY_TOO_LARGE',
          `More than ${maxTokensPerRequest} different userTokens in one batch. Send smaller batches, or use a secret key.`,
        )
      const isPlausible = typeof token === 'string' && token.length <= maxTokenLength
      distinct.set(
        token,
        token === null ? undefined : isPlausible ? await verdictOf(token, project) : 'invalid',
      )
    }
    return tokens.map((token) => distinct.get(token))
  }
}

/** How far the signer's clock may be off. */
const leewayMs = 60_000
/** How long a browser's queue may hold an event whose token has ended meanwhile. */
const queueAgeMs = 12 * 3_600_000

/**
 * True where the token was in force when the event happened. An event may come late, out of a queue, and
 * say so by its times; more than 12 hours are not believed, for the times are the client's own.
 */
export function isInForce(claims: TokenClaims, occurredAtMs: number, receivedAtMs: number): boolean {
  const atMs = Math.min(receivedAtMs, Math.max(occurredAtMs, receivedAtMs - queueAgeMs))
  return claims.expiresAtMs > atMs - leewayMs && claims.notBeforeMs <= receivedAtMs + leewayMs
}

async function verify(token: string, project: Project, keySets: KeySets): Promise<TokenVerdict> {
  const { signing } = project
  if (signing === undefined) return 'invalid'
  let algorithm: string | undefined
  try {
    algorithm = decodeProtectedHeader(token).alg
  } catch {
    return 'invalid'
  }
  // Which keys are tried follows from the algorithm, so that a public key can never serve as an HMAC secret.
  const payload =
    algorithm !== undefined && hmacAlgorithms.includes(algorithm)
      ? await firstVerified(token, secretsOf(signing), hmacAlgorithms)
      : ((await firstVerified(token, publicKeysOf(signing), publicAlgorithms)) ??
        (await verifiedBySet(token, signing, keySets)))
  return payload === undefined ? 'invalid' : claimsIn(payload, project, signing)
}

async function firstVerified(token: string, keys: readonly (Uint8Array | KeyObject)[], algorithms: string[]) {
  for (const key of keys) {
    try {
      return (await compactVerify(token, key, { algorithms })).payload
    } catch {
      // Not this key's: during a rotation there are two.
    }
  }
  return undefined
}

async function verifiedBySet(token: string, { jwksUrl }: SigningRules, keySets: KeySets) {
  if (jwksUrl === undefined) return undefined
  const keySet = keySets.get(jwksUrl)
  if (keySet === undefined) throw notYetRead()
  try {
    return (await compactVerify(token, createLocalJWKSet(keySet), { algorithms: publicAlgorithms })).payload
  } catch (error) {
    const isUnknownKey = (error as { code?: unknown }).code === 'ERR_JWKS_NO_MATCHING_KEY'
    if (isUnknownKey && keySets.refresh(jwksUrl)) throw notYetRead()
    return undefined
  }
}

const notYetRead = () =>
  new TouchlineError('KEYS_UNREADABLE', 'The keys that check this userToken are being read. Send again.', {
    retryAfterSeconds: 2,
  })

const secretsOf = ({ keys }: SigningRules) =>
  keys.flatMap((key) => ('secret' in key ? [new TextEncoder().encode(key.secret)] : []))

const madeKeys = new WeakMap<object, KeyObject | 'unusable'>()

function publicKeysOf({ keys }: SigningRules): KeyObject[] {
  return keys.flatMap((key) => {
    if (!('publicKey' in key)) return []
    let made = madeKeys.get(key)
    if (made === undefined) {
      made = keyObjectOf(key.publicKey)
      madeKeys.set(key, made)
    }
    return made === 'unusable' ? [] : [made]
  })
}

export function keyObjectOf(publicKey: string | Record<string, unknown>): KeyObject | 'unusable' {
  try {
    return typeof publicKey === 'string'
      ? createPublicKey(publicKey)
      : createPublicKey({ key: publicKey, format: 'jwk' })
  } catch {
    return 'unusable'
  }
}

function claimsIn(payload: Uint8Array, project: Project, signing: SigningRules): TokenVerdict {
  let claims: unknown
  try {
    claims = JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return 'invalid'
  }
  if (!isObject(claims)) return 'invalid'
  const userId = typeof claims.sub === 'string' ? idFrom(claims.sub) : undefined
  const audiences = Array.isArray(claims.aud) ? (claims.aud as unknown[]) : [claims.aud]
  const { exp, nbf, iss } = claims
  if (userId === undefined || !audiences.includes(project.id)) return 'invalid'
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return 'invalid'
  if (nbf !== undefined && typeof nbf !== 'number') return 'invalid'
  if (signing.issuer !== undefined && iss !== signing.issuer) return 'invalid'
  return {
    userId,
    email: emailFrom(claims.email),
    previousId: idFrom(claims.previousId),
    accounts: accountsIn(claims.accounts),
    notBeforeMs: nbf === undefined ? 0 : nbf * 1_000,
    expiresAtMs: exp * 1_000,
  }
}

/** What is not of the form `[{ id, role }]` names no account; the rest of the token holds. */
function accountsIn(named: unknown): ReadonlyMap<string, string> {
  const accounts = new Map<string, string>()
  for (const one of Array.isArray(named) ? (named as unknown[]) : []) {
    const id = isObject(one) ? idFrom(one.id) : undefined
    if (id === undefined) continue
    const role = (one as Json).role
    accounts.set(id, typeof role === 'string' ? role.trim().toLowerCase() : '')
  }
  return accounts
}
