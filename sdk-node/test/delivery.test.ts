import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Touchline, type TouchlineOptions, type Unsent, type WaitOptions } from '../src/index.js'
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
  const client = new Touchline({ writeKey: 'wk', host: sink.url, ...options })
  clients.push(client)
  return client
}
const numbers = () => sink.kept.map(({ properties }) => properties['n'] as number)
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
const inOrder = (list: number[]) => [...list].sort((a, b) => a - b)

describe('delivery', () => {
  it('sends one event at once, as the API wants it', async () => {
    const client = clientFor({ clock: () => Date.parse('2026-01-02T03:04:05.006Z') })
    expect(client.track({ userId: 'u1', event: 'Signed Up', properties: { n: 0 } })).toBe(true)
    await until(() => sink.kept.length === 1, 'the event')
    const [request] = sink.requests
    expect(request).toMatchObject({
      path: '/v1/batch',
      headers: { authorization: 'Basic d2s6', 'content-type': 'application/json' },
      body: { sentAt: '2026-01-02T03:04:05.006Z', context: { library: { name: '@touchline/node' } } },
    })
    expect(sink.kept[0]).toMatchObject({ type: 'track', userId: 'u1', timestamp: '2026-01-02T03:04:05.006Z' })
  })

  it('sends a burst once, in few requests, over few connections', async () => {
    const sockets = new Set<number | undefined>()
    let inFlight = 0
    let mostInFlight = 0
    sink.answerWith((_request, response) => {
      sockets.add(response.socket?.remotePort)
      inFlight += 1
      mostInFlight = Math.max(mostInFlight, inFlight)
      response.on('finish', () => (inFlight -= 1))
      return undefined
    })
    const client = clientFor()
    for (const n of upTo(30_000)) client.track({ userId: 'u1', event: 'Burst', properties: { n } })
    expect(await client.flush({ timeoutMs: 25_000 })).toEqual({
      sent: 30_000,
      rejected: 0,
      dropped: 0,
      pending: 0,
    })
    expect(inOrder(numbers())).toEqual(upTo(30_000))
    expect(new Set(sink.kept.map(({ messageId }) => messageId)).size).toBe(30_000)
    expect(sink.requests.length).toBeLessThan(30)
    expect(sockets.size).toBeLessThanOrEqual(4)
    expect(mostInFlight).toBeLessThanOrEqual(4)
    expect(sink.requests.every(({ bytes }) => bytes < 512 * 1024)).toBe(true)
  })

  it('does not let a change after the call reach the event', async () => {
    const client = clientFor()
    const properties = { n: 1, items: ['a'], nested: { deep: 1 } }
    const context = { ip: '203.0.113.7' }
    client.track({ userId: 'u1', event: 'x', properties, context })
    properties.n = 2
    properties.items.push('b')
    properties.nested.deep = 2
    context.ip = '198.51.100.9'
    await client.flush()
    expect(sink.kept[0]).toMatchObject({
      properties: { n: 1, items: ['a'], nested: { deep: 1 } },
      context: { ip: '203.0.113.7' },
    })
  })

  it('calls back once the server has the event, or with the reason why it never will', async () => {
    const told: [unknown, string][] = []
    const callback = (error: unknown, { messageId }: { messageId: string }) =>
      void told.push([error, messageId])
    sink.answerWith(({ body }) => {
      const index = body.batch.findIndex(({ messageId }) => messageId === 'bad')
      return {
        status: 200,
        body: taken(body, index < 0 ? [] : [{ index, code: 'EVENT_NO_ID', message: 'no' }]),
      }
    })
    const client = clientFor({ maxBatchBytes: 450_000 })
    client.track({ userId: 'u1', event: 'x', messageId: 'good' }, callback)
    client.track({ userId: 'undefined', event: 'x', messageId: 'bad' }, callback)
    client.track({ userId: 'u1', event: 'x', messageId: 'big', properties: { big: 1n } }, callback)
    expect(await client.flush()).toEqual({ sent: 1, rejected: 2, dropped: 0, pending: 0 })
    expect(told).toHaveLength(3)
    expect(told).toContainEqual([undefined, 'good'])
    expect(told).toContainEqual([expect.objectContaining({ code: 'EVENT_NO_ID' }), 'bad'])
    expect(told).toContainEqual([expect.objectContaining({ code: 'EVENT_NOT_JSON' }), 'big'])
  })

  it('halves a batch that is too large for the server until it fits, and gives up only the event that never does', async () => {
    const rejected: Unsent[] = []
    sink.answerWith(({ body }) =>
      body.batch.length > 3 || body.batch.some(({ properties }) => properties['n'] === 13)
        ? {
            status: 413,
            body: { success: false, code: 'BODY_TOO_LARGE', message: 'too large', requestId: 'r' },
          }
        : undefined,
    )
    const client = clientFor({ onReject: (rejection) => rejected.push(rejection) })
    for (const n of upTo(40)) client.track({ userId: 'u1', event: 'x', properties: { n } })
    expect(await client.flush()).toEqual({ sent: 39, rejected: 1, dropped: 0, pending: 0 })
    expect(inOrder(numbers())).toEqual(upTo(40).filter((n) => n !== 13))
    expect(rejected).toMatchObject([{ code: 'EVENT_TOO_LARGE', event: { properties: { n: 13 } } }])
  })

  it('tells what is wrong with an event without throwing, and sends the others', async () => {
    const rejected: Unsent[] = []
    const client = clientFor({ onReject: (rejection) => rejected.push(rejection) })
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    expect(client.track({ userId: 'u1', event: 'x', properties: cyclic })).toBe(false)
    expect(client.track({ userId: 'u1', event: 'x', properties: { big: 1n } })).toBe(false)
    expect(client.track({ userId: 'u1', event: 'x', properties: { text: 'ü'.repeat(16_384) } })).toBe(false)
    expect(client.track({ userId: 'u1', event: 'x', properties: { n: 1 } })).toBe(true)
    expect(await client.flush()).toEqual({ sent: 1, rejected: 3, dropped: 0, pending: 0 })
    expect(rejected.map(({ code }) => code)).toEqual(['EVENT_NOT_JSON', 'EVENT_NOT_JSON', 'EVENT_TOO_LARGE'])
    expect(numbers()).toEqual([1])
  })

  it('says so when it is full, and takes events again when there is room', async () => {
    const dropped: Unsent[] = []
    sink.answerWith(() => 'hang')
    const client = clientFor({
      maxQueuedEvents: 10,
      onDrop: (drop) => dropped.push(drop),
      requestTimeoutMs: 300,
    })
    const accepted = upTo(15).filter((n) => client.track({ userId: 'u1', event: 'x', properties: { n } }))
    expect(accepted).toEqual(upTo(10))
    expect(dropped.map(({ code }) => code)).toEqual(Array(5).fill('QUEUE_FULL'))
    expect(dropped[0]).toMatchObject({ event: { properties: { n: 10 } } })
    sink.answerWith(() => undefined)
    expect(await client.flush()).toEqual({ sent: 10, rejected: 0, dropped: 5, pending: 0 })
    expect(client.track({ userId: 'u1', event: 'x' })).toBe(true)
  })

  it('holds no more bytes than it was allowed', () => {
    const client = clientFor({ host: 'http://127.0.0.1:1', maxQueuedBytes: 100_000 })
    const event = { userId: 'u1', event: 'x', properties: { text: 'x'.repeat(900) } }
    const accepted = upTo(1_000).filter(() => client.track(event)).length
    expect(accepted).toBeGreaterThan(80)
    expect(accepted).toBeLessThan(112)
  })

  it('is not stopped by handlers, callbacks and loggers that throw', async () => {
    const thrower = () => {
      throw new Error('from the application')
    }
    const client = clientFor({
      logger: { debug: thrower, warn: thrower, error: thrower },
      onReject: () => Promise.reject(new Error('from the application')),
      onDrop: thrower,
      maxQueuedEvents: 3,
    })
    client.track({ userId: 'u1', event: 'x', properties: { big: 1n } }, thrower)
    for (const n of upTo(5)) client.track({ userId: 'u1', event: 'x', properties: { n } }, thrower)
    expect(await client.flush()).toEqual({ sent: 3, rejected: 1, dropped: 2, pending: 0 })
  })

  it('gzips what is worth it, and not at all if told so', async () => {
    const event = { userId: 'u1', event: 'x', properties: { n: 0, text: 'ha'.repeat(2_000) } }
    const packed = clientFor()
    packed.track({ userId: 'u1', event: 'x', properties: { n: 0 } })
    await packed.flush()
    packed.track(event)
    await packed.flush()
    const plain = clientFor({ gzip: false })
    plain.track(event)
    await plain.flush()
    expect(sink.requests.map(({ headers }) => headers['content-encoding'])).toEqual([
      undefined,
      'gzip',
      undefined,
    ])
    expect(sink.kept).toHaveLength(3)
  })

  it('sends by an injected fetch, and outlives one that never answers', async () => {
    let calls = 0
    const client = clientFor({
      requestTimeoutMs: 1_000,
      fetch: (url, init) => (calls++ === 0 ? new Promise(() => undefined) : fetch(url, init)),
    })
    client.track({ userId: 'u1', event: 'x', properties: { n: 0 } })
    expect(await client.flush({ timeoutMs: 20_000 })).toMatchObject({ sent: 1, pending: 0 })
    expect(calls).toBe(2)
  })
})

