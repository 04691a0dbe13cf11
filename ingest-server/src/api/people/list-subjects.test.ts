/** Accounts and people as lists, against what the generated world says of each. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import type * as wire from '@touchline/schemas/api'
import type { Condition, Subject } from '@touchline/schemas/api'
import {
  silentLogger,
  startTestClickHouse,
  type TestClickHouse,
} from '../../../../test-support/clickhouse.js'
import { asOf, insertWorld, makeWorld, subjectsOf } from '../../../../test-support/worlds/condition-worlds.js'
import { evaluate, touchesOfSubject } from '../../../../test-support/plainly/evaluate-condition.js'
import { startTimelineApi, type TimelineApi } from '../../../../test-support/timeline-api.js'
import { openStageKeeper } from '../../journeys/stage-keeper.js'
import { openEmbeddedLog, type EmbeddedLog } from '../../log/embedded/embedded-log.js'

type Accounts = z.infer<typeof wire.accountsListed>
type People = z.infer<typeof wire.peopleListed>
type Row = Accounts['accounts'][number]

const dayMs = 86_400_000
let clickhouse: TestClickHouse
let log: EmbeddedLog
let api: TimelineApi
const dir = mkdtempSync(join(tmpdir(), 'touchline-lists-'))
const world = makeWorld()

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  log = await openEmbeddedLog({ dir, clock: Date.now, logger: silentLogger })
  api = await startTimelineApi({ clickhouse, log, clock: () => asOf })
  await insertWorld(clickhouse.app, world)
  for (const [path, payload] of [
    [
      'stages/default',
      {
        subject: 'account',
        stages: [
          { id: 'new', enter: { touch: {} } },
          { id: 'asked', enter: { touch: { name: 'Demo Requested' } } },
        ],
      },
    ],
    ['segments/mailed', { subject: 'account', when: { touch: { kind: 'email' } } }],
  ] as const)
    await api.app.inject({
      method: 'PUT',
      url: `/v1/definitions/${path}`,
      headers: { authorization: 'Bearer secret' },
      payload,
    })
}, 180_000)
afterAll(async () => {
  await api.close()
  await log.close()
  await clickhouse.close()
  rmSync(dir, { recursive: true, force: true })
})

const touches = (subject: Subject, id: string) => touchesOfSubject(world, { subject, id, now: asOf })
const accountIds = () => subjectsOf(world, 'account')
const list = async (query: string) =>
  (await api.get<Accounts>(`/v1/accounts?limit=100&${query}`)).body.accounts
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).sort()

test('every account is listed with what its touches say, who has none too', async () => {
  const rows = await list('sort=lastTouch')
  expect(idsOf(rows)).toEqual([...accountIds()].sort())
  for (const row of rows) {
    const own = touches('account', row.id)
    const [first, last] = [own[0], own.at(-1)]
    expect(row).toMatchObject({
      touches: own.length,
      touches30d: own.filter(({ at }) => at > asOf - 30 * dayMs).length,
      people: new Set(own.map(({ person }) => person)).size,
      silentDays: last === undefined ? null : (asOf - last.at) / dayMs,
    })
    expect(row.firstTouch?.at ?? null).toBe(first === undefined ? null : new Date(first.at).toISOString())
    expect(row.weeks).toEqual(
      Array.from({ length: 26 }, (_, index) => {
        const ago = 25 - index
        return own.filter(({ at }) => Math.floor((asOf - at) / (7 * dayMs)) === ago).length
      }),
    )
    const asked = own.find(({ name }) => name === 'Demo Requested')
    const entered = asked ?? first
    expect(row.stage).toBe(asked ? 'asked' : first ? 'new' : null)
    expect(row.stageSince).toBe(entered === undefined ? null : new Date(entered.at).toISOString())
  }
})

test.each<[string, (row: Row) => number]>([
  ['lastTouch', ({ lastTouch }) => (lastTouch ? Date.parse(lastTouch.at) : 0)],
  ['silence', ({ silentDays }) => silentDays ?? -1],
  ['touches30d', ({ touches30d }) => touches30d ?? 0],
  ['firstSeen', ({ firstTouch }) => (firstTouch ? Date.parse(firstTouch.at) : 0)],
  ['touches', (row) => row.touches ?? 0],
  ['people', ({ people }) => people],
])('sorted by %s, both ways, and the pages join to the whole', async (sort, valueOf) => {
  const rows = await list(`sort=${sort}`)
  const values = rows.map(valueOf)
  expect(values).toEqual([...values].sort((a, b) => b - a))
  const turned = await list(`sort=${sort}&order=asc`)
  expect(turned.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).reverse())
  const pages: string[] = []
  let cursor = ''
  do {
    const { body } = await api.get<Accounts>(`/v1/accounts?sort=${sort}&limit=3${cursor}`)
    pages.push(...body.accounts.map(({ id }) => id))
    cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
  } while (cursor !== '')
  expect(pages).toEqual(rows.map(({ id }) => id))
})

describe('filtered', () => {
  const holds = (subject: Subject, condition: Condition) =>
    subjectsOf(world, subject)
      .filter((id) => evaluate(condition, world, { subject, id, now: asOf }))
      .sort()

  test('nobody, because nothing bears the name, is said with the near one', async () => {
    const answered = async (query: string) => (await api.get<Accounts>(`/v1/accounts?${query}`)).body
    const hint = { warnings: [expect.stringContaining('did you mean Paid Search?') as string] }
    expect(await answered('channel=Paid%20Serch')).toMatchObject({ accounts: [], ...hint })
    const condition = encodeURIComponent(JSON.stringify({ not: { touch: { channel: 'Paid Serch' } } }))
    expect(await answered(`condition=${condition}`)).not.toHaveProperty('warnings')
    expect(await answered('channel=Paid%20Search')).not.toHaveProperty('warnings')
  })

  test('by stage, segment, channel and condition', async () => {
    const asked: Condition = { touch: { name: 'Demo Requested' } }
    expect(idsOf(await list('stage=asked'))).toEqual(holds('account', asked))
    expect(idsOf(await list('segment=mailed'))).toEqual(holds('account', { touch: { kind: 'email' } }))
    expect(idsOf(await list('channel=Paid%20Search'))).toEqual(
      holds('account', { touch: { channel: 'Paid Search' } }),
    )
    const condition: Condition = {
      all: [{ accountTrait: 'plan', op: 'exists' }, { people: { op: 'gte', n: 2 } }],
    }
    expect(idsOf(await list(`condition=${encodeURIComponent(JSON.stringify(condition))}`))).toEqual(
      holds('account', condition),
    )
    expect(
      idsOf(await list(`stage=asked&condition=${encodeURIComponent(JSON.stringify(condition))}`)),
    ).toEqual(holds('account', { all: [asked, condition] }))
  })

  test('people too, with what they are known by', async () => {
    const condition: Condition = { trait: 'role', op: 'exists' }
    const { body } = await api.get<People>(
      `/v1/people?limit=100&condition=${encodeURIComponent(JSON.stringify(condition))}`,
    )
    expect(idsOf(body.people)).toEqual(holds('person', condition))
    for (const person of body.people) {
      expect(person.identifiers).toEqual([person.id])
      expect(person.traits).toHaveProperty('role')
      expect(person.touches).toBe(touches('person', person.id).length)
    }
  })

  test.each(['people', 'accounts'] as const)('by a stage are the %s whose rows say it', async (kind) => {
    const rowsOf = async (query: string) => {
      const { body } = await api.get<Record<string, Row[]>>(`/v1/${kind}?limit=100&${query}`)
      return body[kind] ?? []
    }
    const all = await rowsOf('')
    for (const stage of ['new', 'asked']) {
      const those = await rowsOf(`stage=${stage}`)
      expect(idsOf(those)).toEqual(idsOf(all.filter((row) => row.stage === stage)))
      expect(those.length).toBeGreaterThan(0)
      const subject = kind === 'people' ? 'person' : 'account'
      const { body } = await api.get<{ total: number }>(
        `/v1/stages/subjects?subject=${subject}&stage=${stage}`,
      )
      expect(body.total).toBe(those.length)
    }
  })

  test('what is searched for is sorted and filtered as everything is', async () => {
    const all = await list('')
    const q = all[0]?.id.slice(0, 3) ?? ''
    const found = await list(`q=${q}`)
    expect(found.length).toBeGreaterThan(0)
    const rows = await list(`q=${q}&sort=touches`)
    expect(idsOf(rows)).toEqual(idsOf(found))
    expect(rows).toEqual((await list('sort=touches')).filter(({ id }) => found.some((one) => one.id === id)))
    const isAsked = ({ stage }: Row) => stage === 'asked'
    expect(idsOf(await list(`q=${q}&stage=asked`))).toEqual(idsOf(rows.filter(isAsked)))
    expect((await api.get(`/v1/accounts?q=${q}&segment=maled`)).status).toBe(400)
  })

  test('in the past is nobody who came later', async () => {
    const times = subjectsOf(world, 'person').flatMap((id) => touches('person', id).map(({ at }) => at))
    const between = [...times].sort((a, b) => a - b)[Math.floor(times.length / 3)] ?? 0
    const { body } = await api.get<People>(`/v1/people?limit=100&as_of=${new Date(between).toISOString()}`)
    const later = subjectsOf(world, 'person').filter((id) => (touches('person', id)[0]?.at ?? 0) > between)
    expect(later.length).toBeGreaterThan(0)
    expect(idsOf(body.people)).toEqual(
      subjectsOf(world, 'person')
        .filter((id) => !later.includes(id))
        .sort(),
    )
  })

  test('a cursor is of the list that it came from', async () => {
    const { body } = await api.get<Accounts>('/v1/accounts?limit=1&sort=touches')
    const cursor = body.nextCursor ?? ''
    expect(cursor).not.toBe('')
    for (const other of ['accounts?sort=silence', 'accounts?sort=touches&order=asc', 'people?sort=touches']) {
      const { status, body: refused } = await api.get<{ message: string }>(`/v1/${other}&cursor=${cursor}`)
      expect(status, other).toBe(400)
      expect(refused.message).toMatch(/^cursor: is of a list of others/)
    }
  })

  test.each([
    ['stage=askd', /did you mean asked\?/],
    ['segment=maled', /did you mean mailed\?/],
    ['sort=lasttouch', /sort/],
    ['condition=%7Bx', /condition: is not JSON/],
    ['condition=%7B%22tuch%22%3A%7B%7D%7D', /condition\.tuch: .*did you mean touch\?/],
    ['cursor=x', /cursor/],
  ])('what is not known is refused: %s', async (query, message) => {
    const { status, body } = await api.get<{ message: string }>(`/v1/accounts?${query}`)
    expect(status).toBe(400)
    expect(body.message).toMatch(message)
  })
})

test.each([
  ['accounts', 'account'],
  ['persons', 'person'],
] as const)(
  'the view %s tells the same stage and since when, and as of when that holds',
  async (view, subject) => {
    const keeper = openStageKeeper({ clickhouse, clock: () => asOf, logger: silentLogger })
    await keeper.pass()
    const answer = await clickhouse.reader.query({
      query: `SELECT ${subject} AS id, stage, stage_since, stage_as_of FROM ${view} WHERE project = 'default'`,
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_output_format: 'iso' },
    })
    const rows = await answer.json<Record<'id' | 'stage' | 'stage_since' | 'stage_as_of', string | null>>()
    const listed =
      view === 'accounts' ? await list('') : (await api.get<People>('/v1/people?limit=100')).body.people
    expect(idsOf(rows as { id: string }[])).toEqual(idsOf(listed))
    for (const { id, stage, stageSince } of listed)
      expect(rows.find((row) => row.id === id)).toEqual({
        id,
        stage,
        stage_since: stageSince,
        stage_as_of: new Date(asOf).toISOString(),
      })
    expect(new Set(rows.map(({ stage }) => stage)).size).toBeGreaterThan(1)
  },
)

test.each([
  ['accounts', 'account'],
  ['persons', 'person'],
] as const)('the view %s tells the same first and last time and number of touches', async (view, subject) => {
  const answer = await clickhouse.reader.query({
    query: `SELECT ${subject} AS id, toUnixTimestamp64Milli(first_seen) AS first, toUnixTimestamp64Milli(last_seen) AS last, touches FROM ${view} WHERE project = 'default'`,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const rows = await answer.json<{ id: string; first: number | null; last: number | null; touches: number }>()
  expect(idsOf(rows)).toEqual([...subjectsOf(world, subject)].sort())
  for (const { id, ...row } of rows) {
    const own = touches(subject, id)
    expect(row).toEqual({ first: own[0]?.at ?? null, last: own.at(-1)?.at ?? null, touches: own.length })
  }
})
