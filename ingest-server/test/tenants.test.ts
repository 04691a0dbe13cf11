/**
 * Two projects that use the same ids of people, devices, accounts and messages, on the real server: whatever one of them
 * asks, over every route there is, is answered as if the other did not exist.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer, until } from '../../test-support/server.js'

interface Tenant {
  id: string
  writeKey: string
  secretKey: string
  /** Stands in all that it sends, and in nothing that the other does. */
  mark: string
}
const red: Tenant = {
  id: 'red',
  writeKey: 'wk_red_0123456789ab',
  secretKey: 'sk_red_0123456789abcdef',
  mark: 'redmark',
}
const blue: Tenant = {
  id: 'blue',
  writeKey: 'wk_blue_0123456789a',
  secretKey: 'sk_blue_0123456789abcde',
  mark: 'bluemark',
}

let server: TestServer
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchline-tenants-'))
  const file = join(dir, 'projects.json')
  const entries = [red, blue].map(({ id, writeKey, secretKey }) => {
    return { id, writeKeys: [writeKey], secretKeys: [secretKey] }
  })
  await writeFile(file, JSON.stringify(entries), { mode: 0o600 })
  server = await startServer({ env: { PROJECTS_FILE: file } })
})
afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
})

async function ask(tenant: Tenant, path: string, method = 'GET') {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${tenant.secretKey}` },
  })
  return { status: answer.status, text: await answer.text() }
}

const day = (n: number) => new Date(Date.UTC(2026, 0, n)).toISOString()

/** The same names in both; `owner` has the device and the account that in the other project are somebody else's. */
function story({ mark }: Tenant, owner: string, other: string) {
  const said = (n: number, event: object) => ({ messageId: `m-${n}`, timestamp: day(n), ...event })
  return [
    said(1, {
      type: 'identify',
      userId: owner,
      anonymousId: 'laptop',
      traits: { email: 'ada@x.test', plan: mark },
    }),
    said(2, {
      type: 'page',
      anonymousId: 'laptop',
      context: { page: { url: `https://x.test/${mark}`, title: mark } },
    }),
    said(3, { type: 'track', userId: owner, event: `Paid ${mark}`, properties: { mark } }),
    said(4, {
      type: 'group',
      userId: owner,
      groupId: 'acme',
      traits: { name: `Acme ${mark}`, domain: 'x.test' },
    }),
    said(5, {
      type: 'identify',
      userId: other,
      anonymousId: 'phone',
      traits: { email: 'bob@y.test', plan: mark },
    }),
    said(6, { type: 'track', userId: 'eve', anonymousId: 'tablet', event: `Looked ${mark}` }),
    said(7, { type: 'click', userId: owner, properties: { mark } }),
  ]
}

/** Only blue has these: claims that are contested, a kiosk that is set apart, an account and people of its own. */
const onlyBlue = [
  { type: 'identify', messageId: 'b-1', userId: 'mallory', traits: { email: 'ada@x.test' } },
  ...Array.from({ length: 25 }, (_, n) => ({
    type: 'track',
    event: 'Passed',
    messageId: `b-kiosk-${n}`,
    userId: `passer-${n}`,
    anonymousId: 'kiosk',
  })),
  {
    type: 'group',
    messageId: 'b-2',
    userId: 'ada',
    groupId: 'bluecorp',
    traits: { name: 'Bluecorp', domain: 'y.test' },
  },
  { type: 'click', messageId: 'b-3', userId: 'ada' },
  {
    type: 'track',
    event: 'Only here bluemark',
    messageId: 'b-4',
    userId: 'only-blue',
    anonymousId: 'laptop',
  },
  { type: 'track', event: 'Later bluemark', messageId: 'b-5', userId: 'eve', groupId: 'acme' },
]

async function send(tenant: Tenant, batch: readonly object[]) {
  const { status } = await server.post('/v1/batch', { batch }, tenant.secretKey)
  expect(status).toBe(200)
}

