/**
 * An endpoint of deliveries: a real HTTP server that answers as it is told and keeps what came, each checked with the
 * published package of Standard Webhooks.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'

export const receiverSecret = `whsec_${Buffer.from('a secret of the tests, long enough').toString('base64')}`

export interface Received {
  id: string
  at: number
  body: Record<string, unknown>
  /** The body as it came. */
  text: string
  headers: IncomingMessage['headers']
  isVerified: boolean
  /** What was answered; 0: nothing. */
  status: number
}

/** What it does with a request: a status, or a way to fail. */
export type Reaction =
  number | 'hang' | 'reset' | { status: number; headers?: Record<string, string>; body?: string }

export interface Receiver {
  url: string
  port: number
  received: Received[]
  /** Taken with 2xx, by id. */
  taken: () => Map<string, Received[]>
  react: (how: Reaction | ((request: Received, nth: number) => Reaction)) => void
  /** Ends, also what hangs. */
  close: () => Promise<void>
}

export async function startReceiver({ port = 0, secret = receiverSecret } = {}): Promise<Receiver> {
  const webhook = new Webhook(secret)
  const received: Received[] = []
  let reaction: (request: Received, nth: number) => Reaction = () => 200
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const one: Received = {
        id: String(request.headers['webhook-id']),
        at: Date.now(),
        body: JSON.parse(text) as Record<string, unknown>,
        text,
        headers: request.headers,
        isVerified: isVerified(webhook, text, request.headers),
        status: 0,
      }
      received.push(one)
      const nth = received.filter(({ id }) => id === one.id).length
      answer(one, reaction(one, nth), response)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const listening = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${listening}/hook`,
    port: listening,
    received,
    taken() {
      const byId = new Map<string, Received[]>()
      for (const one of received)
        if (one.status >= 200 && one.status < 300) byId.set(one.id, [...(byId.get(one.id) ?? []), one])
      return byId
    },
    react(how) {
      reaction = typeof how === 'function' ? how : () => how
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(one: Received, reaction: Reaction, response: ServerResponse): void {
  if (reaction === 'hang') return
  if (reaction === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const { status, headers = {}, body = '' } = typeof reaction === 'number' ? { status: reaction } : reaction
  one.status = status
  response.writeHead(status, headers).end(body)
}

function isVerified(webhook: Webhook, body: string, headers: IncomingMessage['headers']): boolean {
  try {
    webhook.verify(body, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}
