import {
  acceptedFixtures,
  fixtureSecretKey,
  fixtureWriteKey,
  refusedFixtures,
} from '@touchline/schemas/fixtures'
import { collectAnswerSchema, limits } from '@touchline/schemas'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { rowsOf, startCollect, toInject } from '../../../../test-support/collect.js'
import { TouchlineError, type ErrorCode } from '../../errors.js'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { openProjects } from '../../projects/projects.js'
import { openEmbeddedLog } from '../../log/embedded/embedded-log.js'
import type { LogRecord } from '../../log/log.js'

let collect: Awaited<ReturnType<typeof startCollect>>
beforeEach(async () => {
  collect = await startCollect()
})
afterEach(() => collect.app.close())

const event = { type: 'track', event: 'Tested', anonymousId: 'a-1', messageId: 'm-1' }
const authorization = `Basic ${Buffer.from(`${fixtureWriteKey}:`).toString('base64')}`
const post = (payload: unknown, headers: Record<string, string> = {}, url = '/v1/track') =>
  collect.app.inject({
    method: 'POST',
    url,
    headers: { authorization, ...headers },
    payload: JSON.stringify(payload),
  })
const errorIn = (response: { body: string }) =>
  JSON.parse(response.body) as { code: ErrorCode; requestId: string }

describe('what is accepted', () => {
  test.each(acceptedFixtures().map((one) => [`${one.file}: ${one.name}`, one] as const))(
    '%s',
    async (_name, one) => {
      const response = await collect.app.inject(toInject(one.request))
      expect(response.statusCode).toBe(200)
      if (one.request.path === '/v1/m') return expect(collect.log.records).toEqual([])
      const { warnings = [], ...answer } = collectAnswerSchema.parse(response.json())
      expect(answer).toEqual({ success: true, accepted: one.expected.accepted, rejected: [] })
      expect(warnings.map(({ index }) => index)).toEqual(one.expected.warnings)
      const { rows, text } = rowsOf(collect.log.records, 'events')
      expect(rows).toHaveLength(one.expected.rows.length)
      one.expected.rows.forEach((columns, index) => {
        for (const [column, value] of Object.entries(columns)) {
          expect([column, rows[index]?.[column] ?? null]).toEqual([column, value])
        }
      })
      for (const part of one.expected.contains) expect(text).toContain(part)
    },
  )
})

describe('what is refused', () => {
  test.each(refusedFixtures().map((one) => [`${one.file}: ${one.name}`, one] as const))(
    '%s',
    async (_name, one) => {
      const response = await collect.app.inject(toInject(one.request))
      const { status, code, accepted, rejected } = one.expected
      expect(response.statusCode).toBe(status)
      expect(response.headers['x-request-id']).toBe('request-1')
      if (code !== undefined) {
        expect(response.json()).toMatchObject({ success: false, code, requestId: 'request-1' })
        expect(collect.log.records).toEqual([])
        return
      }
      const answer = collectAnswerSchema.parse(response.json())
      expect(answer.accepted).toBe(accepted)
      expect(answer.rejected.map(({ message: _message, ...rest }) => rest)).toEqual(rejected)
      const kept = rowsOf(collect.log.records, 'rejected_events').rows
      expect(kept.map(({ code }) => code)).toEqual(rejected?.map(({ code }) => code))
      for (const row of kept) expect(row).toMatchObject({ project: 'default', stage: 'collect' })
    },
  )

  test('a refused event is kept as it was sent', async () => {
    await post({ batch: [{ type: 'click', messageId: 'm-1', nested: { a: [1, 'x'] } }] }, {}, '/v1/batch')
    const [row] = rowsOf(collect.log.records, 'rejected_events').rows
    expect(row).toMatchObject({ message_id: 'm-1', code: 'EVENT_TYPE_UNKNOWN' })
    expect(JSON.parse(row?.original as string)).toEqual({
      type: 'click',
      messageId: 'm-1',
      nested: { a: [1, 'x'] },
    })
  })
})

