/**
 * From the body of a request to the lines of its events, before anything is appended. In one turn, but for what has to wait:
 * a body that must be decoded, tokens whose keys must be fetched. What the JSON was parsed to is gone when this returns:
 * a function that waits for the log while it holds that makes V8 keep, and copy, every body that is under way.
 */
import type { EventType } from '@touchline/schemas'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.js'
import { TouchlineError } from '../../errors.js'
import { writerOf } from '../../http/credentials.js'
import type { Judge } from '../../log/tombstones.js'
import type { Metrics } from '../../metrics.js'
import type { Credential, Project, Projects } from '../../projects/project.js'
import { acceptEvents, splitBody, type Batch, type Outcome } from '../accept/accept.js'
import { isoText } from '../accept/times.js'
import { truncateIp } from '../enrich/ip.js'
import { prepareBatch } from '../trust/prepare-batch.js'
import { privacySignalOf } from '../trust/privacy-signal.js'
import type { VerifyTokens } from '../trust/user-token.js'
import { decodeBody, parseBody } from './body.js'
import type { InFlight } from './in-flight.js'
import { isMadeByBrowser } from './made-by-browser.js'
import { boundsOf, createRateLimiter } from './rate.js'
import type { PrivacySignal } from './request-context.js'
import type { SentBody } from './read-body.js'

export interface AcceptDeps {
  projects: Projects
  metrics: Metrics
  clock: Clock
  /** Checks userTokens; without it they are taken out and count for nothing. */
  verifyTokens?: VerifyTokens
  /** Tells events of people who were erased from a project. */
  judgeOf?: (project: string) => Judge | undefined
}

export interface Accepted {
  project: Project
  kind: Credential['kind']
  /** Absent where the visitor asked to be left alone, and the project listens: nothing is kept or said of it. */
  outcome?: Outcome
}

export function acceptWith(deps: AcceptDeps, inFlight: InFlight) {
  const { projects, metrics, clock, verifyTokens } = deps
  const rate = createRateLimiter(clock)

  function acceptBody(
    bytes: SentBody,
    request: FastifyRequest,
    type: EventType | undefined,
  ): Accepted | Promise<Accepted> {
    const body = parseBody(bytes)
    const credential = writerOf(request, projects, (body.value as { writeKey?: unknown } | null)?.writeKey)
    const { project, kind } = credential
    const bounds = boundsOf(credential, request.ip)
    rate.check(bounds)
    const batch = splitBody(body, type, request.headers.sentat)
    rate.take(bounds, batch.events.length)
    const privacySignal = privacySignalOf(request, credential)
    if (privacySignal === 'drop') {
      metrics.unwanted.inc({ project: project.id }, batch.events.length)
      return { project, kind }
    }
    const prepared = prepareBatch(batch, project, verifyTokens)
    return prepared instanceof Promise
      ? prepared.then((ready) => acceptBatch(ready, { request, credential, privacySignal }, deps))
      : acceptBatch(prepared, { request, credential, privacySignal }, deps)
  }

  async function acceptEncoded(
    sent: Buffer,
    encoding: string,
    request: FastifyRequest,
    type: EventType | undefined,
  ): Promise<Accepted> {
    const decoded = await decodeBody(sent, encoding)
    const room = inFlight.reserve(decoded.length)
    try {
      return await acceptBody(decoded, request, type)
    } finally {
      room.release()
    }
  }

  /** The request no longer has its body afterwards. */
  return (request: FastifyRequest, type: EventType | undefined): Accepted | Promise<Accepted> => {
    const sent = request.body as SentBody | undefined
    request.body = undefined
    if (sent === undefined) throw new TouchlineError('BODY_NOT_JSON', 'The body is empty; it must be JSON.')
    const encoding = request.headers['content-encoding']
    return typeof sent === 'string' || encoding === undefined
      ? acceptBody(sent, request, type)
      : acceptEncoded(sent, encoding, request, type)
  }
}

interface Sending {
  request: FastifyRequest
  credential: Credential
  privacySignal: PrivacySignal
}

function acceptBatch(
  batch: Batch,
  { request, credential: { project, kind, key }, privacySignal }: Sending,
  { clock, judgeOf }: AcceptDeps,
): Accepted {
  const receivedAtMs = clock()
  const outcome = acceptEvents(batch, {
    project,
    verified: kind === 'secret',
    key,
    privacySignal,
    judge: judgeOf?.(project.id),
    receivedAtMs,
    receivedAt: isoText(receivedAtMs),
    ip: truncateIp(request.ip),
    userAgent: request.headers['user-agent'] ?? '',
    acceptLanguage: request.headers['accept-language'] ?? '',
    byBrowser: isMadeByBrowser(request.headers),
  })
  return { project, kind, outcome }
}
