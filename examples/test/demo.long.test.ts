/** `npm run demo` as a newcomer runs it, beside a server whose keys come from the environment. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer, until } from '../../test-support/server.js'
import { demoKey } from '../play-a-company/demo-project.js'
import { askFor, summaryOf } from '../play-a-company/server-calls.js'
import { behaviourOf, type DemoTouch } from './demo-scores.js'
import { answerOf, differences, examplesOf } from './page.js'

const play = fileURLToPath(new URL('../play-a-company/play.ts', import.meta.url))
let server: TestServer
beforeAll(async () => {
  server = await startServer({
    env: {
      TOUCHLINE_WRITE_KEY: 'wk_of_the_environment',
      TOUCHLINE_SECRET_KEY: 'sk_of_the_environment_0123456789',
    },
  })
})
afterAll(() => server?.stop())

/** Knows where the server is and where its data are, and none of its keys. */
function demo(
  args: readonly string[] = ['--last-day', '2026-11-01'],
): Promise<{ code: number; out: string }> {
  const env = { PATH: process.env.PATH ?? '', DATA_DIR: server.dataDir, PORT: new URL(server.url).port }
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', play, ...args], { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: out + err }),
    )
  })
}

/** What the link at the end opens: a session of the demo that sees the account's map. */
async function expectSignedInMap(out: string): Promise<void> {
  const [, link = ''] = /See it: .*\n +(http\S+)/.exec(out) ?? []
  const said = new URLSearchParams(new URL(link).hash.slice(1))
  expect(said.get('to')).toBe('/accounts/lovelace-works')
  const session = await fetch(`${server.url}/ui/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: said.get('code') }),
  })
  expect(await session.json()).toMatchObject({ project: { id: 'demo' }, role: 'admin' })
  const cookie = session.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
  const map = await fetch(`${server.url}/v1/accounts/lovelace-works/map`, { headers: { cookie } })
  expect(await map.json()).toMatchObject({ account: { touches: 31, people: 3 } })
}

test('the demo plays into a project of its own, whatever the keys of the environment are, and can be played again', async () => {
  for (const round of ['first', 'again']) {
    const { code, out } = await demo()
    expect(out, round).toContain('→ 31 touches, 192 days')
    expect(out, round).toContain('Won deals take 31 touches, 3.1 channels, 192 days (20 deals).')
    await expectSignedInMap(out)
    expect(out, round).not.toMatch(/→ 0 touches|not there yet|people: 0/)
    expect(code, round).toBe(0)
  }
  const projects = await server.sql('SELECT DISTINCT project FROM events')
  expect(projects).toEqual([{ project: 'demo' }])
  const { status } = await server.get('/v1/accounts/lovelace-works/timeline')
  expect(status).toBe(404)
}, 600_000)

test.each([
  [['--help'], 0, /--remove +takes all of it away/],
  [['--sead', '7'], 1, /Unknown option '--sead'[\s\S]*--seed 7/],
  [['--seed', 'seven'], 1, /^--seed seven is not a whole number\n$/],
  [['--last-day', 'tomorrow'], 1, /^--last-day tomorrow is not a date/],
])('%j plays nothing and says what there is', async (args, code, words) => {
  expect(await demo(args)).toEqual({ code, out: expect.stringMatching(words) as string })
})

test('a server that is still starting is waited for, and no other one is started beside it', async () => {
  let asked = 0
  const starting = createServer((request, response) => {
    const isReady = request.url === '/health/ready' && ++asked > 3
    response.statusCode = request.url === '/health/live' || isReady ? 200 : 503
    // What comes after the waiting is not looked at here.
    if (request.url?.startsWith('/v1')) response.destroy()
    else response.end('{}')
  })
  await new Promise<void>((resolve) => starting.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(starting.address() as AddressInfo).port}`
  const env = { PATH: process.env.PATH ?? '', TOUCHLINE_URL: url }
  const out = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', play, '--key', 'sk_x'], { env }, (_error, out, err) =>
      resolve(out + err),
    )
  })
  starting.close()
  expect(asked).toBe(4)
  expect(out).not.toContain('nothing answers')
  expect(out).not.toContain('server ended')
})

test('docs/journeys.md tells what the demo answers, command by command', async () => {
  const page = await readFile(new URL('../../docs/journeys.md', import.meta.url), 'utf8')
  const examples = examplesOf(page)
  expect(examples.length).toBeGreaterThanOrEqual(15)
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const secretKey = await demoKey({ dataDir: server.dataDir, root })
  const sql = <Row>(query: string) => server.sql<Row>(query)
  const of = { url: server.url, secretKey, sql, project: 'demo' }
  // Entries into stages are worked out as soon as there is time.
  await until(async () => {
    const rows = await server.sql(
      "SELECT 1 FROM accounts WHERE project = 'demo' AND stage = 'retention' LIMIT 1",
    )
    return rows.length > 0 ? true : undefined
  })
  const wrong: string[] = []
  for (const example of examples)
    for (const one of differences(example.answer, await answerOf(example, of)))
      wrong.push(`${example.code.trim()}\n  ${one}`)
  expect(wrong.join('\n')).toBe('')
}, 120_000)

