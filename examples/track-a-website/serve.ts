/**
 * Serves a website with the Touchline tag on it.
 *
 *     TOUCHLINE_URL=http://127.0.0.1:8484 TOUCHLINE_WRITE_KEY=wk_… npx tsx examples/track-a-website/serve.ts
 *
 * Open it with `?utm_source=newsletter&utm_medium=email`, send the form, and ask the server for the timeline.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'

export interface WebsiteOptions {
  /** Where the Touchline server is. */
  touchline: string
  writeKey: string
  port?: number
}

const files: Record<string, string> = { '/': 'index.html', '/thanks': 'thanks.html' }

export async function serveWebsite({ touchline, writeKey, port = 0 }: WebsiteOptions) {
  const server = createServer((request, response) => {
    const file = files[new URL(request.url ?? '/', 'http://site').pathname]
    if (file === undefined) return void response.writeHead(404).end()
    readFile(new URL(file, import.meta.url), 'utf8').then(
      (page) => {
        response.setHeader('content-type', 'text/html; charset=utf-8')
        response.end(page.replaceAll('{{touchline}}', touchline).replaceAll('{{writeKey}}', writeKey))
      },
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close(): Promise<void> {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const writeKey = process.env.TOUCHLINE_WRITE_KEY
  if (writeKey === undefined)
    throw new Error('TOUCHLINE_WRITE_KEY is missing: npm start prints the write key.')
  const { url } = await serveWebsite({
    touchline: process.env.TOUCHLINE_URL ?? 'http://127.0.0.1:8484',
    writeKey,
    port: Number(process.env.PORT ?? 8080),
  })
  console.log(`Open ${url}?utm_source=newsletter&utm_medium=email`)
}
