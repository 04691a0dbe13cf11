/** A small customer website for tests: a few pages, each with the tag that `npm start` prints. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Website {
  url: string
  close(): Promise<void>
}

const pages: Record<string, { title: string; body: string }> = {
  '/': { title: 'Home', body: '<a href="/features">Features</a>' },
  '/features': { title: 'Features', body: '<a href="/pricing">Pricing</a>' },
  '/pricing': {
    title: 'Pricing',
    body: `<form id="offer" onsubmit="event.preventDefault(); touchline.identify({ email: this.email.value })">
      <input name="email" type="email"><button>Send me the offer</button></form>`,
  },
  '/sign-up': {
    title: 'Sign up',
    body: `<form id="sign-up" onsubmit="event.preventDefault();
        touchline.identify(this.user.value, { email: this.email.value });
        touchline.group('analytical-engines', { name: 'Analytical Engines', domain: 'analytical-engines.com' });
        touchline.track('Signed Up', { plan: 'trial' })">
      <input name="user"><input name="email" type="email"><button>Create account</button></form>`,
  },
}

export async function openWebsite({ tag }: { tag: string }): Promise<Website> {
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url ?? '/', 'http://site').pathname]
    if (page === undefined) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    return response.end(
      `<!doctype html><html><head><title>${page.title}</title>${tag}</head><body>${page.body}</body></html>`,
    )
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
