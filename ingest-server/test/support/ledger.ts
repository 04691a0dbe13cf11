/**
 * A ledger for promises: sends events under load, writes down every messageId that was acknowledged with a
 * 2xx, and afterwards counts on the people's timelines what is missing and what stands there twice.
 */
import { randomUUID } from 'node:crypto'
import { type TestServer, until } from './server.js'

export interface Ledger {
  /** messageIds that a 2xx answered for. */
  readonly acknowledged: ReadonlySet<string>
  /** Sends that failed and were sent again with the same messageIds. */
  readonly retries: number
  /** Events in sends that were not acknowledged; they may be stored or not. */
  readonly unconfirmed: number
  readonly people: number
  /** Stops sending; resolves when every send has been acknowledged or given up. */
  stop(): Promise<void>
}

export interface LedgerResult {
  acknowledged: number
  lost: number
  twice: number
}

interface LoadOptions {
  /** Where to send; asked before each request, so that several servers can be used. */
  urls: readonly string[]
  writeKey: string
  senders?: number
  eventsPerRequest?: number
  people?: number
  /** Pause of each sender between two requests. */
  pauseMs?: number
}

const personOf = (number: number) => `ledger-user-${number}`

/** Sends until stopped. A failed request is sent again, unchanged, until it is acknowledged. */
export function startLedger(options: LoadOptions): Ledger {
  const { urls, writeKey, senders = 4, eventsPerRequest = 5, people = 20, pauseMs = 2 } = options
  const acknowledged = new Set<string>()
  let retries = 0
  let stopping = false
  let next = 0

  const send = async (body: string): Promise<boolean> => {
    const url = urls[next++ % urls.length]
    const answer = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      body,
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined)
    await answer?.arrayBuffer().catch(() => undefined)
    return answer?.ok ?? false
  }

  const sender = async (number: number) => {
    for (let turn = 0; !stopping; turn += 1) {
      const batch = Array.from({ length: eventsPerRequest }, (_, index) => ({
        type: 'track',
        event: 'Ledger',
        userId: personOf((number + turn + index) % people),
        messageId: randomUUID(),
        timestamp: new Date().toISOString(),
        properties: { number, turn, index },
      }))
      const body = JSON.stringify({ writeKey, sentAt: new Date().toISOString(), batch })
      const giveUpAt = Date.now() + 120_000
      while (!(await send(body))) {
        retries += 1
        if (Date.now() > giveUpAt) return
        await pause(100)
      }
      for (const event of batch) acknowledged.add(event.messageId)
      await pause(pauseMs)
    }
  }
  const running = Promise.all(Array.from({ length: senders }, (_, number) => sender(number)))
  return {
    people,
    acknowledged,
    get retries() {
      return retries
    },
    get unconfirmed() {
      return retries * eventsPerRequest
    },
    async stop() {
      stopping = true
      await running
    },
  }
}

interface EventsPage {
  events: { messageId: string }[]
  nextCursor: string | null
}

/** Reads every person's events over HTTP, page by page, until nothing acknowledged is missing or time is up. */
export async function settle(
  server: Pick<TestServer, 'get'>,
  { acknowledged, people }: Pick<Ledger, 'acknowledged' | 'people'>,
  timeoutMs = 60_000,
): Promise<LedgerResult> {
  let result: LedgerResult = { acknowledged: acknowledged.size, lost: acknowledged.size, twice: 0 }
  await until(
    async () => {
      const counts = new Map<string, number>()
      for (let person = 0; person < people; person += 1) {
        for (const id of await messageIdsOf(server, personOf(person)))
          counts.set(id, (counts.get(id) ?? 0) + 1)
      }
      result = {
        acknowledged: acknowledged.size,
        lost: [...acknowledged].filter((id) => !counts.has(id)).length,
        twice: [...counts.values()].filter((count) => count > 1).length,
      }
      return result.lost === 0 ? result : undefined
    },
    { timeoutMs, everyMs: 500, what: 'every acknowledged event to be visible' },
  ).catch(() => undefined)
  return result
}

