/**
 * What somebody can do who has read the write key out of a page, and nothing else. Run against the real server;
 * SECURITY.md makes the promises that are held here.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  hostileEvents,
  sendHostile,
  sendLast,
  untilFormed,
} from '../../test-support/worlds/hostile-events.js'
import { startServer, type TestServer, until } from '../../test-support/server.js'

const strict = { writeKey: 'wk_strict_0123456789', secretKey: 'sk_strict_0123456789abcdef' }
/** As by default, and with a key that signs. */
const tokened = { writeKey: 'wk_tokened_0123456789', secretKey: 'sk_tokened_0123456789abcdef' }
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
      id: 'tokened',
      writeKeys: [tokened.writeKey],
      secretKeys: [tokened.secretKey],
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
  const tables = ['links', 'traits', 'account_traits', 'memberships', 'account_subjects']
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

/** Resolves once the event is stored, and everything that was stored before it is worked into who is who. */
async function untilStored(messageId: string): Promise<void> {
  await until(async () => {
    const rows = await server.sql('SELECT 1 AS found FROM events WHERE message_id = {messageId: String}', {
      messageId,
    })
    return rows.length > 0 ? true : undefined
  })
  // Changes are worked in pass after pass. Who sees the first canary is past its pass's beginning; the second came later,
  // so the pass of the first is over.
  await untilCanary()
  await untilCanary()
}

let canaries = 0
async function untilCanary(): Promise<void> {
  const userId = `canary-${(canaries += 1)}`
  await server.post('/v1/identify', { userId, anonymousId: `${userId}-device` }, server.secretKey)
  await until(
    async () => {
      const rows = await server.sql('SELECT 1 AS found FROM people WHERE person = {person: String}', {
        person: `user:${userId}`,
      })
      return rows.length > 0 ? true : undefined
    },
    { what: 'who is who to come to what was stored' },
  )
}

interface PersonAnswer {
  id: string
  identifiers: { identifier: string }[]
  traits: { name: string; value: unknown; verified: boolean }[]
  accounts: { account: string; how: string; to: string | null; verified: boolean }[]
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
    // What opens by itself: signing in, and what other systems push under a signature of their own.
    const ownDoors = ['/ui/session', '/v1/sources/{id}']
    const paths = Object.entries(document.paths)
      .filter(([path]) => !writing.some((name) => path === `/v1/${name}`) && !ownDoors.includes(path))
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
      { type: 'group', userId: 'ada', groupId: 'acme', traits: { left: true } },
      { type: 'group', userId: 'ada', groupId: 'evil' },
      { type: 'alias', userId: 'mallory', previousId: 'ada' },
    ]
    await server.post('/v1/batch', { batch: forged })
    const last = await sendLast(server)
    await untilStored(last)
    const ada = await person('ada')
    expect(ada.body.id).toBe('user:ada')
    expect(ada.body.accounts).toMatchObject([{ account: 'acme', how: 'group', to: null, verified: true }])
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

