/** The counters of /metrics, and what must be true of them: docs/operating.md, "What to watch". */
import { randomUUID } from 'node:crypto'
import { type TestServer, until } from '../server.js'

/** Summed over all projects and processes. They start at nought with each process. */
export interface Counters {
  received: number
  rejected: number
  appended: number
  inserted: number
  deadLettered: number
}

/** Who counts: the processes that collect and those that store, each once. */
export interface Counting {
  processes: readonly Pick<TestServer, 'url'>[]
  /** Where no process of ours stores: how many rows there are. */
  rows?: () => Promise<number>
}

export async function countersOf({ processes, rows }: Counting): Promise<Counters> {
  const texts = await Promise.all(
    processes.map(async ({ url }) => (await fetch(`${url}/metrics`, { signal: soon() })).text()),
  )
  const total = (name: string) =>
    texts
      .flatMap((text) => [
        ...text.matchAll(new RegExp(`^touchline_events_${name}_total\\{.*\\} (\\d+)$`, 'gm')),
      ])
      .reduce((sum, match) => sum + Number(match[1]), 0)
  return {
    received: total('received'),
    rejected: total('rejected'),
    appended: total('appended'),
    inserted: rows ? await rows() : total('inserted'),
    deadLettered: total('dead_lettered'),
  }
}

const soon = () => AbortSignal.timeout(10_000)

/**
 * Resolves once nothing is in flight and both sums hold:
 *
 *     received = rejected + appended,   appended = inserted + dead-lettered
 *
 * A send that was answered with 503 may be in the log all the same (that is what 503 says); `unconfirmed` is how
 * many events such sends had, and by how much at most the second sum may be exceeded.
 */
export async function countersBalance(counting: Counting, unconfirmed = 0): Promise<void> {
  let seen: Counters | undefined
  await until(
    async () => {
      const { received, rejected, appended, inserted, deadLettered } = (seen = await countersOf(counting))
      const beyond = inserted + deadLettered - appended
      return received === rejected + appended && beyond >= 0 && beyond <= unconfirmed ? true : undefined
    },
    { what: 'the counters to balance', everyMs: 200, seen: () => seen },
  )
}

/**
 * The sums for what comes now, exactly: three good events and a bad one. This much can be said also where a process
 * was killed and took its counters with it. What a fault left to be delivered late may spoil one count, not three.
 */
export async function countersAddUp(counting: Counting, collect: Pick<TestServer, 'post'>): Promise<void> {
  const good = 3
  const expected = { received: good + 1, rejected: 1, appended: good, inserted: good, deadLettered: 0 }
  let counted: Counters | undefined
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const before = await countersOf(counting)
    const event = () => ({ type: 'track', userId: 'counted', event: 'Counted', messageId: randomUUID() })
    const batch = [...Array.from({ length: good }, event), { ...event(), event: '' }]
    const { status, body } = await collect.post('/v1/batch', { batch })
    if (status !== 200)
      throw new Error(`a batch to be counted was answered ${status}: ${JSON.stringify(body)}`)
    const now = await until(
      async () => {
        const after = await countersOf(counting)
        return after.inserted >= before.inserted + good ? after : undefined
      },
      { what: 'what was sent to be counted as inserted', everyMs: 100 },
    )
    counted = {
      received: now.received - before.received,
      rejected: now.rejected - before.rejected,
      appended: now.appended - before.appended,
      inserted: now.inserted - before.inserted,
      deadLettered: now.deadLettered - before.deadLettered,
    }
    if (JSON.stringify(counted) === JSON.stringify(expected)) return
  }
  throw new Error(`${JSON.stringify(expected)} had to be counted, and were ${JSON.stringify(counted)}`)
}

/** How often store had to try an insert again. */
export async function insertRetriesOf({ url }: Pick<TestServer, 'url'>): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^touchline_store_insert_retries_total (\d+)$/m.exec(text)?.[1] ?? 0)
}