/** Definitions of the same ids, each about what only its own project has, and an import of the same id. */
async function define(tenant: Tenant, path: string, body: object): Promise<void> {
  const answer = await fetch(`${server.url}/v1/definitions/${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${tenant.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status, await answer.text()).toBeLessThan(300)
}

async function decideAndImport(tenant: Tenant): Promise<void> {
  const { mark } = tenant
  const when = { touch: { name: `Paid ${mark}` } }
  await define(tenant, 'segments/hot', { subject: 'person', when })
  await define(tenant, 'segments/list', { subject: 'person', identifiers: ['user:ada', `user:${mark}`] })
  await define(tenant, 'goals/settled', { subject: 'person', when })
  await define(tenant, 'scores/lead', {
    ...{ subject: 'person', on: 5, off: 1 },
    rules: [{ id: mark, when, points: tenant === red ? 5 : 8 }],
  })
  const url = `https://${mark}.example.com/`
  await define(tenant, 'endpoints/crm', { url, secret: 'env:NOT_SET' })
  const map = {
    ...{ source: 'shop', key: '/id' },
    rows: [{ as: 'touch', userId: '/user', at: '/at', name: { constant: `Imported ${mark}` } }],
  }
  const query = new URLSearchParams({ map: JSON.stringify(map), importId: 'i-1', name: `${mark}.ndjson` })
  const rows = [
    { id: 1, user: 'ada', at: day(8) },
    { id: 2, user: 'ada', at: `no time of ${mark}` },
  ]
  const answer = await fetch(`${server.url}/v1/imports?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.secretKey}`, 'content-type': 'application/x-ndjson' },
    body: rows.map((row) => JSON.stringify(row)).join('\n'),
  })
  expect(answer.status, await answer.text()).toBe(200)
}

const patient = { timeoutMs: 150_000 }
const untilShown = (tenant: Tenant, path: string, shown: string) =>
  until(async () => ((await ask(tenant, path)).text.includes(shown) ? true : undefined), {
    what: `${shown} at ${path}`,
    ...patient,
  })

/** Erases eve; resolves with the erasure's id once it is finished. */
async function eraseEve(tenant: Tenant): Promise<string> {
  const { status, text } = await ask(tenant, '/v1/people/eve', 'DELETE')
  expect(status).toBe(202)
  const { erasureId } = JSON.parse(text) as { erasureId: string }
  await untilShown(tenant, `/v1/erasures/${erasureId}`, '"finished"')
  return erasureId
}

const ids = [
  'ada',
  'bob',
  'eve',
  'anon:laptop',
  'anon:kiosk',
  'email:ada@x.test',
  'acme',
  'bluecorp',
  'only-blue',
]
/** Of these the ones that are people, and the ones that are accounts: asking everybody about everything takes long. */
const ofKind: Record<string, string[]> = {
  users: ['ada', 'eve', 'anon:laptop', 'only-blue'],
  accounts: ['acme', 'bluecorp'],
}
const messages = ['m-1', 'm-3', 'm-7', 'b-4']
const byName: Record<string, string[]> = {
  messageId: messages,
  segment: ['hot', 'list', 'only-blue'],
  score: ['lead', 'only-blue'],
  kind: ['segments', 'goals', 'scores', 'endpoints'],
  importId: ['i-1', 'i-2'],
}
const ofDefinitions = ['hot', 'settled', 'lead', 'crm', 'only-blue']
const queries: Record<string, string[]> = {
  '/v1/people': ['?q=ada', '?q=test', '?q=only'],
  '/v1/accounts': ['?q=ac', '?q=blue', '?q=test'],
  '/v1/users/{id}/timeline': ['', '?detail=events&limit=100&bots=true', '?as_of=2026-01-20T00:00:00.000Z'],
  '/v1/accounts/{id}/timeline': ['', '?detail=events&limit=100', '?as_of=2026-01-20T00:00:00.000Z'],
  '/v1/people/{id}/why': ['', '?identifier=anon:laptop', '?identifier=email:ada@x.test'],
  '/v1/erasures': ['', '?person=eve'],
  '/v1/segments/{segment}/why': ['?person=ada'],
  '/v1/scores/{score}/why': ['?person=ada'],
}

/** Answers that have no end, or say how the process is doing at this moment: they have tests of their own. */
const neverStill = ['/v1/live', '/v1/health/line']

