/** Buffers that requests share: what one is given is never what another wrote. On a real server, with real sockets. */
import pino from 'pino'
import { connect, type AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { recordingLog, startCollect } from '../../../../test-support/collect.js'
import { fixtureWriteKey } from '@touchline/schemas/fixtures'
import { createHttpServer } from '../../http/server.js'
import { TouchlineError } from '../../errors.js'
import { linesOf } from '../../log/join-records.js'
import type { EventLog, LogRecord } from '../../log/log.js'

const authorization = `Basic ${Buffer.from(`${fixtureWriteKey}:`).toString('base64')}`
const patient = { timeout: 25_000, interval: 5 }

interface Waiting {
  records: readonly LogRecord[]
  settle: (error?: Error) => void
}

/** Keeps each append waiting until the test settles it, and the bytes as they then are. */
function waitingLog(): { log: EventLog; waiting: Waiting[] } {
  const waiting: Waiting[] = []
  const append = (records: readonly LogRecord[]) =>
    new Promise<void>((resolve, reject) =>
      waiting.push({ records, settle: (error) => (error ? reject(error) : resolve()) }),
    )
  return { log: { ...recordingLog(), append }, waiting }
}

let close: () => Promise<unknown>
let url: string
let port: number
let waiting: Waiting[]

beforeEach(async () => {
  const { log, waiting: kept } = waitingLog()
  waiting = kept
  const { app } = await startCollect({
    log,
    server: () => createHttpServer({ logger: pino({ level: 'silent' }) }),
  })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as AddressInfo).port
  close = () => app.close()
})
afterEach(async () => {
  for (const { settle } of waiting) settle()
  await close()
})

const eventOf = (n: number, text: string) => ({
  type: 'track',
  event: `Event ${n}`,
  messageId: `m-${n}`,
  anonymousId: `visitor-${n}`,
  properties: { n, text },
})

function post(events: readonly object[], headers: Record<string, string> = {}) {
  return fetch(`${url}/v1/batch`, {
    method: 'POST',
    headers: { authorization, ...headers },
    body: JSON.stringify({ batch: events }),
  })
}

const batchOf = (batch: number) =>
  Array.from({ length: 100 }, (_, index) =>
    eventOf(batch * 1_000 + index, `${'東京 Zoë '.repeat(20)}${batch}`),
  )

function namesIn({ records }: Waiting): string[] {
  return records.flatMap(({ lines }) =>
    linesOf(lines).map((line) => (JSON.parse(line.toString()) as { name: string }).name),
  )
}

test('a batch keeps its own rows while others come, are appended, are refused and time out', async () => {
  const answers: Promise<Response>[] = []
  const wanted = new Map<string, string[]>()
  for (let batch = 0; batch < 40; batch += 1) {
    const events = batchOf(batch)
    wanted.set(
      events[0]?.event ?? '',
      events.map(({ event }) => event),
    )
    answers.push(post(events))
    await vi.waitUntil(() => waiting.length === batch + 1, patient)
    // Every third is settled early, and of those every other is refused: its bytes may still be on their way.
    if (batch % 3 === 2)
      waiting[batch - 1]?.settle(batch % 2 ? new TouchlineError('LOG_UNAVAILABLE') : undefined)
    await setTimeout(0)
    const isReleased = (at: number) => at % 3 === 1 && (at + 1) % 2 === 0 && at < batch
    for (const [at, one] of waiting.entries()) {
      if (isReleased(at)) continue
      const names = namesIn(one)
      expect(names, `batch ${at} after batch ${batch}`).toEqual(wanted.get(names[0] ?? ''))
    }
  }
  for (const { settle } of waiting) settle()
  for (const answer of answers) expect([200, 503]).toContain((await answer).status)
})

test('a body that comes in pieces, cut inside letters, beside others that do, is read as it was sent', async () => {
  const bodies = Array.from({ length: 8 }, (_, n) => Buffer.from(JSON.stringify({ batch: batchOf(n) })))
  const sockets = bodies.map((body) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`,
    )
    return socket
  })
  for (let at = 0; at < 60_000; at += 7_001) {
    for (const [index, body] of bodies.entries())
      sockets[index]?.write(at + 7_001 < 60_000 ? body.subarray(at, at + 7_001) : body.subarray(at))
    await setTimeout(2)
  }
  await vi.waitUntil(() => waiting.length === bodies.length, patient)
  const texts = waiting.flatMap(({ records }) =>
    records.flatMap(({ lines }) =>
      linesOf(lines).map(
        (line) => JSON.parse(line.toString()) as { properties: { n: number; text: string } },
      ),
    ),
  )
  const wanted = bodies.flatMap((_, batch) => batchOf(batch).map(({ properties }) => properties))
  const byNumber = (one: { n: number }, other: { n: number }) => one.n - other.n
  expect(texts.map(({ properties }) => properties).sort(byNumber)).toEqual(wanted.sort(byNumber))
  for (const socket of sockets) socket.destroy()
})

test('a success has the same headers whichever way it is answered, and its own request id', async () => {
  const headersOf = async (headers: Record<string, string>, events: object[]) => {
    const before = waiting.length
    const answer = post(events, headers)
    await vi.waitUntil(() => waiting.length > before, patient)
    waiting[before]?.settle()
    const response = await answer
    expect(response.status).toBe(200)
    expect((await response.json()) as object).toMatchObject({ success: true, accepted: 1 })
    return Object.fromEntries(response.headers)
  }
  const plain = await headersOf({}, [eventOf(1, '')])
  const other = await headersOf({}, [eventOf(2, ''), { type: 'click', messageId: 'refused' }])
  const browser = await headersOf({ origin: 'https://www.acme.com' }, [eventOf(3, '')])
  expect(plain['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  expect(new Set([plain, other, browser].map((one) => one['x-request-id'])).size).toBe(3)
  const { 'x-request-id': _plain, 'content-length': _short, date: _then, ...constant } = plain
  expect(other).toMatchObject(constant)
  expect(browser).toMatchObject(constant)
  expect(Object.keys(other).sort()).toEqual(Object.keys(plain).sort())
  expect(browser['access-control-allow-origin']).toBe('https://www.acme.com')
  expect(constant['x-content-type-options']).toBe('nosniff')
})

test('a body that is shorter or longer than announced is refused, or cut where it ends', async () => {
  const answerTo = (announced: number, body: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let said = ''
      socket.on('data', (chunk: Buffer) => (said += chunk.toString()))
      socket.on('close', () => resolve(said))
      socket.write(
        `POST /v1/track HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: ${announced}\r\nconnection: close\r\n\r\n${body}`,
      )
      socket.end()
    })
  expect(await answerTo(700_000, '{')).toMatch(/^HTTP\/1\.1 413 .*BODY_TOO_LARGE/s)
  expect(await answerTo(5, '{"type":"track"}')).toMatch(/^HTTP\/1\.1 400 /)
  expect(waiting).toHaveLength(0)
})
