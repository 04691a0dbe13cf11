import Fastify, { type FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserSdkRoutes, inlineStub, pinnedTag, plainTag } from './browser-sdk.js'

const host = 'https://t.example.com'
let app: FastifyInstance

beforeAll(async () => {
  app = Fastify()
  await app.register(browserSdkRoutes())
})
afterAll(() => app.close())

describe('the scripts', () => {
  test.each(['/t.js', '/t.lite.js', '/t.core.js'])(
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
    const tag = pinnedTag({ host, writeKey: 'wk' }) ?? ''
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

  test('a hash of no present build is not found', async () => {
    const answer = await app.inject({ url: '/t.0123456789abcdef.js' })
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([404, 'NOT_FOUND'])
  })
})

test('tags are escaped', () => {
  expect(plainTag({ host, writeKey: 'a"><script>', build: 't.lite', options: { forms: 'auto' } })).toBe(
    '<script async src="https://t.example.com/t.lite.js" data-key="a&quot;>&lt;script>" data-forms="auto"></script>',
  )
  expect(inlineStub()).toMatch(/^<script>.*identifyOrReset.*<\/script>$/)
})

describe('the cookie that the server hands back', () => {
  const renew = (options: { domain?: string; origin?: string; cookie?: string; host?: string }) =>
    app.inject({
      url: `/v1/c?domain=${options.domain ?? 'example.com'}`,
      headers: {
        host: options.host ?? 't.example.com',
        origin: options.origin ?? 'https://www.example.com',
        cookie: options.cookie ?? 'a=b; tl=%7B%22anonymousId%22%3A%221%22%7D; c=d',
      },
    })

  test('is what the browser sent, for the site’s own domain', async () => {
    const { headers, statusCode } = await renew({})
    expect(statusCode).toBe(204)
    expect(headers['set-cookie']).toBe(
      'tl_server=%7B%22anonymousId%22%3A%221%22%7D; Domain=example.com; Path=/; Max-Age=34560000; SameSite=Lax',
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

  test.each(['', 'tl=', 'tl=a b', `tl=${'x'.repeat(4000)}`])('is not made of %j', async (cookie) => {
    expect((await renew({ cookie })).headers['set-cookie']).toBeUndefined()
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
