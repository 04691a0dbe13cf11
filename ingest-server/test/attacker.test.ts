/**
 * What somebody can do who has read the write key out of a page, and nothing else. Run against the real server;
 * SECURITY.md makes the promises that are held here.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer, until } from '../../test-support/server.js'

const strict = { writeKey: 'wk_strict_0123456789', secretKey: 'sk_strict_0123456789abcdef' }
const bound = { writeKey: 'wk_bound_0123456789', originKey: 'wk_origin_0123456789' }
const signingSecret = 'sg_0123456789abcdef0123456789abcdef'

let server: TestServer
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchline-attacker-'))
  const projects = [
    {
      id: 'strict',
      writeKeys: [strict.writeKey],
      secretKeys: [strict.secretKey],
      identify: 'signed-only',
      signingKeys: [{ id: 's1', secret: signingSecret }],
    },
    {
      id: 'bound',
      writeKeys: [
        {
          id: 'slow',
          key: bound.writeKey,
          eventsPerSecond: 20,
          types: ['track'],
          events: ['Allowed', 'Order *'],
        },
        { id: 'web', key: bound.originKey, origins: ['https://*.shop.test'] },
      ],
    },
  ]
  const file = join(dir, 'projects.json')
  await writeFile(file, JSON.stringify(projects), { mode: 0o600 })
  server = await startServer({ env: { PROJECTS_FILE: file } })
})
afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

/** Everything that is known about people and accounts, of one project. */
async function whatIsKnown(project: string): Promise<Record<string, unknown[]>> {
  const tables = ['links', 'traits', 'account_traits', 'memberships', 'account_subjects', 'email_hosts']
  tables.push('identity_map', 'people', 'account_people', 'domains')
  const known: Record<string, unknown[]> = {}
  for (const table of tables) {
    const rows = await server.sql(`SELECT * FROM ${table} FINAL WHERE project = {project: String}`, {
      project,
    })
    known[table] = rows.map((row) => JSON.stringify(row)).sort()
  }
  return known
}

/** Resolves once the event is stored, and stitch has had a look at everything before it. */
async function untilStored(messageId: string): Promise<void> {
  await until(async () => {
    const rows = await server.sql('SELECT 1 AS found FROM events WHERE message_id = {messageId: String}', {
      messageId,
    })
    return rows.length > 0 ? true : undefined
  })
  await until(async () => {
    const [row] = await server.sql<{ behind: string }>(
      'SELECT count() AS behind FROM identity_changes_seen WHERE stored_at > (SELECT max(at) FROM stitch_progress)',
    )
    return row?.behind === '0' || Number(row?.behind) === 0 ? true : undefined
  }).catch(() => undefined)
}

interface PersonAnswer {
  id: string
  identifiers: { identifier: string }[]
  traits: { name: string; value: unknown; verified: boolean }[]
}
const person = (id: string) => server.get<PersonAnswer>(`/v1/people/${encodeURIComponent(id)}`)
const said = ({ body }: { body: Pick<PersonAnswer, 'traits'> }) =>
  Object.fromEntries(body.traits.map(({ name, value }) => [name, value]))
const names = ({ body }: { body: PersonAnswer }) => body.identifiers.map(({ identifier }) => identifier)

