/** Signing in to the Explorer, by a one-time code or a secret key, and out again (docs/explorer.md). */
import type { FastifyRequest } from 'fastify'
import {
  errorShape,
  errors,
  explorerPathOf,
  sessionAnswer,
  sessionBody,
  signInLinkAnswer,
  signInLinkBody,
  type Session,
  type SessionBody,
} from '@touchline/schemas/api'
import { z } from 'zod'
import { TouchlineError } from '../../errors.js'
import { comesFromHere, readerOf } from '../../http/credentials.js'
import { codeLivesMs, type Codes, type Grant } from '../../http/explorer/codes.js'
import { clearSession, setSession } from '../../http/explorer/cookie.js'
import { sessionSeconds, type OpenSession, type Sessions } from '../../http/explorer/sessions.js'
import { linkOf } from '../../http/explorer/sign-in-link.js'
import { createTries } from '../../http/explorer/tries.js'
import { isLoopbackHost } from '../../http/operator.js'
import { hashOfKey } from '../../projects/projects-file.js'
import type { Api, SessionDeps, TimelineDeps } from '../context.js'
import { zoneOf } from '../zone.js'

const answers = { ...errors, 403: errorShape, 429: errorShape }
const maxBodyBytes = 4_096
const noStore = { 'cache-control': 'no-store', 'cross-origin-resource-policy': 'same-origin' }

/** Outside of what a key opens: who has one asks for a session here. */
export function addSessions(api: Api, deps: TimelineDeps, session: SessionDeps): void {
  addSigningIn(api, deps, session)
  const { sessions } = session
  api.route({
    method: 'GET',
    url: '/ui/session',
    schema: {
      operationId: 'getSession',
      summary: 'Who is signed in to the Explorer',
      tags: ['Explorer'],
      security: [{ session: [] }],
      response: { 200: sessionAnswer, ...answers },
    },
    async handler(request, reply) {
      void reply.headers(noStore)
      const open = comesFromHere(request) ? await sessions.sessionOf(request) : undefined
      if (open === undefined) throw new TouchlineError('SESSION_ENDED')
      return toAnswer(request, open, { deps, session })
    },
  })
  api.route({
    method: 'DELETE',
    url: '/ui/session',
    schema: {
      operationId: 'endSession',
      summary: 'Sign out: the session is good no more, here and in any copy of its cookie',
      tags: ['Explorer'],
      security: [{ session: [] }],
      response: { 204: z.null(), ...answers },
    },
    async handler(request, reply) {
      if (!comesFromHere(request)) throw new TouchlineError('NOT_FROM_EXPLORER')
      const open = await sessions.sessionOf(request)
      if (open) await sessions.end(open)
      clearSession(reply, sessions.isHttps(request))
      return reply.headers(noStore).code(204).send(null)
    },
  })
}

function addSigningIn(api: Api, deps: TimelineDeps, session: SessionDeps): void {
  const { sessions, codes } = session
  const tries = createTries()
  api.route({
    method: 'POST',
    url: '/ui/session',
    bodyLimit: maxBodyBytes,
    schema: {
      operationId: 'signIn',
      summary: 'Sign in to the Explorer by a one-time code or a secret key; sets the cookie of the session',
      description: `Five wrong tries a minute from one address. A session lasts ${sessionSeconds / 3_600} hours, or as long as its key.`,
      tags: ['Explorer'],
      security: [],
      body: sessionBody,
      response: { 200: sessionAnswer, ...answers },
    },
    async handler(request, reply) {
      void reply.headers(noStore)
      if (!comesFromHere(request)) throw new TouchlineError('NOT_FROM_EXPLORER')
      const wasRight = tries.begin(request.ip)
      const grant = await grantOf(request.body, { deps, codes })
      const begun = await sessions.begin(grant)
      if (begun === undefined)
        throw new TouchlineError(
          'CODE_UNKNOWN',
          'The key on whose behalf the code was made is in force no more.',
        )
      wasRight()
      const isSecure = sessions.isHttps(request)
      setSession(reply, { token: begun.token, seconds: sessionSeconds, isSecure })
      return toAnswer(request, begun.session, { deps, session })
    },
  })
}

/** Throws CODE_UNKNOWN or KEY_UNKNOWN. Codes and keys are looked up by their hash. */
async function grantOf(
  body: SessionBody,
  { deps, codes }: { deps: TimelineDeps; codes: Codes },
): Promise<Omit<Grant, 'expiresAt'>> {
  if ('code' in body) {
    const grant = await codes.take(body.code)
    if (grant === undefined) throw new TouchlineError('CODE_UNKNOWN')
    return grant
  }
  const key = body.key.trim()
  const holder = deps.projects.credentialOf(key)
  if (holder?.kind === 'write')
    throw new TouchlineError('KEY_UNKNOWN', 'This is a write key; signing in needs a secret key.')
  if (holder === undefined)
    throw new TouchlineError('KEY_UNKNOWN', 'The key is not a secret key of any project.')
  return { project: holder.project.id, keyHash: hashOfKey(key), role: holder.role ?? 'admin' }
}

function toAnswer(
  request: FastifyRequest,
  { credential: { project }, role, expiresAtMs }: OpenSession,
  { deps, session }: { deps: TimelineDeps; session: SessionDeps },
): Session {
  const writeKey = deps.projects.writeKeyOf?.(project.id) ?? null
  return {
    project: { id: project.id, name: project.name ?? project.id },
    role,
    zone: zoneOf(project),
    currency: project.currency ?? '',
    writeKey,
    publicUrl: session.publicUrl(),
    snippet: writeKey === null ? null : session.snippetOf(writeKey),
    version: session.version,
    expiresAt: new Date(expiresAtMs).toISOString(),
    warnings: warningsOf(request, session.sessions),
  }
}

function warningsOf(request: FastifyRequest, sessions: Sessions): string[] {
  if (sessions.isHttps(request) || isLoopbackHost(request.headers.host)) return []
  return [
    'This connection has no https: whoever is on the way can read what you see and take over your session. ' +
      'Browsers let pages change nothing here either. Put the server behind https (docs/deploying.md).',
  ]
}

/** For whom a key or a session opens: a link that signs a person in, by hand or by a program such as the demo. */
export function addSignInLinks(api: Api, deps: TimelineDeps, { codes, publicUrl }: SessionDeps): void {
  api.route({
    method: 'POST',
    url: '/v1/sign-in-links',
    bodyLimit: maxBodyBytes,
    schema: {
      operationId: 'createSignInLink',
      summary: 'Make a link that signs in to the Explorer, once, within ten minutes',
      tags: ['Explorer'],
      body: signInLinkBody,
      response: { 201: signInLinkAnswer, ...answers },
    },
    async handler(request, reply) {
      const { project, hash } = readerOf(request, deps.projects)
      const { role, to } = request.body
      if (to !== undefined && explorerPathOf(to) === undefined)
        throw new TouchlineError(
          'QUERY_INVALID',
          'to: must be a path of the Explorer, such as /accounts/acme',
        )
      if (hash === undefined) throw new TouchlineError('KEY_UNKNOWN')
      const code = await codes.make({ project: project.id, keyHash: hash, role })
      const expiresAt = new Date(deps.clock() + codeLivesMs).toISOString()
      return reply
        .headers(noStore)
        .code(201)
        .send({ url: linkOf(publicUrl(), code, to), expiresAt })
    },
  })
}
