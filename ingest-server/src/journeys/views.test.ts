/** The same numbers by SQL: the views, asked as the read-only user, against what HTTP answers. */
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goalBody, stagesBody } from '@touchline/schemas/api'
import { startTestClickHouse, type TestClickHouse } from '../../../test-support/clickhouse.js'
import { companyDefinitions, storeCompany } from '../../../test-support/worlds/invented-company.js'
import { rebuildTouchpoints } from '../touchpoints/upkeep/rebuild.js'
import { attribute } from './attribution/attribution.js'
import type { RuleModel } from './attribution/credit.js'

let clickhouse: TestClickHouse
let analyst: ClickHouseClient
const asOf = Date.parse('2026-06-01T00:00:00Z')
const goal = { id: 'won', version: 1, body: goalBody.parse(companyDefinitions['goals/won']) }

beforeAll(async () => {
  clickhouse = await startTestClickHouse()
  await storeCompany(clickhouse.app)
  await rebuildTouchpoints({ clickhouse })
  await clickhouse.app.insert({
    table: 'definitions',
    format: 'JSONEachRow',
    values: Object.entries({ ...companyDefinitions, 'goals/mailed': mailed }).map(([path, sent]) => {
      const [kind = '', id = ''] = path.split('/')
      const body = kind === 'goals' ? goalBody.parse(sent) : kind === 'stages' ? stagesBody.parse(sent) : sent
      const version = { version: 1, at: '2026-01-01 00:00:00', change_id: path }
      return { project: 'default', kind, id, name: id, body: JSON.stringify(body), ...version }
    }),
  })
  const { url, user, password } = clickhouse.analyst
  analyst = createClient({ url, username: user, password: password ?? '', database: 'touchline' })
})
afterAll(async () => {
  await analyst.close()
  await clickhouse.close()
})

async function ask<Row>(query: string): Promise<Row[]> {
  return (await analyst.query({ query, format: 'JSONEachRow' })).json<Row>()
}

test.each<RuleModel>([
  'first',
  'last',
  'last-non-direct',
  'linear',
  'linear-channels',
  'equal-split',
  'u',
  'time-decay',
])('the view attribution says of %s what HTTP says', async (model) => {
  const { models } = await attribute(
    { client: clickhouse.reader, project: 'default', signedOnly: false },
    {
      subject: 'account',
      asOf,
      goal,
      models: [model],
      by: 'channel',
      lookbackMs: 90 * 86_400_000,
      sinceLastConversion: false,
      halfLifeMs: 7 * 86_400_000,
      order: 1,
      milestones: {},
    },
  )
  interface Row {
    channel: string
    conversions: number
    currency: string
    value: number
    subjects: string
  }
  const rows = await ask<Row>(
    `SELECT * FROM attribution(project = 'default', goal = 'won', model = '${model}', lookback_days = 90)`,
  )
  const [answer] = models
  const of = (channel: string) => rows.filter((row) => row.channel === channel)
  for (const { key, conversions, value, subjects } of answer?.rows ?? []) {
    const told = of(key)
    expect(told.reduce((sum, row) => sum + row.conversions, 0)).toBeCloseTo(conversions, 9)
    expect(told.find(({ currency }) => currency === 'EUR')?.value).toBeCloseTo(value[0]?.amount ?? NaN, 4)
    expect(told.reduce((sum, row) => sum + Number(row.subjects), 0)).toBe(subjects)
  }
  expect(of('Unattributed')).toMatchObject([{ conversions: 1, currency: 'USD', value: 300 }])
  expect(rows.reduce((sum, row) => sum + row.conversions, 0)).toBeCloseTo(3, 9)
})

const mailed = { when: { touch: { name: 'Newsletter' } } }
const lead = { id: 'mailed', version: 1, body: goalBody.parse(mailed) }

test.each<RuleModel>(['w', 'full-path'])(
  'the view attribution_by_milestones says of %s what HTTP says',
  async (model) => {
    const { models } = await attribute(
      { client: clickhouse.reader, project: 'default', signedOnly: false },
      {
        subject: 'account',
        asOf,
        goal,
        models: [model],
        by: 'channel',
        lookbackMs: 90 * 86_400_000,
        sinceLastConversion: false,
        halfLifeMs: 7 * 86_400_000,
        order: 1,
        milestones: { lc: lead },
      },
    )
    const rows = await ask<{ channel: string; conversions: number; subjects: string }>(
      `SELECT channel, sum(conversions) AS conversions, sum(subjects) AS subjects
     FROM attribution_by_milestones(project = 'default', goal = 'won', lead = 'mailed', opportunity = '', model = '${model}', lookback_days = 90)
     GROUP BY channel`,
    )
    const told = new Map(rows.map((row) => [row.channel, row]))
    for (const { key, conversions, subjects } of models[0]?.rows ?? []) {
      expect(told.get(key)?.conversions, key).toBeCloseTo(conversions, 6)
      expect(Number(told.get(key)?.subjects), key).toBe(subjects)
    }
    expect(told.size).toBe((models[0]?.rows.length ?? 0) + 1)
    expect(told.get('Unattributed')?.conversions).toBe(1)
    await expect(
      ask(
        `SELECT * FROM attribution_by_milestones(project = 'default', goal = 'won', lead = '', opportunity = '', model = 'linear', lookback_days = 90)`,
      ),
    ).rejects.toThrow(/no such model/)
  },
)

