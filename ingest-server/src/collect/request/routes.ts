/** The collecting paths: request → body → events → rows (accept-request.ts) → log → answer. */
import { limits, type EventType } from '@touchline/schemas'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TouchlineError } from '../../errors.js'
import { answerError } from '../../http/answers.js'
import { writerOf } from '../../http/credentials.js'
import { refuseOtherMethods } from '../../http/other-methods.js'
import type { Projects } from '../../projects/project.js'
import type { EventLog } from '../../log/log.js'
import { acceptWith, type AcceptDeps, type Acceptor } from './accept-request.js'
import { answerAccepted } from './answer.js'
import { appendTo } from './append-events.js'
import { allowOrigins } from './cors.js'
import { boundInFlight } from './in-flight.js'
import { readBody } from './read-body.js'
import { rudderSourceConfig, segmentSettings } from './sdk-settings.js'

export interface CollectDeps extends AcceptDeps {
  log: EventLog
  /** Bytes of bodies and lines that may be under way at once; beyond them 503 OVERLOADED. */
  maxInFlightBytes?: number
}

const typeOfPath: Record<string, EventType | undefined> = {
  track: 'track',
  t: 'track',
  identify: 'identify',
  i: 'identify',
  page: 'page',
  p: 'page',
  screen: 'screen',
  s: 'screen',
  group: 'group',
  g: 'group',
  alias: 'alias',
  a: 'alias',
  // Each event of a batch names its own.
  batch: undefined,
  b: undefined,
  import: undefined,
}

const defaultMaxInFlightBytes = 64 * 1024 * 1024
const json = 'application/json; charset=utf-8'
const settingsSeconds = 300

export function collectRoutes(deps: CollectDeps): (app: FastifyInstance) => Promise<void> {
  const { metrics } = deps
  const inFlight = boundInFlight(deps.maxInFlightBytes ?? defaultMaxInFlightBytes)
  const { judgeHead, accept } = acceptWith(deps, inFlight)
  const collect = collectWith(deps, accept)
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (request, _payload, done) => {
      const arrived = (bytes: number) => inFlight.arrived(request, bytes)
      readBody(request.raw, { maxBytes: limits.bodyBytes, arrived }, done)
    })
    app.addHook('onRequest', (request, reply, done) => {
      void reply.header('x-request-id', request.id)
      // The body is JSON whatever it is called; a name that cannot even be read must not refuse it.
      // Not deleted: an object that loses a member is slow to read from then on.
      request.raw.headers['content-type'] = undefined
      done()
    })
    const answered = new Map<number, { inc(): void }>()
    app.addHook('onResponse', (_request, reply, done) => {
      const status = reply.statusCode
      let counter = answered.get(status)
      if (!counter) answered.set(status, (counter = metrics.requests.labels({ status: String(status) })))
      counter.inc()
      done()
    })
    app.setErrorHandler((error, request, reply) => answerError(error, request, reply))
    await allowOrigins(app)
    // After the headers of CORS, or no page could read why.
    app.addHook('onRequest', (request, reply, done) => {
      if (request.method === 'POST') judgeHead(request)
      done(inFlight.admit(request, reply))
    })
    const refuseTheRest = refuseOtherMethods(app)

    for (const [path, type] of Object.entries(typeOfPath)) {
      app.options(`/v1/${path}`, preflight)
      app.post(`/v1/${path}`, (request, reply) => collect(request, reply, type))
    }
    // What Segment's SDK says about itself: answered, so that it is content, and dropped.
    app.options('/v1/m', preflight)
    app.post('/v1/m', (_request, reply) => reply.type(json).send('{"success":true}'))
    settingsRoutes(app, deps.projects)
    refuseTheRest()
  }
}

/** A preflight has been answered before its route is reached. */
const preflight = (_request: FastifyRequest, reply: FastifyReply) => reply.code(204).send()

function collectWith(deps: CollectDeps, accept: Acceptor['accept']) {
  const append = appendTo(deps.log, deps.metrics)
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    type: EventType | undefined,
  ): Promise<FastifyReply> => {
    const inOneTurn = accept(request, type)
    const accepted = inOneTurn instanceof Promise ? await inOneTurn : inOneTurn
    if (accepted.outcome !== undefined) await append(accepted.outcome, accepted.project)
    return answerAccepted(reply, accepted)
  }
}

function settingsRoutes(app: FastifyInstance, projects: Projects): void {
  const kept = `public, max-age=${settingsSeconds}`
  app.options('/v1/projects/:writeKey/settings', preflight)
  app.get<{ Params: { writeKey: string } }>('/v1/projects/:writeKey/settings', (request, reply) => {
    const { writeKey } = request.params
    if (projects.credentialOf(writeKey)?.kind !== 'write') throw new TouchlineError('KEY_UNKNOWN')
    const settings = segmentSettings(writeKey, { host: request.host, protocol: request.protocol })
    return reply.header('cache-control', kept).type(json).send(JSON.stringify(settings))
  })
  app.options('/sourceConfig', preflight)
  app.get('/sourceConfig', (request, reply) => {
    const { project } = writerOf(request, projects, undefined)
    const { writeKey } = request.query as { writeKey?: unknown }
    const config = rudderSourceConfig(project.id, typeof writeKey === 'string' ? writeKey : '')
    return reply.type(json).send(JSON.stringify(config))
  })
}
