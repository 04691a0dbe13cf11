/** Segments, scores and hand-offs over HTTP with the real log and ClickHouse. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { z } from 'zod'
import type * as wire from '@touchline/schemas/api'
import { startEngageStage, type EngageStage } from '../../../../test-support/roles/engage-stage.js'
import { silentLogger } from '../../../../test-support/clickhouse.js'
import { startTimelineApi, type TimelineApi } from '../../../../test-support/timeline-api.js'
import { createMetrics } from '../../metrics.js'
import { startStore } from '../../store/store.js'

const dayMs = 86_400_000
const now = Date.parse('2026-06-01T00:00:00Z')
let stage: EngageStage
let api: TimelineApi
let store: ReturnType<typeof startStore>

type Members = z.infer<typeof wire.segmentMembersAnswer>
type History = z.infer<typeof wire.segmentHistoryAnswer>
type Why = z.infer<typeof wire.segmentWhyAnswer>
type Scored = z.infer<typeof wire.scoreSubjectsAnswer>
type ScoreWhy = z.infer<typeof wire.scoreWhyAnswer>
type Handoffs = z.infer<typeof wire.handoffsAnswer>
interface Wrong {
  code: string
  message: string
}

beforeAll(async () => {
  stage = await startEngageStage(now)
  const { clickhouse, log } = stage
  store = startStore({ log, clickhouse, metrics: createMetrics(), logger: silentLogger })
  api = await startTimelineApi({ clickhouse, log, clock: () => now })
  const open = { from: null, to: null, because: 'm', rule: 'R1', verified: true }
  const people = Array.from({ length: 6 }, (_, n) => `user:p${n}`)
  await clickhouse.app.insert({
    table: 'people',
    format: 'JSONEachRow',
    values: people.map((person) => ({
      project: 'default',
      person,
      identifiers: [{ identifier: person, ...open }],
      version: 1,
    })),
  })
  await stage.touch(
    ...people.flatMap((person, n) =>
      Array.from({ length: n + 1 }, (_, k) => ({
        person,
        at: now - (k + 1) * dayMs,
        kind: 'visit',
        path: k % 2 === 0 ? '/pricing' : '/docs',
      })),
    ),
    { person: 'user:p5', at: now - 100, name: 'Demo Requested', accounts: ['acme'] },
  )
  await stage.define('segments', 'pricing', {
    subject: 'person',
    when: {
      all: [
        { touch: { page: '*/pricing' }, count: { op: 'gte', n: 2 }, within: '30d' },
        { not: { touch: { name: 'Deal Won' } } },
      ],
    },
  })
  await stage.define('segments', 'list', { subject: 'person', identifiers: ['user:p1', 'user:p2'] })
  await stage.define('scores', 'lead', {
    subject: 'person',
    on: 50,
    off: 20,
    groups: { behaviour: { cap: 55 } },
    rules: [
      { id: 'demo', when: { touch: { name: 'Demo Requested' } }, points: 40 },
      { id: 'pricing', when: { touch: { page: '*/pricing' } }, points: 10, halfLife: '10d' },
      { id: 'busy', group: 'fit', when: { touch: { kind: 'visit' }, count: { op: 'gte', n: 4 } }, points: 5 },
    ],
  })
  const worker = stage.worker()
  for (let more = true; more;) more = (await worker.pass()).hasMore
}, 120_000)
afterAll(async () => {
  await store.stop()
  await api.close()
  await stage.close()
})

