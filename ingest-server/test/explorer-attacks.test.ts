/**
 * What an outsider can do to somebody who is signed in to the Explorer, or to get in. Run against the real server;
 * docs/explorer.md and SECURITY.md make the promises that are held here.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT, decodeJwt, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explorerPathOf } from '@touchline/schemas/api'
import { touchline } from '../../test-support/command.js'
import { startServer, type TestServer, until } from '../../test-support/server.js'

const other = { writeKey: 'wk_other_0123456789', secretKey: 'sk_other_0123456789abcdef' }
const short = { id: 'short', key: 'sk_short_0123456789abcdef' }
const reads = { id: 'reads', key: 'sk_reads_0123456789abcdef' }
const name = 'touchline_explorer'

let server: TestServer
let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'touchline-explorer-attacks-'))
  await mkdir(dataDir, { recursive: true })
  await writeFile(join(dataDir, 'projects.json'), JSON.stringify(projects()), { mode: 0o600 })
  server = await startServer({ env: { DATA_DIR: dataDir, TRUST_PROXY: '127.0.0.0/8' } })
})
afterAll(async () => {
  await server?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const hash = async (key: string) => {
  const { createHash } = await import('node:crypto')
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}
function projects() {
  return [{ id: 'other', writeKeys: [other.writeKey], secretKeys: [other.secretKey, short.key, reads.key] }]
}

interface Asked {
  method?: string
  body?: unknown
  headers?: Record<string, string>
}

let lastAddress = 0
/** Each test is somebody else, so that one's wrong tries are not another's. */
const someone = () => ({ 'x-forwarded-for': `198.51.${100 + (lastAddress >> 8)}.${lastAddress++ & 255}` })

async function ask(path: string, { method = 'GET', body, headers = {} }: Asked = {}) {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  const json = (() => {
    try {
      return JSON.parse(text) as Record<string, unknown>
    } catch {
      return {}
    }
  })()
  return { status: answer.status, headers: answer.headers, text, json }
}

