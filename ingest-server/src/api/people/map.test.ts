/** The journey map, of a company whose numbers are worked out by hand, and of an account too large to be drawn touch by touch. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mapAnswer, type JourneyMap } from '@touchline/schemas/api'
import type { TestClickHouse } from '../../../../test-support/clickhouse.js'
import { startCompanyApi, type CompanyApi } from '../../../../test-support/worlds/company-api.js'
import type { TimelineApi } from '../../../../test-support/timeline-api.js'

let company: CompanyApi
let clickhouse: TestClickHouse
let server: TimelineApi
const large = { touches: 60_000, people: 600 }

beforeAll(async () => {
  company = await startCompanyApi()
  server = company.server
  clickhouse = company.clickhouse
  await storeLarge('large', large)
  await storeLarge('crowd', { touches: 5_000, people: 2_500 })
}, 180_000)
afterAll(() => company.close())

/** One touch a minute, of everybody in turns; three channels, the first of which half of them have. */
async function storeLarge(account: string, { touches, people }: typeof large): Promise<void> {
  await clickhouse.app.command({
    query: `
INSERT INTO touchpoints_of_accounts (project, account, person, at, touch, version, kind, name, channel, direction, message_id)
SELECT 'default', {account: String}, concat('user:p', toString(number % {people: UInt32})),
  toDateTime64('2026-02-01 00:00:00', 3, 'UTC') + toIntervalMinute(number), number, 1, 'visit', '/',
  ['Paid Search', 'Email', 'Paid Search', 'Direct'][1 + intDiv(number, {people: UInt32}) % 4], 'inbound', concat('m', toString(number))
FROM numbers({touches: UInt32})`,
    query_params: { account, touches, people },
  })
}

async function mapOf(id: string, query = ''): Promise<JourneyMap> {
  const { status, body } = await server.get(`/v1/accounts/${id}/map${query}`)
  expect(status).toBe(200)
  return mapAnswer.parse(body)
}
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
/** What is drawn, however it is drawn. */
const drawn = ({ touches, folded }: JourneyMap) =>
  touches === null ? sum((folded?.perPerson ?? []).flatMap(({ n }) => n)) : touches.dt.length
const timelineOf = async (id: string, query = '') => {
  const { body } = await server.get<{ summary: { touchpoints: number } }>(
    `/v1/accounts/${id}/timeline?limit=1${query}`,
  )
  return body.summary.touchpoints
}
const noon = (day: string) => Date.parse(`${day}T12:00:00Z`)

test('every touch of an account stands in its columns, with whose, when, through what and how', async () => {
  const map = await mapOf('acme')
  const { touches } = map
  if (touches === null) throw new Error('folded')
  let at = touches.start0 ?? 0
  const rows = touches.dt.map((dt, index) => {
    at += dt
    return [
      map.people[touches.person[index] ?? -1]?.id,
      at,
      map.channels[touches.ch[index] ?? -1],
      map.kinds[touches.kind[index] ?? -1],
      map.names[touches.name[index] ?? -1],
      touches.out[index],
    ]
  })
  expect(rows).toEqual([
    ['user:ann', noon('2026-01-01'), 'Paid Search', 'visit', 'Pricing', 0],
    ['user:ann', noon('2026-01-11'), 'Organic Search', 'visit', 'Home', 0],
    ['user:ann', noon('2026-02-10'), 'Email', 'email', 'Newsletter', 1],
    ['user:bob', noon('2026-02-20'), 'Direct', 'visit', 'Home', 0],
    ['user:ann', noon('2026-03-01'), '', 'crm', 'Deal Won', 1],
  ])
  expect(new Set(touches.id).size).toBe(5)
  expect(map.account).toEqual({
    id: 'acme',
    name: 'Acme Inc',
    stage: 'retention',
    score: null,
    owner: null,
    people: 2,
    touches: 5,
    channels: 4,
    days: 59,
    longestSilenceDays: 30,
  })
  expect(
    map.people.map(({ id, title, touches: count, first, last }) => [id, title, count, first, last]),
  ).toEqual([
    ['user:ann', 'CTO', 4, noon('2026-01-01'), noon('2026-03-01')],
    ['user:bob', 'Buyer', 1, noon('2026-02-20'), noon('2026-02-20')],
  ])
})

test('stages, goals and silences are those of every other question', async () => {
  const map = await mapOf('acme')
  expect(map.stages).toEqual([
    { id: 'discovery', name: 'Discovery', from: noon('2026-01-01'), to: noon('2026-03-01') },
    { id: 'retention', name: 'Retention', from: noon('2026-03-01'), to: null },
  ])
  expect(
    map.milestones.map(({ goal, name, at, amount, currency }) => [goal, name, at, amount, currency]),
  ).toEqual([
    ['lead', 'Lead', noon('2026-01-11'), null, null],
    ['won', 'Deal won', noon('2026-03-01'), 1_000, 'EUR'],
    ['gold', 'Gold plan', Date.parse('2026-04-01T00:00:00Z'), null, null],
  ])
  for (const direction of ['any', 'inbound'] as const) {
    const asked = await server.get<{
      rows: { subject: string; from: string; to: string | null; days: number }[]
    }>(`/v1/journeys/gaps?direction=${direction}`)
    const said = asked.body.rows.filter(({ subject }) => subject === 'acme')
    const shown = map.gaps.filter((gap) => gap.direction === direction)
    expect(said.length).toBeGreaterThan(0)
    expect(shown.map(({ from, days }) => [from, days]).sort()).toEqual(
      said.map(({ from, days }) => [Date.parse(from), days]).sort(),
    )
  }
  expect(map.gaps.map(({ direction, stage, open }) => [direction, stage, open])).toEqual([
    ['any', 'discovery', false],
    ['inbound', 'discovery', false],
    ['inbound', 'discovery', true],
    ['any', 'retention', true],
  ])
})

