/**
 * The HTTP server before any route: request ids, sizes, time limits, proxies, and the one door by which
 * errors leave.
 */
import helmet from '@fastify/helmet'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import { limits } from '@touchline/schemas'
import type { Logger } from '../logger.js'
import { answerError, answerNotFound } from './answers.js'

interface HttpServerOptions {
  logger: Logger
  /** Addresses or ranges of proxies whose X-Forwarded-For is believed. */
  trustProxy?: readonly string[] | undefined
}

// A slow client may hold a connection, not a request: headers and body must be there within these.
const requestTimeoutMs = 30_000
const connectionTimeoutMs = 60_000

export async function createHttpServer({ logger, trustProxy }: HttpServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // A line per request would cost more than the request; errors are logged by their door.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytes,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: connectionTimeoutMs,
    trustProxy: trustProxy === undefined ? false : [...trustProxy],
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 2_000 },
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  })
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply))
  app.setNotFoundHandler(answerNotFound)
  // Answers are JSON for other origins' pages; a route that serves a page of ours (docs) loosens this for itself.
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    // Says nothing about the operator's TLS: that is the proxy's to promise.
    strictTransportSecurity: false,
  })
  return app
}
