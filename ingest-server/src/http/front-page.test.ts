import { pino } from 'pino'
import { expect, test } from 'vitest'
import { frontPage } from './front-page.js'
import { guessAddress } from './reachable.js'
import { createHttpServer } from './server.js'

const ask = async (has: { collect: boolean; timeline: boolean }, accept: string) => {
  const app = createHttpServer({ logger: pino({ level: 'silent' }) })
  // Where no pages of the Explorer were built.
  await app.register(frontPage({ ...has, explorerAt: new URL('none/', import.meta.url) }))
  return app.inject({ url: '/', headers: { accept } })
}

test('the bare address leads to the API and the script, under the strictest policy', async () => {
  const all = { collect: true, timeline: true }
  const json = await ask(all, '*/*')
  expect(json.json()).toMatchObject({ name: 'Touchline', '/docs': expect.any(String) as string })
  const page = await ask(all, 'text/html,*/*')
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  })
  for (const path of ['/docs', '/t.js']) expect(page.body).toContain(`href="${path}"`)
})

test('it names what this process serves and nothing else', async () => {
  expect((await ask({ collect: true, timeline: false }, 'text/html')).body).not.toContain('/docs')
  expect((await ask({ collect: false, timeline: true }, 'text/html')).body).not.toContain('/t.js')
})

test('a guessed address is one that others can reach, where there is any', () => {
  const found = { netmask: '', mac: '', cidr: null }
  const loopback = { ...found, address: '127.0.0.1', family: 'IPv4', internal: true } as const
  const outer = { ...found, address: '192.0.2.7', family: 'IPv4', internal: false } as const
  expect(guessAddress({ lo: [loopback], eth0: [outer] })).toBe('192.0.2.7')
  expect(guessAddress({ lo: [loopback] })).toBe('127.0.0.1')
})
