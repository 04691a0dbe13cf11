/**
 * The HTTP server before any route: request ids, sizes, time limits, proxies, and the one door by which
 * errors leave.
 */
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import { limits } from '@touchline/schemas'
import type { Logger } from '../logger.js'
import { answerError, answerNotFound } from './answers.js'
import { answerClientError } from './long-requests.js'
import { stopInTime } from './stopping.js'

interface HttpServerOptions {
  logger: Logger
  /** Addresses or ranges of proxies whose X-Forwarded-For is believed. */
  trustProxy?: readonly string[] | undefined
  /** From the first byte of a request to the last of its body. */
  requestTimeoutMs?: number | undefined
}

// A slow client may hold a connection, not a request: headers and body must be there within these.
const defaultRequestTimeoutMs = 30_000
const connectionTimeoutMs = 60_000
/** Node looks for late requests every 30 s, so that they end after up to twice their limit. */
const lookForLateMs = 1_000

/**
 * Answers are JSON for other origins' pages; a route that serves a page of ours (docs) loosens this for itself.
 * Constants, because the helmet plugin works its headers out anew for each answer, which costs as much as a
 * whole bare request: 35 of 124 µs on a collecting path. HSTS is the proxy's to promise.
 */
export const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** SDKs are given a host with a slash behind it, and put theirs before the path; others end paths with one. */
export const routerOptions = {
  maxParamLength: 2_000,
  ignoreDuplicateSlashes: true,
  ignoreTrailingSlash: true,
}

export function createHttpServer({
  logger,
  trustProxy,
  requestTimeoutMs = defaultRequestTimeoutMs,
}: HttpServerOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // A line per request would cost more than the request; errors are logged by their door.
    logController: new LogController({ disableRequestLogging: true }),
    // Nor has a request a logger of its own: making one costs as much as reading its event. What is logged about
    // a request names its id itself (answers.ts).
    childLoggerFactory: (parent) => parent,
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytes,
    http: {
      connectionsCheckingInterval: lookForLateMs,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
    },
    requestTimeout: requestTimeoutMs,
    clientErrorHandler: answerClientError,
    connectionTimeout: connectionTimeoutMs,
    trustProxy: trustProxy === undefined ? false : [...trustProxy],
    forceCloseConnections: 'idle',
    routerOptions,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  })
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply))
  app.setNotFoundHandler(answerNotFound)
  stopInTime(app)
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(securityHeaders)
    // Before the body is read: of thousands of connections these would fill the memory.
    if (request.is404) answerNotFound(request, reply)
    else done()
  })
  return app
}
