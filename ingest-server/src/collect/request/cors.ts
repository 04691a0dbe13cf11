/**
 * Cross-origin answers. Every answer to a browser carries them, errors too, or the page could not read why. Which
 * origin may read is any; which may write is for the key to say. A preflight may be kept for a day and echoes the
 * headers that were asked for, since `*` does not cover `authorization`.
 */
import fastifyCors from '@fastify/cors'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const preflightSeconds = 86_400
const headerNames = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:\s*,\s*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*$/
const maxAskedLength = 1_000
const asked = 'access-control-request-headers'
const exposed = 'Retry-After, X-Request-Id'

/** What the plugin adds to an answer whose request names no origin, for answers that go past it. */
export const corsHeadersWithoutOrigin = { vary: 'Origin', 'access-control-expose-headers': exposed }

/** For the paths that `app` has, and no other: register it before its routes. */
export async function allowOrigins(app: FastifyInstance): Promise<void> {
  app.addHook('onRoute', (route) => {
    // The plugin's own `OPTIONS *` would answer preflights of the whole server.
    if (route.url === '*') Object.assign(route, { config: { ...route.config, cors: false } })
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.method === 'OPTIONS') dropWhatIsNoHeaderName(request)
    done()
  })
  await app.register(fastifyCors, {
    origin: true,
    methods: 'GET, POST, OPTIONS',
    exposedHeaders: exposed,
    maxAge: preflightSeconds,
    // A client that asks what a path takes, without being a browser, is told too.
    strictPreflight: false,
  })
}

/** The plugin echoes what was asked for as it is. */
function dropWhatIsNoHeaderName(request: FastifyRequest): void {
  const names = request.headers[asked]
  if (typeof names !== 'string' || (names.length <= maxAskedLength && headerNames.test(names))) return
  request.raw.headers[asked] = undefined
}
