/** A server that keeps what arrives, and answers, hangs, resets or is gone as a test says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface SinkEvent {
  messageId: string
  type: string
  event?: string
  userId?: string
  properties: Record<string, unknown>
  [field: string]: unknown
}

export interface SinkRequest {
  headers: IncomingMessage['headers']
  path: string
  /** As on the wire. */
  bytes: number
  body: { sentAt: string; context: unknown; batch: SinkEvent[] }
}

/** The body of the server's answer to a request that it took. */
export const taken = ({ batch }: SinkRequest['body'], rejected: unknown[] = []) => ({
  success: true,
  accepted: batch.length - rejected.length,
  rejected,
})

/** What to do with a request; `undefined` answers 200. Events count as kept only with a 2xx. */
export type Answering = (
  request: SinkRequest,
  response: ServerResponse,
) => { status: number; headers?: Record<string, string>; body?: unknown } | 'hang' | 'reset' | undefined

export type Sink = Awaited<ReturnType<typeof startSink>>

export async function startSink() {
  const requests: SinkRequest[] = []
  const kept: SinkEvent[] = []
  let answering: Answering = () => undefined
  let port = 0
  let server = makeServer()

  function makeServer() {
    return createServer((incoming, response) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', () => undefined)
      incoming.on('end', () => {
        const raw = Buffer.concat(chunks)
        const text = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
        const body = JSON.parse(text.toString()) as SinkRequest['body']
        const request = { headers: incoming.headers, path: incoming.url ?? '', bytes: raw.length, body }
        requests.push(request)
        const answer = answering(request, response)
        if (answer === 'hang') return
        if (answer === 'reset') {
          incoming.socket.resetAndDestroy()
          return
        }
        const { status, headers = {}, body: answerBody = taken(body) } = answer ?? { status: 200 }
        if (status >= 200 && status < 300) kept.push(...body.batch)
        response.writeHead(status, { 'content-type': 'application/json', ...headers })
        response.end(typeof answerBody === 'string' ? answerBody : JSON.stringify(answerBody))
      })
    })
  }

  async function up() {
    server = makeServer()
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    port = (server.address() as AddressInfo).port
  }

  async function down() {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  await up()
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    kept,
    answerWith: (next: Answering) => {
      answering = next
    },
    /** Refuses connections until `up`, on the same port. */
    down,
    up,
    async stop() {
      if (server.listening) await down()
    },
  }
}

/** Polls until `read` gives something true. */
export async function until<T>(read: () => T, what: string, timeoutMs = 20_000): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = read()
    if (value) return value
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