test('its score is the one that lists show', async () => {
  await server.app.inject({
    method: 'PUT',
    url: '/v1/definitions/scores/lead',
    headers: { authorization: 'Bearer secret' },
    payload: {
      subject: 'account',
      on: 60,
      off: 40,
      rules: [{ id: 'paid', when: { touch: { channel: 'Paid Search' } }, points: 25 }],
    },
  })
  const { body } = await server.get<{ accounts: { id: string; score: { total: number } | null }[] }>(
    '/v1/accounts',
  )
  const listed = body.accounts.find(({ id }) => id === 'acme')?.score?.total
  expect([(await mapOf('acme')).account.score, listed]).toEqual([25, 25])
})

test('leaving and joining an account are the ends of a span', async () => {
  await clickhouse.app.insert({
    table: 'account_people',
    format: 'JSONEachRow',
    values: [
      {
        project: 'default',
        account: 'acme',
        person: 'user:bob',
        how: 'group',
        version: 99,
        periods: [
          { from: '2026-01-15 00:00:00', to: '2026-02-21 00:00:00', because: 'b1' },
          { from: '2026-04-01 00:00:00', to: null, because: 'b2' },
        ],
      },
    ],
  })
  const bob = (await mapOf('acme')).people.find(({ id }) => id === 'user:bob')
  expect(bob?.spans).toEqual([
    [Date.parse('2026-01-15'), Date.parse('2026-02-21')],
    [Date.parse('2026-04-01'), null],
  ])
})

test('a person has a map of the same shape', async () => {
  const { body } = await server.get('/v1/people/ann/map')
  const map = mapAnswer.parse(body)
  expect(map.account).toMatchObject({ id: 'user:ann', touches: 4, people: 1 })
  expect(drawn(map)).toBe(4)
})

test('of nobody there is none, and another project sees nothing of this one', async () => {
  expect((await server.get('/v1/accounts/nobody/map')).status).toBe(404)
  expect((await server.get('/v1/people/nobody/map')).status).toBe(404)
  expect((await server.get('/v1/accounts/acme/map', 'other')).status).toBe(404)
})

describe('what is drawn adds up to the timeline', () => {
  test.each(['acme', 'globex', 'initech', 'umbrella', 'hooli'])(
    'of %s, whole and cut in two anywhere',
    async (id) => {
      const whole = await mapOf(id)
      expect(drawn(whole)).toBe(await timelineOf(id))
      for (const cut of ['2026-01-11T12:00:00Z', '2026-02-15', '2026-03-01T12:00:00.001Z', '2027-01-01']) {
        const [before, after] = [await mapOf(id, `?to=${cut}`), await mapOf(id, `?from=${cut}`)]
        expect(drawn(before) + drawn(after), cut).toBe(drawn(whole))
        expect(drawn(before), cut).toBe(await timelineOf(id, `&to=${cut}`))
        for (const map of [before, after]) {
          expect(sum(map.people.map(({ touches }) => touches))).toBe(drawn(map))
          expect(map.account.touches).toBe(drawn(map))
        }
      }
    },
  )

  test.each([16, 100, 512, 1_024])('of 60,000 touches of 600 people in %i columns', async (columns) => {
    const map = await mapOf('large', `?columns=${columns}`)
    expect(map.touches).toBeNull()
    expect([drawn(map), map.account.touches, map.account.people]).toEqual([
      large.touches,
      large.touches,
      large.people,
    ])
    expect(map.others).toBeNull()
    for (const { person, col, run, n, ch } of map.folded?.perPerson ?? []) {
      expect(new Set([col.length, run.length, n.length, ch.length]).size).toBe(1)
      expect(sum(n)).toBe(map.people[person]?.touches)
      const ends = col.map((begin, index) => begin + (run[index] ?? 0))
      expect(ends.at(-1)).toBeLessThanOrEqual(map.folded?.columns ?? 0)
      for (const [index, begin] of col.entries())
        if (index > 0) expect(begin).toBeGreaterThanOrEqual(ends[index - 1] ?? 0)
    }
  })

  test('and a window of it that is few enough is drawn touch by touch', async () => {
    const map = await mapOf('large', '?from=2026-02-02T00:00:00Z&to=2026-02-10T00:00:00Z')
    expect(map.folded).toBeNull()
    expect(drawn(map)).toBe(8 * 24 * 60)
    expect(map.touches?.start0).toBe(Date.parse('2026-02-02'))
    expect(map.touches?.id).toBeUndefined()
  })

  test('of more people than are listed the rest is counted', async () => {
    const map = await mapOf('crowd')
    expect(map.people).toHaveLength(2_000)
    expect(map.others).toEqual({ people: 500, touches: 1_000 })
    expect(drawn(map) + (map.others?.touches ?? 0)).toBe(5_000)
    expect(map.account).toMatchObject({ people: 2_500, touches: 5_000 })
  })
})

test('a large map is packed for who takes that', async () => {
  const answer = await server.app.inject({
    url: '/v1/accounts/large/map?from=2026-02-02&to=2026-02-10',
    headers: { authorization: 'Bearer secret', 'accept-encoding': 'gzip' },
  })
  expect(answer.headers['content-encoding']).toBe('gzip')
  expect(answer.rawPayload.length).toBeLessThan(60_000)
})