/** Every address that can be asked, from the server's own description of its routes. */
async function addresses(erasureIds: readonly string[]): Promise<string[]> {
  const document = (await (await fetch(`${server.url}/docs/json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const valuesOf = (name: string, path: string) =>
    name === 'erasureId'
      ? erasureIds
      : (byName[name] ??
        (path.startsWith('/v1/definitions') ? ofDefinitions : (ofKind[path.split('/')[2] ?? ''] ?? ids)))
  return Object.entries(document.paths)
    .filter(([path, methods]) => 'get' in methods && !neverStill.includes(path))
    .flatMap(([path]) => {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
      const filled = names.reduce<string[]>(
        (paths, name) =>
          paths.flatMap((one) =>
            valuesOf(name, path).map((value) => one.replace(`{${name}}`, encodeURIComponent(value))),
          ),
        [path],
      )
      return filled.flatMap((one) => (queries[path] ?? ['']).map((query) => `${one}${query}`))
    })
}

/** Times of this very run, how far the log is, and how long what is open lasts by now, are no part of an answer. */
function withoutNow(path: string, text: string): string {
  const isOpenStill = path.startsWith('/v1/journeys/gaps') || /\/(map|stages)$/.test(path)
  const still = isOpenStill ? text.replace(/(?<=[:,[])\d+\.\d+(?=[,}\]])/g, '"<so far>"') : text
  // Journey maps tell times as milliseconds, the last of them now.
  const told = still.replace(/\b1[789]\d{11}\b/g, (ms) => (Number(ms) > Date.parse(startedAt) ? '<now>' : ms))
  return told.replace(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, (time) => (time > startedAt ? '<now>' : time))
}
const startedAt = new Date().toISOString()

/** What was asked for may be said back. */
const withoutAsked = (path: string, text: string) =>
  ids
    .filter((id) => path.includes(encodeURIComponent(id)))
    .reduce(
      (rest, id) => rest.replaceAll(`"user:${id}"`, '"<asked>"').replaceAll(`"${id}"`, '"<asked>"'),
      text,
    )

async function atOnce(tenant: Tenant, paths: readonly string[]) {
  const answers = new Map<string, Awaited<ReturnType<typeof ask>>>()
  const rest = [...paths]
  const worker = async () => {
    for (let path = rest.shift(); path !== undefined; path = rest.shift())
      answers.set(path, await ask(tenant, path))
  }
  await Promise.all(Array.from({ length: 6 }, worker))
  // In the order of the addresses, whichever was answered first.
  return paths.map((path) => [path, answers.get(path) ?? { status: 0, text: '' }] as const)
}

async function answersTo(tenant: Tenant, paths: readonly string[]): Promise<Record<string, string>> {
  const answers: Record<string, string> = {}
  for (const [path, { status, text }] of await atOnce(tenant, paths)) {
    expect(status, path).toBeLessThan(500)
    const { code } = status < 300 ? { code: '' } : (JSON.parse(text) as { code: string })
    answers[path] = status < 300 ? withoutAsked(path, withoutNow(path, text)) : `${status} ${code}`
  }
  return answers
}

describe('two projects with the same ids', () => {
  let paths: string[]
  let before: Record<string, string>
  let erasures: { red: string; blue: string }

  beforeAll(async () => {
    await send(red, story(red, 'ada', 'bob'))
    await untilShown(red, '/v1/users/ada/timeline?detail=events', 'm-4')
    await untilShown(red, '/v1/accounts/acme/timeline', 'm-3')
    await untilShown(red, '/v1/rejected', 'm-7')
    await untilShown(red, '/v1/users/eve/timeline', 'm-6')
    await decideAndImport(red)
    await untilShown(red, '/v1/users/ada/timeline', 'Imported redmark')
    await untilShown(red, '/v1/imports/i-1', 'no time of redmark')
    await untilShown(red, '/v1/handoffs', 'user:ada')
    await untilShown(red, '/v1/segments', '"members":1')
    const ofRed = await eraseEve(red)
    // Names nobody's, so that both lists have it before and after.
    erasures = { red: ofRed, blue: 'none' }
    paths = await addresses([ofRed])
    // Derived tables follow within moments; what is compared is what then stands still.
    before = await answersTo(red, paths)
    let moved: string[] = []
    await until(
      async () => {
        const again = await answersTo(red, paths)
        moved = paths.filter((path) => again[path] !== before[path])
        before = again
        return moved.length === 0 ? true : undefined
      },
      {
        ...patient,
        what: 'every answer to stand still',
        seen: () => moved.map((path) => [path, before[path]]),
      },
    )

    await send(blue, story(blue, 'bob', 'ada'))
    await send(blue, onlyBlue)
    await decideAndImport(blue)
    await define(blue, 'segments/only-blue', { subject: 'person', identifiers: ['user:ada'] })
    await untilShown(blue, '/v1/handoffs', 'user:bob')
    await untilShown(blue, '/v1/users/bob/timeline?detail=events', 'm-4')
    await untilShown(blue, '/v1/identity/quarantined', 'anon:kiosk')
    await untilShown(blue, '/v1/accounts/acme/timeline', 'bluemark')
    await untilShown(blue, '/v1/users/only-blue/timeline', 'b-4')
    await untilShown(blue, '/v1/rejected', 'b-3')
    await untilShown(blue, '/v1/users/eve/timeline?detail=events', 'b-5')
    erasures.blue = await eraseEve(blue)
  }, 600_000)

  test('most addresses answer something, each route at least once', () => {
    const answered = new Set(
      Object.entries(before)
        .filter(([, answer]) => !/^\d{3} /.test(answer))
        .map(([path]) => path),
    )
    const must = [
      '/v1/people?q=ada',
      '/v1/people/ada',
      '/v1/people/ada/why',
      '/v1/people/ada/export',
      '/v1/accounts/acme',
    ]
    must.push(
      '/v1/accounts?q=ac',
      '/v1/users/ada/timeline',
      '/v1/accounts/acme/timeline',
      '/v1/events/m-3',
      '/v1/rejected',
    )
    must.push('/v1/dead-letters', '/v1/identity/contested', '/v1/identity/quarantined', '/v1/erasures')
    must.push('/v1/identity/quarantined/anon%3Akiosk', `/v1/erasures/${erasures.red}`)
    must.push('/v1/definitions', '/v1/definitions/segments/hot', '/v1/definitions/goals/settled/versions')
    must.push('/v1/segments/hot/members', '/v1/segments/list/history', '/v1/segments/hot/why?person=ada')
    must.push('/v1/scores/lead/subjects', '/v1/scores/lead/why?person=ada', '/v1/handoffs', '/v1/endpoints')
    must.push('/v1/imports/i-1')
    expect(must.filter((path) => !answered.has(path))).toEqual([])
    expect(before['/v1/users/ada/timeline?detail=events&limit=100&bots=true']).toContain('redmark')
  })

  test('what one is answered does not change by a byte when the other comes', async () => {
    await until(
      async () => {
        const after = await answersTo(red, paths)
        return JSON.stringify(after) === JSON.stringify(before) ? true : undefined
      },
      { timeoutMs: 60_000 },
    ).catch(async () => {
      expect(await answersTo(red, paths)).toEqual(before)
    })
  }, 300_000)

  test('nothing of the other is in any answer, whoever asks', async () => {
    const all = await addresses([erasures.red, erasures.blue])
    for (const [path, answer] of Object.entries(await answersTo(red, all)))
      expect(answer, path).not.toMatch(/bluemark|only-blue|bluecorp|kiosk-|passer|mallory|(?<![\w-])b-\d/)
    for (const [path, answer] of Object.entries(await answersTo(blue, all)))
      expect(answer, path).not.toContain('redmark')
  }, 300_000)

  test('the proof of an erasure is the project’s that asked for it', async () => {
    expect((await ask(red, `/v1/erasures/${erasures.blue}`)).status).toBe(404)
    expect((await ask(blue, `/v1/erasures/${erasures.red}`)).status).toBe(404)
    for (const [tenant, own] of [
      [red, erasures.red],
      [blue, erasures.blue],
    ] as const) {
      const { text } = await ask(tenant, '/v1/erasures?person=eve')
      const listed = (JSON.parse(text) as { erasures: { erasureId: string }[] }).erasures
      expect(listed.map(({ erasureId }) => erasureId)).toEqual([own])
    }
  }, 120_000)

  test('what one decides is decided for itself', async () => {
    const decide = (path: string, body: object) => server.post(path, body, blue.secretKey)
    const unlinked = { identifier: 'anon:laptop', reason: 'a test', author: 'blue' }
    expect((await decide('/v1/people/bob/unlink', unlinked)).status).toBe(202)
    const released = { reason: 'a test', author: 'blue' }
    expect((await decide('/v1/identity/quarantined/anon%3Akiosk/release', released)).status).toBe(202)
    await decide('/v1/rejected/replay', {})
    expect((await ask(blue, '/v1/people/ada', 'DELETE')).status).toBe(202)
    await until(async () => {
      const { text } = await ask(blue, '/v1/people/bob')
      return text.includes('anon:laptop') ? undefined : true
    })
    await until(async () => ((await ask(blue, '/v1/people/ada')).status === 404 ? true : undefined))
    expect(await answersTo(red, paths)).toEqual(before)
  }, 300_000)
})