describe('in an open project', () => {
  const victim = {
    messageId: 'victim-plan',
    timestamp: '2026-01-01T10:00:00.000Z',
    userId: 'ada',
    event: 'Paid',
  }
  beforeAll(async () => {
    const identify = (userId: string, traits: object) =>
      server.post('/v1/identify', { userId, traits, messageId: randomUUID() }, server.secretKey)
    await identify('ada', { email: 'ada@example.com', plan: 'enterprise' })
    await identify('bob', { email: 'bob@example.com' })
    await server.post(
      '/v1/group',
      { userId: 'ada', groupId: 'acme', traits: { name: 'Acme' } },
      server.secretKey,
    )
    await server.post('/v1/track', { ...victim, properties: { amount: 9 } }, server.secretKey)
    await until(async () => (names(await person('ada')).includes('email:ada@example.com') ? true : undefined))
    await untilStored('victim-plan')
  })

  test('no reading or administering path opens, wherever the write key is put', async () => {
    const document = (await (await fetch(`${server.url}/docs/json`)).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    // What a write key is for. Named one by one: a path that is not among them must stay shut.
    const writing = ['track', 'identify', 'page', 'screen', 'group', 'alias', 'batch', 'import']
    const paths = Object.entries(document.paths)
      .filter(([path]) => !writing.some((name) => path === `/v1/${name}`))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => ({
          method: method.toUpperCase(),
          path: path.replace(/\{[^}]+\}/g, 'ada'),
        })),
      )
    expect(paths.length).toBeGreaterThan(10)
    const basic = `Basic ${Buffer.from(`${server.writeKey}:`).toString('base64')}`
    for (const { method, path } of paths) {
      for (const headers of [
        {},
        { authorization: basic },
        { authorization: `Bearer ${server.writeKey}` },
        { 'x-write-key': server.writeKey },
      ] as Record<string, string>[]) {
        const answer = await fetch(`${server.url}${path}?writeKey=${server.writeKey}`, { method, headers })
        expect(answer.status, `${method} ${path}`).toBe(401)
        expect(await answer.text()).not.toMatch(/ada@example|enterprise/)
      }
    }
  })

  test('a verified profile keeps its values, its address and its account', async () => {
    const forged = [
      {
        type: 'identify',
        userId: 'ada',
        anonymousId: 'evil',
        traits: { email: 'evil@evil.test', plan: 'hacked' },
      },
      { type: 'identify', userId: 'mallory', traits: { email: 'ada@example.com' } },
      { type: 'identify', anonymousId: 'evil', traits: { email: 'ada@example.com', plan: 'hacked' } },
      {
        type: 'identify',
        userId: 'mallory',
        timestamp: '1990-01-02T00:00:00Z',
        traits: { email: 'ada@example.com' },
      },
      { type: 'group', userId: 'ada', groupId: 'acme', traits: { name: 'Evil Inc' } },
      { type: 'alias', userId: 'mallory', previousId: 'ada' },
    ]
    await server.post('/v1/batch', { batch: forged })
    const last = randomUUID()
    await server.post('/v1/track', { userId: 'mallory', event: 'Last', messageId: last })
    await untilStored(last)
    const ada = await person('ada')
    expect(ada.body.id).toBe('user:ada')
    expect(said(ada)).toMatchObject({ email: 'ada@example.com', plan: 'enterprise' })
    expect(names(ada)).toContain('email:ada@example.com')
    expect(names(ada)).not.toContain('user:mallory')
    expect(names(await person('mallory'))).not.toContain('email:ada@example.com')
    expect(said(await server.get<Pick<PersonAnswer, 'traits'>>('/v1/accounts/acme'))).toMatchObject({
      name: 'Acme',
    })
  })

  test('two user ids stay two persons', async () => {
    const aliases = [
      { type: 'alias', userId: 'ada', previousId: 'bob' },
      { type: 'alias', userId: 'bob', previousId: 'ada' },
      { type: 'track', event: 'E', userId: 'ada', anonymousId: 'one-device' },
      { type: 'track', event: 'E', userId: 'bob', anonymousId: 'one-device' },
      { type: 'identify', userId: 'ada', traits: { email: 'bob@example.com' } },
      { type: 'relink', userId: 'ada', previousId: 'bob', context: { pair: ['user:ada', 'user:bob'] } },
    ]
    await server.post('/v1/batch', { batch: aliases })
    const last = randomUUID()
    await server.post('/v1/track', { userId: 'ada', event: 'Last', messageId: last })
    await untilStored(last)
    expect(names(await person('ada'))).not.toContain('user:bob')
    expect((await person('bob')).body.id).toBe('user:bob')
  })

  test('an event that was verified is not replaced by a forged one of the same id', async () => {
    const forged = { ...victim, sentAt: '2026-01-01T10:00:00.000Z', properties: { amount: 1_000_000 } }
    await server.post('/v1/track', forged)
    const last = randomUUID()
    await server.post('/v1/track', { userId: 'ada', event: 'Last', messageId: last })
    await untilStored(last)
    const answer = await server.get<{ event: { properties: unknown } }>('/v1/events/victim-plan')
    expect(answer.body.event.properties).toEqual({ amount: 9 })
  })

  test('a secret key that a page sends is refused, and reported by its id alone', async () => {
    const answer = await fetch(`${server.url}/v1/track`, {
      method: 'POST',
      headers: { origin: 'https://shop.test' },
      body: JSON.stringify({ writeKey: server.secretKey, event: 'E', userId: 'ada' }),
    })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ code: 'SECRET_KEY_IN_BROWSER' })
    await until(() => (server.output().includes('A secret key came from a browser') ? true : undefined))
    expect(server.output().split('A secret key came from a browser')[1]).not.toContain(server.secretKey)
  })
})