describe('an answer of the server', () => {
  const raw = (response: ServerResponse, text: string) => void response.socket?.write(text)
  const statuses = [
    ...[100, 101, 102, 103, 199],
    ...[200, 201, 204, 206, 226],
    ...[300, 301, 302, 304, 307, 308],
    ...[400, 401, 403, 404, 405, 407, 408, 409, 410, 415, 418, 422, 425, 426, 429, 431, 451, 499],
    ...[500, 501, 502, 503, 504, 505, 508, 511, 520, 599],
    ...['reset', 'garbage', 'short body', 'hang'],
  ]
  it('never ends an event unless the server itself says so, and never becomes an unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const seen = new Set<string>()
    sink.answerWith(({ path }, response) => {
      const [, kind = ''] = decodeURIComponent(path).split('/')
      // The first request of each gets the answer, the second gets 200.
      if (seen.has(kind)) return undefined
      seen.add(kind)
      if (kind === 'reset' || kind === 'hang') return kind
      if (kind === 'garbage') raw(response, 'HTTP/9.9 what\r\n\r\n')
      else if (kind === 'short body') raw(response, 'HTTP/1.1 503 x\r\ncontent-length: 99\r\n\r\nno')
      else if (Number(kind) >= 200)
        return { status: Number(kind), body: '<html>', headers: { location: '/elsewhere' } }
      else raw(response, `HTTP/1.1 ${kind} Informational\r\n\r\n`)
      return 'hang'
    })
    const outcomes = await Promise.all(
      statuses.map(async (status) => {
        const client = clientFor({
          host: `${sink.url}/${encodeURIComponent(status)}`,
          requestTimeoutMs: 1_000,
        })
        client.track({ userId: 'u1', event: 'x', properties: { n: 0 } })
        const report = await client.flush({ timeoutMs: 25_000 })
        return [status, report.sent + report.pending * 100]
      }),
    )
    process.off('unhandledRejection', note)
    expect(outcomes).toEqual(statuses.map((status) => [status, 1]))
    expect(unhandled).toEqual([])
  })

  it('that refuses the request for good ends it with the reason', async () => {
    const rejected: Unsent[] = []
    const body = { success: false, code: 'KEY_UNKNOWN', message: 'no project has this key', requestId: 'r' }
    sink.answerWith(() => ({ status: 401, body }))
    const client = clientFor({ onReject: (rejection) => rejected.push(rejection) })
    for (const n of upTo(2)) client.track({ userId: 'u1', event: 'x', properties: { n } })
    expect(await client.flush()).toEqual({ sent: 0, rejected: 2, dropped: 0, pending: 0 })
    expect(rejected).toMatchObject([
      { code: 'KEY_UNKNOWN', message: expect.stringContaining('no project has this key') as string },
      { code: 'KEY_UNKNOWN', event: { properties: { n: 1 } } },
    ])
    expect(sink.requests).toHaveLength(1)
  })

  it('with a Retry-After holds back every request until then', async () => {
    const log: string[] = []
    const keep = (message: string) => void log.push(message)
    let answers = 0
    sink.answerWith(() => (answers++ === 0 ? { status: 429, headers: { 'retry-after': '1' } } : undefined))
    const client = clientFor({ logger: { debug: keep, warn: keep, error: keep } })
    client.track({ userId: 'u1', event: 'x', properties: { n: 0 } })
    await until(() => log.length > 0, 'the first answer')
    expect(Number(/next try in (\d+) ms/.exec(log[0] ?? '')?.[1])).toBeGreaterThanOrEqual(990)
    for (const n of [1, 2]) client.track({ userId: 'u1', event: 'x', properties: { n } })
    expect(await client.flush()).toMatchObject({ sent: 3, pending: 0 })
    const [first, second] = sink.requests.map(({ body }) => Date.parse(body.sentAt))
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(990)
  })

  it('to one poisoned batch does not stop the others', async () => {
    sink.answerWith(({ body }) =>
      body.batch.some(({ event }) => event === 'poison') ? { status: 500 } : undefined,
    )
    const client = clientFor({ maxBatchEvents: 1 })
    client.track({ userId: 'u1', event: 'poison' })
    for (const n of upTo(20)) client.track({ userId: 'u1', event: 'x', properties: { n } })
    await until(() => sink.kept.length === 20, 'all others')
    expect(await client.flush({ timeoutMs: 0 })).toEqual({ sent: 20, rejected: 0, dropped: 0, pending: 1 })
  })
})