test('the view channel_transitions has every step of paths that convert and that do not', async () => {
  const rows = await ask<{ step: string; n: string }>(
    `SELECT concat(from_channel, ' > ', to_channel) AS step, transitions AS n
     FROM channel_transitions(project = 'default', goal = 'won', lookback_days = 90) ORDER BY step`,
  )
  expect(Object.fromEntries(rows.map(({ step, n }) => [step, Number(n)]))).toEqual({
    // Acme and Globex convert; Initech's only touch lies 107 days back.
    '(start) > Paid Search': 3,
    'Paid Search > Organic Search': 1,
    'Organic Search > Email': 1,
    'Email > Direct': 1,
    'Direct > (conversion)': 1,
    'Paid Search > Paid Search': 1,
    'Paid Search > (conversion)': 1,
    // Umbrella and Hooli do not.
    'Paid Search > Email': 1,
    'Email > (null)': 1,
    '(start) > Organic Social': 1,
    'Organic Social > Organic Social': 1,
    'Organic Social > (null)': 1,
  })
})

test('the view attribution refuses a model that it has not', async () => {
  await expect(
    ask(`SELECT * FROM attribution(project = 'default', goal = 'won', model = 'markov', lookback_days = 90)`),
  ).rejects.toThrow(/no such model/)
})

test('the view journeys has a row an account and goal', async () => {
  const rows = await ask<{ touches: string }>(
    `SELECT account, touches, channels, people, sessions, days, longest_gap_days, value, currency FROM journeys
     WHERE project = 'default' AND goal = 'won' ORDER BY account`,
  )
  expect(rows.map((row) => ({ ...row, touches: Number(row.touches) }))).toMatchObject([
    { account: 'acme', touches: 5, days: 59, longest_gap_days: 30, value: 1000, currency: 'EUR' },
    { account: 'globex', touches: 3, days: 42, longest_gap_days: 28, value: 500.01, currency: 'EUR' },
    { account: 'initech', touches: 2, days: 107, longest_gap_days: 107, value: 300, currency: 'USD' },
  ])
})

test('the view silent_gaps has every silence, by direction', async () => {
  const gaps = (direction: string) =>
    ask(
      `SELECT account, days FROM silent_gaps WHERE project = 'default' AND direction = '${direction}' AND NOT is_open AND days > 30 ORDER BY account`,
    )
  expect(await gaps('any')).toEqual([{ account: 'initech', days: 107 }])
  expect(await gaps('inbound')).toEqual([{ account: 'acme', days: 40 }])
  const open = await ask(`SELECT account FROM silent_gaps WHERE is_open AND direction = 'any'`)
  expect(open).toHaveLength(5)
})

test('the view channel_performance has who first came from where', async () => {
  const rows = await ask(
    `SELECT channel, toUInt32(accounts) AS n, toUInt32(converted) AS won, rate, median_days AS days, value FROM channel_performance
     WHERE project = 'default' AND goal = 'won' ORDER BY channel`,
  )
  expect(rows).toEqual([
    {
      channel: 'Organic Search',
      n: 1,
      won: 1,
      rate: 1,
      days: 107,
      value: [{ currency: 'USD', amount: 300 }],
    },
    { channel: 'Organic Social', n: 1, won: 0, rate: 0, days: null, value: [] },
    {
      channel: 'Paid Search',
      n: 3,
      won: 2,
      rate: 2 / 3,
      days: 50.5,
      value: [{ currency: 'EUR', amount: 1500.01 }],
    },
  ])
})

test('each view and each of its columns says what it is', async () => {
  const silent = await ask(
    `SELECT table, name FROM system.columns WHERE database = 'touchline' AND comment = ''
     AND table IN ('conversions', 'journeys', 'silent_gaps', 'channel_performance', 'costs', 'stage_entries', 'persons', 'accounts',
       'kept_stage_entries', 'stage_fillings')`,
  )
  expect(silent).toEqual([])
})