describe('limits', () => {
  test('a body over 512 KB as sent is refused', async () => {
    const response = await post({ ...event, properties: { text: 'x'.repeat(limits.bodyBytes) } })
    expect([response.statusCode, errorIn(response).code]).toEqual([413, 'BODY_TOO_LARGE'])
  })

  test('a body over 4 MB once decoded is refused, however small it was', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20))
    expect(bomb.length).toBeLessThan(limits.bodyBytes)
    const response = await collect.app.inject({
      method: 'POST',
      url: '/v1/track',
      headers: { authorization, 'content-encoding': 'gzip' },
      payload: bomb,
    })
    expect([response.statusCode, errorIn(response).code]).toEqual([413, 'BODY_TOO_LARGE'])
  })

  test('2,500 events are taken, one more is not', async () => {
    const batch = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...event, messageId: `m-${i}` }))
    const full = await post({ batch: batch(limits.eventsPerBatch) }, {}, '/v1/batch')
    expect(full.json()).toMatchObject({ accepted: 2_500 })
    expect(collect.log.records).toHaveLength(1)
    expect(collect.log.records[0]?.rows).toEqual({ default: 2_500 })
    const over = await post({ batch: batch(limits.eventsPerBatch + 1) }, {}, '/v1/batch')
    expect([over.statusCode, errorIn(over).code]).toEqual([413, 'BODY_TOO_LARGE'])
  })

  test('a context that a batch would multiply beyond the limit is refused', async () => {
    const batch = Array.from({ length: 1_000 }, (_, i) => ({ ...event, messageId: `m-${i}` }))
    const response = await post({ batch, context: { text: 'x'.repeat(20_000) } }, {}, '/v1/batch')
    expect([response.statusCode, errorIn(response).code]).toEqual([413, 'BODY_TOO_LARGE'])
  })
})

describe('when the log does not confirm', () => {
  test.each([
    ['LOG_UNAVAILABLE', () => new TouchlineError('LOG_UNAVAILABLE')],
    ['LOG_FULL', () => new TouchlineError('LOG_FULL')],
    ['LOG_UNAVAILABLE', () => new Error('ECONNRESET')],
  ] as const)('the answer is 503 %s with Retry-After, and nothing is counted', async (code, error) => {
    collect.log.instead = () => Promise.reject(error())
    const response = await post(event, { origin: 'https://acme.com' })
    expect([response.statusCode, errorIn(response).code]).toEqual([503, code])
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
    expect(response.headers['access-control-allow-origin']).toBe('https://acme.com')
    expect(await collect.metrics.registry.metrics()).not.toMatch(
      /touchline_events_received_total\{.*\} [1-9]/,
    )
  })

  test('nothing is answered before the log has confirmed', async () => {
    const appends: (() => void)[] = []
    collect.log.instead = () => new Promise((resolve) => appends.push(resolve))
    let isAnswered = false
    const answer = post(event).then((response) => ((isAnswered = true), response))
    await vi.waitUntil(() => appends.length === 1)
    // What is asked after it is answered before it.
    expect((await post(event, { authorization: 'Bearer nobody' })).statusCode).toBe(401)
    expect(isAnswered).toBe(false)
    const [confirm = () => {}] = appends
    confirm()
    expect((await answer).statusCode).toBe(200)
  })
})

test('received is rejected plus appended', async () => {
  await post({ batch: [event, { type: 'click' }, event] }, {}, '/v1/batch')
  await post(event)
  const text = await collect.metrics.registry.metrics()
  expect(text).toContain('touchline_events_received_total{project="default"} 4')
  expect(text).toContain('touchline_events_rejected_total{project="default"} 1')
  expect(text).toContain('touchline_events_appended_total{project="default"} 3')
  expect(text).toContain('touchline_collect_requests_total{status="200"} 2')
})