describe('an outage', () => {
  it('loses and repeats nothing', async () => {
    const client = clientFor()
    client.track({ userId: 'u1', event: 'x', properties: { n: 0 } })
    await client.flush()
    await sink.down()
    const warnings: string[] = []
    const noisy = clientFor({
      logger: { debug: () => undefined, warn: (line) => warnings.push(line), error: () => undefined },
    })
    for (let n = 1; n < 5_000; n += 1) client.track({ userId: 'u1', event: 'x', properties: { n } })
    noisy.track({ userId: 'u1', event: 'x', properties: { n: 5_000 } })
    await until(() => warnings.length > 0, 'a failed try')
    await sink.up()
    await Promise.all([client, noisy].map((each) => each.flush({ timeoutMs: 25_000 })))
    expect(inOrder(numbers())).toEqual(upTo(5_001))
  })

  it('that is over is noticed by whoever flushes, however long the back-off has become', async () => {
    let requests = 0
    const client = clientFor({
      fetch: (url, init) => (requests++ < 12 ? Promise.reject(new Error('down')) : fetch(url, init)),
    })
    client.track({ userId: 'u1', event: 'x', properties: { n: 0 } })
    // Each flush is one try at once; twelve of them by the back-off alone would take two minutes.
    for (let flushes = 0; flushes < 13; flushes += 1) {
      const before = requests
      const flushing = client.flush({ timeoutMs: 20_000 })
      await until(() => requests > before, 'a try')
      void flushing
    }
    await until(() => sink.kept.length === 1, 'the event')
  })

  it('that lasts longer than the age of events drops them aloud', async () => {
    await sink.down()
    const dropped: Unsent[] = []
    const client = clientFor({ maxAgeMs: 1, onDrop: (drop) => dropped.push(drop) })
    for (const n of upTo(3)) client.track({ userId: 'u1', event: 'x', properties: { n } })
    expect(await client.flush({ timeoutMs: 20_000 })).toEqual({
      sent: 0,
      rejected: 0,
      dropped: 3,
      pending: 0,
    })
    expect(dropped.map(({ code, event }) => [code, event?.['event']])).toEqual(
      Array(3).fill(['EXPIRED', 'x']),
    )
  })
})

