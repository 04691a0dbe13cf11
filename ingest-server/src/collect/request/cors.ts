/**
 * Cross-origin answers. Every answer to a browser carries them, errors too, or the page could not read why.
 * A preflight names the headers that were asked for: `*` does not cover `authorization`.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'

const preflightSeconds = 86_400
const exposed = 'Retry-After, X-Request-Id'
const headerNames = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:\s*,\s*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*$/
const maxAskedLength = 1_000

/** For an onRequest hook: names the origin that may read the answer. Which origin may write is for the key to say. */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers
  if (origin === undefined) return
  void reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': exposed,
    vary: 'Origin',
  })
}

/** Answers a preflight; it may be kept for a day. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asked = request.headers['access-control-request-headers']
  const echoed =
    asked !== undefined && asked.length <= maxAskedLength && headerNames.test(asked) ? `, ${asked}` : ''
  return reply
    .headers({
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': `authorization, content-type, x-write-key${echoed}`,
      'access-control-max-age': String(preflightSeconds),
      vary: 'Origin, Access-Control-Request-Headers',
    })
    .code(204)
    .send()
}
