/**
 * Sends what was decided: a queue and a circuit breaker for each endpoint, so that one that hangs or is gone holds up
 * nobody else. What came of a try is written after it: a crash in between tries once more, under the same id.
 */
import type { Clock } from '../../clock.js'
import type { Logger } from '../../logger.js'
import { TouchlineError } from '../../errors.js'
import type { Endpoint } from '../endpoints/endpoints.js'
import type { Answer, Poster } from '../endpoints/post.js'
import { sign } from '../endpoints/signature.js'
import { openBreaker, type Breaker } from './breaker.js'
import type { Attempt, Decided } from './delivery.js'
import { openQueue, type EndpointQueue, type Lane } from './queue.js'
import type { Waiting } from './read.js'
import { isGone, isTaken, isTrouble, nextTryAt, triedForMs } from './retry.js'

export interface SenderDeps {
  poster: Poster
  /** As it is since then at least. Throws ENDPOINT_SECRET or NOT_FOUND where it cannot be sent to; its deliveries wait. */
  endpointOf: (project: string, id: string, since: number) => Promise<Endpoint>
  /** Only while the lease lasts: somebody else sends it otherwise. */
  mayWork: (slot: number) => boolean
  /** Resolves once the attempts are durable and can be read. */
  record: (attempts: readonly Attempt[], taken: readonly Waiting[]) => Promise<void>
  count: (
    what: 'decided' | 'delivered' | 'gaveUp' | 'handedOver' | 'tries',
    project: string,
    n: number,
  ) => void
  clock: Clock
  logger: Logger
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

export function openSender(deps: SenderDeps): Sender {
  const { clock, mostAtOnce = 32 } = deps
  const lines = new Map<string, Line>()
  const underWay = new Set<Promise<void>>()
  const writer = openWriter(deps)

  function lineOf(project: string, endpoint: string): Line {
    const key = JSON.stringify([project, endpoint])
    let line = lines.get(key)
    if (line === undefined) {
      line = { project, endpoint, queue: openQueue(), addedAt: 0, breaker: openBreaker(mostAtOnce) }
      lines.set(key, line)
    }
    return line
  }

  function begin(line: Line): void {
    const now = clock()
    const most = line.breaker.most(now) - line.queue.underWay()
    // What cannot be written down is not sent on and on.
    if (most <= 0 || underWay.size > mostUnwritten) return
    for (const lane of line.queue.take(most)) {
      const work: Promise<void> = send(line, lane, line.breaker.began())
        .catch((error: unknown) => {
          deps.logger.warn({ err: error, endpoint: line.endpoint }, 'A delivery could not be tried')
          line.queue.postpone(lane, clock() + lookAgainMs, false)
        })
        .finally(() => {
          underWay.delete(work)
          begin(line)
        })
      underWay.add(work)
    }
  }

  async function request(line: Line, delivery: Waiting): Promise<Answer> {
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

  async function send(line: Line, lane: Lane, isProbe: boolean): Promise<void> {
    const { queue, breaker } = line
    const [delivery] = lane.deliveries
    if (delivery === undefined || !deps.mayWork(delivery.slot)) {
      queue.answered()
      return queue.postpone(lane, clock() + lookAgainMs, false)
    }
    const answer = await request(line, delivery)
    deps.count('tries', line.project, 1)
    const now = clock()
    const taken = isTaken(answer.status)
    const tries = delivery.tries + 1
    const nextAt =
      taken || isGone(answer.status)
        ? undefined
        : nextTryAt({ tries, now, until: delivery.until, retryAfterMs: answer.retryAfterMs })
    const state = taken ? 'delivered' : nextAt === undefined ? 'gaveUp' : 'waiting'
    const { project, id, endpoint, subject, subjects, until } = delivery
    const attempt: Attempt = {
      ...{ project, id, endpoint, subject, subjects, until, tries, state, nextAt },
      attempt: delivery.attempts + 1,
      kind: 'try',
      at: now,
      status: answer.status,
      latencyMs: answer.latencyMs,
      answer: answer.answer,
    }
    delivery.attempts += 1
    delivery.tries = tries
    // The next of the subject waits for this: its order is kept over a crash too.
    if (taken) {
      if (breaker.succeeded()) queue.allDue()
    } else if (isTrouble(answer.status)) breaker.failed(now, { ...answer, isProbe })
    begin(line)
    await writer.write(attempt, delivery)
    if (nextAt === undefined) {
      deps.count(taken ? 'delivered' : 'gaveUp', project, 1)
      queue.settle(lane, clock())
    } else queue.postpone(lane, nextAt, answer.retryAfterMs !== undefined)
  }

  return {
    add(deliveries) {
      for (const delivery of deliveries) {
        const line = lineOf(delivery.project, delivery.endpoint)
        const { queue } = line
        if (queue.has(delivery.id)) continue
        line.addedAt = performance.now()
        queue.add(delivery, clock())
        deps.count('decided', delivery.project, 1)
      }
    },
    has: (project, endpoint, id) => lineOf(project, endpoint).queue.has(id),
    turn() {
      const now = clock()
      for (const line of lines.values()) {
        line.queue.wake(now)
        begin(line)
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

/** Attempts of many deliveries in one append: a thousand a second are ten writes. */
function openWriter({ record, logger }: Pick<SenderDeps, 'record' | 'logger'>) {
  let pending: { attempt: Attempt; delivery: Waiting; done: () => void }[] = []
  let isWriting = false

  async function writeAll(): Promise<void> {
    isWriting = true
    while (pending.length > 0) {
      const batch = pending
      pending = []
      for (let failures = 0; ; failures += 1) {
        try {
          const taken = batch.filter(({ attempt }) => attempt.state === 'delivered')
          await record(
            batch.map(({ attempt }) => attempt),
            taken.map(({ delivery }) => delivery),
          )
          break
        } catch (error) {
          if (failures === 0)
            logger.warn({ err: error }, 'What came of deliveries could not be written and is tried again')
          await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 100 * 2 ** failures)))
        }
      }
      for (const { done } of batch) done()
    }
    isWriting = false
  }

  return {
    /** Resolves once it is durable. */
    write: (attempt: Attempt, delivery: Waiting) =>
      new Promise<void>((resolve) => {
        pending.push({ attempt, delivery, done: resolve })
        if (!isWriting) setTimeout(() => (isWriting ? undefined : void writeAll()), 20)
      }),
  }
}