describe('close', () => {
  it('sends what waits and reports it', async () => {
    const client = clientFor()
    for (const n of upTo(100)) client.track({ userId: 'u1', event: 'x', properties: { n } })
    expect(await client.close()).toEqual({ sent: 100, rejected: 0, dropped: 0, pending: 0 })
    expect(inOrder(numbers())).toEqual(upTo(100))
  })

  it.each([
    ['that hangs', async () => sink.answerWith(() => 'hang')],
    ['that is gone', () => sink.down()],
    ['that always fails', async () => sink.answerWith(() => ({ status: 503 }))],
  ])('with a server %s returns after its timeout and says what is left', async (_what, break_) => {
    await break_()
    const client = clientFor({ requestTimeoutMs: 600_000 })
    for (const n of upTo(7)) client.track({ userId: 'u1', event: 'x', properties: { n } })
    expect(await client.close({ timeoutMs: 200 })).toEqual({ sent: 0, rejected: 0, dropped: 0, pending: 7 })
  })

  it.each([
    ['timeout, as Segment calls it', { timeout: 300 }, []],
    ['timeoutMs by the other name', { timeoutMs: 300, timeout: 60_000 }, []],
    ['a bare number', 300, []],
    [
      'an unknown name beside it',
      { timeoutMs: 300, timeOutMs: 5 },
      [/there is no option timeOutMs.*timeoutMs/],
    ],
  ])('waits no longer than it is told by %s', async (_, options, said) => {
    sink.answerWith(() => 'hang')
    const warnings: string[] = []
    const logger = { debug: () => {}, error: () => {}, warn: (text: string) => warnings.push(text) }
    const client = clientFor({ flushTimeoutMs: 600_000, requestTimeoutMs: 600_000, logger })
    client.track({ userId: 'u1', event: 'x' })
    expect(await client.close(options as WaitOptions)).toMatchObject({ pending: 1 })
    const named = warnings.filter((text) => text.includes('close:'))
    expect(named).toEqual(said.map((pattern) => expect.stringMatching(pattern) as string))
  })

  it.each([
    ['a text', { timeoutMs: '300' }, /timeoutMs is no number/],
    ['a negative number', { timeout: -1 }, /timeout is no number/],
    ['another name', { seconds: 3 }, /there is no option seconds/],
    ['a callback', () => {}, /takes no callback/],
  ])('takes the default, and says so, where it is given %s', async (_, options, said) => {
    sink.answerWith(() => 'hang')
    const warnings: string[] = []
    const logger = { debug: () => {}, error: () => {}, warn: (text: string) => warnings.push(text) }
    const client = clientFor({ flushTimeoutMs: 50, requestTimeoutMs: 600_000, logger })
    client.track({ userId: 'u1', event: 'x' })
    expect(await client.flush(options as WaitOptions)).toMatchObject({ pending: 1 })
    expect(warnings.filter((text) => text.includes('flush:'))).toEqual([expect.stringMatching(said)])
  })

  it('refuses what comes after it, and can be called again', async () => {
    const dropped: Unsent[] = []
    const client = clientFor({ onDrop: (drop) => dropped.push(drop) })
    const both = [client.close(), client.closeAndFlush({ timeout: 5 })]
    expect(client.track({ userId: 'u1', event: 'late' })).toBe(false)
    await Promise.all(both)
    expect(client.track({ userId: 'u1', event: 'later' })).toBe(false)
    expect(dropped.map(({ code }) => code)).toEqual(['CLOSED', 'CLOSED'])
    expect(await client.close()).toMatchObject({ sent: 0, pending: 0 })
  })
})

describe('a client', () => {
  it.each([
    [{ writeKey: '' }, 'writeKey'],
    [{ host: '' }, 'host'],
    [{ host: 'events.example.com' }, 'host'],
    [{ maxInFlight: 0 }, 'maxInFlight'],
    [{ maxBatchEvents: 5_000 }, 'maxBatchEvents'],
    [{ flushAfterMs: NaN }, 'flushAfterMs'],
  ])('is not made with %j, and says which option is wrong', (options, name) => {
    const make = () => new Touchline({ writeKey: 'wk', host: 'http://127.0.0.1:1', ...options })
    expect(make).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    expect(make).toThrow(name)
  })

  it('throws for a call without an id, at the call', () => {
    const client = clientFor()
    expect(() => client.track({ event: 'x' } as never)).toThrow(
      expect.objectContaining({ code: 'EVENT_NO_ID' }),
    )
  })
})
