/**
 * Hostile input: whatever is sent, the answer is a well-formed one of the table in docs/http.md, never a 5xx
 * of our own making, and what was accepted is stored as it was sent or as docs/http.md says it is normalised.
 *
 * The cases are data (corpus.json): a name, a request, its body as text, as parts that are repeated, or base64.
 */
import fc from 'fast-check'
import type { InjectOptions, Response } from 'light-my-request'
import { readFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fixtureWriteKey } from '@touchline/schemas/fixtures'
import { insertLines } from '../../src/clickhouse/insert-lines.js'
import { errorTable, TouchlineError } from '../../src/errors.js'
import { createHttpServer } from '../../src/http/server.js'
import { startTestClickHouse, type TestClickHouse } from '../support/clickhouse.js'
import { startCollect } from '../support/collect.js'

interface Case {
  name: string
  method?: string
  path: string
  headers?: Record<string, string>
  body?: (string | [text: string, times: number])[]
  base64?: string
  encoding?: 'gzip' | 'deflate' | 'br'
}

const corpus = JSON.parse(readFileSync(new URL('corpus.json', import.meta.url), 'utf8')) as Case[]
const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }

function toRequest({ method = 'POST', path, headers, body = [], base64, encoding }: Case): InjectOptions {
  const text = body.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('')
  const bytes = base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64')
  return {
    method: method,
    url: path,
    headers: {
      'content-type': 'application/json',
      ...(encoding && { 'content-encoding': encoding }),
      ...headers,
    },
    ...(bytes.length > 0 && { payload: encoding ? encoders[encoding](bytes) : bytes }),
  }
}

/** An answer that a client can act on: its status is the one of its code, and it says which request it was. */
function expectWellAnswered(response: Response) {
  expect(response.statusCode).toBeLessThan(500)
  if (response.statusCode < 300 || response.body === '') return
  const answer = JSON.parse(response.body) as { code: keyof typeof errorTable; requestId?: string }
  expect(Object.keys(errorTable)).toContain(answer.code)
  expect(response.statusCode).toBe(errorTable[answer.code].status)
  expect(answer.requestId).toBe(response.headers['x-request-id'])
}

let collect: Awaited<ReturnType<typeof startCollect>>
beforeAll(async () => {
  collect = await startCollect({ server: () => createHttpServer({ logger: pino({ level: 'silent' }) }) })
})
afterAll(() => collect.app.close())

const hangsAfterMs = 20_000
async function answerTo(request: InjectOptions): Promise<Response> {
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The request hangs.')), hangsAfterMs)
  })
  try {
    return await Promise.race([collect.app.inject(request), hang])
  } finally {
    clearTimeout(timer)
  }
}

test('the corpus has more than 300 cases, each with a name of its own', () => {
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
  expect(corpus.length).toBeGreaterThan(300)
})

describe('each case of the corpus', () => {
  test.each(corpus.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    expectWellAnswered(await answerTo(toRequest(one)))
  })

  test('leaves no answer and no line with a key in it', () => {
    for (const { lines } of collect.log.records) expect(lines.includes(fixtureWriteKey)).toBe(false)
  })
})

describe('what was accepted', () => {
  let clickhouse: TestClickHouse
  beforeAll(async () => {
    clickhouse = await startTestClickHouse()
  })
  afterAll(() => clickhouse.close())

  test('is stored, every row of it, with every text as it stands in the line', async () => {
    const lines = collect.log.records
      .filter(({ table }) => table === 'events')
      .flatMap((record) => record.lines.toString().split('\n').slice(0, -1))
      // Cases share ids; a subject of their own keeps them apart.
      .map((line, index) => line.replace('"subject":"', `"subject":"${index}/`))
    expect(lines.length).toBeGreaterThan(200)
    await insertLines(clickhouse.app, 'events', Buffer.from(`${lines.join('\n')}\n`))
    const columns = [
      'name',
      'user_id',
      'anonymous_id',
      'message_id',
      'url',
      'title',
      'referrer',
      'source',
      'consent',
    ]
    const result = await clickhouse.app.query({
      query: `SELECT subject, ${columns.join(', ')}, properties, context FROM events`,
      format: 'JSONEachRow',
    })
    const rows = await result.json<Record<string, string>>()
    expect(rows).toHaveLength(lines.length)
    for (const row of rows) {
      const line = JSON.parse(lines[parseInt(row.subject ?? '', 10)] ?? '') as Record<string, unknown>
      for (const column of columns) expect([column, row[column]]).toEqual([column, line[column] ?? ''])
      expect(JSON.parse(row.properties ?? '')).toEqual(line.properties ?? {})
      expect(JSON.parse(row.context ?? '')).toEqual(line.context ?? {})
    }
  })

  test('what was refused is stored too', async () => {
    const records = collect.log.records.filter(({ table }) => table === 'rejected_events')
    await insertLines(
      clickhouse.app,
      'rejected_events',
      records.map(({ lines }) => lines),
    )
    const result = await clickhouse.app.query({
      query: 'SELECT count() AS rows FROM rejected_events',
      format: 'JSONEachRow',
    })
    const [counted] = await result.json<{ rows: string }>()
    expect(Number(counted?.rows)).toBe(records.reduce((sum, { rows }) => sum + (rows.default ?? 0), 0))
  })
})

