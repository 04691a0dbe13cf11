/**
 * From the body of a request to the lines of its events, before anything is appended. In one turn, but for what has to wait:
 * a body that must be decoded or is large (turns.ts), tokens whose keys must be fetched. A key in the headers or the address is
 * judged before the body is read, one in the body before it is parsed. What the JSON was parsed to is gone when this returns:
 * a function that waits for the log while it holds that makes V8 keep, and copy, every body that is under way.
 */
import type { EventType } from '@touchline/schemas'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.js'
import { TouchlineError } from '../../errors.js'
import { requireKeyInText, writerInHead, writerOf } from '../../http/credentials.js'
import type { Judge } from '../../log/tombstones.js'
import type { Metrics } from '../../metrics.js'
import type { Credential, Project, Projects } from '../../projects/project.js'
import { acceptEvents, splitBody, type Batch, type Outcome } from '../accept/accept.js'
import { isoText } from '../read/times.js'
import { prepareBatch } from '../trust/prepare-batch.js'
import { privacySignalOf } from '../trust/privacy-signal.js'
import type { VerifyTokens } from '../trust/user-token.js'
import { truncateIp } from '../base/ip.js'
import type { ParsedBody } from '../base/parsed-body.js'
import { bodyText, decodeBody, parseBody } from './body.js'
import type { InFlight } from './in-flight.js'
import { isMadeByBrowser } from './made-by-browser.js'
import { boundsOf, createRateLimiter, type Bound, type RateLimiter } from './rate.js'
import type { PrivacySignal } from '../base/request-context.js'
import type { SentBody } from './read-body.js'
import { createTurns, turnsForConnections } from './turns.js'

export interface AcceptDeps {
  projects: Projects
  metrics: Metrics
  clock: Clock
  /** Checks userTokens; without it they are taken out and count for nothing. */
  verifyTokens?: VerifyTokens
  /** Tells events of people who were erased from a project. */
  judgeOf?: (project: string) => Judge | undefined
  /** Shared with who else takes events by a key; absent: one of its own. */
  rate?: RateLimiter | undefined
}

export interface Accepted {
  project: Project
  kind: Credential['kind']
  /** Absent where the visitor asked to be left alone, and the project listens: nothing is kept or said of it. */
  outcome?: Outcome
}

/**
 * What is longer is read one by one, addresses in turn: half a megabyte of JSON can take 40 ms, and as many as there are
 * connections come in one turn of the loop. What is shorter takes a millisecond or two and waits for nobody.
 */
const largeBytes = 16 * 1024
/**
 * As many as there is room for: what waits is counted by the bytes that arrived. A batch of a hundred usual events takes a
 * millisecond or two, and seven of them take no longer than one that was made to be slow.
 */
const oneByOne = { atOnce: 1, waitingOfAddress: Infinity, loopTurns: turnsForConnections, inARowMs: 10 }

/** A body that cannot be read counts as many events as it has kilobytes, for reading it cost as much. */
const bytesPerEvent = 1024

type AcceptBody = (
  bytes: SentBody,
  request: FastifyRequest,
  type: EventType | undefined,
) => Accepted | Promise<Accepted>

export interface Acceptor {
  /**
   * Judges what stands in headers and address, before the body is read. Throws SECRET_KEY_IN_BROWSER,
   * ORIGIN_NOT_ALLOWED, RATE_LIMITED or KEYS_UNREADABLE.
   */
  judgeHead: (request: FastifyRequest) => void
  /** The request no longer has its body afterwards. */
  accept: (request: FastifyRequest, type: EventType | undefined) => Accepted | Promise<Accepted>
}

export function acceptWith(deps: AcceptDeps, inFlight: InFlight): Acceptor {
  const rate = deps.rate ?? createRateLimiter(deps.clock)
  /** Whom headers and address name, for the time that the body takes. */
  const inHead = new WeakMap<FastifyRequest, Credential>()
  const acceptBody = acceptBodyWith(deps, rate, (request) => inHead.get(request))
  const acceptEncoded = acceptEncodedWith(acceptBody, inFlight)
  const acceptLarge = acceptLargeWith(acceptBody, inFlight)
  return {
    judgeHead(request) {
      const known = writerInHead(request, deps.projects)
      if (known === undefined) return
      inHead.set(request, known)
      rate.check(boundsOf(known, request.ip))
    },
    accept(request, type) {
      const sent = request.body as SentBody | undefined
      request.body = undefined
      if (sent === undefined) throw new TouchlineError('BODY_NOT_JSON', 'The body is empty; it must be JSON.')
      const encoding = request.headers['content-encoding']
      if (typeof sent !== 'string' && encoding !== undefined)
        return acceptEncoded(sent, encoding, request, type)
      return sent.length > largeBytes ? acceptLarge(sent, request, type) : acceptBody(sent, request, type)
    },
  }
}

function acceptBodyWith(
  deps: AcceptDeps,
  rate: RateLimiter,
  writerKnownOf: (request: FastifyRequest) => Credential | undefined,
): AcceptBody {
  const { projects, metrics, verifyTokens } = deps

  function parsed(text: string, bounds: readonly Bound[]): ParsedBody {
    try {
      return parseBody(text)
    } catch (error) {
      rate.take(bounds, Math.ceil(text.length / bytesPerEvent))
      throw error
    }
  }

  return (bytes, request, type) => {
    const text = bodyText(bytes)
    const known = writerKnownOf(request)
    if (known === undefined) requireKeyInText(request, projects, text)
    const body = parsed(text, known === undefined ? [] : boundsOf(known, request.ip))
    const credential = known ?? writerOf(request, projects, writeKeyOf(body))
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
}

function acceptLargeWith(acceptBody: AcceptBody, inFlight: InFlight) {
  const turns = createTurns(oneByOne)
  return async (sent: SentBody, request: FastifyRequest, type: EventType | undefined): Promise<Accepted> => {
    const held = inFlight.hold(request)
    try {
      // Not awaited in the turn: keys of tokens may have to be fetched, and nobody's turn waits for that.
      const { accepted } = await turns.take(inFlight.addressOf(request), () =>
        Promise.resolve({ accepted: acceptBody(sent, request, type) }),
      )
      return await accepted
    } finally {
      held.release()
    }
  }
}

function acceptEncodedWith(acceptBody: AcceptBody, inFlight: InFlight) {
  const turns = createTurns()
  return async (
    sent: Buffer,
    encoding: string,
    request: FastifyRequest,
    type: EventType | undefined,
  ): Promise<Accepted> => {
    // Held apart from the connection's: who hangs up while it waits leaves it here until its turn.
    const waiting = inFlight.reserve(request, sent.length)
    try {
      const { accepted, room } = await turns.take(inFlight.addressOf(request), async () => {
        const decoded = await decodeBody(sent, encoding)
        const reserved = inFlight.reserve(request, decoded.length)
        try {
          // Not awaited: keys of tokens may have to be fetched, and nobody's turn waits for that.
          return { accepted: acceptBody(decoded, request, type), room: reserved }
        } catch (error) {
          reserved.release()
          throw error
        }
      })
      try {
        return await accepted
      } finally {
        room.release()
      }
    } finally {
      waiting.release()
    }
  }
}

const writeKeyOf = ({ value }: ParsedBody) => (value as { writeKey?: unknown } | null)?.writeKey

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
