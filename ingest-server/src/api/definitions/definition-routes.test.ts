/** Definitions over HTTP with the real log and ClickHouse: versions, If-Match, preview, warnings, replay. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import type * as wire from '@touchline/schemas/api'
import {
  silentLogger,
  startTestClickHouse,
  type TestClickHouse,
} from '../../../../test-support/clickhouse.js'
import { asOf, insertWorld, makeWorld } from '../../../../test-support/worlds/condition-worlds.js'
import { startTimelineApi, type TimelineApi } from '../../../../test-support/timeline-api.js'
import { insertLines } from '../../clickhouse/insert-lines.js'
import { openEmbeddedLog, type EmbeddedLog } from '../../log/embedded/embedded-log.js'

type Saved = z.infer<typeof wire.definitionAnswer>
type Versions = z.infer<typeof wire.definitionVersions>
type Conflict = z.infer<typeof wire.definitionConflict>
type Preview = z.infer<typeof wire.previewAnswer>
type Wrong = z.infer<typeof wire.errorShape>

let clickhouse: TestClickHouse
let log: EmbeddedLog
let api: TimelineApi
const dir = mkdtempSync(join(tmpdir(), 'touchline-definitions-'))
const world = makeWorld()

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  api = await startTimelineApi({ clickhouse, log, clock: () => asOf })
  await insertWorld(clickhouse.app, world)
}, 120_000)
afterAll(async () => {
  await api.close()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

async function send<Body>(
  method: 'PUT' | 'DELETE',
  path: string,
  payload?: object,
  headers: Record<string, string> = {},
) {
  const answer = await api.app.inject({
    method,
    url: `/v1/definitions/${path}`,
    headers: { authorization: 'Bearer secret', ...headers },
    ...(payload && { payload }),
  })
  return { status: answer.statusCode, body: answer.json<Body>(), headers: answer.headers }
}
const put = (path: string, payload: object, headers?: Record<string, string>) =>
  send<Saved>('PUT', path, payload, headers)

const won = { name: 'Deal won', subject: 'account', when: { touch: { name: 'deal_won' } }, count: 'first' }

test('each change is a version that stays, and saving the same again is none', async () => {
  expect(await put('goals/won', { ...won, author: 'ann', note: 'first try' })).toMatchObject({
    status: 201,
    body: {
      kind: 'goals',
      id: 'won',
      version: 1,
      name: 'Deal won',
      author: 'ann',
      note: 'first try',
      warnings: [],
    },
  })
  expect(await put('goals/won', won)).toMatchObject({ status: 200, body: { version: 1 } })
  const changed = await put('goals/won', { ...won, count: 'each' })
  expect(changed).toMatchObject({ status: 200, body: { version: 2, body: { count: 'each' } } })
  expect(changed.headers.etag).toBe('"2"')
  const { body } = await api.get<Versions>('/v1/definitions/goals/won/versions')
  expect(body.versions.map(({ version }) => version)).toEqual([2, 1])
  expect(await api.get('/v1/definitions/goals/won?version=1')).toMatchObject({
    body: { body: { count: 'first' } },
  })
  expect(await api.get('/v1/definitions/goals/won?version=7')).toMatchObject({ status: 404 })
})

test('a document that was read can be sent back as it is', async () => {
  const { body } = await api.get<Saved>('/v1/definitions/goals/won')
  expect(await put('goals/won', { ...body, body: { ...body.body, name: 'Won' } })).toMatchObject({
    body: { name: 'Won', body: { name: 'Won' } },
  })
})

test('a document that says it is another one is refused, and nothing is saved', async () => {
  const { body: document } = await api.get<Saved>('/v1/definitions/goals/won')
  const { version } = document
  for (const other of [{ id: 'lost' }, { kind: 'segments' }, { kind: null }])
    expect(await put('goals/won', { ...document, ...other, body: { ...won, name: 'Other' } })).toMatchObject({
      status: 400,
      body: { code: 'DEFINITION_INVALID', message: expect.stringContaining('the document says') as string },
    })
  expect((await api.get<Saved>('/v1/definitions/goals/won')).body.version).toBe(version)
})

test('a change upon an older version is refused with both', async () => {
  await put('segments/hot', { subject: 'person', when: { touch: { channel: 'Email' } } })
  const second = { subject: 'person', when: { touch: { channel: 'Direct' } } }
  expect((await put('segments/hot', second, { 'if-match': '"1"' })).body.version).toBe(2)
  const third = { subject: 'person', when: { touch: { channel: 'Paid Search' } } }
  const late = await send<Conflict>('PUT', 'segments/hot', third, { 'if-match': '1' })
  expect(late).toMatchObject({
    status: 409,
    body: { code: 'DEFINITION_CHANGED', current: { version: 2, body: second }, sent: third },
  })
  expect(await send('DELETE', 'segments/hot', undefined, { 'if-match': '1' })).toMatchObject({ status: 409 })
  expect(await put('segments/hot', third, { 'if-none-match': '*' })).toMatchObject({ status: 409 })
  expect(await put('segments/none-yet', third, { 'if-match': '3' })).toMatchObject({
    status: 409,
    body: { current: null },
  })
  expect(await put('segments/hot', third, { 'if-match': 'x' })).toMatchObject({ status: 400 })
})

test('of two changes at once upon one version one is refused', async () => {
  await put('goals/race', won)
  const tries = await Promise.all(
    [1, 2, 3, 4].map((n) => put('goals/race', { ...won, name: `Name ${n}` }, { 'if-match': '1' })),
  )
  expect(tries.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
})

test('what was deleted is not there, comes back with the next version, and its versions stay', async () => {
  await put('goals/gone', won)
  expect(await send('DELETE', 'goals/gone')).toMatchObject({
    status: 200,
    body: { version: 2, isDeleted: true },
  })
  expect(await api.get('/v1/definitions/goals/gone')).toMatchObject({ status: 404 })
  const { body } = await api.get<{ definitions: Saved[] }>('/v1/definitions/goals')
  expect(body.definitions.map(({ id }) => id)).not.toContain('gone')
  expect(await send('DELETE', 'goals/gone')).toMatchObject({ status: 404 })
  expect(await put('goals/gone', won)).toMatchObject({ body: { version: 3 } })
  expect(await api.get('/v1/definitions/goals/gne')).toMatchObject({
    status: 404,
    body: { message: /did you mean gone\?/ },
  })
})

test('names that nothing bears yet are warnings with the nearest, not errors', async () => {
  const body = {
    subject: 'account',
    when: {
      all: [
        { touch: { name: 'Demo Requestd' } },
        { touch: { channel: 'Paid Serch' } },
        { accountTrait: 'employes', op: 'gte', value: 1 },
        { stage: 'educaton', op: 'is' },
        { segment: 'hott' },
      ],
    },
  }
  await put('stages/other', { subject: 'account', stages: [{ id: 'education', enter: { touch: {} } }] })
  const { status, body: saved } = await put('segments/warned', body)
  expect(status).toBe(201)
  expect(saved.warnings.map(({ path, nearest }) => [path, nearest])).toEqual([
    ['when.all[0].touch.name', 'Demo Requested'],
    ['when.all[1].touch.channel', 'Paid Search'],
    ['when.all[2].accountTrait', 'employees'],
    ['when.all[3].stage', 'education'],
    ['when.all[4].segment', 'hot'],
  ])
})

test.each([
  [
    'a regular expression that does not compile',
    'segments/bad',
    { when: { accountTrait: 'plan', op: 'matches', value: '(?=x)' } },
    /^when\.value: is no regular expression/,
  ],
  [
    'a property’s regular expression',
    'goals/bad',
    { when: { touch: { where: [{ property: 'plan', op: 'matches', value: '[a' }] } } },
    /^when\.touch\.where\[0\]\.value: is no regular/,
  ],
  ['a circle', 'segments/self', { when: { not: { segment: 'self' } } }, /segments\/self → segments\/self/],
  [
    'a stage that waits for itself',
    'stages/loop',
    { stages: [{ id: 'looped', enter: { stage: 'looped', op: 'reached' } }] },
    /stages\/loop → stages\/loop/,
  ],
])('%s is refused', async (_what, path, body, message) => {
  const answer = await send<Wrong>('PUT', path, body)
  expect(answer).toMatchObject({ status: 400, body: { code: 'DEFINITION_INVALID' } })
  expect(answer.body.message).toMatch(message)
})

test('an unknown kind, an id with a slash and a body that is no object are refused', async () => {
  expect(await put('goal/x', won)).toMatchObject({
    status: 400,
    body: { message: /did you mean goals\?/ },
  })
  expect(await put('goals/a%2Fb', won)).toMatchObject({ status: 400 })
  expect(await put('goals/x', [won])).toMatchObject({ status: 400 })
})

test('a preview tells for how many it holds, ten of them, and the sentence', async () => {
  const when = { trait: 'role', op: 'exists' }
  const { status, body } = await api.post<Preview>('/v1/definitions/preview', { subject: 'person', when })
  expect(status).toBe(200)
  const knows = new Set(
    world.traits
      .filter(({ name, value }) => name === 'role' && value !== null && value !== '' && value !== 'N/A')
      .map(({ of }) => of),
  )
  expect(body.subjects).toBe(knows.size)
  expect(body.examples.length).toBe(Math.min(10, knows.size))
  for (const one of body.examples) expect(knows).toContain(one)
  expect(body.sentence).toEqual({ en: 'Role is known', ja: 'roleがわかっている' })
})

test('a preview that names what is not there yet holds for nobody and says what it names', async () => {
  const body = { subject: 'account', when: { stage: 'later-on', op: 'is' } }
  const alone = await api.post<Preview>('/v1/definitions/preview', { kind: 'segments', body })
  expect(alone).toMatchObject({ status: 200, body: { subjects: 0, warnings: [{ path: 'when.stage' }] } })
  const stages = { subject: 'account', stages: [{ id: 'later-on', enter: { touch: {} } }] }
  const along = [{ kind: 'stages', id: 'later', body: stages }]
  const both = await api.post<Preview>('/v1/definitions/preview', { kind: 'segments', body, with: along })
  expect(both.body.warnings).toEqual([])
  expect(both.body.subjects).toBe(new Set(world.touches.flatMap(({ accounts }) => accounts)).size)
})

test.each([
  [{ kind: 'goals', body: { when: { touch: {} } }, as_off: '2026-01-01' }, /^as_off: .*did you mean as_of\?/],
  [{ subject: 'person', whem: { touch: {} } }, /^whem: .*did you mean when\?/],
  [{ knd: 'segments', body: { when: { touch: {} } } }, /^knd: .*did you mean kind\?/],
  [{ kind: 'segments', when: { touch: {} }, wiht: [] }, /^wiht: .*did you mean with\?/],
  [
    { kind: 'segments', body: { when: { touch: {} } }, subject: 'person' },
    /^subject: there is no such field/,
  ],
  [{ kind: 3, when: { touch: {} } }, /^kind: must be a text/],
])('a preview that says what nobody reads is refused: %o', async (sent, message) => {
  const { status, body } = await api.post<{ message: string }>('/v1/definitions/preview', sent)
  expect(body.message).toMatch(message)
  expect(status).toBe(400)
})

test('a document may be previewed as it was answered', async () => {
  await put('goals/shown', { when: { touch: { name: 'Shown' } } })
  const { body: document } = await api.get<Saved>('/v1/definitions/goals/shown')
  expect(await api.post('/v1/definitions/preview', document)).toMatchObject({ status: 200 })
})

test('a version that is not there is said to be missing, with the latest', async () => {
  const at = (id: string, version = '') =>
    api.get<{ message: string }>(`/v1/definitions/segments/${id}${version && `?version=${version}`}`)
  await put('segments/two', { when: { touch: { name: 'one' } } })
  await put('segments/two', { when: { touch: { name: 'two' } } })
  expect((await at('two', '9')).body.message).toBe('There is no version 9 of segments/two; the latest is 2.')
  expect((await at('twoo', '9')).body.message).toMatch(
    /^There is no definition segments\/twoo; did you mean two\?/,
  )
  await send('DELETE', 'segments/two')
  expect((await at('two')).body.message).toMatch(
    /no definition segments\/two any longer: it was deleted as version 3, after version 2\./,
  )
  expect((await at('two', '3')).body.message).toMatch(/deleted as version 3/)
  expect(await at('two', '2')).toMatchObject({ status: 200 })
})

test('traits of personas that nobody has are warned of', async () => {
  const { body } = await put('personas/slip', { traits: ['role', 'rol'] })
  expect(body).toMatchObject({ warnings: [{ path: 'traits[1]', nearest: 'role' }] })
})

test('a preview of stages tells who reached each', async () => {
  const stages = [
    { id: 'one', enter: { touch: {} } },
    { id: 'two', enter: { touch: { name: 'nobody' } } },
  ]
  const { body } = await api.post<Preview>('/v1/definitions/preview', {
    kind: 'stages',
    body: { subject: 'person', stages },
  })
  expect(body.stages).toMatchObject([
    { id: 'one', subjects: new Set(world.touches.map(({ person }) => person)).size },
    { id: 'two', subjects: 0 },
  ])
})

test('a template fills what is not there and leaves what is', async () => {
  const { status, body } = await api.post<{ saved: string[]; kept: string[] }>(
    '/v1/definitions/templates/sales-led',
    {},
  )
  expect(status).toBe(200)
  expect(body.kept).toEqual(['goals/won'])
  expect(body.saved).toContain('stages/default')
  expect(await api.get('/v1/definitions/goals/won')).toMatchObject({ body: { name: 'Won' } })
  expect(await api.post('/v1/definitions/templates/sales', {})).toMatchObject({ status: 404 })
})

test('every version comes back from the log', async () => {
  const before = await api.get<Versions>('/v1/definitions/goals/won/versions')
  const all = await api.get<{ definitions: Saved[] }>('/v1/definitions')
  await clickhouse.app.command({ query: 'TRUNCATE TABLE definitions' })
  expect(await api.get('/v1/definitions')).toMatchObject({ body: { definitions: [] } })
  await log.replay(async (batch) => {
    for (const { table, lines } of batch) await insertLines(clickhouse.app, table, lines)
  })
  expect(await api.get('/v1/definitions/goals/won/versions')).toEqual(before)
  expect(await api.get('/v1/definitions')).toEqual(all)
})

test('another project has its own', async () => {
  expect(await api.get('/v1/definitions/goals/won', 'other')).toMatchObject({ status: 404 })
  expect(await api.get('/v1/definitions', 'write')).toMatchObject({ status: 401 })
})