describe('generated requests', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    'null',
    'true',
    '1e999',
    '"batch"',
    '"event"',
    '"userId":"u-1"',
    '"type":"track"',
    '"context"',
    '"properties"',
    '"__proto__"',
    '\ufeff',
    '\u0000',
    '\ud800',
    '\n',
    ' ',
  )
  const body = fc.oneof(
    fc.array(token, { maxLength: 60 }).map((parts) => parts.join('')),
    fc.json({ maxDepth: 6 }),
    fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify({ batch: [value, value] })),
    fc.string({ unit: 'binary', maxLength: 200 }),
  )
  const path = fc.constantFrom(
    ...['track', 'identify', 'page', 'screen', 'group', 'alias', 'batch', 'import', 't', 'b', 'm', 'nothing'],
  )
  const headers = fc.dictionary(
    fc.constantFrom(
      'content-type',
      'content-encoding',
      'authorization',
      'origin',
      'user-agent',
      'x-write-key',
      'sentat',
    ),
    fc.oneof(
      fc.string({ maxLength: 40 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
      fc.constantFrom('gzip', 'br', 'null'),
    ),
  )

  test('are all answered well', async () => {
    await fc.assert(
      fc.asyncProperty(path, headers, body, fc.boolean(), async (name, sent, payload, isKnown) => {
        const url = `/v1/${name}${isKnown ? `?writeKey=${fixtureWriteKey}` : ''}`
        expectWellAnswered(
          await answerTo({ method: 'POST', url, headers: sent, payload: Buffer.from(payload) }),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  test('a log that fails at any moment makes a 503 and nothing else', async () => {
    collect.log.instead = () => Promise.reject(new TouchlineError('LOG_UNAVAILABLE'))
    try {
      for (const one of corpus
        .filter(({ method, encoding }) => method === undefined && !encoding)
        .slice(0, 200)) {
        const { statusCode, headers } = await answerTo(toRequest(one))
        if (statusCode >= 500) expect([statusCode, Number(headers['retry-after']) > 0]).toEqual([503, true])
      }
    } finally {
      collect.log.instead = undefined
    }
  })
})

describe('clients that misbehave on the wire', () => {
  const head = (length: number) =>
    `POST /v1/track?writeKey=${fixtureWriteKey} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`

  /** Sends bytes, then closes or resets; resolves when the connection is gone. */
  async function send(port: number, bytes: string, end: 'end' | 'reset'): Promise<string> {
    return await new Promise((resolve, reject) => {
      let answer = ''
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(bytes, () => (end === 'reset' ? socket.resetAndDestroy() : socket.end()))
      })
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
      socket.on('close', () => resolve(answer))
      socket.on('error', (error) => (end === 'reset' ? resolve(answer) : reject(error)))
    })
  }

  test('a thousand of them that go away half-way hold no room', async () => {
    const room = 4 * 500_000
    const small = await startCollect({ maxInFlightBytes: room })
    await small.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = small.app.server.address() as AddressInfo
    try {
      for (let wave = 0; wave < 50; wave++) {
        await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            send(port, `${head(500_000)}{"event":"`, i % 2 ? 'end' : 'reset'),
          ),
        )
      }
      const event = JSON.stringify({
        event: 'Tested',
        userId: 'u-1',
        properties: { text: 'x'.repeat(30_000) },
      })
      await expect
        .poll(() =>
          send(
            port,
            `${head(event.length).replace('Host: x', 'Host: x\r\nConnection: close')}${event}`,
            'end',
          ),
        )
        .toContain('HTTP/1.1 200')
    } finally {
      await small.app.close()
    }
  })
})

test('memory stays bounded: the whole corpus again leaves no more than it found', async () => {
  const run = async () => {
    for (const one of corpus) await answerTo(toRequest(one))
    collect.log.records.length = 0
    return process.memoryUsage().rss
  }
  const before = await run()
  const after = await run()
  expect((after - before) / 1024 / 1024).toBeLessThan(256)
})