test('what was answered with 200 is in the embedded log, also for the next process', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-collect-'))
  const open = () => openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  let log = await open()
  const durable = await startCollect({ log })
  const send = (messageId: string) =>
    durable.app.inject({
      method: 'POST',
      url: '/v1/track',
      headers: { authorization },
      payload: JSON.stringify({ ...event, messageId }),
    })
  const ids = Array.from({ length: 50 }, (_, i) => `m-${i}`)
  const answers = await Promise.all(ids.map(send))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(ids.map(() => 200))
  await durable.app.close()
  await log.close()

  log = await open()
  const read: LogRecord[] = []
  await log.replay((batch) => {
    read.push(...batch)
    return Promise.resolve()
  })
  await log.close()
  rmSync(dir, { recursive: true })
  expect(new Set(rowsOf(read, 'events').rows.map((row) => row.message_id))).toEqual(new Set(ids))
})

test('the visitor’s truncated address, agent and language are taken from the request, a server’s are not', async () => {
  const headers = {
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0',
    'accept-language': 'de-AT,de;q=0.9,en;q=0.5',
  }
  const from = async (context: object) => {
    const options = { method: 'POST', url: '/v1/track', remoteAddress: '198.51.100.23' } as const
    await collect.app.inject({
      ...options,
      headers: { authorization, ...headers },
      payload: JSON.stringify({ ...event, context }),
    })
    return rowsOf(collect.log.records.splice(0), 'events').rows[0]
  }
  expect(await from({ library: { name: 'analytics.js' } })).toMatchObject({
    ip: '198.51.100.0',
    os: 'Linux',
    locale: 'de-AT',
  })
  expect(await from({ library: { name: 'analytics.js' }, locale: 'fr' })).toMatchObject({ locale: 'fr' })
  expect(await from({ library: { name: 'analytics-python' } })).not.toHaveProperty('locale')
  expect(await from({ library: { name: 'analytics-python' } })).not.toHaveProperty('ip')
  expect(await from({ library: { name: 'analytics-python' } })).not.toHaveProperty('os')
})

describe('bounds', () => {
  test('beyond the bytes in flight a request is refused before it is read, and taken once there is room', async () => {
    const small = await startCollect({ maxInFlightBytes: 800 })
    let confirm: (() => void) | undefined
    small.log.instead = () => new Promise((resolve) => (confirm = resolve))
    const send = () =>
      small.app.inject({
        method: 'POST',
        url: '/v1/track',
        headers: { authorization },
        payload: JSON.stringify({ ...event, properties: { text: 'x'.repeat(200) } }),
      })
    const first = send()
    await expect.poll(() => confirm).toBeDefined()
    const second = await send()
    expect([second.statusCode, errorIn(second).code]).toEqual([503, 'OVERLOADED'])
    expect(second.headers['retry-after']).toBe('1')
    confirm?.()
    expect((await first).statusCode).toBe(200)
    small.log.instead = undefined
    await expect.poll(async () => (await send()).statusCode).toBe(200)
    await small.app.close()
  })

  test('a project over its rate gets 429 with Retry-After', async () => {
    const projects = openProjects({
      defaultProject: { writeKey: fixtureWriteKey, secretKey: fixtureSecretKey },
    })
    const limited = {
      ...projects,
      credentialOf: (key: string) => {
        const holder = projects.credentialOf(key)
        return holder && { ...holder, project: { ...holder.project, eventsPerSecond: 10 } }
      },
    }
    const slow = await startCollect({ projects: limited })
    const send = (count: number) =>
      slow.app.inject({
        method: 'POST',
        url: '/v1/batch',
        headers: { authorization },
        payload: JSON.stringify({ batch: Array.from({ length: count }, () => event) }),
      })
    expect((await send(50)).statusCode).toBe(200)
    const refused = await send(1)
    expect([refused.statusCode, errorIn(refused).code]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(refused.headers['retry-after'])).toBe(3)
    await slow.app.close()
  })
})
