/**
 * `POST /v1/sources/:id` opens without a key of the Explorer or of a server: what somebody does with it who has none, who
 * has a write key, or who administers another project of the same server.
 */
import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, until, type TestServer } from '../../test-support/server.js'

const secrets = { BLOG_SECRET: 'a secret of the blog', OPERATOR_SECRET: 'a secret of the operator' }
const shop = { id: 'shop', write: 'wk_shop_0123456789', secret: 'sk_shop_0123456789abcdef' }
const blog = { id: 'blog', write: 'wk_blog_0123456789', secret: 'sk_blog_0123456789abcdef' }
const bound = 'wk_bound_0123456789'
const slow = 'wk_slow_0123456789'
const metricsToken = 'a_token_that_opens_metrics'

let server: TestServer
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchline-sources-'))
  const file = join(dir, 'projects.json')
  const projects = [
    {
      id: 'shop',
      writeKeys: [
        shop.write,
        { id: 'bound', key: bound, types: ['page'] },
        { id: 'slow', key: slow, eventsPerSecond: 0.01 },
      ],
      secretKeys: [shop.secret],
    },
    { id: 'blog', writeKeys: [blog.write], secretKeys: [blog.secret], variables: ['BLOG_*'] },
  ]
  await writeFile(file, JSON.stringify(projects), { mode: 0o600 })
  server = await startServer({ env: { PROJECTS_FILE: file, METRICS_TOKEN: metricsToken, ...secrets } })
  const open = { vendor: 'generic', map: 'github-stars' }
  await define(shop.secret, 'sources/open', open)
  for (const key of [shop.secret, blog.secret, server.secretKey])
    await define(key, 'sources/signed', { ...open, secret: 'env:BLOG_SECRET', header: 'x-signature' })
  const url = 'https://hooks.example.com/'
  for (const key of [shop.secret, server.secretKey])
    await define(key, 'endpoints/theirs', { url, secret: 'env:BLOG_SECRET' })
  const ours = { ...open, header: 'x-signature' }
  await define(server.secretKey, 'sources/ours', { ...ours, secret: 'env:OPERATOR_SECRET' })
  await define(server.secretKey, 'sources/settings', { ...ours, secret: 'env:METRICS_TOKEN' })
})
afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

async function define(key: string, path: string, body: object): Promise<void> {
  const answer = await fetch(`${server.url}/v1/definitions/${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status, await answer.text()).toBeLessThan(300)
}

const star = JSON.stringify({
  action: 'created',
  starred_at: '2026-03-02T10:00:00Z',
  repository: { full_name: 'a/b' },
  sender: { login: 'octo' },
})
const signedBy = (secret: string) => ({
  'x-signature': createHmac('sha256', secret).update(star).digest('hex'),
})

async function push(path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server.url}/v1/sources/${path}`, { method: 'POST', headers, body: star })
  return { status: answer.status, body: (await answer.json()) as { code?: string } }
}

test('a project signs and checks by its own secrets alone: not by another’s, nor by the server’s settings', async () => {
  const right = signedBy(secrets.BLOG_SECRET)
  expect(await push(`signed?writeKey=${blog.write}`, right)).toMatchObject({ status: 200 })
  expect(await push('ours', signedBy(secrets.OPERATOR_SECRET))).toMatchObject({ status: 200 })
  const closed = { status: 500, body: { code: 'CONFIG_INVALID' } }
  expect(await push(`signed?writeKey=${shop.write}`, right)).toMatchObject(closed)
  // What another project lists is not the default project's either, and a setting is nobody's.
  expect(await push('signed', right)).toMatchObject(closed)
  expect(await push('settings', signedBy(metricsToken))).toMatchObject(closed)
  for (const key of [shop.secret, server.secretKey]) {
    const answer = await fetch(`${server.url}/v1/endpoints`, { headers: { authorization: `Bearer ${key}` } })
    const { endpoints } = (await answer.json()) as { endpoints: { id: string; problem: string | null }[] }
    expect(endpoints).toMatchObject([
      { id: 'theirs', problem: expect.stringContaining('BLOG_SECRET') as string },
    ])
  }
})

test('a write key sends through a source what it may send, and no faster', async () => {
  expect(await push(`open?writeKey=${shop.write}`)).toMatchObject({ status: 200, body: { accepted: 1 } })
  expect(await push(`open?writeKey=${bound}`)).toMatchObject({
    status: 200,
    body: { accepted: 0, rejected: 1 },
  })
  // One event overdraws it for longer than this takes; on the paths of events it is the same rate.
  expect(await push(`open?writeKey=${slow}`)).toMatchObject({ status: 200, body: { accepted: 1 } })
  expect(await push(`open?writeKey=${slow}`)).toMatchObject({ status: 429 })
  expect((await server.post('/v1/track', { anonymousId: 'a', event: 'E' }, slow)).status).toBe(429)
})

/** A body that is announced and never whole; resolves with what is answered, or '' while nothing is. */
function unfinished(path: string, bytes: number): { socket: Socket; answer: () => string } {
  let answer = ''
  const socket = connect({
    port: Number(new URL(server.url).port),
    host: '127.0.0.1',
    localAddress: '127.0.0.9',
  })
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${bytes + 1}\r\n\r\n`)
  socket.write(Buffer.alloc(bytes, 'x'))
  return { socket, answer: () => answer }
}

test('bodies that nobody signs hold no more than their room, and who signs is heard all the while', async () => {
  const unknown = Array.from({ length: 20 }, (_, n) => unfinished(`/v1/sources/none-${n}`, 1_000_000))
  const known = Array.from({ length: 60 }, () =>
    unfinished(`/v1/sources/signed?writeKey=${blog.write}`, 1_000_000),
  )
  try {
    // Not to be had: said before the body is there.
    await until(() => (unknown.every(({ answer }) => answer().includes('404')) ? true : undefined))
    // Of 60 MB from one address 16 find room.
    await until(() =>
      known.filter(({ answer }) => answer().includes('OVERLOADED')).length >= 44 ? true : undefined,
    )
    const right = signedBy(secrets.BLOG_SECRET)
    expect(await push(`signed?writeKey=${blog.write}`, right)).toMatchObject({ status: 200 })
  } finally {
    for (const { socket } of [...unknown, ...known]) socket.destroy()
  }
})

test('a source that was just defined is there at once, however many ask for others that are not', async () => {
  const asking = Array.from({ length: 50 }, (_, n) => push(`nothing-${n}?writeKey=${shop.write}`))
  await define(shop.secret, 'sources/new', { vendor: 'generic', map: 'github-stars' })
  expect(await push(`new?writeKey=${shop.write}`)).toMatchObject({ status: 200 })
  for (const { status } of await Promise.all(asking)) expect(status).toBe(404)
})