async function messageIdsOf(server: Pick<TestServer, 'get'>, person: string): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const query: URLSearchParams = new URLSearchParams({
      detail: 'events',
      limit: '1000',
      ...(cursor ? { cursor } : {}),
    })
    const { status, body } = await server.get<EventsPage>(`/v1/users/user%3A${person}/timeline?${query}`)
    if (status === 404) return ids
    if (status !== 200) throw new Error(`the timeline of ${person} answered ${status}`)
    ids.push(...body.events.map((event) => event.messageId))
    cursor = body.nextCursor
  } while (cursor)
  return ids
}

/** Seconds from now until the next event is acknowledged: how long a fault was felt. */
export async function secondsUntilAcknowledged(ledger: Pick<Ledger, 'acknowledged'>): Promise<number> {
  const startedAt = performance.now()
  await moreAcknowledged(ledger, 1)
  return (performance.now() - startedAt) / 1000
}

/** One line a promise: what was done to it, what was sent, lost and doubled, and how long recovery took. */
export function report(fault: string, result: LedgerResult, recoverySeconds: readonly number[] = []): void {
  const worst =
    recoverySeconds.length > 0 ? `, back after ${Math.max(...recoverySeconds).toFixed(1)} s at most` : ''
  console.log(
    `PROMISE ${fault}: ${result.acknowledged} acknowledged, ${result.lost} lost, ${result.twice} twice${worst}`,
  )
}

export interface Counters {
  received: number
  rejected: number
  appended: number
  inserted: number
  deadLettered: number
}

/** The counters of /metrics, over all projects. They start at nought with each process. */
export async function countersOf({ url }: Pick<TestServer, 'url'>): Promise<Counters> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const total = (name: string) =>
    [...text.matchAll(new RegExp(`^touchline_events_${name}_total\\{.*\\} (\\d+)$`, 'gm'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    )
  return {
    received: total('received'),
    rejected: total('rejected'),
    appended: total('appended'),
    inserted: total('inserted'),
    deadLettered: total('dead_lettered'),
  }
}

/**
 * Resolves once nothing is in flight and both sums hold:
 *
 *     received = rejected + appended,   appended = inserted + dead-lettered
 *
 * A send that was answered with 503 may be in the log all the same (that is what 503 says); `unconfirmed` is how
 * many events such sends had, and by how much at most the second sum may be exceeded.
 */
export async function countersBalance(
  server: Pick<TestServer, 'url'>,
  { unconfirmed = 0 }: { unconfirmed?: number } = {},
): Promise<void> {
  let seen: Counters | undefined
  await until(
    async () => {
      const { received, rejected, appended, inserted, deadLettered } = (seen = await countersOf(server))
      const beyond = inserted + deadLettered - appended
      return received === rejected + appended && beyond >= 0 && beyond <= unconfirmed ? true : undefined
    },
    { what: 'the counters to balance', everyMs: 200, seen: () => seen },
  )
}

/** How often store had to try an insert again. */
export async function insertRetriesOf({ url }: Pick<TestServer, 'url'>): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^touchline_store_insert_retries_total (\d+)$/m.exec(text)?.[1] ?? 0)
}

/** Resolves once `more` further events were acknowledged: a place in the work at which to break something. */
export async function moreAcknowledged(ledger: Pick<Ledger, 'acknowledged'>, more: number): Promise<void> {
  const count = ledger.acknowledged.size + more
  await until(() => (ledger.acknowledged.size >= count ? true : undefined), {
    everyMs: 5,
    timeoutMs: 60_000,
    what: `${more} more events to be acknowledged`,
  })
}

export const isLong = process.env.PROMISES === 'long'

/** `long` kills with PROMISES=long (`npm run test:promises`), `short` in `npm test`. */
export const rounds = (short: number, long: number): number => (isLong ? long : short)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
