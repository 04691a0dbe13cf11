/** Stages: entries against a plain walk through time, statistics by hand, and Kaplan–Meier by a published example. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type * as wire from '@touchline/schemas/api'
import type { Condition, Stage, StagesBody, Subject } from '@touchline/schemas/api'
import { silentLogger, startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { asOf, insertWorld, makeWorld, subjectsOf } from '../../../test-support/worlds/condition-worlds.js'
import {
  evaluate,
  touchesOfSubject,
  touchMatches,
  type World,
  type WorldTouch,
} from '../../../test-support/plainly/evaluate-condition.js'
import { startTimelineApi, type TimelineApi } from '../../../test-support/timeline-api.js'
import { query } from '../clickhouse/query.js'
import { compileStages } from '../definitions/compile.js'
import { noReferences } from '../definitions/documents/references.js'
import { touchesAt } from '../definitions/walk.js'
import { openEmbeddedLog, type EmbeddedLog } from '../log/embedded/embedded-log.js'
import { openStageKeeper } from './stage-keeper.js'
import { kaplanMeierMedianSql } from './stages.js'

const dayMs = 86_400_000
let clickhouse: TestClickHouse
let log: EmbeddedLog
let api: TimelineApi
const dir = mkdtempSync(join(tmpdir(), 'touchline-stages-'))
const world = makeWorld()

/** Accounts by hand, in a project of their own; days count from 2026-01-01. */
const day = (n: number) => Date.parse('2026-01-01T00:00:00Z') + n * dayMs
const byHand: [account: string, touches: [day: number, name: string][]][] = [
  [
    'whole-way',
    [
      [0, 'visit'],
      [10, 'Demo'],
      [30, 'Deal Won'],
      [110, 'visit'],
    ],
  ],
  [
    'skipper',
    [
      [5, 'visit'],
      [25, 'Deal Won'],
      [100, 'visit'],
    ],
  ],
  [
    'stuck',
    [
      [0, 'visit'],
      [20, 'Demo'],
      [25, 'visit'],
    ],
  ],
  [
    'active',
    [
      [60, 'visit'],
      [100, 'Demo'],
      [118, 'visit'],
    ],
  ],
  ['starter', [[110, 'visit']]],
  ['quiet', [[0, 'visit']]],
  ['no-stage', [[3, 'Newsletter']]],
]

function handWorld(): World {
  let n = 0
  const touches = byHand.flatMap(([account, list]) =>
    list.map(([at, name]): WorldTouch => {
      n += 1
      const isVisit = name === 'visit'
      return {
        ...{
          person: `user:${account}`,
          accounts: [account],
          at: day(at),
          messageId: `h${String(n).padStart(4, '0')}`,
        },
        ...{
          kind: isVisit ? 'visit' : 'action',
          name: isVisit ? '/' : name,
          channel: 'Direct',
          source: '',
          medium: '',
        },
        ...{
          campaign: '',
          host: 'a.example',
          path: '/',
          paths: isVisit ? ['/'] : [],
          referrerHost: '',
          direction: 'inbound',
        },
        verified: false,
        properties: {},
      }
    }),
  )
  const members = new Map(byHand.map(([account]) => [`user:${account}`, [account]]))
  return { touches, traits: [], accountTraits: [], members, segments: {} }
}

