/**
 * The two ends that a browser sees: a website whose pages stand in test/pages, and a gate in front of the Touchline
 * server that keeps what passed through and can refuse, stall or cut it.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Passed {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
  /** What was answered; 0 where the connection was cut. */
  status: number
}

/**
 * What the gate does to a POST: lets it pass, answers in the server's place (as the server would, or with another body),
 * says nothing for ever, or cuts the connection after the server answered.
 */
export type Fault =
  | 'none'
  | 'cut-answer'
  | 'cut'
  | 'silent'
  | { status: number; headers?: Record<string, string>; body?: string }

const refusal = JSON.stringify({ success: false, code: 'REFUSED', message: 'by the gate', requestId: 'r' })

export interface Gate {
  url: string
  port: number
  passed: Passed[]
  fault: Fault
  close: () => Promise<void>
}

export async function openGate(upstream: string): Promise<Gate> {
  const passed: Passed[] = []
  const server = createServer((request, response) => void pass(request, response))
  const port = await listen(server)
  const gate: Gate = {
    url: `http://127.0.0.1:${port}`,
    port,
    passed,
    fault: 'none',
    close: () => end(server),
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const note: Passed = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: body.toString(),
      status: 0,
    }
    passed.push(note)
    const fault = request.method === 'POST' ? gate.fault : 'none'
    if (fault === 'silent') return
    if (fault === 'cut') return void request.socket.destroy()
    if (typeof fault === 'object') {
      note.status = fault.status
      response.writeHead(fault.status, {
        'access-control-allow-origin': request.headers.origin ?? '*',
        'access-control-expose-headers': 'Retry-After',
        ...fault.headers,
      })
      return void response.end(fault.body ?? refusal)
    }
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers
    const answer = await fetch(upstream + note.path, {
      method: note.method,
      headers: {
        ...(headers as Record<string, string>),
        'accept-encoding': 'identity',
        'x-forwarded-host': _host ?? '',
      },
      redirect: 'manual',
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    })
    const answered = Buffer.from(await answer.arrayBuffer())
    if (fault === 'cut-answer') return void request.socket.destroy()
    note.status = answer.status
    const { 'transfer-encoding': _transfer, connection: _close, ...kept } = Object.fromEntries(answer.headers)
    response.writeHead(answer.status, kept)
    response.end(answered)
  }
  return gate
}

export interface Site {
  port: number
  /** What pages told the website: `GET /note?text`. They ask for one by `GET /noted?text`, which is 404 until it is there. */
  notes: string[]
  /** Address of a page on a host that resolves to this machine. */
  url: (page: string, host?: string) => string
  close: () => Promise<void>
}

/** `{{tag}}` and `{{tag forms="auto"}}` in a page become the tag with these attributes, `{{stub}}` the stub. */
export async function openSite({
  gate,
  writeKey,
  stub,
}: {
  gate: Gate
  writeKey: string
  stub: string
}): Promise<Site> {
  const server = createServer((request, response) => void answer(request, response))
  const port = await listen(server)
  const notes: string[] = []
  const built = readFileSync(new URL('../../dist/t.whole.js', import.meta.url))
  const whole = `sha384-${createHash('sha384').update(built).digest('base64')}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', 'http://site')
    const name = pathname.replace(/^\//, '').split('/')[0] ?? ''
    if (pathname.endsWith('.pdf')) return void response.writeHead(204).end()
    const note = decodeURIComponent(search.slice(1))
    if (pathname === '/note') {
      notes.push(note)
      return void response.writeHead(204).end()
    }
    if (pathname === '/noted') return void response.writeHead(notes.includes(note) ? 204 : 404).end()
    if (pathname === '/index.js') {
      response.setHeader('content-type', 'text/javascript')
      return void response.end(await readFile(new URL('../../dist/index.js', import.meta.url)))
    }
    const page = await readFile(new URL(`../pages/${name}.html`, import.meta.url), 'utf8').catch(
      () => undefined,
    )
    if (page === undefined) return void response.writeHead(404).end()
    // Pages speak to the server under the host they are on themselves: cross-origin, same site.
    const gateUrl = `http://${(request.headers.host ?? '127.0.0.1').split(':')[0]}:${gate.port}`
    const csp = /<!-- csp: (.*) -->/.exec(page)?.[1]
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      ...(csp && {
        'content-security-policy': csp.replaceAll('{{gate}}', gateUrl).replaceAll('{{whole}}', `'${whole}'`),
      }),
    })
    response.end(
      page
        .replaceAll('{{stub}}', () => `<script>${stub}</script>`)
        .replaceAll('{{gate}}', gateUrl)
        .replaceAll('{{key}}', writeKey)
        .replaceAll('{{port}}', String(port))
        .replaceAll('{{whole}}', whole)
        .replaceAll(
          /\{\{tag(?:\.(lite|core))?(.*?)\}\}/g,
          (_, build: string | undefined, attributes: string) =>
            `<script ${/async|defer/.test(attributes) ? '' : 'async '}src="${gateUrl}/t${build ? `.${build}` : ''}.js" data-key="${writeKey}" ${attributes.includes('data-bots') ? '' : 'data-bots="allow"'}${attributes}></script>`,
        ),
    )
  }
  return {
    port,
    notes,
    url: (page, host = '127.0.0.1') => `http://${host}:${port}/${page}`,
    close: () => end(server),
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function end(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
