/** What flush() and close() do in the time that they are given, with a server that is away and comes back. */
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Touchline, type TouchlineOptions } from '../src/index.js'
import { startSink, taken, until, type Sink } from './support/sink.js'

let sink: Sink
let clients: Touchline[] = []
beforeEach(async () => {
  sink = await startSink()
})
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close({ timeoutMs: 0 })))
  clients = []
  await sink.stop()
})

function clientFor(options: Partial<TouchlineOptions> = {}): Touchline {
  const client = new Touchline({ writeKey: 'wk', host: sink.url, onDrop: () => undefined, ...options })
  clients.push(client)
  return client
}
/** A fetch that fails so often before it works. */
function failing(times: number): NonNullable<TouchlineOptions['fetch']> {
  let calls = 0
  return (url, init) => ((calls += 1) <= times ? Promise.reject(new Error('away')) : fetch(url, init))
}

describe('a flush', () => {
  it('does not sleep through a server that is back: by the back-off alone nine tries would take a minute', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, index) => {
        const client = clientFor({ fetch: failing(9) })
        for (let n = 0; n < 20; n += 1) client.track({ userId: 'u1', event: 'x', properties: { n } })
        return index % 2 === 0 ? client.close({ timeoutMs: 25_000 }) : client.flush({ timeoutMs: 25_000 })
      }),
    )
    expect(outcomes).toEqual(Array(10).fill({ sent: 20, rejected: 0, dropped: 0, pending: 0 }))
  })

  it('that begins in the long pause of an outage tries at once and goes on trying', async () => {
    let isAway = true
    let tries = 0
    const client = clientFor({
      fetch: (url, init) => {
        tries += 1
        return isAway ? Promise.reject(new Error('away')) : fetch(url, init)
      },
    })
    client.track({ userId: 'u1', event: 'x', properties: { n: 1 } })
    await until(() => tries >= 3, 'a back-off')
    const closing = client.close({ timeoutMs: 25_000 })
    await until(() => tries >= 8, 'more tries')
    isAway = false
    expect(await closing).toEqual({ sent: 1, rejected: 0, dropped: 0, pending: 0 })
  })

  it.each(['3600', 'Thu, 01 Jan 2099 00:00:00 GMT'])(
    'tries once before its deadline though Retry-After says %s',
    async (retryAfter) => {
      let answers = 0
      sink.answerWith(() =>
        answers++ === 0 ? { status: 503, headers: { 'retry-after': retryAfter } } : undefined,
      )
      const client = clientFor()
      client.track({ userId: 'u1', event: 'x', properties: { n: 1 } })
      await until(() => answers === 1, 'the first answer')
      expect(await client.close({ timeoutMs: 4_000 })).toMatchObject({ sent: 1, pending: 0 })
      expect(sink.requests).toHaveLength(2)
    },
  )

  it('keeps to the Retry-After until then', async () => {
    sink.answerWith(() => ({ status: 429, headers: { 'retry-after': '3600' } }))
    const client = clientFor()
    client.track({ userId: 'u1', event: 'x', properties: { n: 1 } })
    expect(await client.flush({ timeoutMs: 3_000 })).toMatchObject({ sent: 0, pending: 1 })
    expect(sink.requests).toHaveLength(2)
  })

  it('does not stay with a request whose connection leads nowhere, and tries on a new one before its deadline', async () => {
    let requests = 0
    sink.answerWith(() => (requests++ < 2 ? 'hang' : undefined))
    const client = clientFor({ maxInFlight: 2, maxBatchEvents: 1 })
    for (const n of [1, 2, 3]) client.track({ userId: 'u1', event: 'x', properties: { n } })
    expect(await client.close({ timeoutMs: 4_000 })).toEqual({ sent: 3, rejected: 0, dropped: 0, pending: 0 })
  })

  it('hears a slow server that answers before the deadline, though it tried once more', async () => {
    let requests = 0
    sink.answerWith(({ body }, response) => {
      requests += 1
      setTimeout(() => response.end(JSON.stringify(taken(body))), 4_500)
      return 'hang'
    })
    const client = clientFor()
    for (const n of [1, 2, 3]) client.track({ userId: 'u1', event: 'x', properties: { n } })
    expect(await client.close({ timeoutMs: 6_000 })).toEqual({ sent: 3, rejected: 0, dropped: 0, pending: 0 })
    expect(requests).toBeGreaterThan(1)
  })

  it('hears the second request where the first one breaks while it waits', async () => {
    let first: ServerResponse | undefined
    sink.answerWith(({ body }, response) => {
      if (first === undefined) {
        first = response
        return 'hang'
      }
      first.destroy()
      setTimeout(() => response.end(JSON.stringify(taken(body))), 200)
      return 'hang'
    })
    const client = clientFor({ requestTimeoutMs: 60_000 })
    client.track({ userId: 'u1', event: 'x', properties: { n: 1 } })
    expect(await client.close({ timeoutMs: 4_000 })).toMatchObject({ sent: 1, pending: 0 })
  })

  it('waits as long as it is told, also longer than a timer can', async () => {
    const client = clientFor({ fetch: failing(2), requestTimeoutMs: 40 * 86_400_000, flushAfterMs: 3e9 })
    client.track({ userId: 'u1', event: 'x' })
    client.track({ userId: 'u1', event: 'y' })
    expect(await client.flush({ timeoutMs: 30 * 86_400_000 })).toMatchObject({ sent: 2, pending: 0 })
    client.track({ userId: 'u1', event: 'z' })
    expect(await client.close({ timeoutMs: Infinity })).toMatchObject({ sent: 3, pending: 0 })
  })

  it('given no number for its time takes the usual one', async () => {
    const client = clientFor({ fetch: failing(2) })
    client.track({ userId: 'u1', event: 'x' })
    expect(await client.flush({ timeoutMs: Number('soon') })).toMatchObject({ sent: 1, pending: 0 })
  })
})

describe('what was not confirmed', () => {
  it('is not called lost, because the server may have it', async () => {
    const log: string[] = []
    const keep = (message: string) => void log.push(message)
    sink.answerWith(({ body }) => {
      sink.kept.push(...body.batch)
      return 'hang'
    })
    const client = clientFor({ logger: { debug: keep, warn: keep, error: keep } })
    client.track({ userId: 'u1', event: 'x', properties: { n: 1 } })
    expect(await client.close({ timeoutMs: 500 })).toMatchObject({ sent: 0, pending: 1 })
    expect(log.join('\n')).toContain('closed with 1 events not confirmed; the server may have them or not')
    expect(log.join('\n')).not.toContain('lost')
    expect(sink.kept.length).toBeGreaterThan(0)
  })
})
