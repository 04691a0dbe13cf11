/**
 * A ledger for promises: sends events under load, writes down every messageId that was acknowledged with a
 * 2xx, and afterwards counts on the people's timelines what is missing and what stands there twice.
 */
import { randomUUID } from 'node:crypto'
import { type TestServer, until } from '../server.js'

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

/** `long` kills with PROMISES=long (`npm run test:promises`), `short` with `--briefly`. */
export const rounds = (short: number, long: number): number => (isLong ? long : short)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