const putStages = (id: string, payload: object) =>
  api.app.inject({
    method: 'PUT',
    url: `/v1/definitions/stages/${id}`,
    headers: { authorization: 'Bearer other' },
    payload,
  })

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  api = await startTimelineApi({ clickhouse, log, clock: () => day(120) })
  await insertWorld(clickhouse.app, world)
  await insertWorld(clickhouse.app, handWorld(), 'other')
  await putStages('default', {
    subject: 'account',
    stages: [
      { id: 'discovery', name: 'Discovery', enter: { touch: { kind: 'visit' } } },
      { id: 'education', enter: { touch: { name: 'Demo' } } },
      { id: 'retention', enter: { touch: { name: 'Deal Won' } }, silentAfter: '5d' },
    ],
  })
}, 120_000)
afterAll(async () => {
  await api.close()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('Kaplan–Meier median', () => {
  // Freireich et al., Blood 21 (1963): weeks in remission; + is censored. As printed in Kleinbaum & Klein, Survival
  // Analysis, table 1.1: median 23 weeks with 6-MP, 8 with placebo.
  const treated = '6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+'
  const placebo = '1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23'
  test.each([
    ['6-MP', treated, 23],
    ['placebo', placebo, 8],
    ['too few left', '1 2+ 3+ 4+', null],
    ['exactly half left', '1 2 3+ 4+', 2],
    ['one that left', '5', 5],
    ['nobody', '', null],
  ])('%s', async (_what, text, median) => {
    const weeks =
      text === '' ? [] : text.split(' ').map((one) => [Number.parseInt(one, 10), one.endsWith('+') ? 1 : 0])
    const sql = `SELECT ${kaplanMeierMedianSql('visits')} AS median FROM (
      SELECT arraySort(arrayZip({times: Array(Int64)}, {open: Array(UInt8)})) AS visits)`
    const params = { times: weeks.map(([at]) => at), open: weeks.map(([, open]) => open) }
    const [row] = await query<{ median: number | null }>(
      { client: clickhouse.reader },
      { name: 'test-median', sql },
      params,
    )
    expect(row?.median).toBe(median)
  })
})

type Entry = [stage: number, at: number, left: number]

/** Every time at which anything could change, one after the other. */
function walk({ stages, subject }: StagesBody, id: string): Entry[] {
  const windows = [...JSON.stringify(stages).matchAll(/"(\d+)d"/g)].map(([, n]) => Number(n) * dayMs)
  const own = touchesOfSubject(world, { subject, id, now: asOf })
  const facts = [...world.traits, ...world.accountTraits].map(({ at }) => at)
  const times = [...new Set([...own.flatMap(({ at }) => [at, ...windows.map((one) => at + one)]), ...facts])]
    .filter((at) => at <= asOf)
    .sort((a, b) => a - b)
  const holds = (condition: Condition, now: number) => evaluate(condition, world, { subject, id, now })
  const moments = (condition: Condition, kind: number, index: number): [number, number, number][] => {
    const from = holds(condition, 0) ? own[0]?.at : 0
    if (from === undefined) return []
    const wanted = touchesAt(condition).map(({ node }) => node)
    let before = false
    return times
      .filter((at) => at >= from)
      .flatMap((at) => {
        const now = holds(condition, at)
        const isAsked = own.some((one) => one.at === at && wanted.some((touch) => touchMatches(touch, one)))
        const isMoment = now && (!before || isAsked)
        before = now
        return isMoment ? [[at, kind, index] as [number, number, number]] : []
      })
  }
  const all = stages
    .flatMap(({ enter, exit }, index) => [
      ...moments(enter, 1, index),
      ...(exit ? moments(exit, 0, index) : []),
    ])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
  let last = -1
  let isIn = false
  const rows: [number, number][] = []
  for (const [at, kind, index] of all) {
    if (kind === 0) {
      if (isIn && last === index) {
        rows.push([-1, at])
        isIn = false
      }
      continue
    }
    const mayReturn = stages[index]?.again === true && index !== last
    if (index > last || (index === last && !isIn) || mayReturn) {
      rows.push([index, at])
      last = index
      isIn = true
    }
  }
  return rows
    .map(([stage, at], index): Entry => [stage, at, rows[index + 1]?.[1] ?? 0])
    .filter(([stage]) => stage >= 0)
}

const touch = fc.constantFrom<Condition>(
  { touch: { name: 'Demo Requested' } },
  { touch: { kind: 'visit', page: '/pricing*' } },
  { touch: { channel: 'Email' }, within: '7d' },
  { touch: {}, count: { op: 'gte', n: 3 } },
  { touch: { kind: 'crm' } },
  { all: [{ touch: { kind: 'action' } }, { touch: { direction: 'outbound' }, within: '14d' }] },
  { any: [{ touch: { name: 'Signed Up' } }, { touch: { kind: 'email' } }] },
  { trait: 'role', op: 'eq', value: 'pro' },
  { silentFor: '20d' },
)
const stage = (isForward: boolean) =>
  fc.record({
    enter: touch,
    exit: isForward ? fc.constant(undefined) : fc.option(touch, { nil: undefined, freq: 2 }),
    again: isForward
      ? fc.constant(undefined)
      : fc.option(fc.constant(true as const), { nil: undefined, freq: 1 }),
  })

describe.each<Subject>(['person', 'account'])('entries of a %s', (subject) => {
  test.each([
    ['forward only', true],
    ['with exits and ways back', false],
  ])(
    'are those of a walk through time, %s',
    async (_what, isForward) => {
      const lists = fc.sample(fc.array(stage(isForward), { minLength: 2, maxLength: 4 }), {
        numRuns: 40,
        seed: 5,
      })
      let entries = 0
      for (const list of lists) {
        const stages = list.map((one, index): Stage => ({ id: `s${index}`, ...one }))
        const body: StagesBody = { subject, stages }
        const { sql, params, settings } = compileStages(body, { asOf, references: noReferences })
        const named = {
          name: 'test-entries',
          sql: `SELECT toString(key) AS key, entries FROM (${sql}) WHERE notEmpty(entries)`,
          settings,
        }
        const rows = await query<{ key: string; entries: Entry[] }>(reader(), named, params)
        const found = new Map(rows.map((row) => [row.key, row.entries]))
        const keys = await keysOf(subjectsOf(world, subject))
        for (const [id, key] of keys) {
          const wanted = walk(body, id)
          entries += wanted.length
          expect({ id, stages, entries: found.get(key) ?? [] }).toEqual({ id, stages, entries: wanted })
        }
      }
      expect(entries).toBeGreaterThan(lists.length * 5)
    },
    300_000,
  )
})

const reader = () => ({ client: clickhouse.reader, project: 'default' })
async function keysOf(ids: readonly string[]): Promise<Map<string, string>> {
  const sql = 'SELECT id, toString(cityHash64(id)) AS key FROM (SELECT arrayJoin({ids: Array(String)}) AS id)'
  const rows = await query<{ id: string; key: string }>(reader(), { name: 'test-keys', sql }, { ids })
  return new Map(rows.map(({ id, key }) => [id, key]))
}

describe('over HTTP', () => {
  type Answer = z.infer<typeof wire.stagesAnswer>
  type Subjects = z.infer<typeof wire.stageSubjectsAnswer>

  test('each stage tells who reached, entered, skipped, is in it, is open and dropped off', async () => {
    const { status, body } = await api.get<Answer>('/v1/stages?subject=account', 'other')
    expect(status).toBe(200)
    expect(body.subjects).toBe(6)
    expect(body.definitions).toEqual([{ kind: 'stages', id: 'default', version: 1 }])
    const shown = body.stages.map(({ id, reached, entered, skipped, current, open, droppedOff }) => [
      id,
      ...[reached, entered, skipped, current, open, droppedOff],
    ])
    expect(shown).toEqual([
      ['discovery', 6, 6, 0, 2, 1, 1],
      ['education', 4, 3, 1, 2, 1, 1],
      // Silent for 10 and 20 days, longer than the five that this stage says.
      ['retention', 2, 2, 0, 2, 0, 2],
    ])
  })

  test('times tell the median with open visits censored beside the mean of completed ones', async () => {
    const { body } = await api.get<Answer>('/v1/stages?subject=account', 'other')
    const [discovery, education, retention] = body.stages
    // Left after 10, 20, 20 and 40 days; still in it for 10 (from day 110) and 120.
    expect(discovery?.time).toEqual({
      kaplanMeierMedianDays: 20,
      completedMeanDays: 22.5,
      completed: 4,
      open: 2,
      cumulativeMeanDays: (10 + 20 + 20 + 40 + 10 + 120) / 6,
    })
    expect(education?.time).toMatchObject({
      kaplanMeierMedianDays: null,
      completedMeanDays: 20,
      completed: 1,
      open: 2,
    })
    expect(retention?.time).toMatchObject({
      kaplanMeierMedianDays: null,
      completedMeanDays: null,
      completed: 0,
      open: 2,
    })
    expect(discovery?.toNext).toEqual({ stage: 'education', medianDays: 20, p75Days: 30, n: 3 })
    expect(education?.toNext).toEqual({ stage: 'retention', medianDays: 20, p75Days: 20, n: 1 })
    expect(retention?.toNext).toBeNull()
  })

  test.each(['current', 'reached', 'entered', 'skipped', 'open', 'dropped'] as const)(
    'who is behind `%s` is as many as its number',
    async (state) => {
      const { body } = await api.get<Answer>('/v1/stages?subject=account', 'other')
      for (const row of body.stages) {
        const { body: found } = await api.get<Subjects>(
          `/v1/stages/subjects?subject=account&stage=${row.id}&state=${state}`,
          'other',
        )
        const number = row[state === 'dropped' ? 'droppedOff' : state]
        expect(found.rows).toHaveLength(number)
        expect(found.total).toBe(number)
      }
    },
  )

  test('pages of subjects join to the whole', async () => {
    const url = '/v1/stages/subjects?stage=discovery&state=reached&limit=4'
    const { body: first } = await api.get<Subjects>(url, 'other')
    const { body: second } = await api.get<Subjects>(`${url}&cursor=${first.nextCursor}`, 'other')
    expect(first.total).toBe(6)
    expect(second.nextCursor).toBeNull()
    const all = [...first.rows, ...second.rows].map(({ subject }) => subject)
    expect(all.sort()).toEqual(['active', 'quiet', 'skipper', 'starter', 'stuck', 'whole-way'])
  })

  test('an account’s way names the touches that made it', async () => {
    const { body } = await api.get<z.infer<typeof wire.subjectStagesAnswer>>(
      '/v1/accounts/whole-way/stages',
      'other',
    )
    expect(body).toMatchObject({
      entries: [
        {
          stage: 'discovery',
          name: 'Discovery',
          at: '2026-01-01T00:00:00.000Z',
          leftAt: '2026-01-11T00:00:00.000Z',
          days: 10,
          because: 'h0001',
        },
        { stage: 'education', because: 'h0002', days: 20 },
        { stage: 'retention', leftAt: null, because: 'h0003', days: 90 },
      ],
      current: 'retention',
      furthest: 'retention',
    })
    const { body: person } = await api.get<z.infer<typeof wire.subjectStagesAnswer>>(
      '/v1/people/user%3Askipper/stages',
      'other',
    )
    expect(person.entries.map(({ stage: one }) => one)).toEqual(['discovery', 'retention'])
  })

  test('the view stage_entries tells the same of every list, as of when it was worked out', async () => {
    const visit = { touch: { kind: 'visit' } }
    const lists = {
      patient: [
        { id: 'seen', enter: { any: [visit, { touch: { name: 'Newsletter' } }] }, again: true },
        { id: 'silent', enter: { silentFor: '9d' }, exit: visit },
      ],
      people: [{ id: 'came', enter: { all: [visit, { stage: 'education', op: 'before' }] } }],
    }
    await putStages('patient', { subject: 'account', stages: lists.patient })
    await putStages('people', { subject: 'person', stages: lists.people })
    const keeper = openStageKeeper({ clickhouse, clock: () => day(120), logger: silentLogger })
    expect(await keeper.pass()).toBe(4)
    for (const list of ['default', 'patient', 'people']) await expectSameInSql(list)
    // `default` of the other subject is the list about that one, as over HTTP.
    await expectSameInSql('default', 'person')
    expect(await keeper.pass()).toBe(0)

    const [touch] = handWorld().touches
    const late = touch && { ...touch, at: day(119), messageId: 'new' }
    if (late) await insertWorld(clickhouse.app, { ...handWorld(), touches: [late] }, 'other')
    const later = openStageKeeper({ clickhouse, clock: () => day(120), logger: silentLogger })
    expect(await later.pass()).toBe(4)
    for (const list of ['default', 'patient', 'people']) await expectSameInSql(list)
    await api.app.inject({
      method: 'DELETE',
      url: '/v1/definitions/stages/patient',
      headers: { authorization: 'Bearer other' },
    })
    await later.pass()
    expect(await entriesInSql('patient', 'account')).toEqual([])
  })

  async function entriesInSql(list: string, subject: Subject) {
    const answer = await clickhouse.reader.query({
      query: `SELECT subject, stage, at, left_at, message_id, as_of FROM stage_entries
        WHERE project = 'other' AND list = {list: String} AND subject_kind = {subject: String} ORDER BY subject, at`,
      query_params: { list, subject },
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_output_format: 'iso' },
    })
    return answer.json<Record<'subject' | 'stage' | 'at' | 'left_at' | 'message_id' | 'as_of', string>>()
  }

  async function expectSameInSql(list: string, of?: Subject) {
    const subject = of ?? (list === 'people' ? 'person' : 'account')
    const rows = await entriesInSql(list, subject)
    expect(rows.length).toBeGreaterThan(0)
    expect(new Set(rows.map(({ as_of }) => as_of))).toEqual(new Set([new Date(day(120)).toISOString()]))
    for (const [name] of byHand) {
      const id = subject === 'person' ? `user:${name}` : name
      const url = `/v1/${subject === 'person' ? 'people' : 'accounts'}/${encodeURIComponent(id)}/stages?list=${list}`
      const { body } = await api.get<z.infer<typeof wire.subjectStagesAnswer>>(url, 'other')
      const own = rows.filter((row) => row.subject === id)
      expect(own.map(({ stage: one, at, left_at, message_id }) => [one, at, left_at, message_id])).toEqual(
        body.entries.map(({ stage: one, at, leftAt, because }) => [one, at, leftAt, because ?? '']),
      )
    }
  }

  test('as of an earlier time the answer is of that time', async () => {
    const { body } = await api.get<Answer>('/v1/stages?as_of=2026-01-20', 'other')
    expect(body.stages.map(({ reached }) => reached)).toEqual([4, 1, 0])
  })

  test('an unknown stage or list is told with the nearest', async () => {
    expect(await api.get('/v1/stages/subjects?stage=educaton', 'other')).toMatchObject({
      status: 400,
      body: { message: /did you mean education\?/ },
    })
    expect(await api.get('/v1/stages?list=defualt', 'other')).toMatchObject({
      status: 400,
      body: { message: /did you mean default\?/ },
    })
    expect(await api.get('/v1/accounts/nobody/stages', 'other')).toMatchObject({ status: 404 })
  })

  test('who is known and in no stage has an empty way; of an unknown one only that is told', async () => {
    expect(await api.get('/v1/accounts/no-stage/stages', 'other')).toMatchObject({
      status: 200,
      body: { entries: [], current: null, furthest: null },
    })
    expect(await api.get('/v1/accounts/no-stage/stages?list=defualt', 'other')).toMatchObject({ status: 400 })
    expect(await api.get('/v1/accounts/nobody/stages?list=defualt', 'other')).toMatchObject({ status: 404 })
  })

  test('the table comes as CSV too', async () => {
    const answer = await api.app.inject({
      url: '/v1/stages?format=csv',
      headers: { authorization: 'Bearer other' },
    })
    expect(answer.headers['content-type']).toContain('text/csv')
    expect(answer.body.split('\r\n')[1]).toMatch(/^discovery,Discovery,6,6,0,2,1,1,20,22.5,4,2,/)
  })

  test('a moment at which several things happened names what the stage asks for, else what came first by id', async () => {
    const at = (messageId: string, name: string): WorldTouch => {
      const touch = handWorld().touches.find((one) => one.name === 'Demo')
      if (touch === undefined) throw new Error('no touch')
      return { ...touch, person: 'user:busy', accounts: ['busy'], at: day(50), messageId, name }
    }
    const touches = [at('m3', 'Webinar'), at('m2', 'Demo'), at('m4', 'Demo'), at('m1', 'Newsletter')]
    const members = new Map([['user:busy', ['busy']]])
    await insertWorld(clickhouse.app, { ...handWorld(), touches, members }, 'other')
    await putStages('moments', {
      subject: 'account',
      stages: [
        { id: 'first', enter: { touch: {}, count: { op: 'gte', n: 1 } } },
        { id: 'demo', enter: { all: [{ touch: { name: 'Demo' } }, { touch: { name: 'Webinar' } }] } },
        { id: 'fair', enter: { touch: { name: 'Fair' } } },
      ],
    })
    const { body } = await api.get<z.infer<typeof wire.subjectStagesAnswer>>(
      '/v1/accounts/busy/stages?list=moments',
      'other',
    )
    expect(body.entries.map(({ stage: one, because }) => [one, because])).toEqual([
      ['first', 'm1'],
      ['demo', 'm2'],
    ])
  })
})
