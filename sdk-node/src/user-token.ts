/**
 * Signed identity: a token by which the customer's server tells Touchline who is using the browser. Written with
 * Node's own crypto: a JWT is two JSON texts and an HMAC.
 */
import { createHmac } from 'node:crypto'
import { isGiven, isRounded, type Id } from './id.js'

export interface UserTokenOptions {
  /** Signing key of the project, `sg_…` (`touchline keys create --kind signing`). Never for a browser. */
  secret: string
  /** Id of the project; `default` unless you made others. */
  project?: string | undefined
  userId: Id
  /** Only this address may be claimed for the user. */
  email?: string | undefined
  /** A former user id of the same user: what makes an `alias` from the browser count. */
  previousId?: Id | undefined
  /** Accounts that the user is in: what a `group` from the browser says of any other stays unverified. */
  accounts?: readonly { id: Id; role?: string | undefined }[] | undefined
  /** An hour if absent. Events that happened before the end are taken up to 12 hours later. */
  expiresInSeconds?: number | undefined
  clock?: (() => number) | undefined
}

const defaultExpiresInSeconds = 3_600
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = base64url({ alg: 'HS256', typ: 'JWT' })

/** A `userToken` for the browser SDK's option of that name, or for an event. */
export function mintUserToken(options: UserTokenOptions): string {
  const { secret, project = 'default', userId, email, previousId, clock = Date.now } = options
  if (typeof secret !== 'string' || secret.length < 32) {
    throw new TypeError('mintUserToken: secret must be a signing key of at least 32 characters.')
  }
  if (!isGiven(userId)) throw new TypeError('mintUserToken: userId is missing.')
  if (isRounded(userId) || isRounded(previousId)) {
    throw new TypeError('mintUserToken: an id is a number beyond 2^53; give it as text or BigInt.')
  }
  const nowSeconds = Math.floor(clock() / 1_000)
  const claims = {
    sub: String(userId),
    aud: project,
    iat: nowSeconds,
    exp: nowSeconds + (options.expiresInSeconds ?? defaultExpiresInSeconds),
    email,
    previousId: previousId === undefined ? undefined : String(previousId),
    accounts: options.accounts?.map(({ id, role }) => ({ id: String(id), role })),
  }
  const signed = `${header}.${base64url(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}
