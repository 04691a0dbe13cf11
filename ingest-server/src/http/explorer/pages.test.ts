import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frontPage } from '../front-page.js'
import { createHttpServer } from '../server.js'
import { explorerRoutes } from './pages.js'

const script = 'export const answer = 42\n'.repeat(100)
const page = '<!doctype html><title>Touchline</title><div id="app"></div>'
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

let folder: string
let dist: URL
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchline-pages-'))
  writeFileSync(join(folder, 'secret.txt'), 'outside of the pages')
  mkdirSync(join(folder, 'dist/assets'), { recursive: true })
  dist = pathToFileURL(`${join(folder, 'dist')}/`)
  writeFileSync(join(folder, 'dist/index.html'), page)
  const asset = join(folder, 'dist/assets/main.0a1b2c3d.js')
  writeFileSync(asset, script)
  writeFileSync(`${asset}.br`, brotliCompressSync(script))
  writeFileSync(`${asset}.gz`, gzipSync(script))
  writeFileSync(join(folder, 'dist/assets/.hidden'), 'kept to itself')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function server(at = dist) {
  const app = createHttpServer({ logger: pino({ level: 'silent' }) })
  await app.register(explorerRoutes(at))
  await app.register(frontPage({ collect: true, timeline: true, explorerAt: at }))
  return app
}
const ask = async (url: string, headers: Record<string, string> = { accept: 'text/html' }, at = dist) =>
  (await server(at)).inject({ url, headers })

describe('the pages', () => {
  test.each([
    '/',
    '/live',
    '/accounts',
    '/accounts/acme%2Fx',
    '/people/user:u7/more?from=2026-01-01',
    '/signin',
    '/health',
  ])('%s is the one page, asked for anew each time, under its policy and in nobody’s frame', async (url) => {
    const answer = await ask(url)
    expect([answer.statusCode, answer.body]).toEqual([200, page])
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': policy,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
  })

  test('programs get the list of places at / and no page elsewhere', async () => {
    const json = { accept: 'application/json' }
    expect((await ask('/', json)).json()).toMatchObject({
      name: 'Touchline',
      '/docs': expect.any(String) as string,
    })
    expect((await ask('/', { accept: '*/*' })).json()).toMatchObject({ name: 'Touchline' })
    expect((await ask('/accounts/acme', json)).json()).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('no other address becomes a page', async () => {
    for (const url of ['/nowhere', '/v1/nowhere', '/accountsx', '/assets', '/assets/', '/index.html'])
      expect((await ask(url)).statusCode, url).toBe(404)
  })

  test('where they are not built the list of places stands at /', async () => {
    const nowhere = pathToFileURL(`${join(folder, 'not-built')}/`)
    const front = await ask('/', { accept: 'text/html' }, nowhere)
    expect(front.body).toContain('href="/docs"')
    expect((await ask('/accounts', { accept: 'text/html' }, nowhere)).statusCode).toBe(404)
    expect((await ask('/assets/main.0a1b2c3d.js', {}, nowhere)).statusCode).toBe(404)
  })
})

describe('their files', () => {
  const path = '/assets/main.0a1b2c3d.js'

  test.each([
    ['br, gzip', 'br', brotliCompressSync(script)],
    ['gzip', 'gzip', gzipSync(script)],
    ['identity', undefined, Buffer.from(script)],
  ])(
    'who takes %s gets it as it was packed at the build, to be kept for ever',
    async (accepted, encoding, bytes) => {
      const answer = await ask(path, { 'accept-encoding': accepted })
      expect(answer.statusCode).toBe(200)
      expect(answer.rawPayload.equals(bytes)).toBe(true)
      expect(answer.headers['content-encoding']).toBe(encoding)
      expect(answer.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable' })
      expect(answer.headers['content-type']).toMatch(/^(?:text|application)\/javascript/)
    },
  )

  test.each([
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/index.html',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets//..//..//secret.txt',
    '/assets/%252e%252e/secret.txt',
    '/assets/....//secret.txt',
    '/assets/main.0a1b2c3d.js%00.txt',
    '/assets/.hidden',
    '/assets//etc/passwd',
    '/assets/%2fetc%2fpasswd',
  ])('%s leads to no other file', async (url) => {
    const answer = await ask(url, {})
    expect(answer.statusCode).toBeGreaterThanOrEqual(400)
    expect(answer.statusCode).toBeLessThan(500)
    expect(answer.body).not.toMatch(/outside of the pages|root:|doctype|kept to itself/)
  })
})