test('a segment is listed, counted, paged and told over time', async () => {
  const { body: list } = await api.get<z.infer<typeof wire.segmentsAnswer>>('/v1/segments')
  expect(list.segments).toMatchObject([
    { id: 'list', isList: true, members: 2, sentence: null },
    { id: 'pricing', isList: false, members: 4 },
  ])
  expect((await api.get('/v1/segments/pricing/count')).body).toMatchObject({
    members: 4,
    ever: 4,
    subject: 'person',
  })
  const first = await api.get<Members>('/v1/segments/pricing/members?limit=2')
  const rest = await api.get<Members>(
    `/v1/segments/pricing/members?limit=2&cursor=${first.body.nextCursor ?? ''}`,
  )
  const members = [...first.body.rows, ...rest.body.rows]
  expect(members.map(({ subject }) => subject).sort()).toEqual(['user:p2', 'user:p3', 'user:p4', 'user:p5'])
  expect(rest.body.nextCursor).toBeNull()
  const { body: history } = await api.get<History>('/v1/segments/pricing/history?limit=1')
  expect(history.rows).toHaveLength(1)
  const more = await api.get<History>(`/v1/segments/pricing/history?cursor=${history.nextCursor ?? ''}`)
  expect(more.body.rows).toHaveLength(members.length - 1)
  const before = await api.get<Members>(
    `/v1/segments/pricing/members?as_of=${new Date(now - 300 * dayMs).toISOString()}`,
  )
  expect(before.body.rows).toEqual([])
})

test('all members come at once as CSV and as lines of JSON', async () => {
  const ask = (url: string) => api.app.inject({ url, headers: { authorization: 'Bearer secret' } })
  const csv = await ask('/v1/segments/pricing/members?format=csv')
  expect(csv.headers['content-type']).toContain('text/csv')
  expect(csv.body.split('\r\n')[0]).toBe('subject,since')
  const lines = await ask('/v1/segments/pricing/members?format=ndjson')
  expect(lines.headers['content-type']).toContain('ndjson')
  const rows = lines.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { subject: string })
  expect(csv.body.trim().split('\r\n')).toHaveLength(rows.length + 1)
  expect((await ask('/v1/scores/lead/subjects?format=csv')).body.split('\r\n')[0]).toBe(
    'subject,total,fit,behaviour',
  )
})

test('why says of each part whether it is so, and by which touches', async () => {
  const { body } = await api.get<Why>('/v1/segments/pricing/why?person=p4')
  expect(body).toMatchObject({ subject: 'user:p4', isIn: true, changes: [{ change: 'enter' }] })
  const [pricing, not] = body.why?.parts ?? []
  expect(pricing).toMatchObject({ path: 'when.all[0]', holds: true })
  expect(pricing?.touches).toHaveLength(3)
  expect(pricing?.touches[0]).toMatchObject({ kind: 'visit', page: '/pricing', person: 'user:p4' })
  expect(not).toMatchObject({
    path: 'when.all[1]',
    holds: true,
    parts: [{ path: 'when.all[1].not', holds: false, touches: [] }],
  })
  const { body: out } = await api.get<Why>('/v1/segments/pricing/why?person=p0')
  expect(out).toMatchObject({
    isIn: false,
    since: null,
    why: { holds: false, parts: [{ holds: false }, { holds: true }] },
  })
  expect((await api.get<Why>('/v1/segments/list/why?person=p1')).body).toMatchObject({
    isIn: true,
    why: null,
    identifiers: ['user:p1'],
  })
})

test('every score is the sum of its explanation', async () => {
  const { body } = await api.get<Scored>('/v1/scores/lead/subjects')
  expect(body.rows).toHaveLength(6)
  expect(body.rows.map(({ total }) => total)).toEqual(
    [...body.rows.map(({ total }) => total)].sort((a, b) => b - a),
  )
  for (const row of body.rows) {
    const { body: why } = await api.get<ScoreWhy>(
      `/v1/scores/lead/why?person=${encodeURIComponent(row.subject)}`,
    )
    const sum = why.rules.reduce((total, { points }) => total + points, 0)
    expect(sum).toBeCloseTo(row.total, 9)
    expect(why.fit + why.behaviour).toBeCloseTo(row.total, 9)
  }
  const { body: top } = await api.get<ScoreWhy>('/v1/scores/lead/why?person=p5')
  expect(top).toMatchObject({ fit: 5, behaviour: 55, total: 60 })
  expect(top.rules.map(({ rule }) => rule)).toContain('cap:behaviour')
  expect(top.rules.find(({ rule }) => rule === 'demo')?.sentence?.en).toContain('Demo Requested')
  const page = await api.get<Scored>('/v1/scores/lead/subjects?limit=4')
  const next = await api.get<Scored>(`/v1/scores/lead/subjects?limit=4&cursor=${page.body.nextCursor ?? ''}`)
  expect([...page.body.rows, ...next.body.rows]).toEqual(body.rows)
})

