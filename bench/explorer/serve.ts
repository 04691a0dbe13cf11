/** The built pages with invented answers, on loopback: what is measured is the page, not a database. */
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../../explorer/dist', import.meta.url))
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

export interface Pages {
  url: string
  close: () => Promise<void>
}

/** `answers`: the body of each path of the API, or a function of the address. Everything else is a page. */
export async function servePages(answers: Record<string, unknown>): Promise<Pages> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x')
    const body = answers[decodeURIComponent(pathname)]
    if (body !== undefined) return sendJson(response, body)
    if (pathname.startsWith('/v1/') || pathname.startsWith('/ui/'))
      return sendJson(
        response,
        { success: false, code: 'NOT_FOUND', message: 'Nothing.', requestId: 'r' },
        404,
      )
    void sendFile(response, pathname.startsWith('/assets/') ? pathname : '/index.html')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
  response.end(gzipSync(JSON.stringify(body), { level: 1 }))
}

async function sendFile(response: ServerResponse, path: string): Promise<void> {
  const file = join(dist, path.replaceAll('..', ''))
  const packed = await readFile(`${file}.br`).catch(() => undefined)
  if (packed === undefined) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-encoding': 'br',
    'content-security-policy': policy,
  })
  response.end(packed)
}