describe('with a key that is bound', () => {
  test('no more than its rate goes through', async () => {
    const startedAt = performance.now()
    let accepted = 0
    let refused = 0
    for (let turn = 0; turn < 200; turn += 1) {
      const batch = Array.from({ length: 5 }, () => ({
        type: 'track',
        event: 'Allowed',
        anonymousId: 'evil',
      }))
      const { status, body } = await server.post('/v1/batch', { batch }, bound.writeKey)
      if (status === 200) accepted += body.accepted as number
      else if (status === 429) refused += 1
    }
    // A burst of two seconds, and one batch that may overdraw.
    const allowed = 20 * (2 + (performance.now() - startedAt) / 1_000) + 5
    expect(accepted).toBeLessThanOrEqual(Math.ceil(allowed))
    expect(refused).toBeGreaterThan(0)
  })

  test('other types and names of events are refused one by one', async () => {
    const answer = await until(async () => {
      const batch = [
        { type: 'track', event: 'Order Paid', anonymousId: 'a' },
        { type: 'track', event: 'Refund', anonymousId: 'a' },
        { type: 'identify', userId: 'ada', traits: {} },
      ]
      const { status, body } = await server.post('/v1/batch', { batch }, bound.writeKey)
      return status === 200 ? body : undefined
    })
    expect(answer).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, code: 'EVENT_NOT_ALLOWED' },
        { index: 2, code: 'EVENT_NOT_ALLOWED' },
      ],
    })
  })

  test.each([
    ['https://www.shop.test', 200],
    ['https://shop.test.evil.test', 403],
    ['https://evilshop.test', 403],
    ['http://www.shop.test', 403],
    ['null', 403],
  ])('a page of %s gets %i', async (origin, status) => {
    const answer = await fetch(`${server.url}/v1/track`, {
      method: 'POST',
      headers: { origin },
      body: JSON.stringify({ writeKey: bound.originKey, event: 'E', anonymousId: 'a' }),
    })
    expect(answer.status).toBe(status)
  })
})