test('lists show the score and are sorted by it', async () => {
  interface People {
    people: { id: string; score: { id: string; total: number } }[]
    nextCursor: string | null
  }
  const { body } = await api.get<People>('/v1/people?sort=score&limit=3')
  expect(body.people[0]).toMatchObject({ id: 'user:p5', score: { id: 'lead', total: 60 } })
  const next = await api.get<People>(`/v1/people?sort=score&limit=10&cursor=${body.nextCursor ?? ''}`)
  const totals = [...body.people, ...next.body.people].map(({ score }) => score.total)
  expect(totals).toEqual([...totals].sort((a, b) => b - a))
  expect((await api.get<Wrong>('/v1/people?sort=score&score=leed')).body.message).toContain('lead')
  expect(await api.get<Wrong>('/v1/accounts?sort=score')).toMatchObject({ status: 400 })
  const hot = encodeURIComponent(JSON.stringify({ score: 'lead', op: 'gte', n: 50 }))
  expect((await api.get<People>(`/v1/people?condition=${hot}`)).body.people.map(({ id }) => id)).toEqual([
    'user:p5',
  ])
})

test('a hand-off has its reasons, and the answer of sales is a touch of kind crm', async () => {
  const { body } = await api.get<Handoffs>('/v1/handoffs?score=lead')
  expect(body.rows).toMatchObject([
    { subject: 'user:p5', total: 60, fit: 5, behaviour: 55, answer: null, merged: false, version: 1 },
  ])
  const [handoff] = body.rows
  expect(handoff?.touches[0]).toMatchObject({ name: 'Demo Requested', points: 40 })
  expect(handoff?.rules.reduce((sum, { points }) => sum + points, 0)).toBeCloseTo(60, 9)
  const answer = { accepted: false, reason: 'student', author: 'sam' }
  for (const _ of [1, 2])
    expect(await api.post(`/v1/handoffs/${handoff?.id ?? ''}/answer`, answer)).toMatchObject({
      status: 202,
      body: { handoff: { answer } },
    })
  await vi.waitFor(
    async () =>
      expect((await api.get<Handoffs>('/v1/handoffs?subject=p5')).body.rows[0]?.answer).toMatchObject(answer),
    { timeout: 30_000, interval: 200 },
  )
  const events = await stage.rows<{ n: number; kind: string; name: string; subject: string }>(
    "SELECT count() AS n, any(kind) AS kind, any(e.name) AS name, any(subject) AS subject FROM events AS e FINAL WHERE e.name LIKE 'Hand-off%'",
  )
  expect(events).toEqual([{ n: 1, kind: 'crm', name: 'Hand-off rejected', subject: 'user:p5' }])
  // A visitor's own track of that name answers nothing, whatever it names, how it is dated, or who signed for the visitor.
  const forged = {
    project: 'default',
    subject: 'user:p5',
    user_id: 'p5',
    type: 'track',
    name: 'Hand-off accepted',
  }
  const later = '2026-06-01 12:00:00.000'
  await stage.clickhouse.app.insert({
    table: 'events',
    format: 'JSONEachRow',
    values: [
      { ...forged, message_id: 'by-write-key', origin: 'api', verified: false },
      { ...forged, message_id: 'by-token', origin: 'server', verified: true },
    ].map((row) => ({
      ...row,
      occurred_at: later,
      properties: JSON.stringify({ handoff: handoff?.id, accepted: true, reason: 'forged', author: 'p5' }),
    })),
  })
  expect((await api.get<Handoffs>('/v1/handoffs?subject=p5')).body.rows[0]?.answer).toMatchObject(answer)
  expect((await api.get<Handoffs>('/v1/handoffs?answered=no')).body.rows).toEqual([])
  expect((await api.get<Handoffs>('/v1/handoffs?answered=yes')).body.rows).toHaveLength(1)
})