interface Why {
  subject: string
  fit: number
  behaviour: number
  total: number
  rules: { rule: string; group: string; points: number }[]
}

test('the score of everybody of the demo is what their touches add up to', async () => {
  const asOf = '2026-11-01T00:00:00.000Z'
  const secretKey = await demoKey({
    dataDir: server.dataDir,
    root: fileURLToPath(new URL('../..', import.meta.url)),
  })
  const touches = await server.sql<Omit<DemoTouch, 'at'> & { ms: string }>(
    `SELECT person, toUnixTimestamp64Milli(at) AS ms, kind, name, direction, arrayConcat([path], paths) AS paths
     FROM touchpoints_of_people FINAL WHERE project = 'demo'`,
  )
  const people = new Map<string, DemoTouch[]>()
  for (const { ms, ...touch } of touches)
    people.set(touch.person, [...(people.get(touch.person) ?? []), { ...touch, at: Number(ms) }])
  expect(people.size).toBeGreaterThan(100)
  const wrong: string[] = []
  let scored = 0
  for (const [person, theirs] of people) {
    const path = `/v1/scores/lead/why?person=${encodeURIComponent(person)}&as_of=${asOf}`
    const why = await askFor<Why>({ url: server.url, secretKey }, path)
    const told = new Map(
      why.rules.filter(({ group }) => group !== 'fit').map((one) => [one.rule, one.points]),
    )
    const own = behaviourOf(theirs, Date.parse(asOf))
    const sum = (points: Iterable<number>) => [...points].reduce((total, one) => total + one, 0)
    const isSo =
      own.size === told.size &&
      [...own].every(([rule, points]) => Math.abs((told.get(rule) ?? Infinity) - points) < 1e-3) &&
      Math.abs(sum(own.values()) - why.behaviour) < 1e-3 &&
      Math.abs(sum(why.rules.map(({ points }) => points)) - why.total) < 1e-6 &&
      Math.abs(why.fit + why.behaviour - why.total) < 1e-6
    if (why.total !== 0) scored += 1
    if (!isSo) wrong.push(`${person}: ${JSON.stringify([...own])}, told ${JSON.stringify(why)}`)
  }
  expect(wrong).toEqual([])
  expect(scored).toBeGreaterThan(50)
}, 300_000)

test('what the demo brought goes again, nothing of another project does, and it can come back', async () => {
  await server.post('/v1/track', { event: 'Real', userId: 'of-the-default-project' })
  await until(async () =>
    (await server.sql("SELECT 1 FROM events WHERE project = 'default'")).length > 0 ? true : undefined,
  )
  expect(await demo(['--remove'])).toMatchObject({ code: 0, out: 'Project demo is gone.\n' })
  for (const table of ['events', 'links', 'traits', 'people', 'account_people', 'touchpoints_of_people']) {
    const rows = await server.sql(`SELECT DISTINCT project FROM ${table} WHERE project != 'default'`)
    expect(rows, table).toEqual([])
  }
  expect(await logOf(server.dataDir)).not.toContain('"project":"demo"')
  expect((await server.get('/v1/users/of-the-default-project/timeline')).status).toBe(200)
  const again = await demo()
  expect(again).toMatchObject({ code: 0 })
  expect(again.out).toContain('→ 31 touches, 192 days')
}, 600_000)

async function logOf(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'log')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('')
}

test('a timeline is told once its people are joined, and not while it still counts nobody', async () => {
  const summary = (touchpoints: number, people: number) => ({
    touchpoints,
    people,
    days: 3,
    channels: 2,
    sessions: 1,
  })
  // A busy server: nothing yet, twice the same nothing, then in parts.
  const said = [
    undefined,
    summary(0, 0),
    summary(0, 0),
    summary(0, 0),
    summary(4, 0),
    summary(4, 0),
    summary(4, 1),
    summary(7, 2),
  ]
  let asked = 0
  const busy = createServer((_request, response) => {
    const next = said[Math.min(asked++, said.length - 1)]
    response.end(JSON.stringify(next === undefined ? {} : { summary: next }))
  })
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
  const told = await summaryOf({ url, secretKey: 'sk', path: '/' }, 1)
  expect(told).toBe('7 touches, 3 days, 2 channels, 1 sessions, people: 2')
  await new Promise((resolve) => busy.close(resolve))
})
