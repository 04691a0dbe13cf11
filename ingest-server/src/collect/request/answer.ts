/** What a collecting request is answered: 200 with what was taken, refused and noticed. */
import type { FastifyReply } from 'fastify'
import { securityHeaders } from '../../http/server.js'
import { isStopping } from '../../http/stopping.js'
import type { Outcome } from '../accept/accept.js'
import type { Accepted } from './accept-request.js'
import { corsHeadersWithoutOrigin } from './cors.js'

const json = 'application/json; charset=utf-8'
const dropped = '{"success":true,"accepted":0,"rejected":[]}'

/** The headers that every answer of the server has, as Node takes them fastest: names and values in one list. */
const constantHeaders = Object.entries({
  ...securityHeaders,
  ...corsHeadersWithoutOrigin,
  'content-type': json,
}).flat()

/**
 * The plain success, which nearly every answer is, goes to Node by one call: Fastify's way with the same headers costs a
 * tenth of a whole single event. Whatever has an origin, a refusal or a
 * warning takes that way, and what is answered while the server stops.
 */
export function answerAccepted(reply: FastifyReply, accepted: Accepted): FastifyReply {
  const body = textOf(accepted)
  const { outcome } = accepted
  const { request } = reply
  const isPlain = outcome?.rejected.length === 0 && outcome.warnings.length === 0
  if (!isPlain || request.headers.origin !== undefined || isStopping(reply.server))
    return reply.type(json).send(body)
  reply.hijack()
  reply.raw.writeHead(200, [
    ...constantHeaders,
    'x-request-id',
    request.id,
    'content-length',
    String(body.length),
  ])
  reply.raw.end(body)
  return reply
}

/** A write key is not told that an event was of somebody who was erased: anybody could ask so about anybody. */
function textOf({ outcome, kind }: Accepted): string {
  if (outcome === undefined) return dropped
  const { accepted: taken, rejected: all, warnings }: Outcome = outcome
  const rejected = kind === 'secret' ? all : all.filter(({ code }) => code !== 'EVENT_ERASED')
  const accepted = taken + all.length - rejected.length
  const list = rejected.length === 0 ? '[]' : JSON.stringify(rejected)
  const more = warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(warnings)}`
  return `{"success":true,"accepted":${accepted},"rejected":${list}${more}}`
}
