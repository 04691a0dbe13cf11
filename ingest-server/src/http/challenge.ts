/**
 * What a 401 asks for (RFC 9110 §11.6.1). A browser that opens an address of the API gets its own login prompt; a
 * page's fetch does not, for there the prompt would come in front of the page that asks for the key itself.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { bearerChallenge, toTouchlineError } from './answers.js'
import { explorerHeader } from '@touchline/schemas/api'
import { errorTable } from '../errors.js'
import { hasSessionCookie } from './explorer/cookie.js'

const login = 'Basic realm="Touchline (user name: the secret key, no password)", charset="UTF-8"'

export function challenge(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (errorTable[toTouchlineError(error).code].status !== 401) return
  void reply.header(
    'www-authenticate',
    isNavigation(request) && !isOfExplorer(request) ? login : bearerChallenge,
  )
}

/** Its pages ask for the key themselves: the browser's own prompt must not come in front of them. */
const isOfExplorer = (request: FastifyRequest) =>
  hasSessionCookie(request) ||
  request.headers[explorerHeader] !== undefined ||
  request.headers['sec-fetch-site'] === 'same-origin'

/** By Sec-Fetch-Mode; over plain http a browser does not send it, and the Accept header decides. */
function isNavigation({ method, headers }: FastifyRequest): boolean {
  if (method !== 'GET' || headers['x-requested-with'] !== undefined) return false
  const mode = headers['sec-fetch-mode']
  return mode === undefined ? headers.accept?.includes('text/html') === true : mode === 'navigate'
}