test.each([
  ['/v1/segments/pricin/count', 400, 'pricing'],
  ['/v1/segments/pricing/members?cursor=bm9wZQ', 400, 'cursor'],
  ['/v1/segments/pricing/members?format=xml', 400, 'format'],
  ['/v1/segments/pricing/why', 400, 'person'],
  ['/v1/segments/pricing/why?account=acme', 400, 'person'],
  ['/v1/segments/pricing/why?person=nobody', 404, 'nobody'],
  ['/v1/scores/leat/subjects', 400, 'lead'],
  ['/v1/scores/lead/why?person=p1&account=acme', 400, 'person'],
  ['/v1/handoffs?score=leda', 400, 'lead'],
  ['/v1/handoffs?answered=maybe', 400, 'answered'],
])('%s is answered with %i and says what is wrong', async (url, status, word) => {
  const answer = await api.get<Wrong>(url)
  expect(answer.status).toBe(status)
  expect(answer.body.message).toContain(word)
})

const rule = { id: 'a', when: { touch: { name: 'x' } }, points: 1 }
const score = { subject: 'person', on: 10, off: 5, rules: [rule] }
test.each<[string, object, string]>([
  [
    'half-life and window',
    { ...score, rules: [{ ...rule, halfLife: '1d', window: '1d' }] },
    'rules[0].window',
  ],
  [
    'a half-life in fit',
    { ...score, rules: [{ ...rule, group: 'fit', halfLife: '1d' }] },
    'rules[0].halfLife',
  ],
  ['off above on', { ...score, off: 10 }, 'off'],
  ['a floor above the cap', { ...score, rules: [{ ...rule, cap: 1, floor: 2 }] }, 'rules[0].floor'],
  [
    'oncePer of what is no touch',
    { ...score, rules: [{ ...rule, when: { silentFor: '3d' }, oncePer: 'page' }] },
    'rules[0].oncePer',
  ],
  ['oncePer of something else', { ...score, rules: [{ ...rule, oncePer: 'pages' }] }, 'rules[0].oncePer'],
  ['people of a person', { ...score, people: 'sum' }, 'people'],
  ['a cap of no group', { ...score, groups: { behavior: { cap: 3 } } }, 'groups.behavior'],
  ['two rules of one name', { ...score, rules: [rule, rule] }, 'rules[1].id'],
  ['a misspelt field', { ...score, rules: [{ ...rule, halflife: '1d' }] }, 'halfLife'],
])('a score with %s is refused with its path', async (_, body, path) => {
  const answer = await api.app.inject({
    method: 'PUT',
    url: '/v1/definitions/scores/wrong',
    headers: { authorization: 'Bearer secret' },
    payload: body,
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.json<Wrong>().message).toContain(path)
})

test('a score that names itself through a segment is a circle, named', async () => {
  await stage.define('segments', 'round', { subject: 'person', when: { score: 'circle', op: 'gte', n: 1 } })
  const answer = await api.app.inject({
    method: 'PUT',
    url: '/v1/definitions/scores/circle',
    headers: { authorization: 'Bearer secret' },
    payload: { ...score, rules: [{ ...rule, when: { segment: 'round' } }] },
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.json<Wrong>().message).toContain('scores/circle → segments/round → scores/circle')
})