describe('whatever is sent with a public key, what is verified stays as it is', () => {
  const verifiedEvents = ['eve-paid', 'eve-called', 'eve-viewed']
  const idsInSql = `[${verifiedEvents.map((id) => `'${id}'`).join(', ')}]`
  const sendVerified = (batch: object[]) => server.post('/v1/batch', { batch }, server.secretKey)

  beforeAll(async () => {
    await sendVerified([
      { type: 'identify', userId: 'eve', traits: { email: 'eve@hooli.dev', plan: 'enterprise' } },
      { type: 'identify', userId: 'eve-old', traits: { email: 'eve@old.dev' } },
      { type: 'alias', userId: 'eve', previousId: 'eve-old' },
      { type: 'identify', userId: 'gil', traits: { email: 'gil@hooli.dev' } },
      { type: 'identify', userId: 'hal', traits: { email: 'hal@initech.dev' } },
      { type: 'group', userId: 'eve', groupId: 'hooli', traits: { name: 'Hooli', domain: 'hooli.dev' } },
      { type: 'group', userId: 'gil', groupId: 'hooli' },
      { type: 'group', userId: 'gil', groupId: 'hooli', traits: { left: true } },
      { type: 'track', userId: 'eve', event: 'Paid', messageId: 'eve-paid', properties: { amount: 480 } },
      { type: 'page', userId: 'eve', name: 'Contract', messageId: 'eve-viewed' },
      { type: 'track', userId: 'eve', event: 'Called', messageId: 'eve-called' },
    ])
    await untilStored('eve-called')
    for (const [path, body] of definitions) {
      const answer = await fetch(`${server.url}/v1/definitions/${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect(answer.status, await answer.text()).toBeLessThan(300)
    }
  })

  /** Resolves once what was stored before this event of mallory's is formed into touchpoints too. */
  async function untilWorkedIn(messageId: string): Promise<void> {
    await untilStored(messageId)
    await untilFormed(server, messageId)
  }

  /** Twice the same, with all that is derived in it. */
  async function answersAtRest(): Promise<string> {
    let seen = ''
    return until(
      async () => {
        const now = await answers()
        const isStill = now === seen && now.includes('"total": 27') && now.includes('"goal": "paid"')
        seen = now
        return isStill ? now : undefined
      },
      { timeoutMs: 60_000, everyMs: 500, seen: () => seen },
    )
  }

  async function untilSame(before: string, after: string): Promise<void> {
    await until(async () => ((await answers()) === before ? true : undefined), { timeoutMs: 30_000 }).catch(
      async () => expect(await answers(), after).toBe(before),
    )
  }

  /** Questions that only what was verified can be the answer to: what is hostile says none of it. */
  const definitions: readonly [string, object][] = [
    ['segments/enterprise', { subject: 'person', when: { trait: 'plan', op: 'eq', value: 'enterprise' } }],
    ['segments/contract', { subject: 'person', when: contract() }],
    ['segments/of-hooli', { subject: 'account', when: { accountTrait: 'name', op: 'eq', value: 'Hooli' } }],
    [
      'scores/rich',
      {
        ...{ subject: 'person', on: 10, off: 5, groups: {} },
        rules: [
          { id: 'plan', when: { trait: 'plan', op: 'eq', value: 'enterprise' }, points: 20 },
          { id: 'paid', when: contract(), points: 7 },
        ],
      },
    ],
    ['goals/paid', { subject: 'person', count: 'each', when: { touch: { name: 'Paid' } } }],
  ]
  function contract() {
    return { touch: { name: 'Paid', where: [{ property: 'amount', op: 'gte', value: 400 }] } }
  }

  /** The verified touchpoints of eve as the table has them, without who else reported the same. */
  async function touchpointRows() {
    const rows = await server.sql<{ message_ids: string[]; sources: string[] }>(
      `SELECT person, toString(at) AS at, kind, name, label, channel, channel_rule, source, medium, campaign, path, pages,
        value, currency, direction, anonymous, accounts, sources, message_ids
      FROM touchpoints_of_people FINAL
      WHERE project = 'default' AND person = 'user:eve' AND hasAny(message_ids, {ids: Array(String)}) ORDER BY person, at, name`,
      { ids: idsInSql },
    )
    return rows.map(({ message_ids, sources, ...row }) => ({
      ...row,
      sources: sources.slice(0, 1),
      messageIds: message_ids.filter((id) => verifiedEvents.includes(id)),
    }))
  }

  /** Segments, scores, conversions, lists and search, of the people and the account of whom something is verified. */
  async function derivedAnswers() {
    const known = ['user:eve', 'user:gil', 'user:hal', 'hooli']
    type Rows = { rows: { subject: string }[] }
    const ofKnown = async (path: string) =>
      (await server.get<Rows>(path)).body.rows.filter(({ subject }) => known.includes(subject))
    type Listed = Record<string, { id: string; traits: Record<string, unknown> }[]>
    // Of traits those that were verified; others are additions, which stand there too.
    const listed = async (
      path: 'people' | 'accounts',
      { q, id: wanted, proven }: { q: string; id: string; proven: string[] },
    ) => {
      const { body } = await server.get<Listed>(`/v1/${path}?q=${q}`)
      const { traits = {} } = body[path]?.find(({ id }) => id === wanted) ?? {}
      return Object.entries(traits).filter(([name]) => proven.includes(name))
    }
    type Found = { rows: { id: string; type: string }[] }
    const found = async (q: string) =>
      (await server.get<Found>(`/v1/search?q=${q}`)).body.rows
        .filter(({ id }) => known.includes(id))
        .map(({ id, type }) => `${type} ${id}`)
    const segments = ['enterprise', 'contract', 'of-hooli'].map((id) => ofKnown(`/v1/segments/${id}/members`))
    type Score = { total: number; rules: object[] }
    const { body: score } = await server.get<Score>('/v1/scores/rich/why?person=user:eve')
    return {
      segments: await Promise.all(segments),
      score: { total: score.total, rules: score.rules },
      conversions: await server.sql(
        `SELECT goal, subject, toString(at) AS at, value FROM conversions
        WHERE project = 'default' AND message_id IN {ids: Array(String)} AND verified ORDER BY subject, at`,
        { ids: idsInSql },
      ),
      lists: [
        await listed('people', { q: 'eve@hooli.dev', id: 'user:eve', proven: ['plan', 'email'] }),
        await listed('accounts', { q: 'hooli', id: 'hooli', proven: ['name', 'domain'] }),
      ],
      // Who else is found by what nobody proved is an addition.
      search: [
        (await found('eve@hooli.dev')).filter((one) => one === 'person user:eve'),
        (await found('hooli')).filter((one) => one.startsWith('account ')),
      ],
    }
  }

  /** Every answer about the verified facts, without what is marked unverified; devices are whose claim is the latest (R1). */
  async function answers(): Promise<string> {
    type Marked = { verified: boolean }
    const proven = <T extends Marked>(list: readonly T[]) => list.filter(({ verified }) => verified)
    type Person = {
      id: string
      identifiers: (Marked & { identifier: string })[]
      traits: Marked[]
      accounts: Marked[]
    }
    type Account = { id: string; traits: Marked[]; people: Marked[] }
    type Timeline = { touchpoints: (Marked & { messageIds: string[]; sources: string[] })[] }
    const people = await Promise.all(
      ['eve', 'eve-old', 'gil', 'hal', 'email:eve@hooli.dev', 'email:hal@initech.dev'].map(async (id) => {
        const { body } = await server.get<Person>(`/v1/people/${encodeURIComponent(id)}`)
        const identifiers = proven(body.identifiers).filter(
          ({ identifier }) => !identifier.startsWith('anon:'),
        )
        return { id: body.id, identifiers, traits: proven(body.traits), accounts: proven(body.accounts) }
      }),
    )
    const accounts = await Promise.all(
      ['hooli', 'domain:initech.dev'].map(async (id) => {
        const { body } = await server.get<Account>(`/v1/accounts/${encodeURIComponent(id)}`)
        return { id: body.id, traits: proven(body.traits), people: proven(body.people) }
      }),
    )
    const { body } = await server.get<Timeline>('/v1/users/eve/timeline?order=asc')
    // A report of the same by somebody else is named beside it, after the verified one.
    const touchpoints = proven(body.touchpoints)
      .filter(({ messageIds }) => messageIds.some((id) => verifiedEvents.includes(id)))
      .map((one) => ({
        ...one,
        messageIds: one.messageIds.filter((id) => verifiedEvents.includes(id)),
        sources: one.sources.slice(0, 1),
      }))
    const domains = await server.sql(
      "SELECT domain, account, state, arrayFilter(c -> c.verified, claims) AS claims FROM domains FINAL WHERE domain IN ('hooli.dev', 'initech.dev') AND arrayExists(c -> c.verified, claims) ORDER BY domain",
    )
    const { body: ofAccount } = await server.get<Timeline>('/v1/accounts/hooli/timeline?order=asc&limit=1000')
    const listed = await Promise.all(
      ['users/eve', 'accounts/hooli'].map(async (who) => {
        const path = `/v1/${who}/timeline?order=asc&limit=1000&detail=events`
        const all: Marked[] = []
        // To its end: what is dated back stands before what is looked for.
        for (let cursor: string | null = ''; cursor !== null;) {
          const after: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
          type Page = { events: Marked[]; nextCursor: string | null }
          const { body: page }: { body: Page } = await server.get<Page>(path + after)
          all.push(...proven(page.events))
          cursor = page.nextCursor
        }
        return all
      }),
    )
    const byId = await Promise.all(
      verifiedEvents.map(async (id) => (await server.get(`/v1/events/${id}`)).body),
    )
    const accountTouchpoints = proven(ofAccount.touchpoints).filter(({ messageIds }) =>
      verifiedEvents.includes(messageIds[0] ?? ''),
    )
    return JSON.stringify(
      {
        ...{ people, accounts, touchpoints, domains, listed, byId, rows: await touchpointRows() },
        accountTouchpoints: accountTouchpoints.map(({ messageIds, sources: [source] }) => [
          messageIds[0],
          source,
        ]),
        derived: await derivedAnswers(),
      },
      undefined,
      1,
    )
  }

  test('hundreds of hostile events of every kind, in several orders', async () => {
    const before = await answersAtRest()
    expect(before).toContain('"hooli"')
    // What stands there is not nothing.
    for (const shown of ['"total": 27', '"goal": "paid"', '"Paid"', '"person user:eve"', '"account hooli"'])
      expect(before).toContain(shown)
    for (const seed of [1, 2, 3, 4]) {
      await untilWorkedIn(await sendHostile(server, seed))
      await untilSame(before, `sequence ${seed}`)
    }
  }, 180_000)

  test('a flood of devices, of addresses, of users of one address, of accounts, aliases and guests', async () => {
    const before = await answersAtRest()
    const flood = (event: (n: number) => object) => Array.from({ length: 1_100 }, (_, n) => event(n))
    for (const batch of [
      flood((n) => ({ type: 'track', event: 'E', userId: 'eve', anonymousId: `flood-${n}` })),
      flood((n) => ({ type: 'identify', userId: 'eve', traits: { email: `flood-${n}@evil.dev` } })),
      flood((n) => ({ type: 'identify', userId: `flood-${n}`, traits: { email: 'hal@initech.dev' } })),
      flood((n) => ({
        type: 'group',
        userId: 'eve',
        groupId: `flood-${n}`,
        traits: { domain: 'hooli.dev' },
      })),
      flood((n) => ({ type: 'alias', userId: 'eve', previousId: `flood-old-${n}` })),
      flood((n) => ({
        ...{ type: 'identify', anonymousId: `flood-device-${n}`, timestamp: '1990-01-02T00:00:00Z' },
        context: { traits: { email: 'eve@hooli.dev' } },
      })),
      flood((n) => ({
        ...{ type: 'group', userId: `flood-guest-${n}`, groupId: 'hooli' },
        traits: n % 2 === 0 ? { name: 'Evil' } : { left: true },
      })),
      flood((n) => ({ type: 'track', event: 'Evil', userId: 'eve', context: { groupId: `flood-of-${n}` } })),
    ])
      expect((await server.post('/v1/batch', { batch })).status).toBe(200)
    const last = await sendLast(server)
    await untilWorkedIn(last)
    await untilSame(before, 'the flood')
  }, 180_000)

  test('what a flood set apart is listed, shown, and released by a secret key alone', async () => {
    const { body } = await server.get<{ identifiers: string[] }>('/v1/identity/quarantined')
    expect(body.identifiers).toEqual(expect.arrayContaining(['user:eve', 'email:hal@initech.dev']))
    await server.post('/v1/identify', { userId: 'eve', anonymousId: 'new-phone' })
    const shown = await until(async () => {
      const answer = await server.get<{ total: number; links: { other: string }[] }>(
        '/v1/identity/quarantined/user:eve?other=anon:new-phone',
      )
      return answer.body.links.find(({ other }) => other === 'anon:new-phone') && answer.body
    })
    expect(shown).toMatchObject({ identifier: 'user:eve', total: 1 })
    const all = await server.get<{ total: number }>('/v1/identity/quarantined/user:eve')
    expect(all.body.total).toBeGreaterThan(1_000)
    const path = '/v1/identity/quarantined/user:eve/release'
    const decision = { others: ['anon:new-phone'], reason: 'her new phone', author: 'ops@hooli.dev' }
    expect((await server.post(path, decision)).status).toBe(401)
    const released = await server.post(path, decision, server.secretKey)
    expect(released).toMatchObject({
      status: 202,
      body: { success: true, pairs: [['user:eve', 'anon:new-phone']], remaining: 0 },
    })
    await until(async () => (names(await person('eve')).includes('anon:new-phone') ? true : undefined))
    expect((await server.post(path, decision, server.secretKey)).status).toBe(400)
  }, 120_000)
})

describe('what would stop everybody', () => {
  /** Asks whether the process lives, again and again until stopped: how long it was silent at most. */
  function watchLive() {
    const seen = { asked: 0, longestMs: 0 }
    let isOver = false
    async function watch(): Promise<void> {
      while (!isOver) {
        const startedAt = performance.now()
        expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
        seen.asked += 1
        seen.longestMs = Math.max(seen.longestMs, performance.now() - startedAt)
        await delay(50)
      }
    }
    const watching = watch()
    return {
      async stop() {
        isOver = true
        await watching
        return seen
      },
    }
  }

  test('somebody of 900 addresses with 20 devices each is cut to size, and others are stitched all the while', async () => {
    const events = Array.from({ length: 900 }, (_, n) => [
      { type: 'identify', userId: 'octopus', traits: { email: `arm-${n}@octopus.dev` } },
      ...Array.from({ length: 20 }, (__, d) => ({
        type: 'identify',
        anonymousId: `arm-${n}-${d}`,
        traits: { email: `arm-${n}@octopus.dev` },
      })),
    ]).flat()
    const live = watchLive()
    for (let start = 0; start < events.length; start += 2_000) {
      const batch = events.slice(start, start + 2_000)
      expect((await server.post('/v1/batch', { batch })).status).toBe(200)
      const userId = `honest-${start}`
      await server.post('/v1/identify', { userId, anonymousId: `${userId}-phone` })
      await until(async () =>
        names(await person(userId)).includes(`anon:${userId}-phone`) ? true : undefined,
      )
    }
    const last = await sendLast(server)
    await untilStored(last)
    const { asked, longestMs } = await live.stop()
    expect(asked).toBeGreaterThan(20)
    // Once it was silent for seven seconds.
    expect(longestMs).toBeLessThan(3_000)
    const { body } = await server.get<{ identifiers: string[] }>('/v1/identity/quarantined?limit=1000')
    expect(body.identifiers).toContain('user:octopus')
    const [octopus] = await server.sql<{ size: number }>(
      "SELECT toUInt32(length(identifiers)) AS size FROM people FINAL WHERE person = 'user:octopus'",
    )
    expect(octopus?.size).toBeGreaterThan(9_000)
    expect(octopus?.size).toBeLessThanOrEqual(10_001)
    const apart = await server.get<{ total: number }>('/v1/identity/quarantined/user:octopus')
    expect(apart.body.total).toBe(900 - 476)
  }, 180_000)

  test('a chain of 1,500 users that a secret key made one person, and a public key touches, holds up nobody', async () => {
    const patient = { timeoutMs: 150_000 }
    const batch = Array.from({ length: 1_500 }, (_, n) => ({
      ...{ type: 'alias', userId: `link-${n + 1}`, previousId: `link-${n}` },
    }))
    expect((await server.post('/v1/batch', { batch }, server.secretKey)).status).toBe(200)
    const own = { userId: 'link-700', traits: { email: 'link-700@chain.dev' } }
    await server.post('/v1/identify', own, server.secretKey)
    for (let times = 0; times < 3; times += 1) {
      await server.post('/v1/identify', { userId: 'link-700', anonymousId: `touched-${times}` })
      const userId = `beside-${times}`
      await server.post('/v1/identify', { userId, anonymousId: `${userId}-phone` })
      await until(
        async () => (names(await person(userId)).includes(`anon:${userId}-phone`) ? true : undefined),
        patient,
      )
    }
    // They are too many for one person: each is one, with what is their own, until an operator says otherwise.
    await until(
      async () => (names(await person('link-700')).includes('anon:touched-2') ? true : undefined),
      patient,
    )
    const known = names(await person('link-700'))
    expect(known).toEqual(expect.arrayContaining(['user:link-700', 'email:link-700@chain.dev']))
    expect(known).not.toContain('user:link-699')
    const { body } = await server.get<{ links: { other: string }[] }>(
      '/v1/identity/quarantined/user:link-700',
    )
    expect(body.links.map(({ other }) => other).sort()).toEqual(['user:link-699', 'user:link-701'])
  }, 600_000)

  test('hundreds of slow connections and costly bodies take nothing from who is honest', async () => {
    const { port } = new URL(server.url)
    const head = (length: number, more = '') =>
      `POST /v1/batch HTTP/1.1\r\nhost: x\r\n${more}content-length: ${length}\r\n\r\n`
    const bad = gzipSync(`{"writeKey":"${server.writeKey}","a":${'{'.repeat(100)}${',,,,'.repeat(500_000)}`)
    const sockets = Array.from({ length: 300 }, (_, n) => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => undefined)
      if (n % 3 === 0) {
        socket.write(head(bad.length, 'content-encoding: gzip\r\n'))
        socket.write(bad)
      } else socket.write(`${head(512 * 1024)}{"batch":[`)
      return socket
    })
    try {
      for (let times = 0; times < 30; times += 1) {
        const { status } = await server.post('/v1/track', { userId: 'honest', event: 'Paid' })
        expect(status).toBe(200)
      }
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  }, 120_000)
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

function signed(claims: object, secret: string, alg = 'HS256'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`
  if (alg === 'none') return `${text}.`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

test.each([
  ['no account', undefined],
  ['another account', [{ id: 'evil', role: 'owner' }]],
  ['the account, as a member', [{ id: 'acme', role: 'viewer' }]],
  ['the account, which they run', [{ id: 'acme', role: 'owner' }]],
])(
  'in an open project too a token that names %s changes nothing that is not its user’s',
  async (_, accounts) => {
    const isRunBy = accounts?.some(({ id, role }) => id === 'acme' && role === 'owner') ?? false
    const secret = (batch: object[]) => server.post('/v1/batch', { batch }, tokened.secretKey)
    const marked = randomUUID()
    await secret([
      { type: 'identify', userId: 'ada', traits: { email: 'ada@acme.dev', plan: 'pro' } },
      { type: 'group', userId: 'ada', groupId: 'acme', traits: { plan: 'pro', domain: 'acme.dev' } },
      { type: 'track', userId: 'ada', event: 'Paid', messageId: marked },
    ])
    await untilStored(marked)
    const exp = Math.floor(Date.now() / 1_000) + 3_600
    const sub = `mallory-${randomUUID()}`
    const userToken = signed({ sub, aud: 'tokened', exp, accounts }, signingSecret)
    /** Without what is mallory's own: what was said with proof of acme, and where it leads. */
    const proven = async () => {
      const ask = (columns: string, from: string) =>
        server.sql(`SELECT DISTINCT ${columns} FROM ${from} WHERE project = 'tokened' ORDER BY ALL`)
      return {
        traits: await ask(
          'account, name, value',
          "(SELECT * FROM account_traits FINAL WHERE account = 'acme' AND verified)",
        ),
        people: await ask('person, how', "(SELECT * FROM account_people FINAL WHERE person = 'user:ada')"),
        left: await ask(
          'identifier, account, left',
          "(SELECT * FROM memberships FINAL WHERE identifier = 'user:ada' AND verified)",
        ),
        domains: await ask('domain, account, state', 'domains FINAL'),
        plan: await ask(
          'value',
          "(SELECT * FROM traits FINAL WHERE identifier = 'user:ada' AND verified AND name = 'plan')",
        ),
      }
    }
    const before = await proven()
    expect(before.domains).toEqual([{ domain: 'acme.dev', account: 'acme', state: '' }])
    const last = randomUUID()
    const batch = [
      {
        type: 'group',
        userId: sub,
        groupId: 'acme',
        traits: { domain: 'evil.dev', ...(!isRunBy && { plan: 'hacked' }) },
      },
      {
        type: 'group',
        userId: sub,
        groupId: 'evil',
        traits: { domain: 'acme.dev', website: 'https://acme.dev' },
      },
      { type: 'group', userId: 'ada', groupId: 'acme', traits: { left: true, plan: 'hacked' } },
      { type: 'identify', userId: sub, traits: { email: 'ada@acme.dev' } },
      { type: 'identify', userId: 'ada', traits: { plan: 'hacked' } },
      { type: 'alias', userId: sub, previousId: 'ada' },
      { type: 'track', userId: sub, event: 'Last', messageId: last },
    ].map((event) => ({ ...event, userToken }))
    expect((await server.post('/v1/batch', { batch }, tokened.writeKey)).status).toBe(200)
    await untilStored(last)
    expect(await proven()).toEqual(before)
    const [own] = await server.sql<{ verified: boolean }>(
      'SELECT max(verified) AS verified FROM account_people FINAL WHERE person = {person: String} AND account = {account: String}',
      { person: `user:${sub}`, account: 'acme' },
    )
    expect(Boolean(own?.verified)).toBe(accounts?.some(({ id }) => id === 'acme') ?? false)
  },
  120_000,
)

describe('in a signed-only project', () => {
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

  test('nor do hundreds of hostile events of every kind, in several orders', async () => {
    const verified = [
      { type: 'identify', userId: 'eve', anonymousId: 'd0', traits: { email: 'eve@hooli.dev', plan: 'pro' } },
      { type: 'identify', userId: 'hal', traits: { email: 'hal@initech.dev' } },
      { type: 'group', userId: 'eve', groupId: 'hooli', traits: { name: 'Hooli', domain: 'hooli.dev' } },
      { type: 'group', userId: 'gil', groupId: 'hooli', traits: { left: true } },
      { type: 'track', userId: 'eve', event: 'Paid', messageId: 'strict-paid' },
    ]
    await server.post('/v1/batch', { batch: verified }, strict.secretKey)
    await untilStored('strict-paid')
    const before = await whatIsKnown('strict')
    expect(before.domains?.length).toBeGreaterThan(0)
    expect(JSON.stringify(before.account_people)).toContain('user:eve')
    for (const seed of [5, 6, 7]) {
      const { body } = await server.post('/v1/batch', { batch: hostileEvents(seed) }, strict.writeKey)
      expect(body.accepted).toBeGreaterThan(50)
      const last = { anonymousId: 'evil-device', event: 'Last', messageId: randomUUID() }
      await server.post('/v1/track', last, strict.writeKey)
      await untilStored(last.messageId)
      expect(await whatIsKnown('strict'), `sequence ${seed}`).toEqual(before)
    }
  }, 180_000)

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
      {
        type: 'group',
        userId: 'mallory',
        groupId: 'acme',
        traits: { name: 'Evil', domain: 'evil.test' },
        userToken,
      },
      { type: 'track', event: 'Evil', userId: 'mallory', context: { groupId: 'acme' }, userToken },
      { type: 'track', event: 'Last', userId: 'mallory', userToken, messageId: last },
    ]
    const accounts = async () => {
      const { account_traits, memberships, account_people, account_subjects, domains } =
        await whatIsKnown('strict')
      return { account_traits, memberships, account_people, account_subjects, domains }
    }
    const before = await accounts()
    await server.post('/v1/batch', { batch }, strict.writeKey)
    await untilStored(last)
    expect(await accounts()).toEqual(before)
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