describe('in a signed-only project', () => {
  const signed = (claims: object, secret: string, alg = 'HS256') => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`
    if (alg === 'none') return `${text}.`
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  const claims = { sub: 'ada', aud: 'strict', exp: Math.floor(Date.now() / 1_000) + 3_600 }

  test('everything that is tried changes nothing about anybody', async () => {
    await server.post(
      '/v1/batch',
      {
        batch: [
          {
            type: 'identify',
            userId: 'ada',
            anonymousId: 'phone',
            traits: { email: 'ada@example.com', plan: 'pro' },
          },
          {
            type: 'group',
            userId: 'ada',
            groupId: 'acme',
            traits: { domain: 'example.com' },
            messageId: 'setup',
          },
        ],
      },
      strict.secretKey,
    )
    await untilStored('setup')
    let seen = ''
    const before = await until(
      async () => {
        const known = await whatIsKnown('strict')
        const isStill = JSON.stringify(known) === seen
        seen = JSON.stringify(known)
        return isStill && known.identity_map?.length && known.account_people?.length ? known : undefined
      },
      { everyMs: 500, what: 'who is who to come to rest' },
    )

    const tokens = [
      undefined,
      signed(claims, signingSecret, 'none'),
      signed(claims, strict.writeKey),
      signed({ ...claims, aud: 'default' }, signingSecret),
      signed({ ...claims, exp: 1 }, signingSecret),
      'nonsense',
    ]
    const forged = tokens.flatMap((userToken) =>
      ['identify', 'group', 'alias', 'track', 'page', 'screen'].map((type) => ({
        type,
        userToken,
        event: 'Evil',
        userId: 'ada',
        anonymousId: 'evil-device',
        previousId: 'phone',
        groupId: 'acme',
        traits: { email: 'ada@example.com', plan: 'hacked', domain: 'evil.test' },
        context: { groupId: 'acme', traits: { email: 'ada@example.com' } },
      })),
    )
    const own = await server.post('/v1/batch', { batch: forged }, strict.writeKey)
    expect(own.body).toMatchObject({ accepted: forged.length })
    // Hers as well, without the device: there is nothing left to keep them under.
    const nameless = forged.map(({ anonymousId: _none, ...event }) => event)
    const refused = await server.post('/v1/batch', { batch: nameless }, strict.writeKey)
    expect(refused.body).toMatchObject({ accepted: 0 })
    // The victim's own device, known by its cookie.
    await server.post(
      '/v1/batch',
      { batch: forged.map((event) => ({ ...event, anonymousId: 'phone' })) },
      strict.writeKey,
    )
    const last = randomUUID()
    await server.post(
      '/v1/track',
      { anonymousId: 'evil-device', event: 'Last', messageId: last },
      strict.writeKey,
    )
    await untilStored(last)

    expect(await whatIsKnown('strict')).toEqual(before)
    const kept = await server.sql<{ subject: string }>(
      "SELECT DISTINCT subject FROM events WHERE project = 'strict' AND anonymous_id = 'evil-device'",
    )
    expect(kept).toEqual([{ subject: 'anon:evil-device' }])
  })

  test('and a token of their own lets somebody speak for themselves alone', async () => {
    const userToken = signed({ ...claims, sub: 'mallory', email: 'mallory@evil.test' }, signingSecret)
    const last = randomUUID()
    const batch = [
      {
        type: 'identify',
        userId: 'mallory',
        anonymousId: 'evil-device',
        traits: { email: 'ada@example.com' },
        userToken,
      },
      { type: 'alias', userId: 'mallory', previousId: 'ada', userToken },
      { type: 'identify', userId: 'ada', anonymousId: 'evil-device', traits: { plan: 'hacked' }, userToken },
      { type: 'track', event: 'Last', userId: 'mallory', userToken, messageId: last },
    ]
    await server.post('/v1/batch', { batch }, strict.writeKey)
    await untilStored(last)
    const people = await server.sql<{ person: string; names: string[] }>(
      "SELECT person, identifiers.identifier AS names FROM people FINAL WHERE project = 'strict' ORDER BY person",
    )
    expect(people.find(({ person: id }) => id === 'user:ada')?.names).toEqual(
      expect.arrayContaining(['user:ada', 'email:ada@example.com', 'anon:phone']),
    )
    expect(people.find(({ person: id }) => id === 'user:mallory')?.names ?? []).not.toContain(
      'email:ada@example.com',
    )
    const plans = await server.sql<{ value: string }>(
      "SELECT value FROM traits FINAL WHERE project = 'strict' AND identifier = 'user:ada' AND name = 'plan'",
    )
    expect(plans).toEqual([{ value: '"pro"' }])
  })
})
