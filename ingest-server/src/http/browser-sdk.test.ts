import Fastify, { type FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserSdkRoutes, pinnedSnippet, plainSnippet } from './browser-sdk.js'

const host = 'https://t.example.com'
let app: FastifyInstance

beforeAll(async () => {
  app = Fastify()
  await app.register(browserSdkRoutes())
})
afterAll(() => app.close())

describe('the scripts', () => {
  test.each(['/t.js', '/t.lite.js', '/t.core.js', '/t.forms.js', '/t.whole.js', '/t.debug.js'])(
    '%s is kept shortly and asked for by its ETag',
    async (url) => {
      const first = await app.inject({ url })
      expect(first.statusCode).toBe(200)
      expect(first.headers).toMatchObject({
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=300',
        'access-control-allow-origin': '*',
      })
      const again = await app.inject({ url, headers: { 'if-none-match': String(first.headers.etag) } })
      expect([again.statusCode, again.body]).toEqual([304, ''])
    },
  )

  test('is compressed for those who take it', async () => {
    const plain = await app.inject({ url: '/t.js' })
    const packed = await app.inject({ url: '/t.js', headers: { 'accept-encoding': 'gzip, deflate' } })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(packed.rawPayload).toString()).toBe(plain.body)
  })

  test('the pinned tag names a script that never changes, and its hash is right', async () => {
    const tag = pinnedSnippet({ host, writeKey: 'wk' }) ?? ''
    const [, path] = /src="https:\/\/t\.example\.com(\/t\.[0-9a-f]+\.js)"/.exec(tag) ?? []
    const answer = await app.inject({ url: path ?? '' })
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    expect(tag).toContain(
      `integrity="sha384-${createHash('sha384').update(answer.rawPayload).digest('base64')}"`,
    )
    expect(tag).toContain('crossorigin="anonymous"')
    expect(tag).toContain('data-key="wk"')
  })

  test('the pinned script loads no other, which no hash would vouch for', async () => {
    const tag = pinnedSnippet({ host, writeKey: 'wk', options: { forms: 'auto' } }) ?? ''
    const [, path] = /src="https:\/\/t\.example\.com(\/t\.[0-9a-f]+\.js)"/.exec(tag) ?? []
    const { body } = await app.inject({ url: path ?? '' })
    expect(body).not.toContain('t.forms.js')
    expect((await app.inject({ url: '/t.js' })).body).toContain('t.forms.js')
  })

  test('a hash of no present build is not found', async () => {
    const answer = await app.inject({ url: '/t.0123456789abcdef.js' })
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([404, 'NOT_FOUND'])
  })
})

test('what is printed to paste is the stub and the tag, escaped', () => {
  const tag = { host, writeKey: 'a"><script>', build: 't.lite', options: { forms: 'auto' } } as const
  const [stub, script, ...rest] = plainSnippet(tag).split('\n')
  expect(stub).toMatch(/^<script>.*identifyOrReset.*<\/script>$/)
  expect(script).toBe(
    '<script async src="https://t.example.com/t.lite.js" data-key="a&quot;>&lt;script>" data-forms="auto"></script>',
  )
  expect(rest).toEqual([])
  expect(pinnedSnippet(tag)?.split('\n')[0]).toBe(stub)
})

describe('the cookie that the server hands back', () => {
  const visitor = '%7B%22anonymousId%22%3A%221%22%7D'
  const renew = (options: {
    domain?: string
    name?: string
    origin?: string
    cookie?: string
    host?: string
  }) =>
    app.inject({
      url: `/v1/c?domain=${options.domain ?? 'example.com'}${options.name === undefined ? '' : `&name=${options.name}`}`,
      headers: {
        host: options.host ?? 't.example.com',
        origin: options.origin ?? 'https://www.example.com',
        cookie: options.cookie ?? `a=b; touchline=${visitor}; c=d`,
      },
    })

  test('is what the browser sent, for the site’s own domain', async () => {
    const { headers, statusCode } = await renew({})
    expect(statusCode).toBe(204)
    expect(headers['set-cookie']).toBe(
      `touchline_server=${visitor}; Domain=example.com; Path=/; Max-Age=34560000; SameSite=Lax`,
    )
    expect(headers['access-control-allow-origin']).toBe('https://www.example.com')
    expect(headers['access-control-allow-credentials']).toBe('true')
  })

  test.each([
    ['a page of another site', { origin: 'https://evil.test' }],
    ['a domain that this server is not part of', { domain: 'other.com', origin: 'https://www.other.com' }],
    ['a public suffix', { domain: 'com' }],
    ['a domain that is none', { domain: 'example.com;%20secure' }],
    ['an opaque origin', { origin: 'null' }],
  ])('is refused to %s', async (_, options) => {
    const { headers } = await renew(options)
    expect(headers['set-cookie']).toBeUndefined()
    expect(headers['access-control-allow-credentials']).toBeUndefined()
  })

  test.each([
    '',
    'touchline=',
    'touchline=a b',
    'touchline=theirs',
    'touchline=%7B%22theme%22%3A1%7D',
    `touchline=${visitor}${'x'.repeat(4000)}`,
    `mytouchline=${visitor}`,
  ])('is not made of %j', async (cookie) => {
    expect((await renew({ cookie })).headers['set-cookie']).toBeUndefined()
  })

  test('is called after the site’s own name for it, and is never a copy of another cookie', async () => {
    const cookie = `shop.visitor=${visitor}; session=s3cret; touchline=${visitor}`
    expect((await renew({ cookie, name: 'shop.visitor' })).headers['set-cookie']).toMatch(
      /^shop\.visitor_server=%7B/,
    )
    for (const name of ['session', 'other', 'a%3D1%3B%20Path%3D/', ''])
      expect((await renew({ cookie, name })).headers['set-cookie']).toBeUndefined()
  })

  test('is still made of the old cookie for an SDK of before, and ends the old copy of who has a new one', async () => {
    expect((await renew({ cookie: `tl=${visitor}` })).headers['set-cookie']).toMatch(/^tl_server=%7B/)
    const { headers } = await renew({
      cookie: `tl_server=${visitor}; touchline=%7B%22choice%22%3A%22no%22%7D`,
    })
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^touchline_server=%7B%22choice/),
      expect.stringMatching(/^tl_server=; Domain=example\.com; Path=\/; Max-Age=0;/),
    ])
  })

  test('names no domain where that is the host itself', async () => {
    const { headers } = await renew({
      host: 'localhost:8484',
      domain: 'localhost',
      origin: 'http://localhost:3000',
    })
    expect(headers['set-cookie']).not.toContain('Domain')
  })
})
