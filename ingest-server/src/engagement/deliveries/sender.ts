/**
 * Sends what was decided: a queue and a circuit breaker for each endpoint, so that one that hangs or is gone holds up
 * nobody else. The outcome of a try is recorded after it: after a crash in between it is tried once more, under the same id.
 */
import type { Clock } from '../../clock.js'
import { TouchlineError } from '../../errors.js'
import type { Endpoint } from '../endpoints/endpoints.js'
import type { Answer, Poster } from '../endpoints/post.js'
import { sign } from '../endpoints/signature.js'
import { openBreaker, type Breaker } from './breaker.js'
import type { Attempt, Decided } from './delivery.js'
import { openQueue, type EndpointQueue, type Lane } from './queue.js'
import type { Waiting } from './read.js'
import { isGone, isTaken, isTrouble, nextTryAt, triedForMs } from './retry.js'
import { openWriter, type AttemptWriter, type AttemptWriterDeps } from './attempt-writer.js'

export interface SenderDeps extends AttemptWriterDeps {
  poster: Poster
  /** As it is since then at least. Throws ENDPOINT_SECRET or NOT_FOUND where it cannot be sent to; its deliveries wait. */
  endpointOf: (project: string, id: string, since: number) => Promise<Endpoint>
  /** True while this process holds the lease of the slot; else another process sends it. */
  mayWork: (slot: number) => boolean
  count: (
    what: 'decided' | 'delivered' | 'gaveUp' | 'handedOver' | 'tries',
    project: string,
    n: number,
  ) => void
  clock: Clock
  /** Under way at once to one endpoint. */
  mostAtOnce?: number
}

export interface Sender {
  add: (deliveries: readonly Waiting[]) => void
  has: (project: string, endpoint: string, id: string) => boolean
  /** Begins what is due; returns at once. */
  turn: () => void
  /** Drops what this process no longer sends. */
  drop: (isDropped: (delivery: Waiting) => boolean) => void
  /** Waits until nothing is under way and everything is recorded. */
  settled: () => Promise<void>
  waiting: () => ReadonlyMap<string, number>
  circuits: () => { project: string; endpoint: string; circuit: string; failures: number; waiting: number }[]
}

interface Line {
  project: string
  endpoint: string
  queue: EndpointQueue
  /** When something was added last (performance.now): it was decided for the endpoint as it is since then. */
  addedAt: number
  breaker: Breaker
}

export const toWaiting = (decided: Decided): Waiting => ({
  ...decided,
  attempts: 0,
  tries: 0,
  until: decided.decidedAt + triedForMs,
  nextAt: decided.decidedAt,
})

const mostUnwritten = 5_000
/** Errors that are the endpoint's; whatever else is wrong is no try. */
const ofEndpoint: ReadonlySet<string> = new Set(['NOT_FOUND', 'ENDPOINT_SECRET', 'ENDPOINT_REFUSED'])

/** Without an endpoint or a secret there is nothing to try; it is looked for again now and then. */
const lookAgainMs = 5_000

/** What is being sent. */
interface Sending {
  deps: SenderDeps
  lines: Map<string, Line>
  underWay: Set<Promise<void>>
  writer: AttemptWriter
}

function lineOf({ lines, deps: { mostAtOnce = 32 } }: Sending, project: string, endpoint: string): Line {
  const key = JSON.stringify([project, endpoint])
  let line = lines.get(key)
  if (line === undefined) {
    line = { project, endpoint, queue: openQueue(), addedAt: 0, breaker: openBreaker(mostAtOnce) }
    lines.set(key, line)
  }
  return line
}

/** Begins what is due, as much as the endpoint's breaker lets through. */
function begin(sending: Sending, line: Line): void {
  const { deps, underWay } = sending
  const most = line.breaker.most(deps.clock()) - line.queue.underWay()
  // While attempts cannot be recorded, no more than so many are sent.
  if (most <= 0 || underWay.size > mostUnwritten) return
  for (const lane of line.queue.take(most)) {
    const sent: Promise<void> = send(sending, line, { lane, isProbe: line.breaker.began() })
      .catch((error: unknown) => {
        deps.logger.warn({ err: error, endpoint: line.endpoint }, 'A delivery could not be tried')
        line.queue.postpone(lane, deps.clock() + lookAgainMs, false)
      })
      .finally(() => {
        underWay.delete(sent)
        begin(sending, line)
      })
    underWay.add(sent)
  }
}

