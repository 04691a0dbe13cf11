/** What browsers and their SDKs meet at the collecting routes: preflights, headers that a page may read, settings; over a socket. */
import { fixtureSecretKey, fixtureWriteKey } from '@touchline/schemas/fixtures'
import { pino } from 'pino'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCollect } from '../../../../test-support/collect.js'
import { createHttpServer } from '../../http/server.js'

const origin = 'https://acme.com'
const auth = [fixtureWriteKey, ''] as const
const event = { type: 'track', event: 'Tested', anonymousId: 'a-1', messageId: 'm-1' }

let collect: Awaited<ReturnType<typeof startCollect>>
beforeAll(async () => {
  collect = await startCollect()
  await collect.app.ready()
})
afterAll(() => collect.app.close())
const asked = () => request(collect.app.server)

describe('a preflight', () => {
  test('names what was asked for, and is kept a day', async () => {
    const headers = ['anonymousid', 'authorization', 'content-type', 'sentat']
    const answer = await asked()
      .options('/v1/identify')
      .set('Origin', origin)
      .set('Access-Control-Request-Method', 'POST')
      .set('Access-Control-Request-Headers', headers.join(','))
      .expect(204)
      .expect('access-control-allow-origin', origin)
      .expect('access-control-allow-methods', /POST/)
      .expect('access-control-max-age', '86400')
    const allowed = String(answer.headers['access-control-allow-headers']).split(/,\s*/)
    expect(allowed).toEqual(expect.arrayContaining(headers))
  })

  test('echoes header names and nothing else', async () => {
    const answer = await asked()
      .options('/v1/t')
      .set('Origin', origin)
      .set('Access-Control-Request-Headers', 'x: <script>')
      .expect(204)
    expect(String(answer.headers['access-control-allow-headers'])).not.toContain('script')
  })

  test.each(['/v1/people/u1', '/v1/nothing', '/'])(
    'of %s, which collects nothing, is not answered',
    async (url) => {
      const answer = await asked()
        .options(url)
        .set('Origin', origin)
        .set('Access-Control-Request-Method', 'DELETE')
        .expect(404)
      expect(answer.headers).not.toHaveProperty('access-control-allow-methods')
    },
  )
})

test.each([
  ['get', '/v1/track'],
  ['delete', '/v1/batch'],
  ['put', '/v1/i'],
] as const)('%s %s is 405 with the methods that it has, and the page may read it', async (method, url) => {
  const it = asked()
  const answer = await it[method](url)
    .set('Origin', origin)
    .expect(405)
    .expect('allow', 'OPTIONS, POST')
    .expect('access-control-allow-origin', origin)
  expect(answer.body).toMatchObject({ success: false, code: 'METHOD_NOT_ALLOWED' })
})

test.each([
  ['an answer', event, 200],
  ['an error', [], 400],
])('%s can be read by the page, with Retry-After and X-Request-Id', async (_what, body, status) => {
  await asked()
    .post('/v1/track')
    .auth(...auth)
    .set('Origin', origin)
    .send(body)
    .expect(status)
    .expect('access-control-allow-origin', origin)
    .expect('access-control-expose-headers', /Retry-After/)
    .expect('access-control-expose-headers', /X-Request-Id/)
    .expect('vary', /Origin/)
})

test('a slash too many in the path or behind it, as of a host that an SDK was given', async () => {
  const { app } = await startCollect({
    server: () => createHttpServer({ logger: pino({ level: 'silent' }) }),
  })
  await app.ready()
  const it = request(app.server)
  for (const url of ['/v1//track', '//v1/track/', '/v1/t/', '/v1/track/?a=b', '///v1///track//'])
    await it
      .post(url)
      .auth(...auth)
      .send(event)
      .expect(200)
  await it
    .options('/v1/batch/')
    .set('Origin', origin)
    .set('Access-Control-Request-Method', 'POST')
    .expect(204)
  await it.get('/v1/track/').expect(405)
  await app.close()
})

describe('what other SDKs ask for before they send', () => {
  test('Segment’s gets settings that make it send here', async () => {
    const answer = await asked()
      .get(`/v1/projects/${fixtureWriteKey}/settings`)
      .set('Host', 'touch.acme.com')
      .set('Origin', origin)
      .expect(200)
      .expect('access-control-allow-origin', origin)
    expect(answer.body).toMatchObject({
      integrations: {
        'Segment.io': { apiKey: fixtureWriteKey, apiHost: 'touch.acme.com/v1', protocol: 'http' },
      },
    })
  })

  test.each(['wk_nobody_knows', fixtureSecretKey])('settings for %s are refused', async (key) => {
    const answer = await asked().get(`/v1/projects/${key}/settings`).expect(401)
    expect(answer.body).toMatchObject({ code: 'KEY_UNKNOWN' })
  })

  test.each(['/sourceConfig', '/sourceConfig/'])(
    'RudderStack’s get their configuration at %s',
    async (path) => {
      const answer = await asked()
        .get(`${path}?p=cdn&v=3.11.0&writeKey=${fixtureWriteKey}`)
        .auth(...auth)
        .expect(200)
      expect(answer.body).toMatchObject({
        source: { id: 'default', enabled: true, config: {}, destinations: [] },
      })
    },
  )
})
