/**
 * The collecting paths: request → body → events → rows → log → answer. Thin on purpose: what a request may
 * be is in body.ts, what an event may be in read-event.ts, what is made of it in to-row.ts.
 */
import { limits, type EventType } from '@touchline/schemas'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.js'
import { TouchlineError } from '../../errors.js'
import { answerError } from '../../http/answers.js'
import { writerOf } from '../../http/credentials.js'
import type { Metrics } from '../../metrics.js'
import type { Credential, Projects } from '../../projects/project.js'
import type { Judge } from '../../log/tombstones.js'
import type { EventLog } from '../../log/log.js'
import { acceptEvents, splitBody, type Outcome } from '../accept/accept.js'
import { prepare, privacySignalOf } from '../trust/admit.js'
import { appendTo } from './append-events.js'
import { decodeBody, parseBody } from './body.js'
import { allowOrigin, answerPreflight } from './cors.js'
import { isMadeByBrowser } from './made-by-browser.js'
import { boundInFlight, type InFlight } from './in-flight.js'
import { truncateIp } from '../enrich/ip.js'
import { boundsOf, createRateLimiter } from './rate.js'
import { rudderSourceConfig, segmentSettings } from './sdk-settings.js'
import { isoText } from '../accept/times.js'
import type { VerifyTokens } from '../trust/user-token.js'

export interface CollectDeps {
  projects: Projects
  log: EventLog
  metrics: Metrics
  clock: Clock
  /** Bytes of bodies and lines that may be under way at once; beyond them 503 OVERLOADED. */
  maxInFlightBytes?: number
  /** Checks userTokens; without it they are taken out and count for nothing. */
  verifyTokens?: VerifyTokens
  /** Tells events of people who were erased from a project. */
  judgeOf?: (project: string) => Judge | undefined
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
  const collect = collectWith(deps, inFlight)
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: limits.bodyBytes },
      (_request, body, done) => done(null, body),
    )
    app.addHook('onRequest', (request, reply, done) => {
      void reply.header('x-request-id', request.id)
      allowOrigin(request, reply)
      // The body is JSON whatever it is called; a name that cannot even be read must not refuse it.
      // Not deleted: an object that loses a member is slow to read from then on.
      request.raw.headers['content-type'] = undefined
      done(inFlight.admit(request, reply))
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

    for (const [path, type] of Object.entries(typeOfPath)) {
      app.options(`/v1/${path}`, answerPreflight)
      app.post(`/v1/${path}`, (request, reply) => collect(request, reply, type))
    }
    // What Segment's SDK says about itself: answered, so that it is content, and dropped.
    app.options('/v1/m', answerPreflight)
    app.post('/v1/m', (_request, reply) => reply.type(json).send('{"success":true}'))
    settingsRoutes(app, deps.projects)
    await Promise.resolve()
  }
}

type Collect = (
  request: FastifyRequest,
  reply: FastifyReply,
  type: EventType | undefined,
) => Promise<FastifyReply>

function collectWith(
  { projects, log, metrics, clock, verifyTokens, judgeOf }: CollectDeps,
  inFlight: InFlight,
): Collect {
  const append = appendTo(log, metrics)
  const rate = createRateLimiter(clock)
  return async (request, reply, type) => {
    const sent = bodyOf(request)
    const encoding = request.headers['content-encoding']
    if (encoding === undefined) return collect(sent, request, reply, type)
    const decoded = await decodeBody(sent, encoding)
    const room = inFlight.reserve(decoded.length)
    try {
      return await collect(decoded, request, reply, type)
    } finally {
      room.release()
    }
  }

  async function collect(
    bytes: Buffer,
    request: FastifyRequest,
    reply: FastifyReply,
    type: EventType | undefined,
  ) {
    const body = parseBody(bytes)
    const holder = writerOf(request, projects, (body.value as { writeKey?: unknown } | null)?.writeKey)
    const { project, kind } = holder
    const bounds = boundsOf(holder, request.ip)
    rate.check(bounds)
    const batch = splitBody(body, type, request.headers.sentat)
    rate.take(bounds, batch.events.length)
    const privacySignal = privacySignalOf(request, holder)
    if (privacySignal === 'drop') {
      metrics.unwanted.inc({ project: project.id }, batch.events.length)
      return reply.type(json).send('{"success":true,"accepted":0,"rejected":[]}')
    }

    const prepared = await prepare(batch, project, verifyTokens)
    const receivedAtMs = clock()
    const outcome = acceptEvents(prepared, {
      project,
      verified: kind === 'secret',
      key: holder.key,
      privacySignal,
      judge: judgeOf?.(project.id),
      receivedAtMs,
      receivedAt: isoText(receivedAtMs),
      ip: truncateIp(request.ip),
      userAgent: request.headers['user-agent'] ?? '',
      acceptLanguage: request.headers['accept-language'] ?? '',
      byBrowser: isMadeByBrowser(request.headers),
    })
    await append(outcome, project)
    return reply.type(json).send(answerOf(outcome, kind))
  }
}

function bodyOf(request: FastifyRequest): Buffer {
  if (Buffer.isBuffer(request.body)) return request.body
  throw new TouchlineError('BODY_NOT_JSON', 'The body is empty; it must be JSON.')
}

/** A write key is not told that an event was of somebody who was erased: anybody could ask so about anybody. */
function answerOf({ accepted: taken, rejected: all, warnings }: Outcome, kind: Credential['kind']): string {
  const rejected = kind === 'secret' ? all : all.filter(({ code }) => code !== 'EVENT_ERASED')
  const accepted = taken + all.length - rejected.length
  const list = rejected.length === 0 ? '[]' : JSON.stringify(rejected)
  const more = warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(warnings)}`
  return `{"success":true,"accepted":${accepted},"rejected":${list}${more}}`
}

function settingsRoutes(app: FastifyInstance, projects: Projects): void {
  const kept = `public, max-age=${settingsSeconds}`
  app.options('/v1/projects/:writeKey/settings', answerPreflight)
  app.get<{ Params: { writeKey: string } }>('/v1/projects/:writeKey/settings', (request, reply) => {
    const { writeKey } = request.params
    if (projects.holderOf(writeKey)?.kind !== 'write') throw new TouchlineError('KEY_UNKNOWN')
    const settings = segmentSettings(writeKey, { host: request.host, protocol: request.protocol })
    return reply.header('cache-control', kept).type(json).send(JSON.stringify(settings))
  })
  for (const path of ['/sourceConfig', '/sourceConfig/']) {
    app.options(path, answerPreflight)
    app.get(path, (request, reply) => {
      const { project } = writerOf(request, projects, undefined)
      const { writeKey } = request.query as { writeKey?: unknown }
      const config = rudderSourceConfig(project.id, typeof writeKey === 'string' ? writeKey : '')
      return reply.type(json).send(JSON.stringify(config))
    })
  }
}