async function request(deps: SenderDeps, line: Line, delivery: Waiting): Promise<Answer> {
  try {
    const endpoint = await deps.endpointOf(line.project, line.endpoint, line.addedAt)
    const { id, body } = delivery
    // By the machine's own clock: the other side compares it with its own.
    const headers = sign(endpoint.signers(), { id, body, at: new Date() })
    return await deps.poster.post(endpoint.url, { headers: { ...headers }, body })
  } catch (error) {
    if (!(error instanceof TouchlineError) || !ofEndpoint.has(error.code)) throw error
    return { status: 0, latencyMs: 0, answer: error.message.slice(0, 500), retryAfterMs: undefined }
  } finally {
    line.queue.answered()
  }
}

/** The attempt that an answer makes, as it is recorded. */
function attemptOf(delivery: Waiting, answer: Answer, now: number): Attempt {
  const { project, id, endpoint, subject, subjects, until } = delivery
  const { status, latencyMs, retryAfterMs } = answer
  const taken = isTaken(status)
  const tries = delivery.tries + 1
  const nextAt = taken || isGone(status) ? undefined : nextTryAt({ tries, now, until, retryAfterMs })
  const state = taken ? 'delivered' : nextAt === undefined ? 'gaveUp' : 'waiting'
  return {
    ...{ project, id, endpoint, subject, subjects, until, tries, state, nextAt },
    attempt: delivery.attempts + 1,
    kind: 'try',
    at: now,
    ...{ status, latencyMs, answer: answer.answer },
  }
}

async function send(
  sending: Sending,
  line: Line,
  { lane, isProbe }: { lane: Lane; isProbe: boolean },
): Promise<void> {
  const { deps, writer } = sending
  const { queue, breaker } = line
  const [delivery] = lane.deliveries
  if (delivery === undefined || !deps.mayWork(delivery.slot)) {
    queue.answered()
    return queue.postpone(lane, deps.clock() + lookAgainMs, false)
  }
  const answer = await request(deps, line, delivery)
  deps.count('tries', line.project, 1)
  const now = deps.clock()
  const attempt = attemptOf(delivery, answer, now)
  const { state, nextAt } = attempt
  delivery.attempts += 1
  delivery.tries = attempt.tries
  if (state === 'delivered') {
    if (breaker.succeeded()) queue.allDue()
  } else if (isTrouble(answer.status)) breaker.failed(now, { ...answer, isProbe })
  begin(sending, line)
  // The next of the subject waits for this: its order is kept over a crash too.
  await writer.write(attempt, delivery)
  if (nextAt === undefined) {
    deps.count(state === 'delivered' ? 'delivered' : 'gaveUp', delivery.project, 1)
    queue.settle(lane, deps.clock())
  } else queue.postpone(lane, nextAt, answer.retryAfterMs !== undefined)
}

export function openSender(deps: SenderDeps): Sender {
  const sending: Sending = { deps, lines: new Map(), underWay: new Set(), writer: openWriter(deps) }
  const { lines, underWay } = sending
  const { clock } = deps
  return {
    add(deliveries) {
      for (const delivery of deliveries) {
        const line = lineOf(sending, delivery.project, delivery.endpoint)
        const { queue } = line
        if (queue.has(delivery.id)) continue
        line.addedAt = performance.now()
        queue.add(delivery, clock())
        deps.count('decided', delivery.project, 1)
      }
    },
    has: (project, endpoint, id) => lineOf(sending, project, endpoint).queue.has(id),
    turn() {
      const now = clock()
      for (const line of lines.values()) {
        line.queue.wake(now)
        begin(sending, line)
      }
    },
    drop(isDropped) {
      for (const { queue, project } of lines.values()) {
        const dropped = queue.drop(isDropped)
        if (dropped > 0) deps.count('handedOver', project, dropped)
      }
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    waiting() {
      const byProject = new Map<string, number>()
      for (const { project, queue } of lines.values())
        byProject.set(project, (byProject.get(project) ?? 0) + queue.size())
      return byProject
    },
    circuits: () =>
      [...lines.values()].map(({ project, endpoint, breaker, queue }) => ({
        project,
        endpoint,
        circuit: breaker.circuit(),
        failures: breaker.failures(),
        waiting: queue.size(),
      })),
  }
}
