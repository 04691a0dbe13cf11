/**
 * Sessions of the Explorer: a signed token in a cookie, which says project, role and which secret key it was made by.
 *
 *     payload = { p: project, k: fingerprint of the key, r: role, jti, iat, exp }       JWS, HS256
 *     fingerprint = HMAC(base, "fingerprint" + hash of the key)
 *     signing key = HKDF(base, salt: hash of the key)
 *     base        = the secret key of the project `default`, as the settings or DATA_DIR/keys.json say
 *
 * So all processes with the same keys take each other's sessions without a store, and a session ends when its key does:
 * the fingerprint is looked for among the keys in force, and the signature needs the hash of that very key. Neither the
 * file of projects (which has hashes only) nor a leaked default key alone is enough to make one.
 */
import type { FastifyRequest } from 'fastify'
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { decodeJwt, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../clock.js'
import type { Credential, Projects, Role, SecretInForce } from '../../projects/project.js'
import { admit } from '../credentials.js'
import { isHttps, tokensIn } from './cookie.js'
import { createEndedSessions } from './ended.js'

/** Also the longest that the cookie is kept, and that an ended session is remembered. */
export const sessionSeconds = 12 * 3_600

const claimsSchema = z.object({
  p: z.string().max(64),
  k: z.string().length(43),
  r: z.enum(['read', 'admin']),
  jti: z.string().max(64),
  exp: z.number().int(),
})

export interface OpenSession {
  credential: Credential
  role: Role
  id: string
  expiresAtMs: number
}

export interface Sessions {
  /** A token for the holder of that key; undefined where the key is not in force. */
  begin(of: {
    project: string
    keyHash: string
    role: Role
  }): Promise<{ token: string; session: OpenSession } | undefined>
  /** The session that came with the request; undefined where there is none, or none any more. */
  sessionOf(request: FastifyRequest): Promise<OpenSession | undefined>
  /** Makes `readerOf` take the session, where there is one. */
  admit(request: FastifyRequest): Promise<void>
  end(session: OpenSession): Promise<void>
  isHttps(request: FastifyRequest): boolean
}

export interface SessionOptions {
  projects: Projects
  dataDir: string
  /** In the clear: of the project `default`. */
  secretKey: string
  clock: Clock
  publicUrl?: string | undefined
}

export function createSessions({ projects, dataDir, secretKey, clock, publicUrl }: SessionOptions): Sessions {
  const ended = createEndedSessions(dataDir, sessionSeconds * 1_000)
  const fingerprintOf = (hash: string) =>
    createHmac('sha256', secretKey).update(`fingerprint ${hash}`).digest('base64url')
  const signingKeyOf = (hash: string) =>
    new Uint8Array(hkdfSync('sha256', secretKey, hash, 'touchline explorer session', 32))
  const secretsOf = (project: string) => projects.secretsOf?.(project) ?? []

  const isSecure = (request: FastifyRequest) => isHttps(request, publicUrl)

  async function verified(token: string): Promise<OpenSession | undefined> {
    try {
      const stated = claimsSchema.parse(decodeJwt(token))
      const key = secretsOf(stated.p).find(({ hash }) => isSame(fingerprintOf(hash), stated.k))
      if (key === undefined) return undefined
      const { payload } = await jwtVerify(token, signingKeyOf(key.hash), {
        algorithms: ['HS256'],
        currentDate: new Date(clock()),
      })
      const { r, jti, exp } = claimsSchema.parse(payload)
      return ended.has(jti) ? undefined : openOf(key, { role: r, id: jti, expiresAtMs: exp * 1_000 })
    } catch {
      // Whatever is wrong with it, it is no session; why is nobody's business.
      return undefined
    }
  }

  async function sessionOf(request: FastifyRequest): Promise<OpenSession | undefined> {
    for (const token of tokensIn(request, isSecure(request))) {
      const session = await verified(token)
      if (session) return session
    }
    return undefined
  }

  return {
    async begin({ project, keyHash, role }) {
      const key = secretsOf(project).find(({ hash }) => hash === keyHash)
      if (key === undefined) return undefined
      const seconds = Math.floor(clock() / 1_000)
      const id = randomBytes(16).toString('base64url')
      const session = openOf(key, { role, id, expiresAtMs: (seconds + sessionSeconds) * 1_000 })
      const token = await new SignJWT({ p: project, k: fingerprintOf(keyHash), r: session.role })
        .setProtectedHeader({ alg: 'HS256' })
        .setJti(id)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + sessionSeconds)
        .sign(signingKeyOf(keyHash))
      return { token, session }
    },
    sessionOf,
    async admit(request) {
      if (request.headers.authorization !== undefined || request.headers.cookie === undefined) return
      const session = await sessionOf(request)
      if (session) admit(request, session.credential)
    },
    end: ({ id }) => ended.end(id),
    isHttps: isSecure,
  }
}

/** A session never does more than its key, whatever it was made with. */
function openOf(
  key: SecretInForce,
  { role, id, expiresAtMs }: { role: Role; id: string; expiresAtMs: number },
) {
  const least: Role = key.role === 'read' ? 'read' : role
  const credential: Credential = {
    project: key.project,
    kind: 'secret',
    role: least,
    hash: key.hash,
    isSession: true,
  }
  return { credential, role: least, id, expiresAtMs }
}

const isSame = (one: string, other: string) =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