async function signIn(body: { code: string } | { key: string }, headers: Record<string, string> = someone()) {
  const answer = await ask('/ui/session', { method: 'POST', body, headers })
  const set = answer.headers.getSetCookie()[0] ?? ''
  return { ...answer, set, cookie: set.split(';', 1)[0] ?? '' }
}
const sessionOf = async (key = server.secretKey) => (await signIn({ key })).cookie
const freshCode = async (key = server.secretKey, body: object = {}) => {
  const made = await ask('/v1/sign-in-links', {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${key}` },
  })
  expect(made.status).toBe(201)
  const url = new URL(String(made.json.url))
  return { code: new URLSearchParams(url.hash.slice(1)).get('code') ?? '', url }
}
/** What the Explorer's own page sends with everything that is not a GET. */
const ofPage = { 'sec-fetch-site': 'same-origin', 'x-touchline-explorer': '1' }
const unlink = { identifier: 'anon:none' }
/** What needs the role admin, and where nothing of that name is known: who may ask is answered 404. */
const aWrite = { path: '/v1/people/user:nobody/unlink', method: 'POST', body: unlink }

describe('signing in', () => {
  test('the link that npm start prints signs in once, and its code was never in a request line', async () => {
    const printed = await until(() => /(http:\S+\/#code=[\w-]{43})\s/.exec(server.output())?.[1])
    const code = new URL(printed).hash.slice('#code='.length)
    const first = await signIn({ code })
    expect(first.status).toBe(200)
    expect(first.json).toMatchObject({
      project: { id: 'default' },
      role: 'admin',
      writeKey: server.writeKey,
      warnings: [],
    })
    expect(first.set).toMatch(
      /^touchline_explorer=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    )
    const again = await ask('/ui/session', { headers: { cookie: first.cookie } })
    expect([again.status, again.json]).toEqual([200, first.json])
    const replayed = await signIn({ code })
    expect([replayed.status, replayed.json.code, replayed.set]).toEqual([401, 'CODE_UNKNOWN', ''])
  })

  test('of twenty that use one code at the same time one gets in', async () => {
    const { code } = await freshCode()
    const all = await Promise.all(Array.from({ length: 20 }, () => signIn({ code })))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('the command makes a link for any project, with its role and where it leads', async () => {
    const run = (...args: string[]) =>
      touchline(['sign-in', ...args], {
        DATA_DIR: dataDir,
        PORT: new URL(server.url).port,
        TOUCHLINE_SECRET_KEY: server.secretKey,
      })
    const printed = await run(
      '--project',
      'other',
      '--role',
      'read',
      '--to',
      '/accounts/acme?from=2026-01-01',
    )
    const said = new URLSearchParams(new URL(printed).hash.slice(1))
    expect(said.get('to')).toBe('/accounts/acme?from=2026-01-01')
    const { json } = await signIn({ code: said.get('code') ?? '' })
    expect(json).toMatchObject({ project: { id: 'other' }, role: 'read' })
    await expect(run('--to', '//evil.example')).rejects.toThrow(/--to: must be a path/)
  })

  test('a write key signs nobody in, and what is wrong is not told apart by the cookie', async () => {
    for (const key of [server.writeKey, 'sk_wrong', other.writeKey]) {
      const { status, json, set } = await signIn({ key })
      expect([status, json.code, set]).toEqual([401, 'KEY_UNKNOWN', ''])
    }
  })

  test('the sixth wrong try of a minute is answered 429, a right one too, and other addresses are not', async () => {
    const attacker = someone()
    const statuses: number[] = []
    for (let tries = 0; tries < 6; tries += 1) {
      const wrong = tries % 2 ? { key: `sk_guess_${tries}` } : { code: 'A'.repeat(42) + tries }
      statuses.push((await signIn(wrong, attacker)).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    const right = await signIn({ key: server.secretKey }, attacker)
    expect([right.status, right.json.code]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await signIn({ key: server.secretKey })).status).toBe(200)
  })

  test('wrong tries at once are counted before they are judged', async () => {
    const attacker = someone()
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, at) => signIn({ code: `${'B'.repeat(41)}${at + 10}` }, attacker)),
    )
    expect(all.filter(({ status }) => status === 401)).toHaveLength(5)
    expect(all.filter(({ status }) => status === 429)).toHaveLength(35)
  })

  test('an IPv6 household is one address', async () => {
    const statuses: number[] = []
    for (let host = 1; host <= 6; host += 1)
      statuses.push(
        (await signIn({ key: 'sk_guess' }, { 'x-forwarded-for': `2001:db8:7:1::${host}` })).status,
      )
    expect(statuses.at(-1)).toBe(429)
    expect((await signIn({ key: 'sk_guess' }, { 'x-forwarded-for': '2001:db8:7:2::1' })).status).toBe(401)
  })

  test('over https the cookie is Secure and belongs to this host alone; one without the prefix counts for nothing', async () => {
    const https = { ...someone(), 'x-forwarded-proto': 'https' }
    const { set, cookie } = await signIn({ key: server.secretKey }, https)
    expect(set).toMatch(
      /^__Host-touchline_explorer=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/,
    )
    expect((await ask('/ui/session', { headers: { ...https, cookie } })).status).toBe(200)
    const planted = cookie.replace('__Host-', '')
    expect((await ask('/ui/session', { headers: { ...https, cookie: planted } })).status).toBe(401)
  })

  test('beyond this machine without https the page is told so', async () => {
    const { code } = await freshCode()
    const { port } = new URL(server.url)
    const raw = await rawRequest(Number(port), [
      'POST /ui/session HTTP/1.1',
      'Host: touchline.example',
      'Content-Type: application/json',
      `Content-Length: ${JSON.stringify({ code }).length}`,
      'Connection: close',
      '',
      JSON.stringify({ code }),
    ])
    expect(raw).toContain('This connection has no https')
  })
})

describe('session fixation', () => {
  test('signing in makes another session than the one that was planted before', async () => {
    const planted = await sessionOf(other.secretKey)
    const signedIn = await signIn({ key: server.secretKey }, { ...someone(), cookie: planted })
    expect(signedIn.cookie).not.toBe(planted)
    const idOf = (cookie: string) => decodeJwt(cookie.slice(name.length + 1)).jti
    expect(idOf(signedIn.cookie)).not.toBe(idOf(planted))
    const stillTheirs = await ask('/ui/session', { headers: { cookie: planted } })
    expect(stillTheirs.json).toMatchObject({ project: { id: 'other' } })
  })

  test('a session that was ended is good no more, in any copy of its cookie, after a restart too', async () => {
    const cookie = await sessionOf()
    const ended = await ask('/ui/session', { method: 'DELETE', headers: { cookie, ...ofPage } })
    expect(ended.status).toBe(204)
    expect(ended.headers.getSetCookie()[0]).toMatch(/^touchline_explorer=; Path=\/; Max-Age=0/)
    for (const path of ['/ui/session', '/v1/people?q=a']) {
      const { status, json } = await ask(path, { headers: { cookie } })
      expect([status, json.code]).toEqual([401, 'SESSION_ENDED'])
    }
    const lasting = await sessionOf()
    await server.kill()
    await server.restart()
    expect((await ask('/ui/session', { headers: { cookie } })).status).toBe(401)
    expect((await ask('/ui/session', { headers: { cookie: lasting } })).status).toBe(200)
  })
})

describe('forged cookies', () => {
  test('a token that another key signed, none signed, or that says more than was signed is none', async () => {
    const token = (await sessionOf()).slice(name.length + 1)
    const claims = decodeJwt(token)
    const [head = '', , signature = ''] = token.split('.')
    const altered = Buffer.from(JSON.stringify({ ...claims, p: 'other' })).toString('base64url')
    const forged = [
      await new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(server.secretKey)),
      await new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(await hash(server.secretKey))),
      new UnsecuredJWT({ ...claims }).encode(),
      `${head}.${altered}.${signature}`,
      `${token}x`,
      token.slice(0, -2),
      '',
      '../../keys.json',
      'a'.repeat(8_000),
    ]
    for (const one of forged) {
      const { status } = await ask('/ui/session', { headers: { cookie: `${name}=${one}` } })
      expect(status, one.slice(0, 60)).toBe(401)
    }
  })

  test('the cookie of one project shows nothing of another', async () => {
    await server.post('/v1/track', { userId: 'only-default', event: 'Seen', messageId: 'apart-1' })
    await until(async () => ((await server.get('/v1/events/apart-1')).status === 200 ? true : undefined))
    const mine = await ask('/v1/events/apart-1', { headers: { cookie: await sessionOf() } })
    const theirs = await ask('/v1/events/apart-1', { headers: { cookie: await sessionOf(other.secretKey) } })
    expect([mine.status, theirs.status]).toEqual([200, 404])
  })

  test('a revoked key takes its sessions and its unused codes with it, and no others', async () => {
    const [ends, stays] = [await sessionOf(short.key), await sessionOf(other.secretKey)]
    const { code } = await freshCode(short.key)
    const [entry] = projects()
    const left = [{ ...entry, secretKeys: [other.secretKey, reads.key] }]
    await writeFile(join(dataDir, 'projects.json'), JSON.stringify(left), { mode: 0o600 })
    await until(async () =>
      (await ask('/ui/session', { headers: { cookie: ends } })).status === 401 ? true : undefined,
    )
    expect((await ask('/v1/people?q=a', { headers: { cookie: ends } })).status).toBe(401)
    expect((await signIn({ code })).status).toBe(401)
    expect((await ask('/ui/session', { headers: { cookie: stays } })).status).toBe(200)
  })
})

describe('another page uses the cookie', () => {
  const page = (headers: Record<string, string>) => async () => {
    const cookie = await sessionOf()
    return ask(aWrite.path, { method: 'POST', body: unlink, headers: { cookie, ...headers } })
  }
  test.each([
    ['another site', { ...ofPage, 'sec-fetch-site': 'cross-site' }],
    ['a sub-domain of the same site', { ...ofPage, 'sec-fetch-site': 'same-site' }],
    ['an address that was typed', { ...ofPage, 'sec-fetch-site': 'none' }],
    ['a page without the header', { 'sec-fetch-site': 'same-origin' }],
    ['a browser that does not say where from', { 'x-touchline-explorer': '1' }],
    ['a foreign Origin', { ...ofPage, origin: 'https://evil.example' }],
    ['no Origin at all (a sandboxed frame)', { ...ofPage, origin: 'null' }],
  ])('%s changes nothing', async (_who, headers) => {
    const { status, json } = await page(headers)()
    expect([401, 403]).toContain(status)
    expect(['NOT_FROM_EXPLORER', 'SESSION_ENDED']).toContain(json.code)
  })

  test('the page of the Explorer may, so the refusals above were refusals', async () => {
    const { status } = await page({ ...ofPage, origin: server.url })()
    expect(status).toBe(404)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'a plain form (%s) changes nothing and signs nobody in',
    async (type) => {
      const cookie = await sessionOf()
      const body = JSON.stringify(unlink)
      const write = await ask(aWrite.path, {
        method: 'POST',
        body,
        headers: { cookie, 'content-type': type },
      })
      expect(write.status).toBe(403)
      const forced = await ask('/ui/session', {
        method: 'POST',
        body: JSON.stringify({ key: other.secretKey }),
        headers: { 'content-type': type, ...someone() },
      })
      expect(forced.status).toBe(400)
      expect(forced.headers.getSetCookie()).toEqual([])
    },
  )

  test('another site signs nobody in or out', async () => {
    const cookie = await sessionOf()
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
    ]) {
      const forced = await signIn({ key: other.secretKey }, { ...someone(), ...headers })
      expect([forced.status, forced.set]).toEqual([403, ''])
      expect((await ask('/ui/session', { method: 'DELETE', headers: { cookie, ...headers } })).status).toBe(
        403,
      )
    }
    expect((await ask('/ui/session', { headers: { cookie } })).status).toBe(200)
  })

  test('another site or sub-domain reads nothing either, and no answer allows its page to', async () => {
    const cookie = await sessionOf()
    for (const site of ['cross-site', 'same-site']) {
      const answer = await ask('/v1/people?q=a', {
        headers: { cookie, 'sec-fetch-site': site, origin: 'https://app.evil.example' },
      })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
    const own = await ask('/v1/people?q=a', { headers: { cookie, 'sec-fetch-site': 'same-origin' } })
    expect(own.status).toBe(200)
    expect(own.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(own.headers.get('cache-control')).toBe('no-store')
  })

  test('it sends no events: the collecting paths do not know the cookie', async () => {
    const cookie = await sessionOf()
    for (const path of ['/v1/track', '/v1/batch', '/v1/identify']) {
      const { status, json } = await ask(path, {
        method: 'POST',
        body: { userId: 'u', event: 'E' },
        headers: { cookie, ...ofPage },
      })
      expect([status, json.code]).toEqual([401, 'KEY_MISSING'])
    }
  })

  test("it does nothing of the operator's, and the metrics keep their own rule", async () => {
    const cookie = await sessionOf()
    const freeze = await ask('/v1/backups/freeze', { method: 'POST', headers: { cookie, ...ofPage } })
    expect([freeze.status, freeze.json.code]).toEqual([401, 'KEY_MISSING'])
    const metrics = await ask('/metrics', { headers: { cookie } })
    expect([metrics.status, metrics.json.code]).toEqual([401, 'METRICS_CLOSED'])
  })
})

describe('roles', () => {
  test('a session that reads asks, previews and counts, and changes nothing', async () => {
    const { code } = await freshCode(server.secretKey, { role: 'read' })
    const { cookie, json } = await signIn({ code })
    expect(json.role).toBe('read')
    expect((await ask('/v1/people?q=a', { headers: { cookie } })).status).toBe(200)
    const headers = { cookie, ...ofPage }
    const preview = await ask('/v1/definitions/check', {
      method: 'POST',
      body: { kind: 'goals', id: 'won', body: { when: { touch: { name: 'Won' } } } },
      headers,
    })
    expect(preview.status).toBe(200)
    const previewed = await ask(`${aWrite.path}?preview=1`, { method: 'POST', body: unlink, headers })
    expect(previewed.status).toBe(404)
    for (const [method, path, body] of [
      ['POST', `${aWrite.path}?preview=0`, unlink],
      ['POST', aWrite.path, unlink],
      ['PUT', '/v1/definitions/goals/won', { when: { touch: { name: 'Won' } } }],
      ['DELETE', '/v1/definitions/goals/won', undefined],
      ['POST', '/v1/sign-in-links', {}],
    ] as const) {
      const refused = await ask(path, { method, headers, ...(body && { body }) })
      expect([path, refused.status, refused.json.code]).toEqual([path, 403, 'ROLE_READ_ONLY'])
    }
  })

  test('a key that reads signs in to read, and sends and changes nothing by itself', async () => {
    const file = JSON.parse(await readFile(join(dataDir, 'projects.json'), 'utf8')) as {
      secretKeys: unknown[]
    }[]
    const keys = [other.secretKey, { id: reads.id, hash: await hash(reads.key), role: 'read' }]
    await writeFile(join(dataDir, 'projects.json'), JSON.stringify([{ ...file[0], secretKeys: keys }]), {
      mode: 0o600,
    })
    const authorization = `Bearer ${reads.key}`
    const refused = await until(async () => {
      const answer = await ask('/v1/track', {
        method: 'POST',
        body: { userId: 'u', event: 'E' },
        headers: { authorization },
      })
      return answer.status === 403 ? answer : undefined
    })
    expect(refused.json.code).toBe('ROLE_READ_ONLY')
    expect((await ask('/v1/people?q=a', { headers: { authorization } })).status).toBe(200)
    const write = await ask(aWrite.path, { method: 'POST', body: unlink, headers: { authorization } })
    expect([write.status, write.json.code]).toEqual([403, 'ROLE_READ_ONLY'])
    expect((await signIn({ key: reads.key })).json.role).toBe('read')
  })
})

describe('no way out to elsewhere', () => {
  test.each([
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/accounts/../..//evil.example',
    '/accounts/%2e%2e/%2e%2e//evil.example',
    '/accounts//evil.example',
    '/accountsevil',
    '/v1/people',
    '/docs',
    ' /live',
    'accounts/acme',
    '',
  ])('a link never leads to %j', async (to) => {
    expect(explorerPathOf(to)).toBeUndefined()
    const made = await ask('/v1/sign-in-links', {
      method: 'POST',
      body: { to },
      headers: { authorization: `Bearer ${server.secretKey}` },
    })
    expect([made.status, made.json.code]).toEqual([400, 'QUERY_INVALID'])
  })

  test.each([
    '/',
    '/live',
    '/accounts/acme',
    '/accounts/a%2Fb?from=2026-01-01&lanes=role',
    '/people/user%3A%E4%BD%90',
    '/?x=1',
  ])('a link leads to %j', async (to) => {
    const { url } = await freshCode(server.secretKey, { to })
    expect(new URLSearchParams(url.hash.slice(1)).get('to')).toBe(to)
  })
})

describe('no prompt of the browser', () => {
  test('requests of the pages are never asked for Basic; an address that was typed is', async () => {
    const page = 'Accept: text/html'
    // Raw, because fetch says of itself that it is no navigation.
    const answerTo = (...headers: string[]) =>
      rawRequest(Number(new URL(server.url).port), [
        'GET /v1/people?q=a HTTP/1.1',
        `Host: ${new URL(server.url).host}`,
        'Connection: close',
        ...headers,
        '',
        '',
      ])
    for (const headers of [
      ['X-Touchline-Explorer: 1', page],
      ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: navigate', page],
      [`Cookie: ${name}=old`, page],
      ['Sec-Fetch-Mode: cors', page],
    ]) {
      const answer = await answerTo(...headers)
      expect(answer).toMatch(/^HTTP\/1.1 401 /)
      expect(answer, headers.join()).not.toMatch(/www-authenticate: Basic/i)
    }
    expect(await answerTo(page)).toMatch(/www-authenticate: Basic/i)
  })
})

async function rawRequest(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(lines.join('\r\n')))
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}
